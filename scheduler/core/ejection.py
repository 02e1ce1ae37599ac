"""The search that makes room for a duty by moving others: who must give way is put where it fits, or drives out another in its turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scheduler.core.matching_model import NOBODY, Limits, Task
from scheduler.core.ticks import bits, span

STIRS = 16


class Board:
    """A roster under change: what each guide holds, when they are therefore busy (rest included), and what they have left of their day."""

    def __init__(self, tasks: Sequence[Task], roster: Sequence[int], limits: Limits, guides: int) -> None:
        self.tasks = list(tasks)
        self.roster = [NOBODY] * len(tasks)
        self.rest = limits.rest
        self.held: list[list[int]] = [[] for _ in range(guides)]
        self.busy = [0] * guides
        self.ticks = list(limits.ticks)
        self.duties = list(limits.duties)
        for index, guide in enumerate(roster):
            if guide != NOBODY:
                self.place(index, guide)

    def insert(self, wanted: Iterable[int], moves: int) -> bool:
        """Give each wanted task a guide and leave none that had one without. False: not found in so many moves (no proof).

        A task for which there is no room drives out those that are cheapest to drive out, and becomes dearer itself each time that it
        has to; between two such moves some tasks change to other guides who have room, so that the search comes to new ground
        (ejection with perturbation: Nagata and Bräysy, 2009, for vehicle routes).
        """
        waiting = list(wanted)
        price = [1] * len(self.tasks)
        chance = 1
        while waiting:
            index = waiting.pop()
            task = self.tasks[index]
            chance = chance * 1103515245 + 12345 & 0x7FFFFFFF
            able = list(bits(task.able))
            turn = (chance >> 8) % len(able) if able else 0
            free = next((guide for guide in able if self.has_room(task.start, task.end, guide)), NOBODY)
            if free != NOBODY:
                self.place(index, free)
                continue
            price[index] += 1
            best: tuple[int, int, list[int]] | None = None
            for guide in able[turn:] + able[:turn]:
                victims = self._victims(index, guide, price)
                if victims is None:
                    continue
                cost = sum(price[victim] for victim in victims)
                if best is None or cost < best[0]:
                    best = cost, guide, victims
            moves -= 1
            if best is None or moves < 0:
                return False
            _, guide, victims = best
            for victim in victims:
                self._drop(victim)
            self.place(index, guide)
            waiting += victims
            chance = self.stir(chance, STIRS)
        return True

    def stir(self, chance: int, times: int) -> int:
        """Some tasks change to other guides who have room."""
        for _ in range(times):
            chance = chance * 1103515245 + 12345 & 0x7FFFFFFF
            index = (chance >> 8) % len(self.tasks)
            task, holder = self.tasks[index], self.roster[index]
            if holder == NOBODY:
                continue
            guide = (chance >> 4) % len(self.held)
            if task.able >> guide & 1 and guide != holder and self.has_room(task.start, task.end, guide):
                self._drop(index)
                self.place(index, guide)
        return chance

    def has_room(self, start: int, end: int, guide: int) -> bool:
        """Whether this guide can take a task then and give up none."""
        return (
            not (self.busy[guide] >> start) & ((1 << (end - start)) - 1)
            and self.duties[guide] >= 1
            and self.ticks[guide] >= end - start
        )

    def add(self, task: Task, guide: int) -> None:
        """One more task, with this guide."""
        self.tasks.append(task)
        self.roster.append(guide)
        self.place(len(self.tasks) - 1, guide)

    def _victims(self, index: int, guide: int, price: list[int]) -> list[int] | None:
        """Whom this guide would have to give up for the task; None where even that would not do."""
        task, held = self.tasks[index], self.held[guide]
        ticks = task.end - task.start
        if not self.busy[guide] & span(task.start, task.end):
            victims = []
        else:
            early, late = task.start - self.rest[guide], task.end + self.rest[guide]
            victims = [other for other in held if self.tasks[other].start < late and early < self.tasks[other].end]
        duties = self.duties[guide] + len(victims)
        left = self.ticks[guide] + sum(self.tasks[other].end - self.tasks[other].start for other in victims)
        if duties >= 1 and left >= ticks:
            return victims
        for other in sorted((o for o in held if o not in victims), key=lambda o: price[o]):
            if duties >= 1 and left + self.tasks[other].end - self.tasks[other].start < ticks:
                continue  # one that suffices is better
            return [*victims, other]
        for other in sorted((o for o in held if o not in victims), key=lambda o: price[o]):
            victims.append(other)
            duties += 1
            left += self.tasks[other].end - self.tasks[other].start
            if duties >= 1 and left >= ticks:
                return victims
        return None

    def place(self, index: int, guide: int) -> None:
        """Give the task to a guide who has room for it."""
        task, rest = self.tasks[index], self.rest[guide]
        self.roster[index] = guide
        self.held[guide].append(index)
        self.busy[guide] |= span(task.start - rest, task.end + rest)
        self.ticks[guide] -= task.end - task.start
        self.duties[guide] -= 1

    def _drop(self, index: int) -> None:
        task, guide = self.tasks[index], self.roster[index]
        self.roster[index] = NOBODY
        self.held[guide].remove(index)
        self.ticks[guide] += task.end - task.start
        self.duties[guide] += 1
        self.busy[guide] = 0
        for other in self.held[guide]:
            self.busy[guide] |= span(
                self.tasks[other].start - self.rest[guide], self.tasks[other].end + self.rest[guide]
            )

"""The search that makes room for a duty by moving others: who must give way is put where it fits, or drives out another in its turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import or_

from scheduler.core.matching_model import NOBODY, Limits, Task
from scheduler.core.ticks import bits

STIRS, CHAIN_EVERY, DEAR = 4, 10, 1 << 60


class Clashes:
    """Which tasks no guide could lead both: for each length of rest and each task, the others as bits."""

    def __init__(self, tasks: Sequence[Task], rests: Iterable[int]) -> None:
        self.tasks = list(tasks)
        self.ticks = [task.end - task.start for task in tasks]
        self.able = [list(bits(task.able)) for task in tasks]
        longest = max(rests, default=0)
        ticks = max((task.end for task in tasks), default=0) + longest + 2
        self.begun, self.over = [0] * ticks, [0] * ticks
        for index, task in enumerate(tasks):
            self.begun[task.start + 1] |= 1 << index
            self.over[task.end] |= 1 << index
        self.begun = list(accumulate(self.begun, or_))  # those that begin before a tick
        self.over = list(accumulate(self.over, or_))  # those that end at a tick or before
        self.of_rest = {
            rest: [self.under_way(task.start, task.end, rest) & ~(1 << index) for index, task in enumerate(tasks)]
            for rest in set(rests)
        }

    def under_way(self, start: int, end: int, rest: int) -> int:
        """The tasks that whoever leads from `start` to `end` cannot lead."""
        last = len(self.begun) - 1
        return self.begun[min(end + rest, last)] & ~self.over[min(max(start - rest, 0), last)]

    def beside(self, news: Sequence[Task]) -> Clashes:
        """The same with new tasks after them, all of which begin together and end together."""
        grown = Clashes.__new__(Clashes)
        grown.tasks, number = [*self.tasks, *news], len(self.tasks)
        grown.ticks = self.ticks + [task.end - task.start for task in news]
        grown.able = self.able + [list(bits(task.able)) for task in news]
        grown.begun, grown.over = self.begun, self.over
        added, grown.of_rest = ((1 << len(news)) - 1) << number, {}
        for rest, rows in self.of_rest.items():
            here = self.under_way(news[0].start, news[0].end, rest)
            grown.of_rest[rest] = rows = rows.copy()
            for index in bits(here):
                rows[index] |= added
            rows += [(here | added) & ~(1 << number + index) for index in range(len(news))]
        return grown


class Board:
    """A roster under change: what each guide holds (a bit for each task), and what they have left of their day."""

    def __init__(self, tasks: Sequence[Task] | Clashes, roster: Sequence[int], limits: Limits, guides: int) -> None:
        self.known = tasks if isinstance(tasks, Clashes) else Clashes(tasks, limits.rest)
        self.tasks, self.rest = self.known.tasks, limits.rest
        self.clash = [self.known.of_rest[rest] for rest in limits.rest]
        self.roster = [NOBODY] * len(self.tasks)
        self.held = [0] * guides
        self.ticks = list(limits.ticks)
        self.duties = list(limits.duties)
        for index, guide in enumerate(roster):
            if guide != NOBODY:
                self.place(index, guide)

    def insert(self, wanted: Iterable[int], moves: int) -> bool:
        """Give each wanted task a guide and leave none that had one without. False: not found in so many moves (no proof).

        First by chains in which each drives out one other. Where there is none a task drives out those that are cheapest to drive
        out, and becomes dearer itself each time that it has to; between two such moves some tasks change to other guides who have
        room, so that the search comes to new ground (ejection with perturbation: Nagata and Bräysy, 2009, for vehicle routes).
        """
        waiting = [index for index in wanted if not self.chain(index)]
        price, chance, made = [1] * len(self.tasks), 1, 0
        while waiting:
            index = waiting.pop()
            if self.chain(index) if made % CHAIN_EVERY == 1 else self.enter(index):
                continue
            price[index] += 1
            made += 1
            able = self.known.able[index]
            if made > moves or not able:
                return False
            chance = chance * 1103515245 + 12345 & 0x7FFFFFFF
            turn = (chance >> 8) % len(able)
            best: tuple[int, int, list[int]] | None = None
            for guide in able[turn:] + able[:turn]:
                found = self._victims(index, guide, price, best[0] if best else DEAR)
                if found:
                    best = found[0], guide, found[1]
            if best is None:
                return False
            _, guide, victims = best
            for victim in victims:
                self.drop(victim)
            self.place(index, guide)
            waiting += victims
            chance = self.stir(chance, STIRS)
        return True

    def chain(self, wanted: int) -> bool:
        """Give a task a guide by the shortest chain in which each task takes the place of one other and the last finds room.

        Breadth first; no guide is in it twice, so that each step may be judged by the roster as it is.
        """
        ticks, able, clash, held = self.known.ticks, self.known.able, self.clash, self.held
        seen = 1 << wanted
        ways: list[tuple[int, int, int]] = [
            (wanted, 0, -1)
        ]  # a task, the guides of its chain, the place of whoever drove it out
        for at, (index, chained, _) in enumerate(ways):
            length = ticks[index]
            for guide in able[index]:
                if chained >> guide & 1:
                    continue
                victims = clash[guide][index] & held[guide]
                short = length - self.ticks[guide]
                if not victims:
                    if short <= 0 and self.duties[guide] >= 1:
                        self._shift(ways, at, guide)
                        return True
                    for victim in bits(held[guide] & ~seen if self.duties[guide] >= 0 else 0):
                        if ticks[victim] >= short:
                            seen |= 1 << victim
                            ways.append((victim, chained | 1 << guide, at))
                elif not victims & (victims - 1) and not victims & seen:
                    victim = victims.bit_length() - 1
                    if ticks[victim] >= short and self.duties[guide] >= 0:
                        seen |= victims
                        ways.append((victim, chained | 1 << guide, at))
        return False

    def stir(self, chance: int, times: int) -> int:
        """Some tasks change to other guides who have room."""
        for _ in range(times):
            chance = chance * 1103515245 + 12345 & 0x7FFFFFFF
            index = (chance >> 8) % len(self.tasks)
            holder, able = self.roster[index], self.known.able[index]
            if holder == NOBODY:
                continue
            guide = able[(chance >> 4) % len(able)]
            if guide != holder and self.fits(index, guide):
                self.drop(index)
                self.place(index, guide)
        return chance

    def clashes(self, start: int, end: int, guide: int) -> bool:
        """Whether this guide leads others then, or has not rested."""
        return bool(self.known.under_way(start, end, self.rest[guide]) & self.held[guide])

    def place(self, index: int, guide: int) -> None:
        """Give the task to a guide who has room for it."""
        self.roster[index] = guide
        self.held[guide] |= 1 << index
        self.ticks[guide] -= self.known.ticks[index]
        self.duties[guide] -= 1

    def drop(self, index: int) -> None:
        """Take the task from its guide."""
        guide = self.roster[index]
        self.roster[index] = NOBODY
        self.held[guide] ^= 1 << index
        self.ticks[guide] += self.known.ticks[index]
        self.duties[guide] += 1

    def fits(self, index: int, guide: int) -> bool:
        """Whether this guide can take the task and give up none."""
        return (
            not self.clash[guide][index] & self.held[guide]
            and self.ticks[guide] >= self.known.ticks[index]
            and self.duties[guide] >= 1
        )

    def enter(self, index: int) -> bool:
        """Give the task to the first guide who has room for it, if there is one."""
        for guide in self.known.able[index]:
            if self.fits(index, guide):
                self.place(index, guide)
                return True
        return False

    def _shift(self, ways: Sequence[tuple[int, int, int]], at: int, guide: int) -> None:
        """Carry a chain out, from the task that found room to the one that was wanted."""
        while at >= 0:
            index, _, at = ways[at]
            before = self.roster[index]
            if before != NOBODY:
                self.drop(index)
            self.place(index, guide)
            guide = before

    def _victims(self, index: int, guide: int, price: list[int], below: int) -> tuple[int, list[int]] | None:
        """Whom this guide would have to give up for the task and what that costs; None where it does not do or costs no less."""
        ticks, clashing = self.known.ticks, self.clash[guide][index] & self.held[guide]
        if clashing and not clashing & (clashing - 1):  # one, as mostly
            victims = [clashing.bit_length() - 1]
            cost = price[victims[0]]
        else:
            victims = list(bits(clashing))
            cost = sum([price[victim] for victim in victims])
        if cost >= below:
            return None
        left, duties = self.ticks[guide] - ticks[index], self.duties[guide] + len(victims)
        for victim in victims:
            left += ticks[victim]
        if left >= 0 and duties >= 1:
            return cost, victims
        others = sorted((price[other], other) for other in bits(self.held[guide] & ~clashing))
        if duties >= 0:  # one that suffices is better
            enough = next((other for _, other in others if left + ticks[other] >= 0), None)
            if enough is not None:
                others = [(price[enough], enough)]
        for dear, other in others:
            cost += dear
            left += ticks[other]
            duties += 1
            victims.append(other)
            if left >= 0 and duties >= 1:
                return (cost, victims) if cost < below else None
        return None

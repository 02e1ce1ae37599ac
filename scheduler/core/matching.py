"""The guides' side of one day: whether all duties, and new ones, can be led.

What is easy is settled on bit masks with the others where they are; what is not, by Hall's theorem ("no"), by an ejection search
("yes"), and by the solver (`matching_model.py`) for what they leave open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.core.ejection import Board
from scheduler.core.matching_bound import Bound
from scheduler.core.matching_model import NOBODY, Cover, Limits, Task
from scheduler.core.rules import Duty, Guide, Roster, why_not
from scheduler.core.solving import Budget, Undecided
from scheduler.core.ticks import bits, runs, span, union

UNLIMITED = 1 << 30
FEW_MOVES, MOVES, MANY_MOVES, MOST_WITNESSES = 12, 40, 250, 8
SETTLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Demand:
    """So many new duties alike, all from `start` for `ticks`."""

    start: int
    ticks: int
    number: int


class Crew:
    """The guides of one day and what they lead.

    Promised duties with a guide are facts. A *kept* duty is unpromised and validly led now (beside the promised and the kept ones
    before it): it stays led, by whomever. An *open* one has no guide, or one who breaks a rule: `needed` tasks in all, the most that
    can be led with the kept ones among them, must remain leadable; and a guide who has a duty against the rules is not given another
    at that time.
    """

    def __init__(self, guides: Sequence[Guide], duties: Sequence[Duty]) -> None:
        holders: dict[tuple[str, str], int] = {}
        for guide in guides:
            for skill in guide.qualifications:
                holders[skill] = holders.get(skill, 0) + 1
        worth = {guide.code: sum(1 / holders[skill] for skill in sorted(guide.qualifications)) for guide in guides}
        self.guides = sorted(guides, key=lambda guide: (worth[guide.code], guide.code))  # who can do least comes first
        self.number = {guide.code: index for index, guide in enumerate(self.guides)}
        self.skilled: dict[tuple[str, str], int] = {}
        for index, guide in enumerate(self.guides):
            for skill in guide.qualifications:
                self.skilled[skill] = self.skilled.get(skill, 0) | 1 << index
        self.hours = [union(guide.hours) & ~union(guide.away) for guide in self.guides]
        self.limits = Limits(
            [guide.rest for guide in self.guides],
            [UNLIMITED if guide.daily_ticks is None else guide.daily_ticks for guide in self.guides],
            [UNLIMITED if guide.daily_duties is None else guide.daily_duties for guide in self.guides],
        )
        self.least_rest = min(self.limits.rest, default=0)
        self.tasks = self._read(sorted(duties, key=lambda duty: (duty.period, duty.key)))
        self.witness = self._settle(Budget(SETTLE_SECONDS))
        self.needed = sum(guide != NOBODY for guide in self.witness)
        self.witnesses = [self.witness]

    def able(self, tour: str, language: str, start: int, end: int) -> int:
        """One bit for each guide who could lead this, were it the only unpromised duty."""
        mask, found = span(start, end), 0
        for g in bits(self.skilled.get((tour, language), 0)):
            if not mask & ~self.hours[g] and self.limits.duties[g] >= 1 and self.limits.ticks[g] >= end - start:
                found |= 1 << g
        return found

    def starts(self, tour: str, language: str, ticks: int, number: int, candidates: int) -> tuple[int, int]:
        """Two masks within `candidates`: the starts where so many guides are free in a roster at hand, and those where so many exist."""
        sure = 0
        for roster in self.witnesses:
            sure |= self.free(roster, tour, language, ticks, number, candidates & ~sure)
        maybe = candidates & ~sure
        if maybe:
            skilled = bits(self.skilled.get((tour, language), 0))
            able = [
                runs(self.hours[g], ticks)
                for g in skilled
                if self.limits.duties[g] >= 1 and self.limits.ticks[g] >= ticks
            ]
            maybe &= _at_least(able, number)
        return sure, sure | maybe

    def free(self, roster: Sequence[int], tour: str, language: str, ticks: int, number: int, candidates: int) -> int:
        """The starts at which so many guides are free in this roster."""
        if not candidates:
            return 0
        board = Board(self.tasks, roster[: len(self.tasks)], self.limits, len(self.guides))
        skilled = bits(self.skilled.get((tour, language), 0))
        able = [
            runs(self.hours[g] & ~board.busy[g], ticks)
            for g in skilled
            if board.duties[g] >= 1 and board.ticks[g] >= ticks
        ]
        return _at_least(able, number) & candidates

    def serve(self, tour: str, language: str, demands: Sequence[Demand], budget: Budget) -> list[int] | None:
        """A guide for each task, then for each new duty in order; NOBODY where an open task stays open. None: impossible.

        Raises Undecided.
        """
        found = self.quickly(tour, language, demands)
        if found is None or found:
            return found
        return self._solved(tour, language, demands, budget)

    def quickly(self, tour: str, language: str, demands: Sequence[Demand]) -> list[int] | None:
        """As `serve`, but [] where only the solver would know."""
        groups = self._groups(tour, language, demands)
        if any(group.able.bit_count() < group.number for group in groups) or self._hall(groups):
            return None
        news = [Task("", g.start, g.end, g.able) for g in groups for _ in range(g.number)]
        board = Board([*self.tasks, *news], [*self.witness, *[NOBODY] * len(news)], self.limits, len(self.guides))
        if not board.insert(range(len(self.tasks), len(self.tasks) + len(news)), MOVES):
            return []
        self._remember(board.roster)
        return board.roster

    def settle(
        self, tour: str, language: str, ticks: int, number: int, candidates: int, budget: Budget
    ) -> tuple[int, int]:
        """Of the candidates, the starts at which so many can lead, and those left undecided."""
        good, hard = 0, []
        rest = candidates
        while rest:
            bit = rest & -rest
            rest ^= bit
            demand = Demand(bit.bit_length() - 1, ticks, number)
            found = self.quickly(tour, language, [demand])
            if found:
                good |= bit | self.free(found, tour, language, ticks, number, rest)
                rest &= ~good
            elif found is not None:
                hard.append(demand)
        undecided = 0
        bound = Bound(self._must(), self._groups(tour, language, hard), self.limits)
        for index, demand in enumerate(hard):
            bit = 1 << demand.start
            if good & bit or bound.disproves(index):
                continue
            roster = self._from_others(bound.groups[index])
            if not roster:
                shares = bound.ask(index, dive=False)
                if shares is None:
                    continue
                roster = self._rounded(bound, index, shares) or self._rounded(
                    bound, index, bound.ask(index, dive=True) or []
                )
            try:
                found = roster or self._solved(tour, language, [demand], budget)
            except Undecided:
                undecided |= bit
                continue
            if found is not None:
                self._remember(found)
                good |= bit | self.free(found, tour, language, ticks, number, candidates)
        return good, undecided & ~good

    def _from_others(self, group: Task) -> list[int]:
        """A roster by a short search from those found for other questions; [] where none is found."""
        news = [Task("", group.start, group.end, group.able) for _ in range(group.number)]
        for roster in self.witnesses[1:]:
            board = Board([*self.tasks, *news], [*roster, *[NOBODY] * len(news)], self.limits, len(self.guides))
            if board.insert(range(len(self.tasks), len(board.tasks)), FEW_MOVES):
                return board.roster
        return []

    def _remember(self, roster: Sequence[int]) -> None:
        """Keep a roster at hand for the next questions, and the first as it is."""
        self.witnesses = [self.witness, list(roster[: len(self.tasks)]), *self.witnesses[1:MOST_WITNESSES]]

    def _rounded(self, bound: Bound, index: int, shares: Sequence[tuple[int, ...]]) -> list[int]:
        """A roster by search from the relaxation's largest shares; [] where none is found, or open tasks must be weighed."""
        if not shares or self.needed < len(self.tasks):
            return []
        group = bound.groups[index]
        tasks = [*self.tasks, *(Task("", group.start, group.end, group.able) for _ in range(group.number))]
        board, waiting = Board(tasks, [], self.limits, len(self.guides)), []
        for number, guide in enumerate(guide for guides in shares for guide in guides):
            if board.has_room(tasks[number].start, tasks[number].end, guide):
                board.place(number, guide)
            else:
                waiting.append(number)
        return board.roster if board.insert(waiting, MANY_MOVES) else []

    def _must(self) -> list[Task]:
        """The tasks that have to be led in any case."""
        return [task for task in self.tasks if self.needed == len(self.tasks) or task.present != NOBODY]

    def _solved(self, tour: str, language: str, demands: Sequence[Demand], budget: Budget) -> list[int] | None:
        found = self._model(self._groups(tour, language, demands)).solve(budget)
        return None if found is None else self._flat(found)

    def can_lead(self, tour: str, language: str, start: int, ticks: int, number: int, budget: Budget) -> bool:
        """Whether one wave at this start can be led. Raises Undecided."""
        sure, maybe = self.starts(tour, language, ticks, number, 1 << start)
        return bool(sure) or (
            bool(maybe) and self.serve(tour, language, [Demand(start, ticks, number)], budget) is not None
        )

    def fewest(self, tour: str, language: str, demands: Sequence[Demand], budget: Budget) -> list[int] | None:
        """As `serve`, with the fewest kept duties changed, and for the new ones the guides who can do least else."""
        as_it_is = self._unchanged(tour, language, demands)
        if as_it_is:
            return as_it_is
        found = self.serve(tour, language, demands, budget)
        if found is None:
            return None
        model, flat = self._model(self._groups(tour, language, demands)), iter(found[len(self.tasks) :])
        hint: list[tuple[int, ...]] = [(g,) if g != NOBODY else () for g in found[: len(self.tasks)]]
        hint += [tuple(next(flat) for _ in range(demand.number)) for demand in demands]
        model.fewest_changes(hint)
        try:
            best = model.solve(budget)
        except Undecided:
            best = None
        return self._flat(best) if best is not None else found

    def _unchanged(self, tour: str, language: str, demands: Sequence[Demand]) -> list[int]:
        """The first free guides for each demand in turn, nobody else changed; empty where that does not do."""
        if any(task.present not in (NOBODY, guide) for task, guide in zip(self.tasks, self.witness, strict=True)):
            return []
        board = Board(self.tasks, self.witness, self.limits, len(self.guides))
        news = []
        for demand in demands:
            start, end = demand.start, demand.start + demand.ticks
            able = self.able(tour, language, start, end)
            free = [g for g in bits(able) if board.has_room(start, end, g)][: demand.number]
            if len(free) < demand.number:
                return []
            for guide in free:
                board.add(Task("", start, end, able), guide)
            news += free
        return [*self.witness, *news]

    def changes(self, roster: Sequence[int]) -> dict[str, str]:
        """The kept duties that change their guide, by key."""
        return {
            task.key: self.guides[g].code
            for task, g in zip(self.tasks, roster, strict=False)
            if task.present not in (NOBODY, g)
        }

    def _groups(self, tour: str, language: str, demands: Sequence[Demand]) -> list[Task]:
        return [
            Task("", d.start, d.start + d.ticks, self.able(tour, language, d.start, d.start + d.ticks), number=d.number)
            for d in demands
        ]

    def _flat(self, found: Sequence[tuple[int, ...]]) -> list[int]:
        old = [guides[0] if guides else NOBODY for guides in found[: len(self.tasks)]]
        return old + [guide for guides in found[len(self.tasks) :] for guide in guides]

    def _model(self, groups: Sequence[Task]) -> Cover:
        complete = self.needed == len(self.tasks)
        tasks = [Task(t.key, t.start, t.end, t.able, t.present, complete or t.present != NOBODY) for t in self.tasks]
        model = Cover([*tasks, *groups], self.limits)
        if not complete:
            model.at_least(self.needed - sum(task.must for task in tasks))
        return model

    def _hall(self, groups: Sequence[Task]) -> bool:
        """Whether at some moment there are more duties than guides for them: those under way, or not yet rested from, need one each."""
        held = [
            (task, guide)
            for task, guide in zip(self.tasks, self.witness, strict=True)
            if self.needed == len(self.tasks) or task.present != NOBODY
        ]
        rest = self.least_rest
        for group in groups:
            moments = {group.start} | {task.start for task, _ in held if group.start <= task.start < group.end + rest}
            for moment in moments:
                here = [(task, guide) for task, guide in held if task.start <= moment < task.end + rest]
                wanted = [g for g in groups if g.start <= moment < g.end + rest for _ in range(g.number)]
                if not _can_match(here, wanted):
                    return True
        return False

    def _read(self, duties: list[Duty]) -> list[Task]:
        """Take promised duties off the guides' time, and sort the others into kept and open ones."""
        valid: dict[int, list[Duty]] = {}
        free = []
        for duty in duties:
            if not (duty.promised and duty.guide is not None):
                free.append(duty)
            elif duty.guide in self.number:
                g = self.number[duty.guide]
                valid.setdefault(g, []).append(duty)
                self.hours[g] &= ~span(duty.period.start - self.limits.rest[g], duty.period.end + self.limits.rest[g])
                self.limits.ticks[g] -= duty.period.ticks
                self.limits.duties[g] -= 1
        kept, barred = set(), [0] * len(self.guides)
        for duty in free:
            if duty.guide is None or duty.guide not in self.number:
                continue
            g = self.number[duty.guide]
            if why_not(self.guides[g], duty, Roster(tuple(valid.get(g, ())))):
                barred[g] |= span(duty.period.start - self.limits.rest[g], duty.period.end + self.limits.rest[g])
            else:
                kept.add(duty.key)
                valid.setdefault(g, []).append(duty)
        self.hours = [hours & ~bar for hours, bar in zip(self.hours, barred, strict=True)]
        tasks = []
        for duty in free:
            able = self.able(duty.tour, duty.language, duty.period.start, duty.period.end)
            present = self.number[duty.guide] if duty.key in kept and duty.guide is not None else NOBODY
            if present != NOBODY:
                able |= 1 << present
            tasks.append(Task(duty.key, duty.period.start, duty.period.end, able, present))
        return tasks

    def _settle(self, budget: Budget) -> list[int]:
        """Every kept task where it is, and as many open ones as possible led: the most is exact unless the time does not suffice."""
        roster = [task.present for task in self.tasks]
        open_tasks = [index for index, guide in enumerate(roster) if guide == NOBODY]
        if not open_tasks:
            return roster
        board = Board(self.tasks, roster[: len(self.tasks)], self.limits, len(self.guides))
        if board.insert(open_tasks, MOVES):
            return board.roster
        model = Cover(
            [Task(t.key, t.start, t.end, t.able, t.present, t.present != NOBODY) for t in self.tasks], self.limits
        )
        model.most()
        try:
            found = model.solve(budget)
        except Undecided:
            found = None
        return roster if found is None else self._flat(found)


def _at_least(masks: Sequence[int], number: int) -> int:
    """Where at least `number` of the masks have a bit: level n has what one more of level n - 1 has."""
    levels = [0] * number
    for mask in masks:
        for level in range(number - 1, 0, -1):
            levels[level] |= levels[level - 1] & mask
        levels[0] |= mask
    return levels[-1]


def _can_match(here: Sequence[tuple[Task, int]], wanted: Sequence[Task]) -> bool:
    """Whether all tasks of one moment can have a guide each: grow the matching that is there by augmenting paths."""
    owner = {guide: task for task, guide in here if guide != NOBODY}
    seen = 0

    def place(task: Task) -> bool:
        nonlocal seen
        for guide in bits(task.able & ~seen):
            if guide not in owner:
                owner[guide] = task
                return True
        for guide in bits(task.able & ~seen):
            if seen >> guide & 1:
                continue
            seen |= 1 << guide
            if place(owner[guide]):
                owner[guide] = task
                return True
        return False

    for task in wanted:
        seen = 0
        if not place(task):
            return False
    return True

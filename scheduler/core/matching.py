"""The guides' side of one day: whether all duties, and new ones, can be led.

What is easy is settled on bit masks with the others where they are; what is not, by Hall's theorem ("no"), by an ejection search
("yes"), and by the solver (`matching_model.py`) for what they leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from scheduler.core.ejection import Board, Clashes
from scheduler.core.matching_bound import Bound, Prices
from scheduler.core.matching_days import Days
from scheduler.core.matching_hall import Moments
from scheduler.core.matching_memory import Shown, remembered, taken_over
from scheduler.core.matching_model import NOBODY, Cover, Limits, Task, order
from scheduler.core.rules import Duty, Guide
from scheduler.core.solving import Budget, Effort, Undecided
from scheduler.core.ticks import at_least, bits, runs, span

UNLIMITED = 1 << 30
MOVES, CORNER_MOVES = 100, 40
CORNERS, MIXTURES = 2, 40
"""Of the relaxations, from which a search begins before the next is asked."""
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
        places, self.skilled = order(tuple((guide.code, guide.qualifications) for guide in guides))
        self.guides = [guides[place] for place in places]  # who can do least comes first
        self.number = {guide.code: index for index, guide in enumerate(self.guides)}
        self.hours = [guide.there for guide in self.guides]
        self.limits = Limits(
            [guide.rest for guide in self.guides],
            [UNLIMITED if guide.daily_ticks is None else guide.daily_ticks for guide in self.guides],
            [UNLIMITED if guide.daily_duties is None else guide.daily_duties for guide in self.guides],
        )
        self._holders: dict[tuple[str, str, int], list[tuple[int, int]]] = {}
        self.least_rest = min(self.limits.rest, default=0)
        self.tasks = self._read(sorted(duties, key=lambda duty: (duty.period.start, duty.period.end, duty.key)))
        self.witness = self._settle(Effort(SETTLE_SECONDS))
        self.needed = sum(guide != NOBODY for guide in self.witness)
        self.is_complete = self.needed == len(self.tasks)
        self.found: dict[tuple[str, str, int, int], list[Shown]] = {}  # by what so many duties alike asked for
        self.refused: dict[tuple[str, str, int, int], int] = {}  # by the same, the starts proven impossible
        self.proofs: list[Prices] = []
        self._clashes: Clashes | None = None
        self._hall: Moments | None = None
        self._days: Days | None = None

    @property
    def leads_all_now(self) -> bool:
        """Whether every unpromised duty is validly led as the day is."""
        return all(task.present != NOBODY for task in self.tasks)

    def able(self, tour: str, language: str, start: int, end: int) -> int:
        """One bit for each guide who could lead this, were it the only unpromised duty."""
        key, mask = (tour, language, end - start), span(start, end)
        if key not in self._holders:
            self._holders[key] = [
                (1 << g, self.hours[g])
                for g in bits(self.skilled.get((tour, language), 0))
                if self.limits.duties[g] >= 1 and self.limits.ticks[g] >= end - start
            ]
        return sum([bit for bit, hours in self._holders[key] if hours & mask == mask])

    def starts(self, tour: str, language: str, ticks: int, number: int, candidates: int) -> tuple[int, int]:
        """Two masks within `candidates`: the starts where so many guides are free now, and those where so many exist."""
        sure = self.free(self.witness, tour, language, ticks, number, candidates)
        maybe = candidates & ~sure
        if maybe:
            skilled = bits(self.skilled.get((tour, language), 0))
            able = [
                runs(self.hours[g], ticks)
                for g in skilled
                if self.limits.duties[g] >= 1 and self.limits.ticks[g] >= ticks
            ]
            maybe &= at_least(able, number)
        return sure, sure | maybe

    def free(self, roster: Sequence[int], tour: str, language: str, ticks: int, number: int, candidates: int) -> int:
        """The starts at which so many guides are free in this roster."""
        skilled = self.skilled.get((tour, language), 0)
        if not candidates or not skilled:
            return 0
        limits, busy = self.limits, [0] * len(self.guides)
        left, duties = list(limits.ticks), list(limits.duties)
        for task, guide in zip(self.tasks, roster, strict=False):
            if guide != NOBODY and skilled >> guide & 1:
                rest = limits.rest[guide]
                busy[guide] |= (1 << (task.end + rest)) - (1 << max(task.start - rest, 0))
                left[guide] -= task.end - task.start
                duties[guide] -= 1
        able = [runs(self.hours[g] & ~busy[g], ticks) for g in bits(skilled) if duties[g] >= 1 and left[g] >= ticks]
        return at_least(able, number) & candidates

    def serve(self, tour: str, language: str, demands: Sequence[Demand], budget: Budget) -> list[int] | None:
        """A guide for each task, then for each new duty in order; NOBODY where an open task stays open. None: impossible.

        Raises Undecided.
        """
        found = self.quickly(tour, language, demands)
        if found is None or found:
            return found
        groups = self._groups(tour, language, demands)
        if len(groups) > 1:
            return self._solved(groups, budget)
        bound = self._bound(groups)
        return None if bound.disproves(0) else self._settled(bound, 0, self.witness, budget)

    def quickly(self, tour: str, language: str, demands: Sequence[Demand]) -> list[int] | None:
        """As `serve`, but [] where only the solver would know."""
        groups = self._groups(tour, language, demands)
        return None if self._moments().lack(groups) else self._search(groups, self.witness, MOVES)

    def settle(
        self,
        tour: str,
        language: str,
        ticks: int,
        number: int,
        candidates: int,
        budget: Budget,
        older: Crew | None = None,
    ) -> tuple[int, int]:
        """Of the candidates, the starts at which so many can lead, and those left undecided.

        A roster found for one start is tried on all others, and the search for the next begins from it; so with the rosters of a day
        that is nearly the same (`older`). What is left is asked of the relaxation, and only then of the solver.
        """
        good, roster, key = 0, self.witness, (tour, language, ticks, number)
        groups = [self._groups(tour, language, [Demand(start, ticks, number)])[0] for start in bits(candidates)]
        hard = [group for group in groups if not self._moments().lack([group])]
        asked, candidates = candidates, sum(1 << group.start for group in hard)

        def keep(found: list[int], start: int) -> None:
            nonlocal good, roster
            roster = found[: len(self.tasks)]
            shown = 1 << start | self.free(roster, tour, language, ticks, number, candidates & ~good)
            self.found.setdefault(key, []).append((shown, roster))
            good |= shown

        for group in hard:
            if not good >> group.start & 1 and (found := self._search([group], roster, 0)):
                keep(found, group.start)
        for found, start in self._recalled(older, key, hard, lambda: candidates & ~good):
            keep(found, start)
        bound, undecided = self._bound([group for group in hard if not good >> group.start & 1]), 0
        for index, group in enumerate(bound.groups):
            if good >> group.start & 1 or bound.disproves(index):
                continue
            try:
                answer = self._settled(bound, index, roster, budget)
            except Undecided:
                undecided |= 1 << group.start
                continue
            if answer is not None:
                keep(answer, group.start)
        self.refused[key] = self.refused.get(key, 0) | asked & ~good & ~undecided
        return good, undecided & ~good

    def _settled(self, bound: Bound, index: int, roster: Sequence[int], budget: Budget) -> list[int] | None:
        """A roster with the group, or None where there is none. Raises Undecided."""
        group = bound.groups[index]
        if found := self._search([group], roster, 0 if bound.is_built else MOVES):
            return found
        shares = bound.ask(index)
        if shares is None:
            return None
        if self.is_complete:  # else open tasks must be weighed
            for _ in range(CORNERS):
                found, tried = self._completed(group, shares)
                if found:
                    return found
                shares = bound.again(index, tried)
            led = self._by_whole_days(group, budget)
            if led is None or led:
                return led
        return self._solved([group], budget)

    def _by_whole_days(self, group: Task, budget: Budget) -> list[int] | None:
        """A roster with the group near a mixture of the guides' days; None is a proof that there is none, [] is not."""
        if self._days is None:
            self._days = Days(self.tasks, self.limits, self.witness)
        shares, chance = self._days.ask(group, budget), Random(1)  # noqa: S311  # guards nothing
        for _ in range(MIXTURES if shares else 0):
            if found := self._completed(group, shares or ())[0]:
                return found
            shares = self._days.again(group, chance)
        return None if shares is None else []

    def _completed(self, group: Task, leads: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
        """A roster in which the tasks (and those of the group) have these guides, as far as that goes, and the rest any; else [].

        And what was come to: a roster with some tasks left.
        """
        board = Board(self._beside([group]), [], self.limits, len(self.guides))
        for task, guide in leads:
            if board.roster[task] == NOBODY and board.fits(task, guide):
                board.place(task, guide)
        rest = [task for task, guide in enumerate(board.roster) if guide == NOBODY]
        return board.roster if board.insert(rest, CORNER_MOVES) else [], board.roster

    def _recalled(
        self, older: Crew | None, key: tuple[str, str, int, int], hard: Sequence[Task], left: Callable[[], int]
    ) -> Iterator[tuple[list[int], int]]:
        """Rosters with the groups that are left, each from one of a day nearly the same; its proofs are taken over."""
        if older is None or not (self.is_complete and older.is_complete):
            return
        for shown, leads in remembered(older.found.get(key, ()), older.tasks, self.tasks):
            for group in hard:
                if (shown & left()) >> group.start & 1 and (found := self._completed(group, leads)[0]):
                    yield found, group.start
        if not self.proofs and (older.hours, older.limits) == (self.hours, self.limits):
            self.proofs = taken_over(older.proofs, older.tasks, self.tasks, self.limits)

    def _search(self, groups: Sequence[Task], roster: Sequence[int], moves: int) -> list[int]:
        """A roster with the groups, by moving others about; [] where none is found."""
        known, old = self._beside(groups), len(self.tasks)
        board = Board(known, roster, self.limits, len(self.guides))
        return board.roster if board.insert(range(old, len(known.tasks)), moves) else []

    def _beside(self, groups: Sequence[Task]) -> Clashes:
        """The tasks that are there, and one for each duty of the groups."""
        news = [Task("", g.start, g.end, g.able) for g in groups for _ in range(g.number)]
        if len(groups) > 1:
            return Clashes([*self.tasks, *news], self.limits.rest)
        if self._clashes is None:
            self._clashes = Clashes(self.tasks, self.limits.rest)
        return self._clashes.beside(news)

    def _moments(self) -> Moments:
        if self._hall is None:
            self._hall = Moments(*self._must(), self.least_rest)
        return self._hall

    def _bound(self, groups: Sequence[Task]) -> Bound:
        tasks, leaders = self._must()
        return Bound(tasks, groups, self.limits, leaders, self.proofs)

    def _must(self) -> tuple[list[Task], list[int]]:
        """The tasks that have to be led in any case, and a guide for each."""
        must = [
            pair for pair in zip(self.tasks, self.witness, strict=True) if self.is_complete or pair[0].present != NOBODY
        ]
        return [task for task, _ in must], [guide for _, guide in must]

    def _solved(self, groups: Sequence[Task], budget: Budget) -> list[int] | None:
        return None if (found := self._model(groups).solve(budget)) is None else self._flat(found)

    def can_lead(self, tour: str, language: str, start: int, ticks: int, number: int, budget: Budget) -> bool:
        """Whether one wave at this start can be led. Raises Undecided."""
        if self.refused.get((tour, language, ticks, number), 0) >> start & 1:
            return False
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
        groups, old = self._groups(tour, language, demands), len(self.tasks)
        board = Board(self._beside(groups), self.witness, self.limits, len(self.guides))
        free = all(board.enter(task) for task in range(old, len(board.tasks)))
        return board.roster if free else []

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
        complete = self.is_complete
        tasks = [Task(t.key, t.start, t.end, t.able, t.present, complete or t.present != NOBODY) for t in self.tasks]
        model = Cover([*tasks, *groups], self.limits)
        if not complete:
            model.at_least(self.needed - sum(task.must for task in tasks))
        return model

    def _read(self, duties: list[Duty]) -> list[Task]:
        """Take promised duties off the guides' time, and sort the others into kept and open ones."""
        limits, free = self.limits, []
        for duty in duties:
            if not (duty.promised and duty.guide is not None):
                free.append(duty)
            elif duty.guide in self.number:
                g = self.number[duty.guide]
                self.hours[g] &= ~_rested(duty, limits.rest[g])
                limits.ticks[g] -= duty.period.ticks
                limits.duties[g] -= 1
        kept, barred, hours = dict[str, int](), [0] * len(self.guides), list(self.hours)
        ticks, number = list(limits.ticks), list(limits.duties)
        for duty in free:
            if duty.guide is None or duty.guide not in self.number:
                continue
            g, start, end = self.number[duty.guide], duty.period.start, duty.period.end
            skilled, mask = self.skilled.get((duty.tour, duty.language), 0) >> g & 1, span(start, end)
            rested = span(start - limits.rest[g], end + limits.rest[g])
            if skilled and hours[g] & mask == mask and ticks[g] >= end - start and number[g] >= 1:
                kept[duty.key] = g
                hours[g] &= ~rested
                ticks[g] -= end - start
                number[g] -= 1
            else:
                barred[g] |= rested
        self.hours = [hours & ~bar for hours, bar in zip(self.hours, barred, strict=True)]
        tasks = []
        for duty in free:
            start, end, present = duty.period.start, duty.period.end, kept.get(duty.key, NOBODY)
            able = self.able(duty.tour, duty.language, start, end) | (1 << present if present != NOBODY else 0)
            tasks.append(Task(duty.key, start, end, able, present))
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


def _rested(duty: Duty, rest: int) -> int:
    """The ticks at which whoever leads a duty can begin, lead or end no other."""
    return span(duty.period.start - rest, duty.period.end + rest)

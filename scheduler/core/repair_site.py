"""One day without its hit visits, and which of them it can take together: exact, and quick where one is added to others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scheduler.core.day import Day
from scheduler.core.ejection import Board
from scheduler.core.itinerary import Stop
from scheduler.core.matching_model import NOBODY, Cover, Task
from scheduler.core.packing_model import Option
from scheduler.core.profiles import profiles
from scheduler.core.repair_case import Kind
from scheduler.core.solving import Budget, Undecided
from scheduler.core.state import Group, State
from scheduler.core.ticks import bits

FEW_MOVES, MANY_MOVES = 40, 400


class Placed(NamedTuple):
    """A visit of a kind (by number) with its waves at these starts."""

    kind: int
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Visits placed on a day, and how: a guide for each of the day's tasks and then for each new party, an option for each wave.

    `key`: the placed visits, however ordered (`numbered`).
    """

    placed: tuple[Placed, ...]
    tasks: tuple[Task, ...]
    roster: tuple[int, ...]
    options: tuple[Option, ...]
    load: int
    key: frozenset[tuple[Placed, int]] = frozenset()


class Crowd(NamedTuple):
    """More duties than guides at one moment: of those under way (rest included) that only `guides` can lead, so many have room."""

    moment: int
    guides: int
    room: int


class Site:
    """A day, and what is known of it."""

    def __init__(self, day: Day, kinds: Sequence[Kind]) -> None:
        self.day, self.kinds = day, kinds
        state = State(day)
        self.state, self.crew, self.floor = state, state.crew, state.floor
        old = [wave.options[chosen] for wave, chosen in zip(self.floor.waves, self.floor.witness, strict=True)]
        self.empty = Arrangement((), (), tuple(self.crew.witness), tuple(old), sum(option.load for option in old))
        complete = self.crew.needed == len(self.crew.tasks)
        self.must = [task for task in self.crew.tasks if complete or task.present != NOBODY]
        self._possible: dict[int, tuple[tuple[int, ...], ...]] = {}
        self._tasks: dict[Placed, tuple[Task, ...]] = {}
        self._options: dict[tuple[int, int, int], list[Option] | None] = {}
        self._alone: dict[Placed, bool] = {}
        self._failed: dict[Placed, list[frozenset[tuple[Placed, int]]]] = {}

    def starts(self, kind: int, spread: int) -> Iterator[tuple[int, ...]]:
        """The starts of the waves, at most `spread` ticks apart, that a quick look does not rule out were the visit the only one."""
        masks = self._masks(kind)
        if len(masks) == 1:
            return ((start,) for start in masks[0])
        return _spread(masks, spread)

    def alone(self, placed: Placed, budget: Budget) -> bool:
        """Whether the day can take this visit, were it the only one. Raises Undecided."""
        if placed not in self._alone:
            self._alone[placed] = self.extend(self.empty, placed, budget) is not None
        return self._alone[placed]

    def extend(self, base: Arrangement, placed: Placed, budget: Budget | None = None) -> Arrangement | None:
        """The arrangement with one more. Without a budget None means "not found", with one "impossible"; it may raise Undecided."""
        if budget is None and any(failed <= base.key for failed in self._failed.get(placed, ())):
            return None
        found = self._extend(base, placed, budget)
        if found is None:
            self._failed.setdefault(placed, []).append(base.key)
        return found

    def without(self, base: Arrangement, placed: Placed) -> Arrangement:
        """The arrangement with one less; everything else stays as it is."""
        at = base.placed.index(placed)
        task = len(self.crew.tasks) + sum(len(self.tasks(other)) for other in base.placed[:at])
        wave = len(self.floor.waves) + sum(len(other.starts) for other in base.placed[:at])
        parties, waves = len(self.tasks(placed)), len(placed.starts)
        first = task - len(self.crew.tasks)
        rest = base.placed[:at] + base.placed[at + 1 :]
        return Arrangement(
            rest,
            base.tasks[:first] + base.tasks[first + parties :],
            base.roster[:task] + base.roster[task + parties :],
            base.options[:wave] + base.options[wave + waves :],
            base.load - sum(option.load for option in base.options[wave : wave + waves]),
            numbered(rest),
        )

    def arrange(self, placed: Iterable[Placed], budget: Budget) -> Arrangement | None:
        """All of these together, or None where that is impossible. Raises Undecided."""
        found: Arrangement | None = self.empty
        for one in placed:
            if found is None:
                break
            found = self.extend(found, one, budget)
        return found

    def tasks(self, placed: Placed) -> tuple[Task, ...]:
        """The duty of each party of a placed visit."""
        if placed not in self._tasks:
            kind = self.kinds[placed.kind]
            made: list[Task] = []
            for start, group in zip(placed.starts, kind.groups, strict=True):
                end = start + kind.ticks
                able = self.crew.able(kind.tour, kind.language, start, end)
                made += [Task("", start, end, able) for _ in group]
            self._tasks[placed] = tuple(made)
        return self._tasks[placed]

    def crowd(self, tasks: Sequence[Task], since: int = 0, until: int = 1 << 30) -> Crowd | None:
        """A moment at which the day's tasks and these are more than the guides who could lead them (Hall's condition), if any."""
        rest = self.crew.least_rest
        every = [*self.must, *tasks]
        for moment in sorted({task.start for task in every if since <= task.start < until} | {since}):
            here = [task for task in every if task.start <= moment < task.end + rest]
            if (guides := _too_few(here)) is not None:
                taken = sum(not task.able & ~guides for task in self.must if task.start <= moment < task.end + rest)
                return Crowd(moment, guides, guides.bit_count() - taken)
        return None

    def counts(self, crowd: Crowd, placed: Placed) -> int:
        """How many of the parties of a placed visit are of a crowd."""
        rest = self.crew.least_rest
        return sum(
            task.start <= crowd.moment < task.end + rest and not task.able & ~crowd.guides
            for task in self.tasks(placed)
        )

    def news(self, placed: Sequence[Placed]) -> list[tuple[int, tuple[Stop, ...], Group]]:
        """The waves of placed visits as the floor wants them: start, stops, heads."""
        return [
            (start, self.kinds[one.kind].stops, group)
            for one in placed
            for start, group in zip(one.starts, self.kinds[one.kind].groups, strict=True)
        ]

    def groups(self, placed: Sequence[Placed]) -> list[Task]:
        """The duties of placed visits, those of one wave as one task: never alike ones apart, whose symmetry no solver survives."""
        made = []
        for one in placed:
            kind = self.kinds[one.kind]
            for start, group in zip(one.starts, kind.groups, strict=True):
                end = start + kind.ticks
                able = self.crew.able(kind.tour, kind.language, start, end)
                made.append(Task("", start, end, able, number=len(group)))
        return made

    def cover(self, groups: Sequence[Task]) -> Cover:
        """The model of all duties of the day with these."""
        crew = self.crew
        complete = crew.needed == len(crew.tasks)
        tasks = [Task(t.key, t.start, t.end, t.able, t.present, complete or t.present != NOBODY) for t in crew.tasks]
        model = Cover([*tasks, *groups], crew.limits)
        if not complete:
            model.at_least(crew.needed - sum(task.must for task in tasks))
        return model

    # How one more is added

    def _extend(self, base: Arrangement, placed: Placed, budget: Budget | None) -> Arrangement | None:
        roster = self._lead(base, placed)
        if roster is None and budget is None:
            return None
        walked = self._walk(base, placed, budget)
        if walked is None:
            return None
        if roster is None:
            assert budget is not None
            roster = self._lead_exactly(base, placed, budget)
            if roster is None:
                return None
        options, load = walked
        after = (*base.placed, placed)
        tasks = (*base.tasks, *self.tasks(placed))
        return Arrangement(after, tasks, tuple(roster), tuple(options), load, numbered(after))

    def _lead(self, base: Arrangement, placed: Placed) -> Sequence[int] | None:
        """A guide for everybody, found by driving others out, or None."""
        crew, news = self.crew, self.tasks(placed)
        if any(not task.able for task in news):
            return None
        tasks = [*crew.tasks, *base.tasks, *news]
        wanted = range(len(tasks) - len(news), len(tasks))
        for moves in (FEW_MOVES, MANY_MOVES):
            board = Board(tasks, [*base.roster, *[NOBODY] * len(news)], crew.limits, len(crew.guides))
            if board.insert(wanted, moves):
                return board.roster
            if moves == FEW_MOVES and self._is_crowded(base, news):
                return None
        return None

    def _lead_exactly(self, base: Arrangement, placed: Placed, budget: Budget) -> Sequence[int] | None:
        if self._is_crowded(base, self.tasks(placed)):
            return None
        found = self.cover(self.groups([*base.placed, placed])).solve(budget)
        if found is None:
            return None
        old = len(self.crew.tasks)
        return [g[0] if g else NOBODY for g in found[:old]] + [guide for guides in found[old:] for guide in guides]

    def _is_crowded(self, base: Arrangement, news: Sequence[Task]) -> bool:
        rest = self.crew.least_rest
        return any(
            self.crowd([*base.tasks, *news], start, end + rest) for start, end in {(t.start, t.end) for t in news}
        )

    def _walk(self, base: Arrangement, placed: Placed, budget: Budget | None) -> tuple[Sequence[Option], int] | None:
        """An option for every wave: the others as they walk where that will do."""
        load, chosen = base.load, []
        for number, start in enumerate(placed.starts):
            options = self._options_at(placed.kind, number, start)
            if options is None:
                break
            if not options:
                return None
            option = next((o for o in options if self.floor.fields.fits(self.floor.room - load, o.load)), None)
            if option is None:
                break
            load += option.load
            chosen.append(option)
        else:
            return [*base.options, *chosen], load
        news, old = self.news([*base.placed, placed]), len(self.floor.waves)
        try:
            found = self.floor.arrange(news, budget or Budget(0))
        except Undecided:
            if budget is None:
                return None
            raise
        if found is None:
            return None
        found = [*found[len(news) :], *found[: len(news)]]
        assert len(found) == old + len(news)
        return found, sum(option.load for option in found)

    def _options_at(self, kind: int, number: int, start: int) -> list[Option] | None:
        """What a wave may take; None: more than are worth listing."""
        key = (kind, number, start)
        if key not in self._options:
            floor, asked = self.floor, self.kinds[kind]
            made = profiles(asked.stops, asked.groups[number], floor.spaces)
            shift = start - floor.origin
            listed = [
                Option(
                    sum(
                        floor.fields.load(run.channel, shift + run.offset, run.ticks, run.amount)
                        for run in profile.runs
                    ),
                    profile.runs,
                    profile.walks,
                )
                for profile in made or ()
            ]
            within = [option for option in listed if floor.fields.fits(floor.entry, option.load)]
            self._options[key] = None if made is None else within
        return self._options[key]

    # Starts

    def _masks(self, kind: int) -> tuple[tuple[int, ...], ...]:
        if kind not in self._possible:
            asked = self.kinds[kind]
            candidates = self.state.candidates(asked.ticks)
            self._possible[kind] = tuple(
                tuple(bits(self.state.possible(asked.wish, group, candidates))) if candidates else ()
                for group in asked.groups
            )
        return self._possible[kind]


def _spread(masks: tuple[tuple[int, ...], ...], most: int) -> Iterator[tuple[int, ...]]:
    """A start of each mask, ascending, the last at most `most` after the first."""

    def rest(done: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(done) == len(masks):
            yield done
            return
        for start in masks[len(done)]:
            if not done or done[-1] < start <= done[0] + most:
                yield from rest((*done, start))

    return rest(())


def numbered(placed: Iterable[Placed]) -> frozenset[tuple[Placed, int]]:
    """A multiset as a set: the first of those alike is number 0, the next 1, …"""
    seen: dict[Placed, int] = {}
    found = []
    for one in placed:
        number = seen.get(one, 0)
        seen[one] = number + 1
        found.append((one, number))
    return frozenset(found)


def _too_few(tasks: Sequence[Task]) -> int | None:
    """Guides who are fewer than the tasks that only they can lead at once; None: there are none such."""
    owner: dict[int, tuple[int, int]] = {}
    slots = [(index, copy) for index, task in enumerate(tasks) for copy in range(task.number)]
    seen = 0

    def place(slot: tuple[int, int]) -> bool:
        nonlocal seen
        able = tasks[slot[0]].able
        for guide in bits(able & ~seen):
            if guide not in owner:
                owner[guide] = slot
                return True
        for guide in bits(able & ~seen):
            if seen >> guide & 1:
                continue
            seen |= 1 << guide
            if place(owner[guide]):
                owner[guide] = slot
                return True
        return False

    for slot in slots:
        seen = 0
        if not place(slot):
            return seen
    return None

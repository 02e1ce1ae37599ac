"""One day without its hit visits, and which of them it can take together: exact, and quick where one is added to others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduler.core.day import Day
from scheduler.core.ejection import Board
from scheduler.core.matching_model import NOBODY, Cover, Task
from scheduler.core.packing_cells import Cells
from scheduler.core.packing_model import Option, Wave
from scheduler.core.packing_search import shuffle
from scheduler.core.profiles import Fields
from scheduler.core.repair_asked import Asked, Placed
from scheduler.core.repair_case import Kind
from scheduler.core.repair_crowd import Crowd, crowd_of
from scheduler.core.solving import Budget
from scheduler.core.state import State
from scheduler.core.ticks import bits

FEW_MOVES, MANY_MOVES, WALK_MOVES = 8, 24, 60
FAILURES_KEPT = 12


@dataclass(slots=True, eq=False)
class Arrangement:
    """Visits placed on a day, and how: a guide for each of the day's tasks and then for each new party, an option for each wave.

    `key`: the placed visits, however ordered (`numbered`). Never changed, but `board` is made when it is first asked for.
    """

    placed: tuple[Placed, ...]
    tasks: tuple[Task, ...]
    roster: tuple[int, ...]
    waves: tuple[Wave, ...]
    options: tuple[Option, ...]
    load: int
    key: frozenset[tuple[Placed, int]] = frozenset()
    board: Board | None = None


class Site:
    """A day, and what is known of it."""

    def __init__(self, day: Day, kinds: Sequence[Kind], listed: dict[object, list[Option] | None]) -> None:
        self.day, self.kinds = day, kinds
        state = State(day)
        self.crew, self.floor = state.crew, state.floor
        self.asked = Asked(state, kinds, listed)
        old = [wave.options[chosen] for wave, chosen in zip(self.floor.waves, self.floor.witness, strict=True)]
        self.empty = Arrangement((), (), tuple(self.crew.witness), (), tuple(old), sum(option.load for option in old))
        complete = self.crew.needed == len(self.crew.tasks)
        self.must = [task for task in self.crew.tasks if complete or task.present != NOBODY]
        self._alone: dict[Placed, bool] = {}
        self._failed: dict[Placed, list[frozenset[tuple[Placed, int]]]] = {}

    def alone(self, placed: Placed, budget: Budget) -> bool:
        """Whether the day can take this visit, were it the only one. Raises Undecided."""
        if placed not in self._alone:
            self._alone[placed] = self.extend(self.empty, placed, budget) is not None
        return self._alone[placed]

    def may_take(self, placed: Placed) -> bool:
        """Whether a quick look leaves it possible that the day takes this visit, were it the only one."""
        if placed not in self._alone and self.extend(self.empty, placed) is None:
            crowded = self._is_crowded(self.empty, self.asked.tasks(placed))
            if crowded or self.floor.quickly(self.asked.news([placed])) is None:
                self._alone[placed] = False
        return self._alone.get(placed, True)

    def ready(self, base: Arrangement, placed: Placed) -> Arrangement | None:
        """The arrangement with one more, where that changes nothing for anybody else. Quick: a look at what is free."""
        load, chosen = base.load, []
        for wave in self.asked.waves(placed):
            room = self.floor.room - load
            option = next((option for option in wave.options if self.floor.fields.fits(room, option.load)), None)
            if option is None:
                return None
            load += option.load
            chosen.append(option)
        leaders = self._free(base, placed)
        if leaders is None:
            return None
        return self._with(base, placed, [*base.roster, *leaders], [*base.options, *chosen], load)

    def extend(self, base: Arrangement, placed: Placed, budget: Budget | None = None) -> Arrangement | None:
        """The arrangement with one more. Without a budget None means "not found", with one "impossible"; it may raise Undecided."""
        found = self.ready(base, placed)
        if found is not None:
            return found
        if budget is None and self.has_failed(base, placed):
            return None
        found = self._extend(base, placed, budget)
        if found is None:
            failed = self._failed.setdefault(placed, [])
            failed.append(base.key)
            del failed[:-FAILURES_KEPT]
        return found

    def has_failed(self, base: Arrangement, placed: Placed) -> bool:
        """Whether it was tried in vain to add this one to these, or to fewer."""
        return any(failed <= base.key for failed in self._failed.get(placed, ()))

    def without(self, base: Arrangement, placed: Placed) -> Arrangement:
        """The arrangement with one less; everything else stays as it is."""
        at = base.placed.index(placed)
        task = len(self.crew.tasks) + sum(len(self.asked.tasks(other)) for other in base.placed[:at])
        old = len(self.floor.waves)
        wave = old + sum(len(other.starts) for other in base.placed[:at])
        parties, waves = len(self.asked.tasks(placed)), len(placed.starts)
        first = task - len(self.crew.tasks)
        rest = base.placed[:at] + base.placed[at + 1 :]
        return Arrangement(
            rest,
            base.tasks[:first] + base.tasks[first + parties :],
            base.roster[:task] + base.roster[task + parties :],
            base.waves[: wave - old] + base.waves[wave - old + waves :],
            base.options[:wave] + base.options[wave + waves :],
            base.load - sum(option.load for option in base.options[wave : wave + waves]),
            numbered(rest),
        )

    def crowd(self, placed: Iterable[Placed]) -> Crowd | None:
        """A moment at which the day's duties and those of these visits are more than the guides who could lead them, if any."""
        return crowd_of([*self.must, *(task for one in placed for task in self.asked.tasks(one))], self.crew.least_rest)

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

    def _with(
        self, base: Arrangement, placed: Placed, roster: Sequence[int], options: Sequence[Option], load: int
    ) -> Arrangement:
        after = (*base.placed, placed)
        tasks, waves = (*base.tasks, *self.asked.tasks(placed)), (*base.waves, *self.asked.waves(placed))
        return Arrangement(after, tasks, tuple(roster), waves, tuple(options), load, numbered(after))

    def _extend(self, base: Arrangement, placed: Placed, budget: Budget | None) -> Arrangement | None:
        leaders = self._free(base, placed)
        roster = self._lead(base, placed) if leaders is None else [*base.roster, *leaders]
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
        return self._with(base, placed, roster, options, load)

    def _free(self, base: Arrangement, placed: Placed) -> list[int] | None:
        """A guide for each party who has nothing else then, those who can do least first; None: there are not so many."""
        if base.board is None:
            base.board = Board([*self.crew.tasks, *base.tasks], base.roster, self.crew.limits, len(self.crew.guides))
        board, found, busy = base.board, list[int](), dict[int, list[Task]]()
        for task in self.asked.tasks(placed):
            ticks = task.end - task.start
            for guide in bits(task.able):
                held = busy.get(guide, [])
                if (
                    not board.clashes(task.start, task.end, guide)
                    and board.duties[guide] > len(held)
                    and board.ticks[guide] >= ticks + sum(other.end - other.start for other in held)
                    and not any(
                        other.start < task.end + board.rest[guide] and task.start < other.end + board.rest[guide]
                        for other in held
                    )
                ):
                    busy.setdefault(guide, []).append(task)
                    found.append(guide)
                    break
            else:
                return None
        return found

    def _lead(self, base: Arrangement, placed: Placed) -> list[int] | None:
        """A guide for everybody, found by driving others out, or None."""
        crew, news = self.crew, self.asked.tasks(placed)
        if not all(task.able for task in news):
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

    def _lead_exactly(self, base: Arrangement, placed: Placed, budget: Budget) -> list[int] | None:
        if self._is_crowded(base, self.asked.tasks(placed)):
            return None
        found = self.cover(self.asked.groups([*base.placed, placed])).solve(budget)
        if found is None:
            return None
        old = len(self.crew.tasks)
        return [g[0] if g else NOBODY for g in found[:old]] + [guide for guides in found[old:] for guide in guides]

    def _is_crowded(self, base: Arrangement, news: Sequence[Task]) -> bool:
        every, rest = [*self.must, *base.tasks, *news], self.crew.least_rest
        return any(crowd_of(every, rest, start, end + rest) for start, end in {(t.start, t.end) for t in news})

    def _walk(self, base: Arrangement, placed: Placed, budget: Budget | None) -> tuple[Sequence[Option], int] | None:
        """An option for every wave, found by a few changes from where the others are; with a budget the exact answer."""
        floor, new = self.floor, self.asked.waves(placed)
        if not all(wave.options or not wave.listed for wave in new):
            return None
        if all(wave.listed for wave in new):
            found = self._nudge(base, new)
            if found is None and budget is not None:
                first = [*base.options, *(wave.options[0] for wave in new)]
                waves = [*floor.waves, *base.waves, *new]
                cells = Cells(floor.fields, floor.room, floor.origin, waves)
                found = shuffle(cells, waves, first, WALK_MOVES)
            if found is not None:
                return found, sum(option.load for option in found)
        if budget is None:
            return None
        news = self.asked.news([*base.placed, placed])
        found = floor.arrange(news, budget)
        if found is None:
            return None
        found = [*found[len(news) :], *found[: len(news)]]
        return found, sum(option.load for option in found)

    def _nudge(self, base: Arrangement, new: Sequence[Wave]) -> list[Option] | None:
        """An option for every wave with at most one other changed for each new one; None: not found."""
        fields, room = self.floor.fields, self.floor.room
        waves, chosen, load = [*self.floor.waves, *base.waves], list(base.options), base.load
        for wave in new:
            found = give_way(fields, room - load, wave, waves, chosen)
            if found is None:
                return None
            mine, at, other = found
            if at >= 0:
                load += other.load - chosen[at].load
                chosen[at] = other
            load += mine.load
            waves.append(wave)
            chosen.append(mine)
        return chosen


def give_way(
    fields: Fields, left: int, wave: Wave, waves: Sequence[Wave], chosen: Sequence[Option]
) -> tuple[Option, int, Option] | None:
    """An option for a new wave, and which other wave takes another option for it (-1: none need)."""
    near = [at for at, other in enumerate(waves) if other.period.overlaps(wave.period) and len(other.options) > 1]
    for mine in wave.options:
        if fields.fits(left, mine.load):
            return mine, -1, mine
        for at in near:
            without = left + chosen[at].load
            if not fields.fits(without, mine.load):
                continue
            for option in waves[at].options:
                if option is not chosen[at] and fields.fits(without - mine.load, option.load):
                    return mine, at, option
    return None


def numbered(placed: Iterable[Placed]) -> frozenset[tuple[Placed, int]]:
    """A multiset as a set: the first of those alike is number 0, the next 1, …"""
    seen: dict[Placed, int] = {}
    found = []
    for one in placed:
        number = seen.get(one, 0)
        seen[one] = number + 1
        found.append((one, number))
    return frozenset(found)

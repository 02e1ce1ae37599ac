"""The roster of several days as a model for the solver, and the aims that are asked of it in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Literal, Protocol

from scheduler.core.matching_model import NOBODY, Limits, Task, cliques
from scheduler.core.solving import Budget, Undecided, new_model
from scheduler.core.ticks import TICK_MINUTES, bits

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

Aim = Literal["covered", "fair", "unchanged", "gaps"]
COVERED: Aim = "covered"
FAIR: Aim = "fair"
UNCHANGED: Aim = "unchanged"
GAPS: Aim = "gaps"

HOUR = 60 // TICK_MINUTES
LOOK_SECONDS = 0.5
"""How often a running solver is asked to stop, if somebody wants that."""

Roster = list[list[tuple[int, ...]]]
"""By day and group: the numbers of the guides who lead it."""


class Amount(Protocol):
    """So many ticks, altogether and on weekends."""

    @property
    def ticks(self) -> int: ...
    @property
    def weekend(self) -> int: ...


@dataclass(slots=True)
class Group:
    """Unpromised duties alike: one bit of `able` for each guide who could lead one. `present`: who validly leads each now."""

    start: int
    end: int
    able: int
    keys: list[str] = field(default_factory=list)
    present: list[int] = field(default_factory=list)

    @property
    def ticks(self) -> int:
        return self.end - self.start


@dataclass(slots=True)
class Board:
    """One day: its guides by number, what is to be led, and the promised periods that each guide has already."""

    guides: tuple[str, ...]
    groups: list[Group]
    limits: Limits
    fixed: Mapping[int, list[tuple[int, int]]]
    weekend: bool


class Month:
    """Several days at once. `roster` is the best so far, and at first the valid part of what is planned now."""

    def __init__(self, boards: Sequence[Board], shares: Mapping[str, tuple[Amount, Amount]]) -> None:
        self.boards, self.shares = boards, shares
        self.model = new_model()
        self.roster: Roster = [
            [tuple(sorted({guide for guide in group.present if guide != NOBODY})) for group in board.groups]
            for board in boards
        ]
        self.takes = [[self._group(group) for group in board.groups] for board in boards]
        for board, takes in zip(boards, self.takes, strict=True):
            self._rules(board, takes)
        self.makers: Mapping[Aim, Callable[[], cp_model.LinearExprT]] = {
            COVERED: self._uncovered,
            FAIR: self._unfair,
            UNCHANGED: self._changed,
            GAPS: self._gaps,
        }

    def reach(self, aim: Aim, budget: Budget, stopped: Callable[[], bool]) -> tuple[int, int]:
        """Ask for the least of an aim and keep what was reached: its value, and the bound below which nothing goes.

        First without proof in mind, by the solver's usual workers, then by one with the full linear relaxation, which proves where
        they cannot. Out of time, the roster at hand is kept.
        """
        measure = self.makers[aim]()
        self.model.minimize(measure)
        value: int | None = None
        bound = 0
        for workers, share in ((1, 0.5), (2, 1.0)):
            if value is not None and bound >= value:
                break
            solved = self._solve(Budget(budget.left * share), workers, stopped)
            if solved is not None:
                value, bound = solved[0], max(bound, solved[1])
        if value is None:
            value = self._held(measure)
        self.model.add(measure <= value)
        return value, bound

    def _solve(self, budget: Budget, workers: int, stopped: Callable[[], bool]) -> tuple[int, int] | None:
        from ortools.sat.python import cp_model

        if budget.left < LOOK_SECONDS / 10:
            return None
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = 1
        if workers == 1:
            solver.parameters.linearization_level = 2
        solver.parameters.max_time_in_seconds = budget.left
        self._hint()
        if _solved(solver, self.model, stopped) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        self.roster = [
            [tuple(guide for guide, variable in takes.items() if solver.value(variable)) for takes in day]
            for day in self.takes
        ]
        return round(solver.objective_value), ceil(solver.best_objective_bound - 1e-6)

    def _held(self, measure: cp_model.LinearExprT) -> int:
        """What the roster at hand is worth, by the model's own measure. Raises Undecided where it breaks a rule."""
        from ortools.sat.python import cp_model

        fixed = self.model.clone()
        for day, chosen in zip(self.takes, self.roster, strict=True):
            for takes, numbers in zip(day, chosen, strict=True):
                for guide, variable in takes.items():
                    fixed.add(variable == (guide in numbers))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        if solver.solve(fixed) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise Undecided
        return round(solver.objective_value)

    def _hint(self) -> None:
        self.model.clear_hints()  # type: ignore[no-untyped-call]  # OR-Tools leaves it untyped
        for day, chosen in zip(self.takes, self.roster, strict=True):
            for takes, numbers in zip(day, chosen, strict=True):
                for guide, variable in takes.items():
                    self.model.add_hint(variable, guide in numbers)

    def _group(self, group: Group) -> dict[int, cp_model.IntVar]:
        takes = {guide: self.model.new_bool_var("") for guide in bits(group.able)}
        self.model.add(sum(takes.values()) <= len(group.keys))
        return takes

    def _rules(self, board: Board, takes: Sequence[Mapping[int, cp_model.IntVar]]) -> None:
        """One duty of a guide at a time, rest between them, and the day's most ticks and duties."""
        for guide, held in _by_guide(board, takes).items():
            tasks = [(Task("", group.start, group.end, group.able), variable) for group, variable in held]
            for clique in cliques(tasks, board.limits.rest[guide]):
                self.model.add_at_most_one(clique)
            if sum(group.ticks for group, _ in held) > board.limits.ticks[guide]:
                self.model.add(sum(group.ticks * variable for group, variable in held) <= board.limits.ticks[guide])
            if len(held) > board.limits.duties[guide]:
                self.model.add(sum(variable for _, variable in held) <= board.limits.duties[guide])

    def _uncovered(self) -> cp_model.LinearExprT:
        every = sum(len(group.keys) for board in self.boards for group in board.groups)
        return every - sum(sum(takes.values()) for day in self.takes for takes in day)

    def _changed(self) -> cp_model.LinearExprT:
        """Duties whose guide of now does not lead one of their group any more."""
        stays: list[cp_model.LinearExprT] = []
        number = 0
        for board, day in zip(self.boards, self.takes, strict=True):
            for group, takes in zip(board.groups, day, strict=True):
                present = {guide for guide in group.present if guide in takes}
                stays += [takes[guide] for guide in present]
                number += len(present)
        return number - sum(stays)

    def _unfair(self) -> cp_model.LinearExprT:
        """Sum over the guides of the squared hours above or below their share, and the same for weekends, in ticks times hours."""
        loads: dict[str, list[tuple[int, cp_model.IntVar]]] = {code: [] for code in self.shares}
        weekends: dict[str, list[tuple[int, cp_model.IntVar]]] = {code: [] for code in self.shares}
        for board, day in zip(self.boards, self.takes, strict=True):
            for group, takes in zip(board.groups, day, strict=True):
                for guide, variable in takes.items():
                    loads[board.guides[guide]].append((group.ticks, variable))
                    if board.weekend:
                        weekends[board.guides[guide]].append((group.ticks, variable))
        squares = []
        for code, (done, share) in self.shares.items():
            squares.append(self._square(done.ticks - share.ticks, loads[code]))
            squares.append(self._square(done.weekend - share.weekend, weekends[code]))
        return sum(squares)

    def _square(self, base: int, held: Sequence[tuple[int, cp_model.IntVar]]) -> cp_model.LinearExprT:
        """At least the square of `base` and the ticks held, in ticks times hours: its secants between whole hours."""
        most = sum(ticks for ticks, _ in held)
        load = self.model.new_int_var(0, most, "")
        self.model.add(load == sum(ticks * variable for ticks, variable in held))
        low, high = base // HOUR, -(-(base + most) // HOUR)
        top = max(abs(low), abs(high)) + 1
        square = self.model.new_int_var(0, HOUR * top * top, "")
        for hour in range(low, high + 1):
            self.model.add(square >= (2 * hour + 1) * (base + load) - HOUR * hour * (hour + 1))
        return square

    def _gaps(self) -> cp_model.LinearExprT:
        """Ticks between the first start and the last end of each guide's day in which they lead nobody."""
        waits: list[cp_model.LinearExprT] = []
        for board, takes in zip(self.boards, self.takes, strict=True):
            of_guide = _by_guide(board, takes)
            for guide in sorted(of_guide.keys() | board.fixed.keys()):
                held, fixed = of_guide.get(guide, []), board.fixed.get(guide, [])
                if len(held) + len(fixed) < 2:
                    continue
                ends = [*(group.end for group, _ in held), *(end for _, end in fixed)]
                starts = [*(group.start for group, _ in held), *(start for start, _ in fixed)]
                first = self.model.new_int_var(min(starts), max(ends), "")
                last = self.model.new_int_var(min(starts), max(ends), "")
                for group, variable in held:
                    self.model.add(first <= group.start).only_enforce_if(variable)
                    self.model.add(last >= group.end).only_enforce_if(variable)
                for start, end in fixed:
                    self.model.add(first <= start)
                    self.model.add(last >= end)
                self.model.add(last >= first)
                busy = sum(group.ticks * variable for group, variable in held) + sum(
                    end - start for start, end in fixed
                )
                waits.append(last - first - busy)
        return sum(waits)


def _by_guide(
    board: Board, takes: Sequence[Mapping[int, cp_model.IntVar]]
) -> dict[int, list[tuple[Group, cp_model.IntVar]]]:
    found: dict[int, list[tuple[Group, cp_model.IntVar]]] = {}
    for group, variables in zip(board.groups, takes, strict=True):
        for guide, variable in variables.items():
            found.setdefault(guide, []).append((group, variable))
    return found


def _solved(solver: cp_model.CpSolver, model: cp_model.CpModel, stopped: Callable[[], bool]) -> cp_model.CpSolverStatus:
    """The solver's status. It runs beside, while the caller's own thread asks now and then whether it should stop."""
    with ThreadPoolExecutor(max_workers=1) as beside:
        running = beside.submit(solver.solve, model)
        while not wait([running], LOOK_SECONDS).done:
            if stopped():
                solver.stop_search()
        return running.result()

"""A part of the roster as a model for the solver: some guides on some days, all else as it is. All guides on all days: the whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from math import ceil, gcd, isqrt
from typing import TYPE_CHECKING

from scheduler.core.matching_model import Task, cliques
from scheduler.core.planning_table import COVERED, FAIR, GAPS, UNCHANGED, Aim, Table
from scheduler.core.solving import Budget, new_model
from scheduler.core.ticks import bits

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

LOOK_SECONDS = 0.5
"""How often a running solver is asked to stop, if somebody wants that."""
MOST_SECANTS = 80
"""Beyond so many, far from zero, only some are told to the solver: the squares are then too small there, never too large."""

Held = list[tuple[Task, "cp_model.IntVar"]]
"""What a guide could lead on a day, and whether they do."""


@dataclass(frozen=True, slots=True)
class Solved:
    """Who leads each group that the part decides, and what the part's measure cannot go below."""

    roster: Mapping[int, frozenset[int]]
    bound: int


class Part:
    """What some guides lead on some days. `keep`: aims that must not become worse than in the roster at hand.

    `aims`: what is asked for, the first before the second, which is then `unchanged`: `weight` changes count as much as one of the
    first. `loads`: by guide the only ticks (on weekends, on other days) that they may have, where the part is the whole;
    `impossible` then says whether that has been disproved. Of the whole, what `least` gives as its bound is one of the table's values
    (times `weight`, and the second's).
    """

    def __init__(
        self,
        table: Table,
        guides: Collection[int],
        days: Sequence[int],
        keep: Collection[Aim],
        aims: tuple[Aim, ...],
        loads: Sequence[Collection[tuple[int, int]]] | None = None,
    ) -> None:
        self.table, self.guides, self.days, self.loads = table, sorted(guides), days, loads
        self.impossible = False
        self.model = new_model()
        self.takes: dict[int, dict[int, cp_model.IntVar]] = {}
        self.held: dict[tuple[int, int], Held] = {}
        self.open = self.stayers = 0
        mine = frozenset(self.guides)
        for day in days:
            self._cover(day, mine, COVERED in keep)
        for (day, guide), held in self.held.items():
            self._rules(day, guide, held)
        if UNCHANGED in keep:
            self.model.add(self._changed() <= self._changed_now())
        if FAIR in keep:
            self._unfair()
        measures: Mapping[Aim, Callable[[], cp_model.LinearExprT]] = {
            COVERED: self._uncovered,
            UNCHANGED: self._changed,
            FAIR: self._unfair,
            GAPS: self._gaps,
        }
        self.weight = 1 + self.stayers if len(aims) > 1 else 1
        self.model.minimize(sum(weight * measures[aim]() for aim, weight in zip(aims, (self.weight, 1), strict=False)))
        for number, takes in self.takes.items():
            for guide, variable in takes.items():
                self.model.add_hint(variable, guide in table.roster[number])

    def least(self, budget: Budget, *, effort: float) -> Solved | None:
        """The best of a small part, or the best found with this effort (in the solver's own seconds, which hang on no machine)."""
        solver = _solver(budget)
        solver.parameters.max_deterministic_time = effort
        return self._read(solver, solver.solve(self.model))

    def least_in_time(self, budget: Budget, workers: int, stopped: Callable[[], bool]) -> Solved | None:
        """The best of a large part, or the best found in the time; now and then it is asked whether to stop."""
        solver = _solver(budget)
        solver.parameters.num_workers = workers
        with ThreadPoolExecutor(max_workers=1) as beside:  # our own thread must be free to ask
            running = beside.submit(solver.solve, self.model)
            while not wait([running], LOOK_SECONDS).done:
                if stopped():
                    solver.stop_search()
            return self._read(solver, running.result())

    def _read(self, solver: cp_model.CpSolver, status: cp_model.CpSolverStatus) -> Solved | None:
        from ortools.sat.python import cp_model

        self.impossible = status == cp_model.INFEASIBLE
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        mine = frozenset(self.guides)
        roster = {
            number: (self.table.roster[number] - mine) | {g for g, variable in takes.items() if solver.value(variable)}
            for number, takes in self.takes.items()
        }
        return Solved(roster, ceil(solver.best_objective_bound - 1e-6))

    def _cover(self, day: int, mine: frozenset[int], keep: bool) -> None:
        """What these guides lead now they lead after it, among them; where something is open, as much as now."""
        rows, led_now = [], 0
        for number in self.table.days[day].groups:
            group, led = self.table.groups[number], self.table.roster[number]
            able = [guide for guide in bits(group.able) if guide in mine]
            inside, left = len(led & mine), len(group.keys) - len(led)
            if not able or not inside + left:
                self.open += inside + left
                continue
            task = Task("", group.start, group.end, 0)
            takes = {guide: self.model.new_bool_var("") for guide in able}
            self.takes[number] = takes
            for guide, variable in takes.items():
                self.held.setdefault((day, guide), []).append((task, variable))
            rows.append((takes.values(), inside + left, left))
            led_now += inside
            self.stayers += len(group.stayers & takes.keys())
        full = keep and not any(left for _, _, left in rows)
        for variables, most, _ in rows:
            self.open += most
            self.model.add(sum(variables) == most if full else sum(variables) <= most)
        if keep and not full:
            self.model.add(sum(sum(variables) for variables, _, _ in rows) >= led_now)

    def _rules(self, day: int, guide: int, held: Held) -> None:
        """One duty of a guide at a time, rest between them, and the day's most ticks and duties."""
        rest, ticks, duties = self.table.days[day].limits[guide]
        for clique in cliques(held, rest):
            self.model.add_at_most_one(clique)
        if sum(task.end - task.start for task, _ in held) > ticks:
            self.model.add(_sum(held) <= ticks)
        if len(held) > duties:
            self.model.add(sum(variable for _, variable in held) <= duties)

    def _uncovered(self) -> cp_model.LinearExprT:
        return self.open - sum(sum(takes.values()) for takes in self.takes.values())

    def _changed(self) -> cp_model.LinearExprT:
        stays = [
            takes[guide]
            for number, takes in self.takes.items()
            for guide in self.table.groups[number].stayers
            if guide in takes
        ]
        return self.stayers - sum(stays)

    def _changed_now(self) -> int:
        return self.stayers - sum(
            len(self.table.groups[number].stayers & takes.keys() & self.table.roster[number])
            for number, takes in self.takes.items()
        )

    def _unfair(self) -> cp_model.LinearExprT:
        """The squares of what each guide leads above or below their share, which are not to be more than now: their secants."""
        away, weekend = self.table.deviations()
        of_guide: dict[int, list[tuple[int, Held]]] = {guide: [] for guide in self.guides}
        for (day, guide), held in self.held.items():
            of_guide[guide].append((day, held))
        now = sum(away[guide] ** 2 + weekend[guide] ** 2 for guide in self.guides)
        squares: list[cp_model.LinearExprT] = []
        for guide, days in of_guide.items():
            if self.loads is not None:
                squares.append(self._one_of(self.loads[guide], guide, days))
                continue
            on_weekend = [(day, held) for day, held in days if self.table.days[day].weekend]
            for deviation, part in ((away[guide], days), (weekend[guide], on_weekend)):
                outside = deviation - sum(self._led_now(day, guide) for day, _ in part)
                squares.append(self._square(outside, [pair for _, held in part for pair in held], isqrt(now)))
        unfair = sum(squares)
        self.model.add(unfair <= now)
        return unfair

    def _one_of(
        self, loads: Collection[tuple[int, int]], guide: int, days: Sequence[tuple[int, Held]]
    ) -> cp_model.LinearExprT:
        """One of these loads, and what it is away from the guide's shares, squared."""
        table = self.table
        chosen = [self.model.new_bool_var("") for _ in loads]
        self.model.add_exactly_one(chosen)
        for place, on_weekend in ((0, True), (1, False)):
            held = [pair for day, held in days if table.days[day].weekend == on_weekend for pair in held]
            self.model.add(_sum(held) == sum(load[place] * one for load, one in zip(loads, chosen, strict=True)))
        return sum(
            ((table.base[guide] + weekend + rest) ** 2 + (table.weekend_base[guide] + weekend) ** 2) * one
            for (weekend, rest), one in zip(loads, chosen, strict=True)
        )

    def _led_now(self, day: int, guide: int) -> int:
        table = self.table
        return sum(table.groups[number].ticks for number in table.days[day].groups if guide in table.roster[number])

    def _square(self, outside: int, held: Held, most: int) -> cp_model.LinearExprT:
        """At least the square of `outside` and the ticks held, which lies within `most` of 0: exact where the ticks can be."""
        step = 0
        for task, _ in held:
            step = gcd(step, task.end - task.start)
        if not step:
            return outside * outside
        first = max(0, -((most + outside) // step))
        last = min(sum(task.end - task.start for task, _ in held), most - outside) // step
        count = self.model.new_int_var(first, last, "")
        self.model.add(step * count == _sum(held))
        if first == last:
            return (outside + step * first) ** 2
        square = self.model.new_int_var(0, most * most, "")
        stride = max(1, (last - first) // MOST_SECANTS)
        nearest = -outside // step
        for number in range(first, last):
            if stride == 1 or not number % stride or abs(number - nearest) <= MOST_SECANTS // 4:
                low = outside + step * number
                self.model.add(square >= (2 * low + step) * (outside + step * count) - low * (low + step))
        return square

    def _gaps(self) -> cp_model.LinearExprT:
        """Ticks between the first start and the last end of each guide's day in which they lead nobody."""
        waits: list[cp_model.LinearExprT] = []
        for day in self.days:
            fixed = self.table.days[day].fixed
            for guide in self.guides:
                held, known = self.held.get((day, guide), []), fixed.get(guide, [])
                if len(held) + len(known) < 2:
                    continue
                starts = [*(task.start for task, _ in held), *(start for start, _ in known)]
                ends = [*(task.end for task, _ in held), *(end for _, end in known)]
                first = self.model.new_int_var(min(starts), max(ends), "")
                last = self.model.new_int_var(min(starts), max(ends), "")
                for task, variable in held:
                    self.model.add(first <= task.start).only_enforce_if(variable)
                    self.model.add(last >= task.end).only_enforce_if(variable)
                for start, end in known:
                    self.model.add(first <= start)
                    self.model.add(last >= end)
                self.model.add(last >= first)
                waits += [last - first, -_sum(held), -sum(end - start for start, end in known)]
        return sum(waits)


def _sum(held: Held) -> cp_model.LinearExprT:
    from ortools.sat.python import cp_model

    return cp_model.LinearExpr.weighted_sum([variable for _, variable in held], [t.end - t.start for t, _ in held])


def _solver(budget: Budget) -> cp_model.CpSolver:
    """One worker with the full linear relaxation: small parts are proven at once, and probing them first costs more than it saves."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.symmetry_level = 0
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.random_seed = 1
    solver.parameters.max_time_in_seconds = budget.left
    return solver

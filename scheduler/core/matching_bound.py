"""The linear relaxation of the guides' side: most "no"s that Hall's theorem leaves are proven here, in whole numbers.

Each task is divided among guides. A guide has one unit at each moment (rest included), so many ticks and so many duties. If even then
a new duty cannot be led in full, no roster leads it. The proof is a price for each such right (the dual solution): if what all tasks
must pay at least is more than all rights are worth, the tasks cannot be led. The prices are rounded to whole numbers and the sum is
done again exactly, so nothing rests on floating point; and prices found for one start often prove others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scheduler.core.matching_model import Limits, Task
from scheduler.core.ticks import bits

SCALE = 1000
UNLIMITED = 1 << 29
DIVES = 40


@dataclass(slots=True)
class Prices:
    """For each guide the price of each moment (tick, price) in order, of a tick led, and of a duty."""

    moments: list[list[tuple[int, int]]]
    tick: list[int]
    duty: list[int]
    spare: int = 0
    """What the rights are worth beyond what the tasks that are there pay at least."""

    def of(self, task: Task, guide: int, rest: int) -> int:
        """What the task would cost with this guide."""
        ticks = task.end - task.start
        paid = sum(price for moment, price in self.moments[guide] if task.start <= moment < task.end + rest)
        return paid + ticks * self.tick[guide] + self.duty[guide]

    def least(self, task: Task, limits: Limits) -> int:
        """What the task, or so many alike, pay at least."""
        costs = sorted(self.of(task, guide, limits.rest[guide]) for guide in bits(task.able))
        return sum(costs[: task.number])


@dataclass(slots=True)
class Bound:
    """The relaxation of a day's tasks with several new groups, of which one at a time is asked for."""

    tasks: Sequence[Task]
    groups: Sequence[Task]
    limits: Limits
    proofs: list[Prices] = field(default_factory=list)
    _lp: Any = None
    _rows: list[Any] = field(default_factory=list)
    _takes: list[dict[int, Any]] = field(default_factory=list)
    _moments: list[tuple[int, int, Any]] = field(default_factory=list)
    _ticks: list[tuple[int, Any]] = field(default_factory=list)
    _duties: list[tuple[int, Any]] = field(default_factory=list)

    def disproves(self, number: int) -> bool:
        """Whether prices at hand already prove that the group cannot be led."""
        return any(prices.least(self.groups[number], self.limits) > prices.spare for prices in self.proofs)

    def ask(self, number: int, *, dive: bool) -> list[tuple[int, ...]] | None:
        """None: the group cannot be led beside the tasks. Else of each task, and of the group, the guides who have most of it, or [].

        Where no task is divided, these lead them; else it is a good beginning for a search. With `dive` one task after another is
        undivided first, which is slower and comes nearer.
        """
        if self._lp is None:
            self._build()
        group, row = self.groups[number], self._rows[len(self.tasks) + number]
        takes, objective = self._takes[len(self.tasks) + number], self._lp.Objective()
        row.SetBounds(0, group.number)
        for variable in takes.values():
            objective.SetCoefficient(variable, 1)
        found: list[tuple[int, ...]] | None = []
        led = self._led(number)
        if led is False:
            found = None if self._prove(number) else []
        elif led:
            found = self._dive(number) if dive else self._shares(number)
        row.SetBounds(0, 0)
        for variable in takes.values():
            objective.SetCoefficient(variable, 0)
        return found

    def _shares(self, number: int) -> list[tuple[int, ...]]:
        """The guides who have most of each task, and of the group."""
        asked = self._takes[len(self.tasks) + number]
        return [_most(taken, 1) for taken in self._takes[: len(self.tasks)]] + [
            _most(asked, self.groups[number].number)
        ]

    def _led(self, number: int) -> bool | None:
        """Whether the relaxation, as it stands, leads the group in full; None where the solver did not say."""
        status = self._lp.Solve()
        if status == self._lp.INFEASIBLE:
            return False
        return (
            bool(self._lp.Objective().Value() > self.groups[number].number - 1e-6)
            if status == self._lp.OPTIMAL
            else None
        )

    def _dive(self, number: int) -> list[tuple[int, ...]]:
        """Undivide one task after another, each with the guide who has most of it, and where that fails not with this guide."""
        fixed, found = [], self._shares(number)
        mine = [*self._takes[: len(self.tasks)], self._takes[len(self.tasks) + number]]
        for _ in range(DIVES):
            divided = [
                (variable.solution_value(), guide, variable)
                for taken in mine
                for guide, variable in taken.items()
                if 1e-6 < variable.solution_value() < 1 - 1e-6
            ]
            if not divided:
                break
            _, _, variable = max(divided, key=lambda part: (round(part[0], 6), -part[1]))
            fixed.append(variable)
            variable.SetBounds(1, 1)
            if not self._led(number):
                variable.SetBounds(0, 0)
                if not self._led(number):
                    break
            found = self._shares(number)
        for variable in fixed:
            variable.SetBounds(0, 1)
        return found

    def _prove(self, number: int) -> bool:
        """Round the dual solution to prices and do the sum again; whether it proves that the group cannot be led."""
        guides = len(self.limits.rest)
        prices = Prices([[] for _ in range(guides)], [0] * guides, [0] * guides)
        worth = 0
        for guide, moment, row in self._moments:
            if price := _price(row):
                prices.moments[guide].append((moment, price))
                worth += price
        for rows, priced, left in (
            (self._ticks, prices.tick, self.limits.ticks),
            (self._duties, prices.duty, self.limits.duties),
        ):
            for guide, row in rows:
                priced[guide] = _price(row)
                worth += priced[guide] * left[guide]
        prices.spare = worth - sum(prices.least(task, self.limits) for task in self.tasks)
        if prices.least(self.groups[number], self.limits) <= prices.spare:
            return False
        self.proofs.append(prices)
        return True

    def _build(self) -> None:
        from ortools.linear_solver import pywraplp

        lp = self._lp = pywraplp.Solver.CreateSolver("GLOP")
        lp.Objective().SetMaximization()
        held: dict[int, list[tuple[Task, Any]]] = {}
        for index, task in enumerate([*self.tasks, *self.groups]):
            row = lp.Constraint(1, 1) if index < len(self.tasks) else lp.Constraint(0, 0)
            takes = {}
            for guide in bits(task.able):
                takes[guide] = variable = lp.NumVar(0, 1, "")
                row.SetCoefficient(variable, 1)
                held.setdefault(guide, []).append((task, variable))
            self._rows.append(row)
            self._takes.append(takes)
        for guide, mine in held.items():
            self._limit(guide, sorted(mine, key=lambda pair: pair[0].start))

    def _limit(self, guide: int, mine: list[tuple[Task, Any]]) -> None:
        """A guide's rights: one task at each moment at which one begins, so many ticks, so many duties."""
        lp, rest = self._lp, self.limits.rest[guide]
        under_way: list[tuple[Task, Any]] = []
        for index, (task, variable) in enumerate(mine):
            under_way = [pair for pair in under_way if task.start < pair[0].end + rest] + [(task, variable)]
            following = mine[index + 1][0].start if index + 1 < len(mine) else None
            if len(under_way) > 1 and (following is None or any(following >= t.end + rest for t, _ in under_way)):
                row = lp.Constraint(-lp.infinity(), 1)
                for _, other in under_way:
                    row.SetCoefficient(other, 1)
                self._moments.append((guide, task.start, row))
        if self.limits.ticks[guide] < UNLIMITED:
            row = lp.Constraint(-lp.infinity(), self.limits.ticks[guide])
            for task, variable in mine:
                row.SetCoefficient(variable, task.end - task.start)
            self._ticks.append((guide, row))
        if self.limits.duties[guide] < UNLIMITED:
            row = lp.Constraint(-lp.infinity(), self.limits.duties[guide])
            for _, variable in mine:
                row.SetCoefficient(variable, 1)
            self._duties.append((guide, row))


def _price(row: Any) -> int:
    return max(0, round(SCALE * float(row.dual_value())))


def _most(takes: dict[int, Any], number: int) -> tuple[int, ...]:
    """The guides with the largest shares."""
    return tuple(sorted(takes, key=lambda guide: (-round(takes[guide].solution_value(), 6), guide))[:number])

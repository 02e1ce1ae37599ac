"""The linear relaxation of the guides' side: most "no"s that Hall's theorem leaves are proven here, in whole numbers.

Each task is divided among guides. A guide has one unit at each moment (rest included), so many ticks and so many duties. If even then
a new duty cannot be led in full, no roster leads it. The proof is a price for each such right (the dual solution): if what all tasks
must pay at least is more than all rights are worth, the tasks cannot be led. The prices are rounded to whole numbers and the sum is
done again exactly, so nothing rests on floating point; and prices found for one start often prove others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from scheduler.core.matching_model import Limits, Task
from scheduler.core.ticks import bits

SCALE = 1000
UNLIMITED = 1 << 29
WORTH = 1000
LITTLE = 0.05

Shares = list[tuple[int, int]]
"""(task, guide) in the order of how much of the task the guide has; the tasks of the group come after the others."""


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
    _asked: int | None = None
    _varied: bool = False
    _rows: list[Any] = field(default_factory=list)
    _takes: list[dict[int, Any]] = field(default_factory=list)
    _moments: list[tuple[int, int, Any]] = field(default_factory=list)
    _ticks: list[tuple[int, Any]] = field(default_factory=list)
    _duties: list[tuple[int, Any]] = field(default_factory=list)

    @property
    def is_built(self) -> bool:
        """Whether it was asked before: the first time is dear."""
        return self._lp is not None

    def disproves(self, number: int) -> bool:
        """Whether prices at hand already prove that the group cannot be led."""
        return any(prices.least(self.groups[number], self.limits) > prices.spare for prices in self.proofs)

    def ask(self, number: int, tries: int) -> Iterator[Shares] | None:
        """None: the group cannot be led beside the tasks. Else so many corners of the relaxation, each a good beginning for a search.

        Where no task is divided, a corner is a roster. All but the first are found with prices by chance.
        """
        if self._lp is None:
            self._build()
        self._forget()
        self._asked = number
        if self._led(number) is False and self._prove(number):
            return None
        return self._corners(number, tries)

    def _corners(self, number: int, tries: int) -> Iterator[Shares]:
        chance, objective = Random(number), self._lp.Objective()  # noqa: S311  # guards nothing
        mine = [*self._takes[: len(self.tasks)], self._takes[len(self.tasks) + number]]
        yield _shares(mine, self.groups[number].number)
        for _ in range(1, tries):
            self._varied = True
            for takes in mine[:-1]:
                for variable in takes.values():
                    objective.SetCoefficient(variable, chance.random())
            if self._lp.Solve() != self._lp.OPTIMAL:
                return
            yield _shares(mine, self.groups[number].number)

    def _forget(self) -> None:
        """Leave out the group that was asked for, and the prices by chance."""
        if self._asked is not None:
            self._ask_for(self._asked, 0)
        for takes in self._takes[: len(self.tasks)] if self._varied else ():
            for variable in takes.values():
                self._lp.Objective().SetCoefficient(variable, 0)
        self._asked, self._varied = None, False

    def _ask_for(self, number: int, worth: int) -> None:
        """Let the group be led in part, at so much for each whole one; or, if it is worth nothing, not at all."""
        place, objective = len(self.tasks) + number, self._lp.Objective()
        self._rows[place].SetBounds(0, self.groups[number].number if worth else 0)
        for variable in self._takes[place].values():
            objective.SetCoefficient(variable, worth)

    def _led(self, number: int) -> bool | None:
        """Whether the relaxation leads the group in full; None where the solver did not say."""
        self._ask_for(number, WORTH)
        status = self._lp.Solve()
        if status == self._lp.INFEASIBLE:
            return False
        if status != self._lp.OPTIMAL:
            return None
        return bool(self._lp.Objective().Value() > WORTH * (self.groups[number].number - 1e-6))

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
        lp.SetSolverSpecificParametersAsString("use_preprocessing: false")  # so that it goes on from where it was
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
    return max(0, round(SCALE / WORTH * float(row.dual_value())))


def _shares(mine: Sequence[dict[int, Any]], number: int) -> Shares:
    """Who has more than a little of which task, the largest shares first; of the group as many as it has duties."""
    *tasks, group = mine
    most = sorted(group, key=lambda guide: (-round(group[guide].solution_value(), 6), guide))[:number]
    found = [(-1.0, len(tasks) + place, guide) for place, guide in enumerate(most)]
    for index, takes in enumerate(tasks):
        for guide, variable in takes.items():
            if (share := round(variable.solution_value(), 6)) > LITTLE:
                found.append((-share, index, guide))
    return [(index, guide) for _, index, guide in sorted(found)]

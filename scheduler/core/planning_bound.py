"""How fair no roster can be: the linear relaxation of all days together, and its proof done again in whole numbers.

Every duty is divided among guides, within their rights (one duty at a moment, rest, ticks and duties of a day), and each guide's squares
are straight between the loads that they can have at all. The dual solution gives prices: of each right, of a tick led by each guide, of
a duty left. What these prices leave at least (each duty with the guide who is cheapest, each guide with the load that is best for them)
is a bound for any prices at all; so they are rounded and the sum is done exactly: floating point proposes, integers decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from math import isqrt
from typing import Any

from scheduler.core.planning_table import COVERED, FAIR, UNCHANGED, Aim, Table
from scheduler.core.ticks import bits

SCALE = 1000


@dataclass(slots=True)
class Right:
    """A row of the relaxation: what some choices (group, guide) use of it, and how much there is; `least`: how much is owed."""

    uses: list[tuple[int, int, int]]
    amount: int
    least: bool = False
    row: Any = None


@dataclass(slots=True)
class Line:
    """A guide's load, altogether or on weekends: their deviation without any duty, its step, and what they can lead."""

    guide: int
    base: int
    step: int
    choices: list[tuple[int, int, int]] = field(default_factory=list)
    row: Any = None
    load: Any = None


class Relaxation:
    """The days of a table, and the least unfairness.

    `keep`: the aims that the roster must reach as the one at hand does, covered day by day: no duty pays for one of another day.
    """

    def __init__(self, table: Table, keep: Collection[Aim]) -> None:
        self.table, self.value = table, table.value(FAIR)
        self.most = isqrt(self.value)
        self.full = {day for day, open_ in enumerate(_open(table)) if not open_} if COVERED in keep else set[int]()
        self.rights = [*self._rights(), *self._debts(keep)]
        self.lines = self._lines()
        self.targets: tuple[list[float], list[float]] | None = None
        self.prices: list[float] = []
        self._rows: list[Any] = []

    def bound(self, seconds: float) -> int:
        """No roster that keeps what is to be kept has less.

        Sets `targets`: by guide the deviations of the relaxation's best; and `prices`: of each group.
        """
        from ortools.linear_solver import pywraplp

        if not self.lines or seconds <= 0:
            return 0
        lp = pywraplp.Solver.CreateSolver("GLOP")
        lp.SetTimeLimit(round(1000 * seconds))
        self._build(lp)
        if lp.Solve() != lp.OPTIMAL:
            return 0
        away, weekend = self.table.deviations()
        targets: tuple[list[float], list[float]] = ([float(ticks) for ticks in away], [float(t) for t in weekend])
        for number, line in enumerate(self.lines):
            targets[number % 2][line.guide] = line.base + line.load.solution_value()
        self.targets, self.prices = targets, [float(row.dual_value()) for row in self._rows]
        return min(self.value, self._exactly())

    def _rights(self) -> Iterator[Right]:
        """One duty of a guide at each moment, their ticks and their duties of a day."""
        for planned in self.table.days:
            of_guide: dict[int, list[int]] = {}
            for number in planned.groups:
                for guide in bits(self.table.groups[number].able):
                    of_guide.setdefault(guide, []).append(number)
            for guide, numbers in of_guide.items():
                rest, ticks, duties = planned.limits[guide]
                groups = self.table.groups
                for clique in _cliques(sorted((groups[n].start, groups[n].end + rest, n) for n in numbers)):
                    yield Right([(number, guide, 1) for number in clique], 1)
                if sum(groups[number].ticks for number in numbers) > ticks:
                    yield Right([(number, guide, groups[number].ticks) for number in numbers], ticks)
                if len(numbers) > duties:
                    yield Right([(number, guide, 1) for number in numbers], duties)

    def _debts(self, keep: Collection[Aim]) -> Iterator[Right]:
        """As many duties of each day led as now where not all are; as many unchanged as now."""
        groups = self.table.groups
        if COVERED in keep:
            for day, planned in enumerate(self.table.days):
                if day not in self.full:
                    uses = [(number, guide, 1) for number in planned.groups for guide in bits(groups[number].able)]
                    yield Right(uses, sum(len(self.table.roster[number]) for number in planned.groups), least=True)
        if UNCHANGED in keep:
            stays = [(number, guide, 1) for number, group in enumerate(groups) for guide in group.stayers]
            yield Right(stays, len(stays) - self.table.value(UNCHANGED), least=True)

    def _lines(self) -> list[Line]:
        """By guide two: their load altogether, and on weekends."""
        table, steps, found = self.table, self.table.steps(), list[Line]()
        for guide in range(len(table.codes)):
            found.append(Line(guide, table.base[guide], steps[0][guide]))
            found.append(Line(guide, table.weekend_base[guide], steps[1][guide]))
        for number, group in enumerate(table.groups):
            for guide in bits(group.able):
                found[2 * guide].choices.append((number, guide, group.ticks))
                if table.days[group.day].weekend:
                    found[2 * guide + 1].choices.append((number, guide, group.ticks))
        return found

    def _build(self, lp: Any) -> None:
        takes: dict[tuple[int, int], Any] = {}
        for number, group in enumerate(self.table.groups):
            least = len(group.keys) if group.day in self.full else 0
            row = lp.Constraint(least, len(group.keys))
            self._rows.append(row)
            for guide in bits(group.able):
                takes[number, guide] = variable = lp.NumVar(0, 1, "")
                row.SetCoefficient(variable, 1)
        infinity = lp.infinity()
        for right in self.rights:
            right.row = lp.Constraint(right.amount, infinity) if right.least else lp.Constraint(-infinity, right.amount)
            for number, guide, amount in right.uses:
                right.row.SetCoefficient(takes[number, guide], amount)
        objective = lp.Objective()
        objective.SetMinimization()
        for line in self.lines:
            first, last = self._range(line)
            line.load = lp.NumVar(line.step * first, line.step * last, "")
            line.row = lp.Constraint(0, 0)
            line.row.SetCoefficient(line.load, -1)
            for number, guide, ticks in line.choices:
                line.row.SetCoefficient(takes[number, guide], ticks)
            square = lp.NumVar((line.base + line.step * first) ** 2 if first == last else 0, infinity, "")
            objective.SetCoefficient(square, 1)
            for step in range(first, last):
                low = line.base + line.step * step
                slope = 2 * low + line.step
                row = lp.Constraint(slope * line.base - low * (low + line.step), infinity)
                row.SetCoefficient(square, 1)
                row.SetCoefficient(line.load, -slope)

    def _range(self, line: Line) -> tuple[int, int]:
        """How many steps the load of a roster can have that is no less fair than the one at hand."""
        if not line.step:
            return 0, 0
        whole = sum(ticks for _, _, ticks in line.choices)
        return max(0, -((self.most + line.base) // line.step)), min(whole, self.most - line.base) // line.step

    def _exactly(self) -> int:
        """The dual solution's prices, rounded, and what they leave at least, in whole numbers."""
        groups, worth = self.table.groups, 0
        costs: list[dict[int, int]] = [dict.fromkeys(bits(group.able), 0) for group in groups]
        for right in self.rights:
            price = round(SCALE * float(right.row.dual_value()))
            price = max(0, price) if right.least else min(0, price)
            if price:
                worth += price * right.amount
                for number, guide, amount in right.uses:
                    costs[number][guide] -= price * amount
        for line in self.lines:
            price = -round(SCALE * float(line.row.dual_value()))
            first, last = self._range(line)
            loads = range(line.step * first, line.step * last + 1, line.step or 1)
            worth += min(SCALE * (line.base + load) ** 2 - price * load for load in loads)
            for number, guide, ticks in line.choices:
                costs[number][guide] += price * ticks
        for group, cost in zip(groups, costs, strict=True):
            cheapest = sorted(cost.values())[: len(group.keys)]
            worth += sum(cheapest if group.day in self.full else [paid for paid in cheapest if paid < 0])
        return -(-worth // SCALE)


def _open(table: Table) -> list[int]:
    """By day: how many duties nobody leads."""
    found = [0] * len(table.days)
    for group, led in zip(table.groups, table.roster, strict=True):
        found[group.day] += len(group.keys) - len(led)
    return found


def _cliques(spans: list[tuple[int, int, int]]) -> Iterator[list[int]]:
    """The largest sets that are under way, or not yet rested from, at once."""
    under_way: list[tuple[int, int]] = []
    for index, (_, end, number) in enumerate(spans):
        under_way.append((end, number))
        following = spans[index + 1][0] if index + 1 < len(spans) else None
        if len(under_way) > 1 and (following is None or any(late <= following for late, _ in under_way)):
            yield [one for _, one in under_way]
        if following is not None:
            under_way = [pair for pair in under_way if pair[0] > following]

"""How fair no roster can be, more tightly: each guide takes one whole plan, or a mixture of several (Dantzig and Wolfe, 1960).

`planning_bound.py` divides single duties among guides; a mixture of whole plans knows besides which loads a guide can have at all, on
weekends and altogether. Plans are found as they are wanted (column generation): at the prices that duties have now, each guide's
cheapest one (`planning_plans.py`). The prices stay near the best so far (boxstep: Marsten, Hogan and Blankenship, 1975), else they jump
about. At any prices, what all duties pay and what each guide's cheapest plan leaves of it is a bound, done in whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduler.core.planning_plans import SCALE, Choice, Numbers, Plans
from scheduler.core.planning_table import COVERED, FAIR, UNCHANGED, Aim, Table
from scheduler.core.solving import Budget

BOX = 10.0
"""So far from the best prices so far a price may lie,"""
WIDER = 1.5
"""and so many times as far where nothing is to be found in there."""
BACK = 0.3
"""The prices tried lie so far back towards the best so far."""
MOST_NUMBERS = 4_000_000
"""On larger days it is not tried."""
SETTLED = 1e-6

Prices = NDArray[np.float64]


class Mixture:
    """The least unfairness of a table's days, if guides may mix their plans. `keep`: the aims to be reached as now, covered day by day."""

    def __init__(self, table: Table, keep: Collection[Aim]) -> None:
        self.table, self.plans, self.value = table, Plans(table), table.value(FAIR)
        self.groups, self.guides = len(table.groups), len(table.codes)
        there, led = [len(group.keys) for group in table.groups], [len(led) for led in table.roster]
        open_days = {group.day for group, all_, now in zip(table.groups, there, led, strict=True) if now < all_}
        covered = COVERED in keep
        self.full = np.array([covered and group.day not in open_days for group in table.groups], bool)
        amounts = there
        debts = []
        for day in sorted(open_days) if covered else ():
            uses = np.zeros((self.groups, self.guides), np.int64)
            uses[table.days[day].groups] = 1
            debts.append(uses)
            amounts.append(sum(led[number] for number in table.days[day].groups))
        if UNCHANGED in keep:
            uses = np.zeros((self.groups, self.guides), np.int64)
            for number, group in enumerate(table.groups):
                uses[number, list(group.stayers)] = 1
            debts.append(uses)
            amounts.append(int(uses.sum()) - table.value(UNCHANGED))
        self.debts = np.array(debts, np.int64).reshape(len(debts), self.groups, self.guides)
        """What is owed besides, by group and guide what it counts: duties led of a day where not all are, duties unchanged."""
        self.amounts = np.array(amounts, np.int64)
        self.best = 0
        self.prices: Prices | None = None
        self.costs: Numbers = np.zeros((self.groups, self.guides), np.int64)
        self.least: Numbers = np.zeros(self.guides, np.int64)

    def bound(self, seconds: float, prices: Sequence[float], stopped: Callable[[], bool] = lambda: False) -> int:
        """No roster that keeps what is to be kept has less. `prices`: of each group, to begin with."""
        if not self.groups or self.plans.size() > MOST_NUMBERS or len(prices) < self.groups:
            return 0
        budget = Budget(seconds)
        centre = np.zeros(len(self.amounts))
        centre[: self.groups] = prices
        master = _Master(self)
        for guide in range(self.guides):
            master.add(guide, tuple(number for number, led in enumerate(self.table.roster) if guide in led))
        best, choices = self._asked(centre)
        box = BOX
        master.take(choices)
        master.near(centre, box)
        while (
            budget.left and -(-best // SCALE) < self.value and not stopped() and (solved := master.solve(budget.left))
        ):
            least, outside, now = solved
            tried = BACK * centre + (1 - BACK) * now
            found, choices = self._asked(tried)
            if not master.take(choices):
                tried = now
                found, choices = self._asked(tried)
                if not master.take(choices):
                    box *= WIDER
                    if outside < SETTLED and found <= best:
                        break
            if found > best:
                best, centre = found, tried
            if outside < SETTLED and -(-best // SCALE) >= least - SETTLED:
                break
            master.near(centre, box)
        self.best, self.prices = best, centre
        self.costs = self._costs(self._whole(centre))
        self.least, _ = self.plans.cheapest(self.costs)
        return min(self.value, -(-best // SCALE))

    def blame(self) -> list[float]:
        """By guide: how much dearer what they lead now is than their cheapest plan. All together: what the roster is above its bound."""
        away, weekend = self.table.deviations()
        dearer = [SCALE * (one * one + two * two) for one, two in zip(away, weekend, strict=True)]
        for led, costs in zip(self.table.roster, self.costs, strict=True):
            for guide in led:
                dearer[guide] += int(costs[guide])
        return [(own - int(least)) / SCALE for own, least in zip(dearer, self.least, strict=True)]

    def loads(self, limit: int) -> list[list[tuple[int, int]]] | None:
        """By guide: the ticks (on weekends, on other days) that they can have in a roster with no more than this limit."""
        if self.prices is None:
            return None
        return self.plans.loads(self.costs, SCALE * limit - self.best)

    def _asked(self, prices: Prices) -> tuple[int, list[Choice]]:
        """What these prices prove, times the scale, and each guide's cheapest plan at them."""
        whole = self._whole(prices)
        least, choices = self.plans.cheapest(self._costs(whole))
        return int(least.sum()) + int((whole * self.amounts).sum()), choices

    def _whole(self, prices: Prices) -> Numbers:
        """The prices in whole numbers, of the sign that they may have."""
        whole: Numbers = np.round(SCALE * prices).astype(np.int64)
        whole[: self.groups] = np.where(self.full, whole[: self.groups], np.minimum(0, whole[: self.groups]))
        whole[self.groups :] = np.maximum(0, whole[self.groups :])
        return whole

    def _costs(self, whole: Numbers) -> Numbers:
        """What each group costs each guide: less the more is paid for it."""
        costs: Numbers = -(whole[: self.groups, None] + np.tensordot(whole[self.groups :], self.debts, axes=1))
        return costs


class _Master:
    """The linear programme over the plans known: one for each guide, each duty led, and prices that stay in their box."""

    def __init__(self, mixture: Mixture) -> None:
        from ortools.linear_solver import pywraplp

        self.mixture = mixture
        self.lp = pywraplp.Solver.CreateSolver("GLOP")
        self.lp.SetSolverSpecificParametersAsString("use_preprocessing: false")  # so it goes on from where it was
        self.lp.Objective().SetMinimization()
        infinity = self.lp.infinity()
        self.rows = [
            self.lp.Constraint(int(amount) if full else -infinity, int(amount))
            for amount, full in zip(mixture.amounts[: mixture.groups], mixture.full, strict=True)
        ]
        self.rows += [self.lp.Constraint(int(amount), infinity) for amount in mixture.amounts[mixture.groups :]]
        self.ones = [self.lp.Constraint(1, 1) for _ in range(mixture.guides)]
        self.above = [self._slack(row, 1) for row in self.rows]
        self.below = [self._slack(row, -1) for row in self.rows]
        self.known: set[tuple[int, Choice]] = set()

    def take(self, choices: Sequence[Choice]) -> bool:
        """Add each guide's plan; whether any was new."""
        return sum(self.add(guide, choice) for guide, choice in enumerate(choices)) > 0

    def add(self, guide: int, choice: Choice) -> bool:
        if (guide, choice) in self.known:
            return False
        self.known.add((guide, choice))
        mixture, variable = self.mixture, self.lp.NumVar(0, self.lp.infinity(), "")
        self.ones[guide].SetCoefficient(variable, 1)
        for number in choice:
            self.rows[number].SetCoefficient(variable, 1)
        for row, uses in zip(self.rows[mixture.groups :], mixture.debts, strict=True):
            row.SetCoefficient(variable, int(uses[list(choice), guide].sum()))
        self.lp.Objective().SetCoefficient(variable, mixture.plans.unfairness(guide, choice))
        return True

    def near(self, centre: Prices, box: float) -> None:
        """Whatever leaves the box about these prices costs nothing more than staying in it."""
        objective = self.lp.Objective()
        for above, below, price in zip(self.above, self.below, centre, strict=True):
            objective.SetCoefficient(above, price + box)
            objective.SetCoefficient(below, box - price)

    def solve(self, seconds: float) -> tuple[float, float, Prices] | None:
        """What the best mixture is worth, how much of it lies outside the box, and the prices; None where the time did not suffice."""
        self.lp.SetTimeLimit(max(1, round(1000 * seconds)))
        if self.lp.Solve() != self.lp.OPTIMAL:
            return None
        outside = sum(slack.solution_value() for slack in (*self.above, *self.below))
        return self.lp.Objective().Value(), outside, np.array([row.dual_value() for row in self.rows])

    def _slack(self, row: Any, sign: int) -> Any:
        variable = self.lp.NumVar(0, self.lp.infinity(), "")
        row.SetCoefficient(variable, sign)
        return variable

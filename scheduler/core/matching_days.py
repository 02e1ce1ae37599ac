"""A tighter relaxation of the guides' side: each guide has one whole day, or a mixture of several (Dantzig and Wolfe, 1960).

`matching_bound.py` divides single tasks among guides; a mixture of whole days knows besides which tasks go together into what a guide
may lead. On days that are used to 80 % and more that is the difference between a proof and a long search. Days are found as they are
wanted (column generation): at the prices that tasks have now, each guide's dearest day, by dynamic programming over all guides at once.
The prices tried lie between the best so far and the programme's, else they jump about (Wentges, 1997).

At any prices, no roster earns more than each guide's dearest day. If all tasks together are worth more, they cannot all be led: the
proof is that sum, in whole numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import gcd
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduler.core.matching_bound import Shares
from scheduler.core.matching_model import NOBODY, Limits, Task
from scheduler.core.solving import Budget

SCALE = 10_000
NEVER = -(1 << 40)
STEP = 0.5
"""From the best prices so far the prices tried lie so far towards the programme's."""
MOST_ROUNDS, MOST_KNOWN = 120, 600
LITTLE = 1e-6

Day = tuple[int, ...]
"""The tasks that one guide leads."""


class Days:
    """Mixtures of the guides' days that lead all tasks, and one group more at a time; what is found for one serves the next."""

    def __init__(self, tasks: Sequence[Task], limits: Limits, roster: Sequence[int]) -> None:
        """`roster`: who leads the tasks now."""
        self.tasks, self.limits = list(tasks), limits
        self.centre = np.full(len(tasks), STEP)
        led: dict[int, list[int]] = {}
        for index, guide in enumerate(roster):
            if guide != NOBODY:
                led.setdefault(guide, []).append(index)
        self.known: dict[tuple[int, Day], None] = dict.fromkeys((guide, tuple(mine)) for guide, mine in led.items())
        self._master: _Master | None = None

    def ask(self, group: Task, budget: Budget) -> Shares | None:
        """None: the group cannot be led beside the tasks. Else a mixture that leads all, the largest shares first; [] where not known."""
        tasks = [*self.tasks, group]
        priced, number = Priced(tasks, self.limits), np.array([task.number for task in tasks])
        self._master = master = _Master(tasks, len(self.limits.rest))
        for guide, day in self.known:
            master.add(guide, day)
        best, step = float("-inf"), STEP
        centre = prices = np.append(self.centre, 1.0)
        for _ in range(MOST_ROUNDS):
            whole = np.round(SCALE * prices).astype(np.int64)
            most, days = priced.dearest(whole)
            spare = int((whole * number).sum()) - most
            if spare > best:
                best, centre = spare, prices
            self._keep(centre, days)
            if spare > 0:
                return None
            grown = sum([master.add(guide, day) for guide, day in enumerate(days) if day])
            if (not grown and step == 1.0) or not budget.left:
                return []
            lacking, dual = master.solve()
            if lacking < LITTLE:
                return master.shares(group.number)
            step = STEP if grown else 1.0
            prices = step * np.clip(dual, 0.0, 1.0) + (1 - step) * centre
        return []

    def again(self, group: Task, chance: Random) -> Shares:
        """Another mixture of the days known for the group asked for last."""
        return self._master.varied(group.number, chance) if self._master else []

    def _keep(self, centre: NDArray[np.float64], days: Sequence[Day]) -> None:
        """For the next group: prices near which to begin, and the days that do without this one."""
        group = len(self.tasks)
        self.centre = centre[:group]
        self.known.update(dict.fromkeys((guide, day) for guide, day in enumerate(days) if day and day[-1] != group))
        for old in list(self.known)[:-MOST_KNOWN]:
            del self.known[old]


class Priced:
    """The dearest day of each guide at given prices: what a day is worth is a longest path, with the ticks led as its resource."""

    def __init__(self, tasks: Sequence[Task], limits: Limits) -> None:
        self.order = sorted(range(len(tasks)), key=lambda index: (tasks[index].end, tasks[index].start))
        ends, guides = [tasks[index].end for index in self.order], range(len(limits.rest))
        unit = gcd(*(task.end - task.start for task in tasks))
        whole = min(max(ends) - min(task.start for task in tasks), max(limits.ticks))
        self.limit = [max(0, min(ticks, whole)) // unit for ticks in limits.ticks]
        """What a guide may lead, in units. How many duties they may have is not looked at: a relaxation may do without."""
        self.length = [(tasks[index].end - tasks[index].start) // unit for index in self.order]
        self.before = [
            np.array([bisect_right(ends, tasks[index].start - rest) for rest in limits.rest]) for index in self.order
        ]
        """How many tasks, in the order of their ends, a guide may have led before."""
        self.unable = [np.array([not tasks[index].able >> guide & 1 for guide in guides]) for index in self.order]
        self.guides = np.arange(len(limits.rest))
        self.shape = (len(tasks) + 1, len(limits.rest), max(self.limit) + 1)

    def dearest(self, prices: NDArray[np.int64]) -> tuple[int, list[Day]]:
        """What all guides' dearest days are worth together, and these days."""
        worth = np.zeros(self.shape, np.int64)
        taken = np.zeros(self.shape, bool)
        for place, index in enumerate(self.order):
            length, led = self.length[place], np.full(self.shape[1:], NEVER)
            led[:, length:] = worth[self.before[place], self.guides, : self.shape[2] - length] + prices[index]
            led[self.unable[place]] = NEVER
            np.greater(led, worth[place], out=taken[place + 1])
            np.maximum(led, worth[place], out=worth[place + 1])
        total = sum([int(worth[-1, guide, limit]) for guide, limit in enumerate(self.limit)])
        return total, [self._day(taken, guide) for guide in range(len(self.limit))]

    def _day(self, taken: NDArray[np.bool_], guide: int) -> Day:
        day, left, place = list[int](), self.limit[guide], len(self.order)
        while place:
            if taken[place, guide, left]:
                day.append(self.order[place - 1])
                left -= self.length[place - 1]
                place = int(self.before[place - 1][guide])
            else:
                place -= 1
        return tuple(sorted(day))


class _Master:
    """The linear programme over the days known: the fewest duties that nobody leads."""

    def __init__(self, tasks: Sequence[Task], guides: int) -> None:
        from ortools.linear_solver import pywraplp

        self.programme = pywraplp.Solver.CreateSolver("GLOP")
        self.programme.SetSolverSpecificParametersAsString(
            "use_preprocessing: false"
        )  # so it goes on from where it was
        self.objective, infinity = self.programme.Objective(), self.programme.infinity()
        self.rows = [self.programme.Constraint(task.number, infinity) for task in tasks]
        self.ones = [self.programme.Constraint(-infinity, 1) for _ in range(guides)]
        self.shares_of: dict[tuple[int, Day], Any] = {}
        self.lacking = [self.programme.NumVar(0, infinity, "") for _ in tasks]
        for row, lacking in zip(self.rows, self.lacking, strict=True):
            row.SetCoefficient(lacking, 1)
            self.objective.SetCoefficient(lacking, 1)

    def add(self, guide: int, day: Day) -> bool:
        """Whether it was new."""
        if (guide, day) in self.shares_of:
            return False
        self.shares_of[guide, day] = share = self.programme.NumVar(0, self.programme.infinity(), "")
        self.ones[guide].SetCoefficient(share, 1)
        for index in day:
            self.rows[index].SetCoefficient(share, 1)
        return True

    def solve(self) -> tuple[float, NDArray[np.float64]]:
        """How many duties nobody leads, and what each task is worth."""
        self.programme.Solve()
        return self.objective.Value(), np.array([row.dual_value() for row in self.rows])

    def varied(self, number: int, chance: Random) -> Shares:
        """Another mixture: the days by chance as dear as they are short of it, all tasks led as before."""
        for lacking in self.lacking:
            lacking.SetUb(0)
        for share in self.shares_of.values():
            self.objective.SetCoefficient(share, chance.random())
        return self.shares(number) if self.programme.Solve() == self.programme.OPTIMAL else []

    def shares(self, number: int) -> Shares:
        """(task, guide) by how much of the task the guide has; those of the group first, as many as it has duties."""
        group, found = len(self.rows) - 1, dict[tuple[int, int], float]()
        for (guide, day), variable in self.shares_of.items():
            if (share := variable.solution_value()) > LITTLE:
                for index in day:
                    found[index, guide] = found.get((index, guide), 0.0) + share
        ranked = sorted(found, key=lambda pair: (-round(found[pair], 6), pair))
        most = [guide for index, guide in ranked if index == group][:number]
        return [(group + place, guide) for place, guide in enumerate(most)] + [p for p in ranked if p[0] != group]

"""The exact stage: a choice of spots by the solver, corrected by what no day can take, until nothing better can exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from scheduler.core.repair_asked import Placed
from scheduler.core.repair_case import Total
from scheduler.core.repair_crowd import Crowd
from scheduler.core.repair_search import Plan
from scheduler.core.repair_site import Arrangement, Site
from scheduler.core.repair_spots import Spot, Wanted
from scheduler.core.solving import Budget, Undecided, new_model

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

SPOTS_A_SECOND, FEWEST_SPOTS = 600, 10
MOST_CROWD_ROWS = 4000
CHECK_SECONDS, FEW_TRIES = 0.5, 4


class Master:
    """Spots that could be part of a plan better than `best`, and the rows that hold of every plan.

    A spot that alone costs more than its visit's own best plus what all visits together still have above the bound is in no better plan.
    Of many only the cheapest are listed; one more stands for all that are farther, at the price of the first of them, and always has
    room: so that the bound stays a bound.
    """

    def __init__(
        self, wanted: Sequence[Wanted], sites: Mapping[int, Site], best: Plan, alone: Total, budget: Budget
    ) -> None:
        self.wanted, self.sites, self.best, self.alone, self.budget = wanted, sites, best, alone, budget
        self.each = 1 + sum(one.left for one in wanted)  # what one more left visit counts for
        self.bound = self.number(alone)
        self.chosen: list[dict[Spot, cp_model.IntVar]] = []
        self.rows: set[tuple[object, ...]] = set()

    def number(self, total: Total) -> int:
        """A total as one number."""
        return total.left * self.each + total.minutes

    def total(self, number: int) -> Total:
        left, minutes = divmod(number, self.each)
        return Total(left, minutes)

    def run(self) -> Plan:
        """The best plan found; `bound` is then as high as it could be proved."""
        self._build()
        while self.bound < self.number(self.best.total) and self.budget.left:
            spots = self._solve()
            if spots is None:
                break
            if not self._correct(spots):
                break
        return self.best

    def _build(self) -> None:
        upper = self.number(self.best.total)
        slack = upper - self.bound - 1
        self.model = new_model()
        costs: list[cp_model.LinearExprT] = []
        most = max(FEWEST_SPOTS, int(SPOTS_A_SECOND * self.budget.left / len(self.wanted)))
        for one in self.wanted:
            sure = one.best + (self.each if one.first is None else 0)
            limit = min(sure + slack, self.each - 1)
            spots = list(islice(takewhile(partial(_is_within, limit), one.spots()), most + 1))
            farther = spots.pop().cost if len(spots) > most else None
            chosen = {spot: self.model.new_bool_var("") for spot in spots if self.sites[spot.day].may_take(spot.placed)}
            others = [
                self.model.new_bool_var(""),
                self.model.new_bool_var(""),
            ]  # left; at a spot farther than those listed
            costs += [spot.cost * variable for spot, variable in chosen.items()]
            costs += [(self.each + one.left) * others[0], (farther or 0) * others[1]]
            if self.each + one.left > sure + slack:
                self.model.add(others[0] == 0)
            if farther is None:
                self.model.add(others[1] == 0)
            self.model.add_exactly_one([*chosen.values(), *others])
            self.chosen.append(chosen)
        self.objective = sum(costs)
        self.model.add(self.objective <= upper - 1)
        self.model.minimize(self.objective)
        self.days: dict[int, list[tuple[Spot, cp_model.IntVar]]] = {}
        for chosen in self.chosen:
            for spot, variable in chosen.items():
                self.days.setdefault(spot.day, []).append((spot, variable))

    def _solve(self) -> list[Spot | None] | None:
        """The cheapest choice that obeys all rows so far; None: there is none, or no time."""
        from ortools.sat.python import cp_model

        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.random_seed = 1
        solver.parameters.max_time_in_seconds = self.budget.left
        status = solver.solve(self.model)
        upper = self.number(self.best.total)
        if status == cp_model.INFEASIBLE:
            self.bound = upper
            return None
        self.bound = max(self.bound, min(upper, round(solver.best_objective_bound)))
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [
            next((spot for spot, variable in chosen.items() if solver.value(variable)), None) for chosen in self.chosen
        ]

    def _correct(self, spots: Sequence[Spot | None]) -> bool:
        """Keep the choice where all days can take it, else add what is wrong with it. False: that could not be told."""
        if self._are_crowded(spots):
            return True
        plan, wrong, told = Plan(self.wanted, self.sites), None in spots, False
        for day in sorted({spot.day for spot in spots if spot is not None}):
            here = [(number, spot) for number, spot in enumerate(spots) if spot is not None and spot.day == day]
            try:
                found = self._arrange(day, [spot.placed for _, spot in here])
            except Undecided:
                wrong = True
                continue
            if isinstance(found, Arrangement):
                plan.days[day] = found
                for number, spot in here:
                    plan.at[number] = spot
            else:
                wrong = told = True
        if wrong:
            for number, wish in enumerate(spots):
                if plan.at[number] is None and (wish is None or not plan.put(number, wish)):
                    plan.insert(number, FEW_TRIES if self.budget.left else 0)
        if plan.total < self.best.total:
            self.best, told = plan, True
            self.model.add(self.objective <= self.number(plan.total) - 1)
        return told

    def _are_crowded(self, spots: Sequence[Spot | None]) -> bool:
        """Whether some day has too few guides for its visits at some moment; rows that say so are added, for all moments."""
        found = False
        for day in sorted({spot.day for spot in spots if spot is not None}):
            crowd = self.sites[day].crowd([spot.placed for spot in spots if spot is not None and spot.day == day])
            if crowd is not None:
                self._forbid_crowd(day, crowd)
                found = True
        return found

    def _short(self) -> Budget:
        return Budget(min(CHECK_SECONDS, self.budget.left))

    def _arrange(self, day: int, placed: Sequence[Placed]) -> Arrangement | None:
        """How the day takes these; None: it cannot, and a row that says so was added. Raises Undecided."""
        site = self.sites[day]
        done = site.empty
        for one in sorted(placed):
            found = site.extend(done, one) or site.extend(done, one, self._short())
            if found is None:
                self._forbid(day, [*done.placed, one])
                return None
            done = found
        return done

    def _forbid(self, day: int, placed: list[Placed]) -> None:
        site = self.sites[day]
        last, kept = placed[-1], list(placed[:-1])
        for one in list(kept):
            fewer = list(kept)
            fewer.remove(one)
            if self._is_impossible(site, [*fewer, last]):
                kept = fewer
        self._add_never(day, [*kept, last])

    def _forbid_crowd(self, day: int, crowd: Crowd) -> None:
        self._add_crowd(day, crowd)
        for start, _ in self.days.get(day, ()):
            if len(self.rows) < MOST_CROWD_ROWS:
                self._add_crowd(day, Crowd(start.starts[0], crowd.guides, crowd.rest))

    def _is_impossible(self, site: Site, placed: Sequence[Placed]) -> bool:
        done = site.empty
        try:
            for one in placed:
                found = site.extend(done, one) or site.extend(done, one, self._short())
                if found is None:
                    return True
                done = found
        except Undecided:
            pass
        return False

    def _add_crowd(self, day: int, crowd: Crowd) -> None:
        if (day, *crowd) in self.rows:
            return
        self.rows.add((day, *crowd))
        site = self.sites[day]
        counted = [(crowd.counts(site.asked.tasks(spot.placed)), variable) for spot, variable in self.days.get(day, ())]
        terms = [number * variable for number, variable in counted if number]
        room = max(crowd.room(site.must), 0)
        if sum(number for number, _ in counted) > room:
            self.model.add(sum(terms) <= room)

    def _add_never(self, day: int, placed: Sequence[Placed]) -> None:
        """Not all of these: with k alike ones, not k of them beside all the others."""
        terms: list[cp_model.LinearExprT] = []
        for one in sorted(set(placed)):
            alike = [variable for spot, variable in self.days[day] if spot.placed == one]
            if placed.count(one) == 1 and len(alike) == 1:
                terms.append(alike[0])
                continue
            reached = self.model.new_bool_var("")  # true wherever so many of them are chosen
            self.model.add(sum(alike) <= placed.count(one) - 1).only_enforce_if(reached.negated())
            terms.append(reached)
        self.model.add(sum(terms) <= len(terms) - 1)


def _is_within(limit: int, spot: Spot) -> bool:
    return spot.cost <= limit

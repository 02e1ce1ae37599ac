"""The cheapest plan of each guide at given prices: all that they lead on the planned days, their own unfairness included.

A guide's day is a path from duty to duty, worked out for each load that the day can have, all guides at once; the days are then joined
by their loads, for the unfairness hangs on nothing else. Everything is in whole numbers, and no plan is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd

import numpy as np
from numpy.typing import NDArray

from scheduler.core.planning_table import PlannedDay, Table
from scheduler.core.ticks import bits

Numbers = NDArray[np.int64]
Choice = tuple[int, ...]
"""The groups that one guide leads, in order."""

NEVER = 1 << 50
SCALE = 1000
"""Prices and costs are whole thousandths of a squared tick."""


@dataclass(slots=True)
class Paths:
    """One day at some prices. `ending[group, duties, guide, load]`: the cheapest path so far; `least[guide, load]`: of whole days."""

    costs: Numbers
    ending: Numbers
    whole: Numbers
    least: Numbers


class DayPlans:
    """The paths of one day. Loads are counted in steps; duties only where the most of them can bind."""

    def __init__(self, table: Table, planned: PlannedDay, step: int) -> None:
        groups, self.guides = table.groups, len(table.codes)
        self.numbers = sorted(planned.groups, key=lambda number: groups[number].start)
        self.groups = [groups[number] for number in self.numbers]
        self.steps = [group.ticks // step for group in self.groups]
        longest = max((g.end for g in self.groups), default=0) - min((g.start for g in self.groups), default=0)
        self.most, self.most_duties = np.zeros(self.guides, np.int64), np.zeros(self.guides, np.int64)
        self.rest: dict[int, int] = {}
        for guide, (rest, ticks, duties) in planned.limits.items():
            self.rest[guide] = rest
            self.most[guide], self.most_duties[guide] = max(0, min(ticks, longest) // step), max(0, min(duties, 99))
        self.loads = int(self.most.max(initial=0)) + 1
        fewest = self.loads // min(self.steps, default=1)
        counted = any(self.most_duties[guide] < self.most[guide] // min(self.steps, default=1) for guide in self.rest)
        self.duties = fewest + 1 if counted else 1
        self.able = np.zeros((len(self.groups), self.guides), bool)
        for place, group in enumerate(self.groups):
            self.able[place, list(bits(group.able))] = True
        self.alike = [
            (rest, np.array([guide for guide, own in self.rest.items() if own == rest]))
            for rest in sorted(set(self.rest.values()))
        ]

    def paths(self, costs: Numbers) -> Paths:
        """The cheapest at these costs of each group to each guide."""
        ending = np.full((len(self.groups), self.duties, self.guides, self.loads), NEVER, np.int64)
        for rest, guides in self.alike:
            best = np.full((self.duties, len(guides), self.loads), NEVER, np.int64)
            best[0, :, 0] = 0
            under_way: list[tuple[int, int]] = []
            for place, (group, steps) in enumerate(zip(self.groups, self.steps, strict=True)):
                while under_way and under_way[0][0] + rest <= group.start:
                    np.minimum(best, ending[under_way.pop(0)[1]][:, guides], out=best)
                if steps >= self.loads or not self.able[place, guides].any():
                    continue
                own = np.where(self.able[place, guides], costs[place, guides], NEVER)[None, :, None]
                here = np.full_like(best, NEVER)
                counted = self.duties > 1
                here[1 if counted else 0 :, :, steps:] = best[: -1 if counted else None, :, : self.loads - steps] + own
                ending[place][:, guides] = np.minimum(here, NEVER)
                under_way = sorted([*under_way, (group.end, place)])
        whole = ending.min(axis=0, initial=NEVER)
        whole[0, :, 0] = np.minimum(whole[0, :, 0], 0)
        if self.duties > 1:
            whole[np.arange(self.duties)[:, None] > self.most_duties[None, :]] = NEVER
        whole[:, np.arange(self.loads)[None, :] > self.most[:, None]] = NEVER
        return Paths(costs, ending, whole, whole.min(axis=0))

    def groups_of(self, paths: Paths, guide: int, load: int) -> list[int]:
        """The groups of the guide's cheapest path with this load."""
        found: list[int] = []
        duties = int(paths.whole[:, guide, load].argmin())
        left, before = int(paths.whole[duties, guide, load]), NEVER
        while load:
            place = next(
                int(place)
                for place in np.flatnonzero(paths.ending[:, duties, guide, load] == left)
                if self.groups[place].end + self.rest[guide] <= before
            )
            found.append(self.numbers[place])
            before, left = self.groups[place].start, left - int(paths.costs[place, guide])
            load, duties = load - self.steps[place], duties - (self.duties > 1)
        return found


class Plans:
    """All days of a table: for each guide the cheapest plan."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.step = reduce(gcd, (group.ticks for group in table.groups), 0) or 1
        self.days = [DayPlans(table, planned, self.step) for planned in table.days]
        self.base, self.weekend_base = np.array(table.base, np.int64), np.array(table.weekend_base, np.int64)

    def size(self) -> int:
        """How many numbers the largest day takes."""
        return max((len(d.groups) * d.duties * d.guides * d.loads for d in self.days), default=0)

    def unfairness(self, guide: int, choice: Choice) -> int:
        """What a plan's loads are away from the guide's shares, squared."""
        away, weekend = self.table.base[guide], self.table.weekend_base[guide]
        for number in choice:
            group = self.table.groups[number]
            away += group.ticks
            weekend += group.ticks if self.table.days[group.day].weekend else 0
        return away * away + weekend * weekend

    def cheapest(self, costs: Numbers) -> tuple[Numbers, list[Choice]]:
        """By guide: the least of any plan's unfairness, times the scale, and its duties' `costs[group, guide]`; and that plan."""
        paths = [day.paths(costs[day.numbers]) for day in self.days]
        rest, weekend = self._joined(paths, weekend=False), self._joined(paths, weekend=True)
        worth = self._worth(rest[-1][1], weekend[-1][1])
        flat, choices = worth.reshape(len(worth), -1), list[Choice]()
        for guide, place in enumerate(flat.argmin(axis=1)):
            loads = divmod(int(place), worth.shape[2])
            found = self._read(paths, weekend, guide, loads[0]) + self._read(paths, rest, guide, loads[1])
            choices.append(tuple(sorted(found)))
        return flat.min(axis=1), choices

    def loads(self, costs: Numbers, within: int) -> list[list[tuple[int, int]]]:
        """By guide: the ticks (on weekends, on other days) of which some plan costs no more than so much above the cheapest."""
        paths = [day.paths(costs[day.numbers]) for day in self.days]
        worth = self._worth(self._joined(paths, weekend=False)[-1][1], self._joined(paths, weekend=True)[-1][1])
        near = worth <= worth.min(axis=(1, 2), keepdims=True) + within
        return [
            [(self.step * int(weekend), self.step * int(rest)) for weekend, rest in zip(*np.nonzero(own), strict=True)]
            for own in near
        ]

    def _worth(self, rest: Numbers, weekend: Numbers) -> Numbers:
        """By guide, steps on weekends and steps on other days: the least that plans with these loads cost."""
        on_weekend = self.step * np.arange(weekend.shape[1])[None, :, None]
        in_all = on_weekend + self.step * np.arange(rest.shape[1])[None, None, :]
        worth: Numbers = weekend[:, :, None] + rest[:, None, :]
        worth += SCALE * (self.weekend_base[:, None, None] + on_weekend) ** 2
        worth += SCALE * (self.base[:, None, None] + in_all) ** 2
        return worth

    def _joined(self, paths: Sequence[Paths], *, weekend: bool) -> list[tuple[int, Numbers]]:
        """After each day of a kind (and before the first, -1): the least of the days so far, by guide and load."""
        sums = [(-1, np.zeros((len(self.base), 1), np.int64))]
        for number, planned in enumerate(self.table.days):
            if planned.weekend == weekend:
                before, least = sums[-1][1], paths[number].least
                width = before.shape[1]
                after = np.full((len(before), width + least.shape[1] - 1), NEVER, np.int64)
                for load in range(least.shape[1]):
                    part = after[:, load : load + width]
                    np.minimum(part, before + least[:, load, None], out=part)
                sums.append((number, after))
        return sums

    def _read(self, paths: Sequence[Paths], sums: Sequence[tuple[int, Numbers]], guide: int, load: int) -> list[int]:
        """The groups of the cheapest days with this load in all."""
        found: list[int] = []
        for (number, after), (_, before) in zip(reversed(sums[1:]), reversed(sums[:-1]), strict=True):
            least = paths[number].least[guide]
            own = next(
                own
                for own in range(len(least))
                if 0 <= load - own < before.shape[1] and before[guide, load - own] + least[own] == after[guide, load]
            )
            found += self.days[number].groups_of(paths[number], guide, own)
            load -= own
        return found

"""The linear relaxation of the guides' side: most "no"s that Hall's theorem leaves are proven here, in whole numbers.

Each task is divided among guides. A guide has one unit at each moment (rest included), so many ticks and so many duties. If even then
a new duty cannot be led in full, no roster leads it. The proof is a price for each such right (the dual solution): if what all tasks
must pay at least is more than all rights are worth, the tasks cannot be led. The prices are rounded to whole numbers and the sum is
done again exactly, so nothing rests on floating point; and prices found for one start often prove others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from scheduler.core.matching_model import Limits, Task
from scheduler.core.relaxing import INFINITE, Programme
from scheduler.core.ticks import bits

WORTH = 1000  # of a group that is led, so that prices may be whole numbers
LITTLE = 0.05
MOST_PROOFS = 12

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


class Bound:
    """The relaxation of a day's tasks with several new groups, of which one at a time is asked for."""

    def __init__(
        self,
        tasks: Sequence[Task],
        groups: Sequence[Task],
        limits: Limits,
        roster: Sequence[int] = (),
        proofs: list[Prices] | None = None,
    ) -> None:
        """`roster`: who leads the tasks without the groups, if that is known; the relaxation then begins there.

        `proofs`: what these tasks' rights cost, from other questions; what is found is added.
        """
        self.tasks, self.groups, self.limits, self._roster = tasks, groups, limits, roster
        self.proofs = [] if proofs is None else proofs
        self._alike: list[list[int]] = []
        self._nodes: list[Task] = []
        self._programme: Programme | None = None
        self._takes: list[dict[int, int]] = []
        self._moments: list[tuple[int, int, int]] = []
        self._ticks: list[tuple[int, int]] = []
        self._duties: list[tuple[int, int]] = []
        self._asked: int | None = None
        self._varied = False
        self._chance = Random(1)  # noqa: S311  # guards nothing

    @property
    def is_built(self) -> bool:
        """Whether it was asked before: the first time is dear."""
        return self._programme is not None

    def disproves(self, number: int) -> bool:
        """Whether prices at hand already prove that the group cannot be led."""
        return any(prices.least(self.groups[number], self.limits) > prices.spare for prices in self.proofs)

    def ask(self, number: int) -> Shares | None:
        """None: the group cannot be led beside the tasks. Else a corner of the relaxation, which is a good beginning for a search.

        Where no task is divided, a corner is a roster. [] where the solver knows nothing.
        """
        if self._programme is None:
            self._programme = self._build()
        self._ask_for(self._programme, number)
        found = self._programme.solve()
        if found is None:
            return []
        taken, prices = found
        led = sum(taken[variable] for variable in self._takes[len(self._nodes) + number].values())
        if led < self.groups[number].number - 1e-6 and self._prove(number, prices):
            return None
        return self._shares(number, taken)

    def again(self, number: int, roster: Sequence[int]) -> Shares:
        """Another corner for the group that was asked for last: near a roster that was not quite one, and else by chance."""
        if self._programme is None:
            return []
        self._varied = True
        have = [{roster[index] for index in alike} for alike in self._alike]
        self._programme.worths(
            (variable, (guide in led) + self._chance.random())
            for led, takes in zip(have, self._takes, strict=False)
            for guide, variable in takes.items()
        )
        found = self._programme.solve()
        return [] if found is None else self._shares(number, found[0])

    def _shares(self, number: int, taken: list[float]) -> Shares:
        """Who has more than a little of which task, the largest shares first; of the group as many as it has duties."""
        tasks, group = len(self.tasks), self._takes[len(self._nodes) + number]
        most = sorted(group, key=lambda guide: (-round(taken[group[guide]], 6), guide))[: self.groups[number].number]
        found = [(-1.0, tasks + place, guide) for place, guide in enumerate(most)]
        for alike, takes in zip(self._alike, self._takes, strict=False):
            for guide, variable in takes.items():
                if (share := taken[variable]) > LITTLE:
                    found += [(-round(share, 6), index, guide) for index in alike]
        return [(index, guide) for _, index, guide in sorted(found)]

    def _ask_for(self, programme: Programme, number: int) -> None:
        """Let this group be worth something and nothing else; others may then stay as they are, which never hinders."""
        if self._asked is not None:
            programme.worth(self._takes[len(self._nodes) + self._asked].values(), 0)
        for takes in self._takes[: len(self._nodes)] if self._varied else ():
            programme.worth(takes.values(), 0)
        programme.worth(self._takes[len(self._nodes) + number].values(), WORTH)
        self._asked, self._varied = number, False

    def _prove(self, number: int, dual: list[float]) -> bool:
        """Round the dual solution to prices and do the sum again; whether it proves that the group cannot be led."""
        guides = len(self.limits.rest)
        prices = Prices([[] for _ in range(guides)], [0] * guides, [0] * guides)
        worth = 0
        for guide, moment, row in self._moments:
            if price := max(0, round(dual[row])):
                prices.moments[guide].append((moment, price))
                worth += price
        for rows, priced, left in (
            (self._ticks, prices.tick, self.limits.ticks),
            (self._duties, prices.duty, self.limits.duties),
        ):
            for guide, row in rows:
                priced[guide] = max(0, round(dual[row]))
                worth += priced[guide] * left[guide]
        prices.spare = worth - sum(prices.least(node, self.limits) for node in self._nodes)
        if prices.least(self.groups[number], self.limits) <= prices.spare:
            return False
        self.proofs.append(prices)
        del self.proofs[:-MOST_PROOFS]
        return True

    def _build(self) -> Programme:
        programme = Programme()
        self._alike = _alike(self.tasks)
        self._nodes = [replace(self.tasks[alike[0]], number=len(alike)) for alike in self._alike]
        held: list[list[tuple[int, int, int]]] = [[] for _ in self.limits.rest]
        for index, task in enumerate([*self._nodes, *self.groups]):
            able = list(bits(task.able))
            variables = programme.add(len(able))
            takes = dict(zip(able, variables, strict=True))
            for place in self._alike[index] if self._roster and index < len(self._nodes) else ():
                programme.begin_whole(takes[self._roster[place]])
            programme.row(task.number if index < len(self._nodes) else 0, task.number, variables)
            self._takes.append(takes)
            for guide, variable in takes.items():
                held[guide].append((task.start, task.end, variable))
        for guide, mine in enumerate(held):
            if mine:
                self._limit(programme, guide, sorted(mine))
        return programme

    def _limit(self, programme: Programme, guide: int, mine: list[tuple[int, int, int]]) -> None:
        """A guide's rights: one task (start, end, variable) at each moment at which one begins, so many ticks, so many duties."""
        rest, under_way = self.limits.rest[guide], list[tuple[int, int]]()
        following = [start for start, _, _ in mine[1:]] + [1 << 60]
        for (start, end, variable), after in zip(mine, following, strict=True):
            if under_way and min(under_way)[0] <= start:
                under_way = [pair for pair in under_way if start < pair[0]]
            under_way.append((end + rest, variable))
            if after > start and len(under_way) > 1 and after >= min(under_way)[0]:
                variables = [other for _, other in under_way]
                self._moments.append((guide, start, programme.row(-INFINITE, 1, variables)))
        variables, ticks = [variable for _, _, variable in mine], [end - start for start, end, _ in mine]
        if self.limits.ticks[guide] < sum(ticks):
            self._ticks.append((guide, programme.row(-INFINITE, self.limits.ticks[guide], variables, ticks)))
        if self.limits.duties[guide] < len(variables):
            self._duties.append((guide, programme.row(-INFINITE, self.limits.duties[guide], variables)))


def _alike(tasks: Sequence[Task]) -> list[list[int]]:
    """The places of tasks that differ in nothing but their key: one node with so much to lead, or the relaxation has many twins."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for place, task in enumerate(tasks):
        found.setdefault((task.start, task.end, task.able), []).append(place)
    return list(found.values())

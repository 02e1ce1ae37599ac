"""How few gaps no roster of a day can have: each guide's day as a path from duty to duty, all together as a linear programme.

The relaxation divides duties among paths; its dual solution gives each duty a reward. For any rewards, what all duties earn, less what
each guide's cheapest path keeps of it, is a bound; rounded, it is done again in whole numbers, each path by dynamic programming.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scheduler.core.planning_table import Table

SCALE = 1000


@dataclass(frozen=True, slots=True)
class Node:
    """A duty on a guide's day; `group` is None for what is promised, which every path takes."""

    start: int
    end: int
    group: int | None


@dataclass(slots=True)
class Path:
    """A guide's day: the nodes by their start, and the steps that may be taken from each to a later one."""

    guide: int
    nodes: list[Node]
    steps: list[tuple[int, int]]
    first: list[int]
    last: list[int]
    cap: Any = None
    count: Any = None

    def cheapest(self, earns: dict[int, int]) -> int:
        """The least that a path waits, times the scale, less what its duties earn; 0 for none where nothing is promised."""
        known = any(node.group is None for node in self.nodes)
        cost: list[int | None] = [0 if number in self.first else None for number in range(len(self.nodes))]
        into: dict[int, list[int]] = {}
        for before, after in self.steps:
            into.setdefault(after, []).append(before)
        for number, node in enumerate(self.nodes):
            least = cost[number]
            for before in into.get(number, ()):
                if (so_far := cost[before]) is not None:
                    through = so_far + SCALE * (node.start - self.nodes[before].end)
                    least = through if least is None else min(least, through)
            earned = 0 if node.group is None else earns[node.group]
            cost[number] = None if least is None else least - earned
        ends = [value for number in self.last if (value := cost[number]) is not None]
        return min([*ends, *([] if known else [0])], default=0)


def bound(table: Table, day: int, seconds: float) -> int:
    """No roster of the day that leaves as few open has fewer ticks of gaps; 0 where the time did not suffice."""
    from ortools.linear_solver import pywraplp

    planned = table.days[day]
    led = sum(len(table.roster[number]) for number in planned.groups)
    full = led == sum(len(table.groups[number].keys) for number in planned.groups)
    paths = list(_paths(table, day))
    lp = pywraplp.Solver.CreateSolver("GLOP")
    lp.SetTimeLimit(max(1, round(1000 * seconds)))
    lp.Objective().SetMinimization()
    rows = {}
    for number in planned.groups:
        there = len(table.groups[number].keys)
        rows[number] = lp.Constraint(there if full else 0, there)
    debt = lp.Constraint(led, lp.infinity())
    for path in paths:
        _lay(lp, table, day, path, rows, debt)
    if lp.Solve() != lp.OPTIMAL:
        return 0
    worth, price = 0, 0
    if not full:
        price = max(0, _whole(debt))
        worth = price * led
    earns = {}
    for number, row in rows.items():
        own = _whole(row) if full else min(0, _whole(row))
        earns[number] = own + price
        worth += own * len(table.groups[number].keys)
    for path in paths:
        _, ticks, duties = planned.limits[path.guide]
        tick, duty = min(0, _whole(path.cap)), min(0, _whole(path.count))
        mine = {n: earns[n] + tick * table.groups[n].ticks + duty for n in earns}
        worth += tick * ticks + duty * duties + path.cheapest(mine)
    return max(0, -(-worth // SCALE))


def _paths(table: Table, day: int) -> Iterator[Path]:
    planned = table.days[day]
    for guide in sorted(planned.limits):
        nodes = [Node(start, end, None) for start, end in planned.fixed.get(guide, ())]
        for number in planned.groups:
            group = table.groups[number]
            if group.able >> guide & 1:
                nodes.append(Node(group.start, group.end, number))
        if not nodes:
            continue
        nodes.sort(key=lambda node: (node.start, node.end))
        fixed = [node for node in nodes if node.group is None]
        rest = planned.limits[guide][0]
        steps = [
            (one, other)
            for one, before in enumerate(nodes)
            for other, after in enumerate(nodes)
            if _follows(before, after, rest)
            and not any(before.end <= node.start and node.end <= after.start for node in fixed)
        ]
        first = [n for n, node in enumerate(nodes) if not any(known.end <= node.start for known in fixed)]
        last = [n for n, node in enumerate(nodes) if not any(node.end <= known.start for known in fixed)]
        yield Path(guide, nodes, steps, first, last)


def _follows(before: Node, after: Node, rest: int) -> bool:
    """Whether one can come next, rested; between two that were promised there may be less rest than that."""
    promised = before.group is None and after.group is None
    return before.end + (0 if promised else rest) <= after.start and before is not after


def _lay(lp: Any, table: Table, day: int, path: Path, rows: dict[int, Any], debt: Any) -> None:
    """The path's variables: how much of it begins at a node, and how much goes from one to the next."""
    known = any(node.group is None for node in path.nodes)
    begins = lp.Constraint(1 if known else 0, 1)
    _, ticks, duties = table.days[day].limits[path.guide]
    path.cap, path.count = lp.Constraint(-lp.infinity(), ticks), lp.Constraint(-lp.infinity(), duties)
    ends = set(path.last)
    flows = [lp.Constraint(0, lp.infinity() if number in ends else 0) for number in range(len(path.nodes))]

    def enters(number: int, variable: Any) -> None:
        flows[number].SetCoefficient(variable, 1)
        if (group := path.nodes[number].group) is not None:
            rows[group].SetCoefficient(variable, 1)
            debt.SetCoefficient(variable, 1)
            path.cap.SetCoefficient(variable, table.groups[group].ticks)
            path.count.SetCoefficient(variable, 1)

    for number in path.first:
        variable = lp.NumVar(0, 1, "")
        begins.SetCoefficient(variable, 1)
        enters(number, variable)
    for before, after in path.steps:
        variable = lp.NumVar(0, 1, "")
        lp.Objective().SetCoefficient(variable, path.nodes[after].start - path.nodes[before].end)
        flows[before].SetCoefficient(variable, -1)
        enters(after, variable)


def _whole(row: Any) -> int:
    return round(SCALE * float(row.dual_value()))

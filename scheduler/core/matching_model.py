"""The guides of a day as a model for the solver: what the search in `matching.py` leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from scheduler.core.solving import Budget, new_model, solve
from scheduler.core.ticks import bits

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

NOBODY = -1


@dataclass(slots=True)
class Task:
    """A duty, or `number` new ones alike: one bit of `able` for each guide who could lead it, were it their only one.

    `present`: the guide who validly leads it now. `must`: it may not be left uncovered.
    """

    key: str
    start: int
    end: int
    able: int
    present: int = NOBODY
    must: bool = True
    number: int = 1


@dataclass(slots=True)
class Limits:
    """Of each guide: the rest between two duties, and what is left of the day's most ticks and duties."""

    rest: list[int]
    ticks: list[int]
    duties: list[int]


class Cover:
    """A guide for each task: at most one task of a guide at a time, rest between them, within the guide's limits."""

    def __init__(self, tasks: Sequence[Task], limits: Limits) -> None:
        self.model = new_model()
        self.tasks = tasks
        self.takes: list[dict[int, cp_model.IntVar]] = []
        of_guide: dict[int, list[tuple[Task, cp_model.IntVar]]] = {}
        for task in tasks:
            takes = {guide: self.model.new_bool_var("") for guide in bits(task.able)}
            self.takes.append(takes)
            for guide, variable in takes.items():
                of_guide.setdefault(guide, []).append((task, variable))
            if task.must:
                self.model.add(sum(takes.values()) == task.number)
            else:
                self.model.add_at_most_one(takes.values())
        for guide, held in of_guide.items():
            for clique in cliques(held, limits.rest[guide]):
                self.model.add_at_most_one(clique)
            if sum(task.end - task.start for task, _ in held) > limits.ticks[guide]:
                self.model.add(
                    sum((task.end - task.start) * variable for task, variable in held) <= limits.ticks[guide]
                )
            if len(held) > limits.duties[guide]:
                self.model.add(sum(variable for _, variable in held) <= limits.duties[guide])

    def at_least(self, needed: int) -> None:
        """Of the tasks that may be left, so many are led."""
        self.model.add(self._led() >= needed)

    def most(self) -> None:
        """Ask for as many as possible of those that may be left."""
        self.model.maximize(self._led())

    def fewest_changes(self, hint: Sequence[tuple[int, ...]]) -> None:
        """Ask for the fewest tasks that change their guide, beginning with `hint`; among those, for guides that come first."""
        changes, order = [], []
        for task, takes, led in zip(self.tasks, self.takes, hint, strict=True):
            for guide, variable in takes.items():
                self.model.add_hint(variable, guide in led)
            if task.present != NOBODY:
                changes.append(1 - takes[task.present])
            else:
                order += [guide * variable for guide, variable in takes.items()]
        most = (
            sum(task.number for task in self.tasks)
            * (1 + max((guide for takes in self.takes for guide in takes), default=0))
            + 1
        )
        self.model.minimize(most * sum(changes) + sum(order))

    def solve(self, budget: Budget, *, workers: int = 1) -> list[tuple[int, ...]] | None:
        """The guides of each task; None where there is no such roster. Raises Undecided."""
        solver = solve(self.model, budget, workers=workers)
        if solver is None:
            return None
        return [tuple(guide for guide, variable in takes.items() if solver.value(variable)) for takes in self.takes]

    def _led(self) -> cp_model.LinearExprT:
        return sum(sum(takes.values()) for task, takes in zip(self.tasks, self.takes, strict=True) if not task.must)


def cliques(held: Iterable[tuple[Task, cp_model.IntVar]], rest: int) -> list[list[cp_model.IntVar]]:
    """The largest sets of which a guide with this rest can take one: those under way, or not yet rested from, at some start."""
    found: list[list[cp_model.IntVar]] = []
    under_way: list[tuple[Task, cp_model.IntVar]] = []
    grown = False
    for task, variable in sorted(held, key=lambda pair: pair[0].start):
        still = [pair for pair in under_way if task.start < pair[0].end + rest]
        if len(still) < len(under_way) and grown and len(under_way) > 1:
            found.append([other for _, other in under_way])
        under_way = [*still, (task, variable)]
        grown = True
    if len(under_way) > 1:
        found.append([other for _, other in under_way])
    return found


@lru_cache(maxsize=64)
def order(
    guides: tuple[tuple[str, frozenset[tuple[str, str]]], ...],
) -> tuple[list[int], dict[tuple[str, str], int]]:
    """The places of the guides, who can do least first: a skill counts for more the fewer have it. And who has each skill, as bits."""
    holders: dict[tuple[str, str], int] = {}
    for _, skills in guides:
        for skill in skills:
            holders[skill] = holders.get(skill, 0) + 1
    worth = [sum(1 / holders[skill] for skill in sorted(skills)) for _, skills in guides]
    places = sorted(range(len(guides)), key=lambda place: (worth[place], guides[place][0]))
    skilled: dict[tuple[str, str], int] = {}
    for index, place in enumerate(places):
        for skill in guides[place][1]:
            skilled[skill] = skilled.get(skill, 0) | 1 << index
    return places, skilled

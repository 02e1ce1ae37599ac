"""A plan for all hit visits at once: the hardest first, each the cheapest spot that is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from scheduler.core.repair_case import Total
from scheduler.core.repair_site import Arrangement, Site
from scheduler.core.repair_spots import Spot, Wanted
from scheduler.core.solving import Budget

HARD_TRIES = 30
"""Spots tried for one visit at which others would have to make room, before it takes one that is free."""

MOST_TRIES = 60
"""The same where none is free, before the visit counts as left; the exact stage has no such limit."""


class Plan:
    """A spot, or none, for each hit visit by number, and how each day takes those on it."""

    def __init__(self, wanted: Sequence[Wanted], sites: Mapping[int, Site]) -> None:
        self.wanted, self.sites = wanted, sites
        self.at: list[Spot | None] = [None] * len(wanted)
        self.days: dict[int, Arrangement] = {index: site.empty for index, site in sites.items()}
        self.work = 0.0  # milliseconds or so, counted and not measured, so that a search ends where it ended last time

    def copy(self) -> Plan:
        other = Plan(self.wanted, self.sites)
        other.at, other.days = list(self.at), dict(self.days)
        return other

    def become(self, other: Plan) -> None:
        self.at, self.days = list(other.at), dict(other.days)

    @property
    def total(self) -> Total:
        left = sum(spot is None for spot in self.at)
        return Total(left, sum(w.left if s is None else s.cost for w, s in zip(self.wanted, self.at, strict=True)))

    def put(self, number: int, spot: Spot, budget: Budget | None = None) -> bool:
        """Place a visit there, if that is found to go."""
        self.work += 0.35
        found = self.sites[spot.day].extend(self.days[spot.day], spot.placed, budget)
        if found is None:
            return False
        self.days[spot.day], self.at[number] = found, spot
        return True

    def take(self, number: int) -> Spot | None:
        """Take a visit off again."""
        spot, self.at[number] = self.at[number], None
        if spot is not None:
            self.days[spot.day] = self.sites[spot.day].without(self.days[spot.day], spot.placed)
        return spot

    def insert(self, number: int, hard: int = HARD_TRIES) -> bool:
        """The cheapest spot that is free, or one of the first `hard` cheaper ones that others make room for."""
        cheaper: list[Spot] = []
        tried: dict[int, int] = {}
        for spot in self.wanted[number].spots():
            self.work += 0.02
            site, base = self.sites[spot.day], self.days[spot.day]
            found = site.ready(base, spot.placed)
            if found is not None:
                break
            if tried.get(spot.day, 0) < hard and len(cheaper) < MOST_TRIES and not site.has_failed(base, spot.placed):
                tried[spot.day] = tried.get(spot.day, 0) + 1
                cheaper.append(spot)
        else:
            spot, found = None, None
            hard = hard and MOST_TRIES
        if any(self.put(number, one) for one in cheaper[:hard]):
            return True
        if spot is None or found is None:
            return False
        self.days[spot.day], self.at[number] = found, spot
        return True


def hardest(wanted: Sequence[Wanted], sites: Mapping[int, Site]) -> list[int]:
    """Heavy, large and long visits and those whom few guides can lead come first."""

    def hardness(number: int) -> tuple[object, ...]:
        one = wanted[number]
        skill = (one.visit.tour, one.visit.language)
        guides = max((site.crew.skilled.get(skill, 0).bit_count() for site in sites.values()), default=0)
        return (-one.hit.weight, -one.parties, -one.ticks, guides, one.hit.visit)

    return sorted(range(len(wanted)), key=hardness)


def greedy(
    wanted: Sequence[Wanted],
    sites: Mapping[int, Site],
    order: Sequence[int],
    work: float,
    go_on: Callable[[], bool],
) -> Plan:
    """Each in turn the cheapest spot that is left; nobody gives way any more when the work gets too much, or there is no time."""
    plan = Plan(wanted, sites)
    for done, number in enumerate(order):
        plan.insert(number, HARD_TRIES if plan.work <= work * (done + 1) / len(order) and go_on() else 0)
    return plan


def settle(plan: Plan, order: Sequence[int], hard: int) -> None:
    """Each once more in turn, now that all the others are there; nobody gets a dearer spot than before."""
    for number in order:
        now = plan.at[number]
        if (plan.wanted[number].left if now is None else now.cost) == plan.wanted[number].best:
            continue
        before = plan.copy()
        plan.take(number)
        plan.insert(number, hard)
        if plan.total >= before.total:
            plan.become(before)

"""Where a hit visit could go: its spots, the cheapest first, worked out only as far as somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from heapq import heapify, heappop, heappush
from itertools import combinations
from typing import NamedTuple

from scheduler.core.day import Day
from scheduler.core.itinerary import Visit
from scheduler.core.packing_model import Option
from scheduler.core.repair_asked import Placed
from scheduler.core.repair_case import (
    DAY_MINUTES,
    DROP_MINUTES,
    LEFT_MINUTES,
    SPREAD_TICKS,
    Hit,
    Kind,
    Placement,
    kind_of,
    lifted,
    moved,
    starts_of,
)
from scheduler.core.repair_site import Site
from scheduler.core.solving import Budget, Undecided


class Spot(NamedTuple):
    """A placement and what it costs. Among equally cheap ones the later day, then the earlier time comes first."""

    cost: int
    drops: int
    day_back: bool
    day: int
    starts: tuple[int, ...]
    kind: int
    dropped: tuple[int, ...] = ()

    @property
    def placed(self) -> Placed:
        return Placed(self.kind, self.starts)

    @property
    def placement(self) -> Placement:
        return Placement(self.day, self.starts, frozenset(self.dropped))


class Kinds:
    """The kinds of a repair, numbered."""

    def __init__(self) -> None:
        self.all: list[Kind] = []
        self._numbers: dict[Kind, int] = {}

    def number(self, kind: Kind) -> int:
        if kind not in self._numbers:
            self._numbers[kind] = len(self.all)
            self.all.append(kind)
        return self._numbers[kind]


class Wanted:
    """A hit visit and its spots. `best`: the cheapest with all other hit visits absent (or what leaving it costs)."""

    def __init__(
        self, hit: Hit, visit: Visit, kinds: Kinds, drop: int, decided: Mapping[str, Placement | None]
    ) -> None:
        self.hit, self.visit, self.drop = hit, visit, drop
        self.before = starts_of(visit)
        self.left = hit.weight * LEFT_MINUTES
        self.parties, self.ticks = len(visit.parties), visit.ticks
        self.is_decided, self.decision = hit.visit in decided, decided.get(hit.visit)
        self._kinds = kinds
        self.kind = kinds.number(kind_of(visit))
        can_drop = sorted(hit.stops & hit.droppable)
        every = [subset for size in range(1, len(can_drop) + 1) for subset in combinations(can_drop, size)]
        self.variants: dict[tuple[int, ...], int] = {(): self.kind}
        self.variants |= {
            subset: kinds.number(kind_of(visit, frozenset(subset)))
            for subset in every
            if len(subset) < len(visit.stops)
        }
        self._seen: list[Spot] = []
        self._rest: Iterator[Spot] = iter(())
        self.best = self.left
        self.first: Spot | None = None

    def look(self, sites: Mapping[int, Site], budget: Budget) -> None:
        """Begin: find the best with all others absent. What is undecided counts as possible, so that `best` stays a bound."""
        self._rest = self._spots(sites)
        for spot in self.spots():
            with suppress(Undecided):
                if not sites[spot.day].alone(spot.placed, budget):
                    continue
            self.best, self.first = spot.cost, spot
            return

    def spots(self) -> Iterator[Spot]:
        """Every spot that a quick look does not rule out, the cheapest first."""
        at = 0
        while True:
            while at < len(self._seen):
                yield self._seen[at]
                at += 1
            following = next(self._rest, None)
            if following is None:
                return
            self._seen.append(following)

    def up_to(self, cost: int) -> list[Spot]:
        """Those that cost no more."""
        found = []
        for spot in self.spots():
            if spot.cost > cost:
                break
            found.append(spot)
        return found

    def _spots(self, sites: Mapping[int, Site]) -> Iterator[Spot]:
        if not self.before:
            return
        if self.is_decided:
            if self.decision is not None and self.decision.day in sites:
                yield self._spot(self.decision)
            return
        far = max((abs(day - self.hit.day) for day in sites), default=-1)
        waiting: list[Spot] = []
        for distance in range(far + 1):
            least = self.hit.weight * DAY_MINUTES * distance
            while waiting and waiting[0].cost < least:
                yield heappop(waiting)
            for spot in self._at(distance, sites):
                heappush(waiting, spot)
        heapify(waiting)
        while waiting:
            yield heappop(waiting)

    def _at(self, distance: int, sites: Mapping[int, Site]) -> Iterator[Spot]:
        hit, spread = self.hit, self.before[-1] - self.before[0] + SPREAD_TICKS
        for day in sorted({hit.day + distance, hit.day - distance}):
            if day not in sites or (day > hit.last_day and distance):
                continue
            for starts in sites[day].asked.starts(self.kind, spread):
                allowed = (day, starts[0]) >= hit.not_before and day <= hit.last_day
                own = (day, starts) == (hit.day, self.before)
                if hit.may_stay if own else allowed:
                    yield self._spot(Placement(day, starts))
        if distance == 0 and hit.day in sites and hit.may_stay:
            for dropped, kind in self.variants.items():
                if dropped and any(starts == self.before for starts in sites[hit.day].asked.starts(kind, spread)):
                    yield self._spot(Placement(hit.day, self.before, frozenset(dropped)))

    def _spot(self, to: Placement) -> Spot:
        dropped = tuple(sorted(to.dropped))
        if dropped not in self.variants:
            self.variants[dropped] = self._kinds.number(kind_of(self.visit, to.dropped))
        cost = moved(self.hit, self.before, to) + self.hit.weight * self.drop * len(dropped)
        return Spot(cost, len(dropped), to.day < self.hit.day, to.day, to.starts, self.variants[dropped], dropped)


def prepared(
    days: Mapping[int, Day],
    hits: Sequence[Hit],
    drop: int = DROP_MINUTES,
    decided: Mapping[str, Placement | None] | None = None,
) -> tuple[list[Wanted], dict[int, Site]]:
    """The hit visits, by key, and the days without them. Raises KeyError where one is not on its day."""
    by_key = {hit.visit: hit for hit in hits}
    bare = lifted(days, by_key)
    visits = {(index, visit.key): visit for index, day in days.items() for visit in day.visits}
    kinds = Kinds()
    wanted = [Wanted(hit, visits[hit.day, key], kinds, drop, decided or {}) for key, hit in sorted(by_key.items())]
    alike: list[tuple[Day, dict[object, list[Option] | None]]] = []  # days of equal spaces share what waves ask of them
    sites = {}
    for index, day in bare.items():
        listed = next((known for other, known in alike if other.spaces == day.spaces), None)
        if listed is None:
            listed = {}
            alike.append((day, listed))
        sites[index] = Site(day, kinds.all, listed)
    return wanted, sites

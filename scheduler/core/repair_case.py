"""What a closure hits, and what is proposed for it: plain values.

Costs are weighted minutes: `weight` x (minutes moved + 600 a day); a visit in waves has moved as far as the wave that moves farthest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scheduler.core.day import Day, Way, Wish
from scheduler.core.itinerary import Stop, Visit, legs, waves_of
from scheduler.core.state import Group
from scheduler.core.ticks import TICK_MINUTES

DAY_MINUTES = 600
LEFT_MINUTES = 60 * DAY_MINUTES
"""What a visit without a time counts for: more than any move, so that nobody is left out because their move would be dear."""

DROP_MINUTES = 120
"""What dropping one stop counts for: less than another day, more than another hour."""

SPREAD_TICKS = 12
"""The waves of a visit may start so much farther apart than they did."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A visit of `Day.visits` that cannot stay as it is.

    `stops`: the stops that are hit (see `struck`), by index; those of them in `droppable` may be left out. `not_before`: (day, tick),
    `last_day`: where it may be moved to; its own time is allowed where it `may_stay` (it has not begun). `weight`: how dear a minute is
    to this group.
    """

    visit: str
    day: int
    not_before: tuple[int, int]
    last_day: int
    weight: int = 1
    stops: frozenset[int] = frozenset()
    droppable: frozenset[int] = frozenset()
    may_stay: bool = True


@dataclass(frozen=True, slots=True)
class Placement:
    """A day, a start for each wave, and the stops (by index) that are left out."""

    day: int
    starts: tuple[int, ...]
    dropped: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for one visit.

    `action`: "reroute" (same time, other order, guide or lane) · "drop" · "move" · "leave" (no time was found: an offer or a
    cancellation is for a person to decide). `wish` and `way`: what a booking writes, without the dropped stops. `cost`: weighted
    minutes. `bound`: the same with all other hit visits absent. `alternatives`: other times, the nearest first, each valid with the
    proposals for all the others.
    """

    visit: str
    action: str
    placement: Placement | None
    wish: Wish | None
    way: Way | None
    cost: int
    bound: int
    alternatives: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Total:
    """How many visits are left without a time, then weighted minutes (those of the left ones included)."""

    left: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Repair:
    """A proposal for every hit visit, in the order in which their ways are to be written: each is valid after those before it,

    on days without the hit visits (`lifted`). No repair costs less than `bound`; `alone` is the simple bound: each visit's own best
    with the others absent. `proven`: none is better than this.
    """

    proposals: tuple[Proposal, ...]
    cost: Total
    bound: Total
    alone: Total

    @property
    def proven(self) -> bool:
        return self.cost == self.bound


@dataclass(frozen=True, slots=True)
class Kind:
    """What a visit asks of a day, its starts apart; visits of one kind are interchangeable. `groups`: the heads of each wave."""

    tour: str
    language: str
    stops: tuple[Stop, ...]
    groups: tuple[Group, ...]
    ticks: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ticks", sum(stop.ticks for stop in self.stops))

    @property
    def wish(self) -> Wish:
        heads = [heads for group in self.groups for heads in group]
        return Wish(self.tour, self.language, self.stops, sum(heads), max(heads))


def kind_of(visit: Visit, dropped: frozenset[int] = frozenset()) -> Kind:
    """The kind of a visit without some of its stops; in each wave the larger parties come first."""
    stops = tuple(stop for index, stop in enumerate(visit.stops) if index not in dropped)
    groups = (tuple(sorted((p.heads for p in parties), reverse=True)) for parties in waves_of(visit).values())
    return Kind(visit.tour, visit.language, stops, tuple(groups))


def starts_of(visit: Visit) -> tuple[int, ...]:
    """When each wave of a visit starts."""
    return tuple(start for _, start in waves_of(visit))


def moved(hit: Hit, before: tuple[int, ...], to: Placement) -> int:
    """What a placement costs a visit whose waves started at `before`, dropped stops apart."""
    farthest = max(abs(new - old) for new, old in zip(to.starts, before, strict=True))
    return hit.weight * (DAY_MINUTES * abs(to.day - hit.day) + TICK_MINUTES * farthest)


def struck(day: Day) -> dict[str, frozenset[int]]:
    """The visits that cannot stay as they are, with the stops that are hit.

    A stop is hit where its space is closed then, or where events and holds (`taken`) leave it too few lanes. A visit that lies
    outside the opening hours is hit as a whole, unless it is one without a tour, which the office places when it wants.
    """
    return {visit.key: stops for visit in day.visits if visit.parties and (stops := _struck(day, visit))}


def _struck(day: Day, visit: Visit) -> frozenset[int]:
    every = frozenset(range(len(visit.stops)))
    if visit.tour and not all(
        any(o.opens <= start <= o.last_start and start + visit.ticks <= o.closes for o in day.opening)
        for start in starts_of(visit)
    ):
        return every
    if not visit.occupies:
        return frozenset()
    found = set()
    for leg in legs(visit, day.spaces):
        space = day.spaces[leg.space]
        if any(closed.shuts([leg.space]) and closed.period.overlaps(leg.period) for closed in day.closed):
            found.add(leg.stop)
            continue
        needed = space.lanes if leg.exclusive else 1
        holds = [hold for hold in day.taken if hold.space == leg.space and hold.period.overlaps(leg.period)]
        for tick in {leg.period.start, *(hold.period.start for hold in holds)}:
            here = [hold for hold in holds if hold.period.start <= tick < hold.period.end]
            heads = sum(hold.heads for hold in here) + leg.heads
            if tick >= leg.period.start and (
                sum(hold.lanes for hold in here) + needed > space.lanes
                or (space.max_heads is not None and heads > space.max_heads)
            ):
                found.add(leg.stop)
    return frozenset(found)


def lifted(days: Mapping[int, Day], hits: Mapping[str, Hit]) -> dict[int, Day]:
    """The days without the hit visits. Raises KeyError where a hit visit is not on its day."""
    gone: dict[int, set[str]] = {}
    for hit in hits.values():
        if not any(visit.key == hit.visit for visit in days[hit.day].visits):
            raise KeyError(hit.visit)
        gone.setdefault(hit.day, set()).add(hit.visit)
    return {
        index: Day(
            day.opening,
            day.spaces,
            day.guides,
            tuple(visit for visit in day.visits if visit.key not in gone.get(index, ())),
            day.taken,
            day.closed,
            day.grid,
        )
        for index, day in sorted(days.items())
    }

"""The ways in which parties can walk their stops within the lanes of the spaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from scheduler.core.ticks import Interval

Walk = tuple[int, ...]
"""The order in which a party walks the stops of its visit: indexes into `Visit.stops`."""


@dataclass(frozen=True, slots=True)
class Space:
    """A place that parties use; `lanes` parties may be in it at once, `max_heads` people at one moment."""

    code: str
    lanes: int
    max_heads: int | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a tour. A movable stop may be walked in another order; the others keep their place in the list.

    `together`: the parties of a wave take it as one leg (if the space takes that many heads, else party by party, unless `exclusive`).
    `exclusive`: takes every lane of the space, and is always together.
    """

    space: str
    ticks: int
    movable: bool = False
    together: bool = False
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """The part of a visit that one guide leads. Its `key` names the duty too; `start` is its wave's start."""

    key: str
    heads: int
    start: int
    wave: int = 0
    guide: str | None = None
    walk: Walk = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that holds its time. When `promised`, guides and walks stay as they are; else both may be changed.

    `tour` is "" for a protocol visit with stops of its own. `occupies` is False where a hold (`Taken`) covers the visit's own legs.
    """

    key: str
    tour: str
    language: str
    stops: tuple[Stop, ...]
    parties: tuple[Party, ...]
    promised: bool = False
    occupies: bool = True

    @property
    def ticks(self) -> int:
        return sum([stop.ticks for stop in self.stops])


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of a space that nothing moves: an event's legs, a hold, a promised ceremony of another kind."""

    space: str
    period: Interval
    lanes: int
    heads: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """A party (or, where `party` is None, the whole wave) at one stop. An exclusive leg takes every lane."""

    visit: str
    stop: int
    space: str
    period: Interval
    heads: int
    wave: int = 0
    party: str | None = None
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """What holds lanes of a space for a period: a leg, an event, a hold. `present`: the lanes (1, 2, …) it has now, if any."""

    key: str
    space: str
    period: Interval
    lanes: int = 1
    present: tuple[int, ...] = ()


@lru_cache(maxsize=1024)
def walks(stops: tuple[Stop, ...]) -> tuple[Walk, ...]:
    """Every order in which a party may walk `stops`: the immovable ones keep their place. The listed order comes first."""
    movable = [index for index, stop in enumerate(stops) if stop.movable]
    orders = []
    for order in permutations(movable):
        walk = list(range(len(stops)))
        for place, index in zip(movable, order, strict=True):
            walk[place] = index
        orders.append(tuple(walk))
    return tuple(orders)


def times(stops: tuple[Stop, ...], walk: Walk) -> tuple[int, ...]:
    """When each stop begins, in ticks from the party's start, by index of the stop."""
    begins = [0] * len(stops)
    clock = 0
    for index in walk:
        begins[index] = clock
        clock += stops[index].ticks
    return tuple(begins)


def split(heads: int, heads_per_guide: int) -> tuple[int, ...]:
    """The heads of each party: as few parties as the guides can lead, as even as possible, larger first."""
    return shares(heads, -(-heads // heads_per_guide))


def shares(heads: int, parties: int) -> tuple[int, ...]:
    """`heads` in so many parties, as even as possible, larger first."""
    each, over = divmod(heads, parties)
    return tuple(each + 1 if number < over else each for number in range(parties))


def joint(stop: Stop, heads: int, space: Space) -> bool:
    """Whether a wave of so many heads takes this stop as one leg."""
    return stop.exclusive or (stop.together and (space.max_heads is None or heads <= space.max_heads))


def legs(visit: Visit, spaces: Mapping[str, Space]) -> tuple[Leg, ...]:
    """The legs of a visit as its parties walk now (the listed order where a party has no walk), by start.

    Where an old visit's parties are not at a joint stop at the same time, each has a leg of its own.
    """
    listed = tuple(range(len(visit.stops)))
    made: list[Leg] = []
    for (wave, start), parties in waves_of(visit).items():
        heads = sum(party.heads for party in parties)
        begins = [times(visit.stops, party.walk or listed) for party in parties]
        for index, stop in enumerate(visit.stops):
            moments = {begin[index] for begin in begins}
            if joint(stop, heads, spaces[stop.space]) and len(moments) == 1:
                at = start + moments.pop()
                made.append(
                    Leg(visit.key, index, stop.space, Interval(at, at + stop.ticks), heads, wave, None, stop.exclusive)
                )
                continue
            for party, begin in zip(parties, begins, strict=True):
                period = Interval(start + begin[index], start + begin[index] + stop.ticks)
                made.append(Leg(visit.key, index, stop.space, period, party.heads, wave, party.key, stop.exclusive))
    return tuple(sorted(made, key=lambda leg: (leg.period, leg.stop, leg.wave, leg.party or "")))


def waves_of(visit: Visit) -> dict[tuple[int, int], list[Party]]:
    """The parties of a visit by their wave and start."""
    if len(visit.parties) == 1:
        return {(party.wave, party.start): [party] for party in visit.parties}
    found: dict[tuple[int, int], list[Party]] = {}
    for party in sorted(visit.parties, key=lambda party: (party.start, party.wave, party.key)):
        found.setdefault((party.wave, party.start), []).append(party)
    return found


def lanes(uses: Iterable[Use], spaces: Mapping[str, Space]) -> dict[str, tuple[int, ...]]:
    """A lane (1, 2, …) for every use of a space at a time, present ones kept where the others leave them room.

    Raises ValueError where more is asked of a space at one moment than it has. Never fails otherwise: the uses of a space are
    intervals, and intervals of which at most n meet at one moment can be given n lanes in the order of their starts.
    """
    given: dict[str, tuple[int, ...]] = {}
    by_space: dict[str, list[Use]] = {}
    for use in uses:
        by_space.setdefault(use.space, []).append(use)
    for space, wanted in by_space.items():
        wanted.sort(key=lambda use: (use.period, use.key))
        given |= _keep_lanes(wanted, spaces[space].lanes) or _sweep_lanes(wanted, spaces[space].lanes)
    return given


def _keep_lanes(wanted: list[Use], most: int) -> dict[str, tuple[int, ...]] | None:
    """Every use that has lanes keeps them, the others get what is free; None where that does not go."""
    given: dict[str, tuple[int, ...]] = {}
    busy: list[list[Interval]] = [[] for _ in range(most)]

    def take(use: Use, numbers: Iterable[int]) -> bool:
        free = [n for n in numbers if 1 <= n <= most and not any(use.period.overlaps(other) for other in busy[n - 1])][
            : use.lanes
        ]
        if len(free) < use.lanes:
            return False
        for n in free:
            busy[n - 1].append(use.period)
        given[use.key] = tuple(free)
        return True

    homeless = [use for use in wanted if len(use.present) != use.lanes or not take(use, use.present)]
    return given if all(take(use, range(1, most + 1)) for use in homeless) else None


def _sweep_lanes(wanted: list[Use], most: int) -> dict[str, tuple[int, ...]]:
    """Lanes in the order of starts, the present ones first where they are free."""
    given: dict[str, tuple[int, ...]] = {}
    free_from = [0] * (most + 1)
    for use in wanted:
        free = [n for n in (*use.present, *range(1, most + 1)) if n <= most and free_from[n] <= use.period.start]
        numbers = tuple(dict.fromkeys(free))[: use.lanes]
        if len(numbers) < use.lanes:
            raise ValueError(
                f"{use.key} asks for {use.lanes} lanes of {use.space} at {use.period}, where fewer are free"
            )
        for n in numbers:
            free_from[n] = use.period.end
        given[use.key] = numbers
    return given

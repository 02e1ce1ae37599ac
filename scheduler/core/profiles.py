"""What a wave can ask of the spaces: every distinct occupancy that some joint walk of its parties makes.

A *load* is a whole number read as many small fields, one for each channel and tick: how many lanes of a space, or how many heads in it,
are taken at that tick. Adding loads is adding numbers, and "fits within" is one subtraction: see `Fields`.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from scheduler.core.itinerary import Leg, Party, Space, Stop, Visit, Walk, joint, legs, times, walks

Channel = tuple[str, bool]
"""(space, False): its lanes. (space, True): the heads in it."""

MOST_PROFILES = 4000
"""A wave with more distinct loads than this is not listed; the solver then counts its parties on each walk instead."""


MOST_KEPT = 4000


@dataclass(frozen=True, slots=True)
class Run:
    """`amount` of a channel taken from `offset` for `ticks`."""

    channel: Channel
    offset: int
    ticks: int
    amount: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One occupancy of a wave, and a walk for each party that makes it (in the order in which the heads were given)."""

    runs: tuple[Run, ...]
    walks: tuple[Walk, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """The offsets at which a leg of a wave may begin, and the most that it may take of a channel at once."""

    offsets: frozenset[int]
    most: int

    def __or__(self, other: Reach) -> Reach:
        return Reach(self.offsets | other.offsets, max(self.most, other.most))


def reach(ways: Iterable[Iterable[Run]]) -> Reach:
    """Over all these ways to go. The runs of one may overlap."""
    every = [list(runs) for runs in ways]
    most = max((_most(runs) for runs in every if runs), default=0)
    return Reach(frozenset(run.offset for runs in every for run in runs), most)


def _most(runs: Sequence[Run]) -> int:
    """The most that these take of one channel at once."""
    return max(
        sum(o.amount for o in runs if o.channel == run.channel and o.offset <= run.offset < o.offset + o.ticks)
        for run in runs
    )


class Fields:
    """Loads over so many channels and ticks: 16 bits a field, of which the highest stays free (amounts are at most 16,383)."""

    MOST = 0x3FFF

    def __init__(self, channels: Iterable[Channel], ticks: int) -> None:
        self.channels = {channel: number for number, channel in enumerate(channels)}
        self.ticks = ticks
        self.guard = 0x8000 * _ones(len(self.channels) * ticks)
        self.guard_of_row = 0x8000 * _ones(ticks)

    def load(self, channel: Channel, start: int, ticks: int, amount: int) -> int:
        """`amount` of one channel from `start` for `ticks`; what lies outside the span is cut off."""
        start, end = max(start, 0), min(start + ticks, self.ticks)
        if end <= start:
            return 0
        return (min(amount, self.MOST) * _ones(end - start)) << ((self.channels[channel] * self.ticks + start) * 16)

    def under_way(self, start: int, end: int) -> int:
        """One in one channel at these ticks."""
        return _ones(end - start) << 16 * start

    def row(self, load: int, channel: Channel) -> int:
        """One channel of a load, by ticks."""
        return load >> 16 * self.channels[channel] * self.ticks & (1 << 16 * self.ticks) - 1

    def fits(self, room: int, load: int) -> bool:
        """Whether no field of `load` exceeds that of `room`."""
        guard = self.guard
        return ((room | guard) - load) & guard == guard

    def pack(self, amounts: Iterable[Iterable[int]]) -> int:
        """A load from its amounts, channel by channel and tick by tick."""
        cells = list(chain.from_iterable(amounts))
        if max(cells, default=0) > self.MOST:
            cells = [min(here, self.MOST) for here in cells]
        return int.from_bytes(array("H", cells).tobytes(), sys.byteorder)

    def unpack(self, load: int) -> list[list[int]]:
        """The amounts of a load, channel by channel and tick by tick."""
        row = array("H")
        row.frombytes(load.to_bytes(2 * len(self.channels) * self.ticks, sys.byteorder))
        return [list(row[number * self.ticks : (number + 1) * self.ticks]) for number in range(len(self.channels))]


@lru_cache(maxsize=4096)
def _ones(fields: int) -> int:
    """1 in each of the first fields."""
    return ((1 << (16 * fields)) - 1) // 0xFFFF


def channels(spaces: Iterable[Space]) -> list[Channel]:
    """Lanes of every space, and heads where they are limited."""
    found = [(space.code, False) for space in spaces]
    return found + [(space.code, True) for space in spaces if space.max_heads is not None]


def profiles(
    stops: tuple[Stop, ...], heads: tuple[int, ...], spaces: Mapping[str, Space]
) -> tuple[Profile, ...] | None:
    """Every distinct occupancy of a wave on empty spaces. Empty: it can never be served. None: more than are worth listing.

    Raises KeyError where a stop is in a space that does not exist.
    """
    used = tuple(sorted({stop.space for stop in stops}))
    places = tuple(spaces[code] for code in used)
    if all(space.max_heads is None for space in places):
        heads = (0,) * len(heads)  # nothing depends on them: one answer for all sizes
    return _profiles(stops, heads, places)


@lru_cache(maxsize=4096)
def _profiles(stops: tuple[Stop, ...], heads: tuple[int, ...], places: tuple[Space, ...]) -> tuple[Profile, ...] | None:
    spaces = {space.code: space for space in places}
    total, length = sum(heads), sum(stop.ticks for stop in stops)
    fields = Fields(channels(places), length)
    room = capacity(fields, places)
    together = [index for index, stop in enumerate(stops) if joint(stop, total, spaces[stop.space])]

    found: dict[int, tuple[Walk, ...]] = {}
    for group in joint_groups(stops, total, spaces).values():
        begins = times(stops, group[0])
        base = sum(taken(fields, spaces[stops[i].space], begins[i], stops[i], total) for i in together)
        loads: dict[int, tuple[Walk, ...]] = {base: ()} if fields.fits(room, base) else {}
        for party in heads:
            steps = [(walk, alone(fields, spaces, stops, walk, party, together)) for walk in group]
            loads = {
                load + step: (*done, walk)
                for load, done in loads.items()
                for walk, step in steps
                if fields.fits(room, load + step)
            }
            if len(loads) > MOST_PROFILES:
                return None
        for load, done in loads.items():
            found.setdefault(load, done)
    return tuple(Profile(_runs(fields, load), done) for load, done in found.items())


def joint_groups(stops: tuple[Stop, ...], heads: int, spaces: Mapping[str, Space]) -> dict[tuple[int, ...], list[Walk]]:
    """Walks by the moments of their joint stops: the parties of one wave must all walk in one group."""
    together = [index for index, stop in enumerate(stops) if joint(stop, heads, spaces[stop.space])]
    groups: dict[tuple[int, ...], list[Walk]] = {}
    for walk in walks(stops):
        begins = times(stops, walk)
        groups.setdefault(tuple(begins[index] for index in together), []).append(walk)
    return groups


def alone(
    fields: Fields,
    spaces: Mapping[str, Space],
    stops: tuple[Stop, ...],
    walk: Walk,
    heads: int,
    together: Iterable[int],
) -> int:
    """What one party's own legs ask for."""
    begins, shared = times(stops, walk), set(together)
    return sum(
        taken(fields, spaces[stop.space], begins[i], stop, heads) for i, stop in enumerate(stops) if i not in shared
    )


def taken(fields: Fields, space: Space, start: int, stop: Stop, heads: int) -> int:
    """What one leg asks for: a lane (every lane where it is exclusive) and, where they are limited, its heads."""
    load = fields.load((space.code, False), start, stop.ticks, space.lanes if stop.exclusive else 1)
    return load + fields.load((space.code, True), start, stop.ticks, heads) if space.max_heads is not None else load


@dataclass(frozen=True, slots=True)
class Walked:
    """What a wave takes that walks so: as a load from the first tick and as runs.

    `listed`: its profiles are. `allowed`: its parties meet at their joint stops, and empty spaces could hold them. `reach`: of this way
    and all its profiles.
    """

    load: int
    runs: tuple[Run, ...]
    listed: bool
    allowed: bool
    reach: Reach


class Shapes:
    """The loads of waves from the first tick on, the same for all days with these spaces and so many ticks; kept when they are made."""

    def __init__(self, places: tuple[Space, ...], ticks: int) -> None:
        self.fields = Fields(channels(places), ticks)
        self.spaces = {space.code: space for space in places}
        self.bare = capacity(self.fields, places)
        self._made: dict[tuple[tuple[Stop, ...], tuple[int, ...]], tuple[tuple[int, Profile], ...] | None] = {}
        self._reached: dict[tuple[tuple[Stop, ...], tuple[int, ...]], Reach] = {}
        self._walked: dict[tuple[tuple[Stop, ...], tuple[int, ...], tuple[Walk, ...]], Walked] = {}

    def made(self, stops: tuple[Stop, ...], heads: tuple[int, ...]) -> tuple[tuple[int, Profile], ...] | None:
        """The profiles of a wave with their loads; None where there are more than are worth listing."""
        key = (stops, heads)
        if key not in self._made:
            _make_room(self._made)
            found = profiles(stops, heads, self.spaces)
            self._made[key] = None if found is None else tuple((self._load(p.runs), p) for p in found)
        return self._made[key]

    def reach(self, stops: tuple[Stop, ...], heads: tuple[int, ...]) -> Reach:
        """Of all profiles of a wave."""
        key = (stops, heads)
        if key not in self._reached:
            _make_room(self._reached)
            self._reached[key] = reach(profile.runs for _, profile in self.made(stops, heads) or ())
        return self._reached[key]

    def walked(self, stops: tuple[Stop, ...], heads: tuple[int, ...], walked: tuple[Walk, ...]) -> Walked:
        """What a wave takes whose parties walk so, also against the rules: then each has a leg of its own at every joint stop."""
        key = (stops, heads, walked)
        if key not in self._walked:
            _make_room(self._walked)
            parties = tuple(Party(str(n), h, 0, 0, None, w) for n, (h, w) in enumerate(zip(heads, walked, strict=True)))
            found = tuple(runs_of(legs(Visit("", "", "", stops, parties), self.spaces), self.spaces))
            begins, total = [times(stops, walk) for walk in walked], sum(heads)
            together = all(
                len({begin[index] for begin in begins}) == 1
                for index, stop in enumerate(stops)
                if joint(stop, total, self.spaces[stop.space])
            )
            load, made = self._load(found), self.made(stops, heads)
            allowed = together and (made is None or self.fields.fits(self.bare, load))
            every = self.reach(stops, heads) | reach([found])
            self._walked[key] = Walked(load, found, made is not None, allowed, every)
        return self._walked[key]

    def _load(self, found: Iterable[Run]) -> int:
        return sum(self.fields.load(run.channel, run.offset, run.ticks, run.amount) for run in found)


@lru_cache(maxsize=64)
def shapes(places: tuple[Space, ...], ticks: int) -> Shapes:
    return Shapes(places, ticks)


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= MOST_KEPT:
        kept.clear()


def runs_of(found: Iterable[Leg], spaces: Mapping[str, Space]) -> list[Run]:
    """What legs take, in ticks of the day."""
    taken = []
    for leg in found:
        space = spaces[leg.space]
        taken.append(Run((leg.space, False), leg.period.start, leg.period.ticks, space.lanes if leg.exclusive else 1))
        if space.max_heads is not None:
            taken.append(Run((leg.space, True), leg.period.start, leg.period.ticks, leg.heads))
    return taken


def capacity(fields: Fields, places: Iterable[Space]) -> int:
    """All that the spaces have, at every tick."""
    room = 0
    for space in places:
        room += fields.load((space.code, False), 0, fields.ticks, space.lanes)
        if space.max_heads is not None:
            room += fields.load((space.code, True), 0, fields.ticks, space.max_heads)
    return room


def _runs(fields: Fields, load: int) -> tuple[Run, ...]:
    found = []
    for channel, amounts in zip(fields.channels, fields.unpack(load), strict=True):
        begin, amount = 0, 0
        for tick, here in enumerate([*amounts, 0]):
            if here == amount:
                continue
            if amount:
                found.append(Run(channel, begin, tick - begin, amount))
            begin, amount = tick, here
    return tuple(found)

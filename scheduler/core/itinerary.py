"""The ways in which parties can walk their stops within the lanes of the spaces."""

from __future__ import annotations

from dataclasses import dataclass

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

"""The starts that can be served, and the way to serve one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scheduler.core.assignment import Guide
from scheduler.core.itinerary import Leg, Party, Space, Stop, Taken, Visit, Walk
from scheduler.core.ticks import Interval


@dataclass(frozen=True, slots=True)
class Opening:
    """A window in which visits take place: a start lies in [opens, last_start], an end is at most `closes`."""

    opens: int
    closes: int
    last_start: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A period in which some spaces, or all (None), take no visits."""

    period: Interval
    spaces: frozenset[str] | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """All that the schedule of one museum day depends on. `opening` empty: the museum is closed."""

    opening: tuple[Opening, ...]
    spaces: Mapping[str, Space]
    guides: tuple[Guide, ...]
    visits: tuple[Visit, ...] = ()
    taken: tuple[Taken, ...] = ()
    closed: tuple[Closed, ...] = ()
    grid: int = 3


@dataclass(frozen=True, slots=True)
class Wish:
    """What an organiser asks for, in the core's words."""

    tour: str
    language: str
    stops: tuple[Stop, ...]
    heads: int
    heads_per_guide: int

    @property
    def ticks(self) -> int:
        return sum(stop.ticks for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Way:
    """The witness that a wish can be served: parties with guides and walks, their legs, and what had to change for it.

    `guides`: new guide of each duty (by party key) of other visits that changes. `walks`: new walk of each party of other visits that changes.
    The new visit's parties are keyed "0", "1", … in order of their number.
    """

    parties: tuple[Party, ...]
    legs: tuple[Leg, ...]
    guides: Mapping[str, str] = field(default_factory=dict)
    walks: Mapping[str, Walk] = field(default_factory=dict)


# Functions that scheduler/ calls (signatures are the contract):
#
# starts(day: Day, wish: Wish, *, earliest: int = 0) -> Starts
#     Every start on the grid, >= earliest, that can be served in one wave; where none ever could (the group is too large for one wave),
#     `waves`: the nearest starts of two or more waves. Starts(starts: tuple[int, ...], waves: tuple[tuple[int, ...], ...], largest: int, reasons: tuple[Reason, ...])
# way(day: Day, wish: Wish, starts: tuple[int, ...]) -> Way | None
#     The witness for exactly these wave starts (one start = one wave), with the fewest changes to others; None where none exists.
# check(day, wish, starts, way) -> list[str]     a simple, independent checker; empty means valid
# largest(day or spaces+guides, wish) -> int     the most heads that one wave could ever take
# lanes(legs of a day with their present lanes) -> which lane each takes (itinerary.lanes), keeping present lanes where possible

"""One museum day as it stands, what is wished of it, and what it answers: plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from scheduler.core.itinerary import Leg, Party, Space, Stop, Taken, Visit, Walk
from scheduler.core.rules import Duty, Guide, Reason
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

    def shuts(self, spaces: Iterable[str]) -> bool:
        """Whether any of these takes no visits then."""
        return self.spaces is None or not self.spaces.isdisjoint(spaces)


@dataclass(frozen=True, slots=True)
class Day:
    """All that the schedule of one museum day depends on. `opening` empty: the museum is closed.

    `seal`: equal seals that are not "" promise equal days, so that what was worked out for one need not be worked out again. Leave it
    empty within a transaction that changes the day: another may come to use the same version for something else.
    """

    opening: tuple[Opening, ...]
    spaces: Mapping[str, Space]
    guides: tuple[Guide, ...]
    visits: tuple[Visit, ...] = ()
    taken: tuple[Taken, ...] = ()
    closed: tuple[Closed, ...] = ()
    grid: int = 3
    seal: str = ""

    @property
    def duties(self) -> tuple[Duty, ...]:
        """The duty of every party."""
        return tuple(
            Duty(
                party.key,
                visit.key,
                visit.tour,
                visit.language,
                Interval(party.start, party.start + ticks),
                party.guide,
                visit.promised,
            )
            for visit, ticks in [(visit, visit.ticks) for visit in self.visits]
            for party in visit.parties
        )


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

    `guides`: new guide of each duty (by party key) of other visits that changes. `walks`: new walk of each party of other visits
    that changes. `open`: who could lead the duties that nobody validly leads now (not written by a booking; it shows that they still
    can be led). The new visit's parties are keyed "0", "1", … in order of their number: by wave, then larger first.
    """

    parties: tuple[Party, ...]
    legs: tuple[Leg, ...]
    guides: Mapping[str, str] = field(default_factory=dict)
    walks: Mapping[str, Walk] = field(default_factory=dict)
    open: Mapping[str, str] = field(default_factory=dict)

    def changed(self, visits: Iterable[Visit]) -> tuple[Visit, ...]:
        """The others with the guides and walks that this way gives them."""
        return tuple(
            replace(
                visit,
                parties=tuple(
                    replace(
                        party, guide=self.guides.get(party.key, party.guide), walk=self.walks.get(party.key, party.walk)
                    )
                    for party in visit.parties
                ),
            )
            for visit in visits
        )


def booked(day: Day, key: str, wish: Wish, way: Way) -> Day:
    """A day once a wish was booked in this way; the new parties' keys are "key/number". It is another day, so it has no seal."""
    parties = tuple(replace(party, key=f"{key}/{party.key}") for party in way.parties)
    new = Visit(key, wish.tour, wish.language, wish.stops, parties)
    return replace(day, visits=(*way.changed(day.visits), new), seal="")


@dataclass(frozen=True, slots=True)
class Starts:
    """When a wish can be served on a day.

    `starts`: in one wave. `waves`: only where one wave could not hold the group on the day were it empty; for each first start the
    nearest others, in order of the first. `largest`: the most heads of one visit that the day, were it empty, could serve in up to
    `waves.MOST_WAVES` waves (0 on a closed day). `reasons`: why there is none, empty where there is one. `unknown`: starts that the
    budget did not suffice to decide, which is not the same as "not available".
    """

    starts: tuple[int, ...] = ()
    waves: tuple[tuple[int, ...], ...] = ()
    largest: int = 0
    reasons: tuple[Reason, ...] = ()
    unknown: tuple[int, ...] = ()

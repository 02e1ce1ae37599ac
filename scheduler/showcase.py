"""What the museum offers, as a guest reads it: tours with their programme, opening hours, the next free times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import get_language

from scheduler import periods, queries, starts
from scheduler.models import Closure
from scheduler.starts import DayOffer, Group
from tours import queries as catalogue
from tours.models import Audience, Museum, Opening, Tour, Weekday

USUAL_HEADS = 15
"""For how many people the next free times are shown on the first page."""
LOOK_AHEAD_DAYS = 20
SHOWN_DAYS = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A tour as it is shown before one asks for it."""

    tour: Tour
    minutes: int
    languages: tuple[str, ...]
    has_ceremony: bool


@dataclass(frozen=True, slots=True)
class NextFree:
    """The first days with free times for a group of the usual size."""

    group: Group
    days: tuple[DayOffer, ...]


@dataclass(frozen=True, slots=True)
class PriceFrom:
    """A kind of group, and what its smallest visit costs in whole units of the museum's currency."""

    audience: str
    amount: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Weekdays that have the same hours, from `first` to `last` (the same one where it is alone)."""

    first: str
    last: str
    opens: time
    closes: time
    last_start: time


@dataclass(frozen=True, slots=True)
class Closed:
    """A closure with its next times: one, or several of one that repeats."""

    closure: Closure
    times: tuple[DateTimeTZRange, ...]


def closures(museum: Museum, *, now: datetime) -> list[Closed]:
    """What is or will be closed, soonest first, each with its next times. Two queries."""
    zone = ZoneInfo(museum.time_zone)
    return [Closed(row, tuple(queries.next_times_of(row, now, zone))) for row in queries.closures_from(now)]


def closures_on(day: date, museum: Museum) -> list[Closed]:
    """What is closed at some time of a day, with its times on it. Two queries."""
    zone = ZoneInfo(museum.time_zone)
    whole = periods.bounds(day, zone)
    found = [Closed(row, tuple(queries.times_of(row, whole, zone))) for row in queries.closures_from(whole.lower)]
    return [each for each in found if each.times]


def tours() -> list[Offer]:
    """Every tour that may be asked for, with the languages it is led in. Three queries."""
    rows = list(catalogue.offered_tours())
    led = catalogue.languages_of(rows)
    names = dict(queries.language_names())
    return [
        Offer(
            tour,
            sum(stop.minutes for stop in tour.stops.all()),
            tuple(names[code] for code in names if code in led.get(tour.pk, ())),
            any(stop.kind == "ceremony" for stop in tour.stops.all()),
        )
        for tour in rows
    ]


def prices(audiences: Iterable[Audience]) -> list[PriceFrom]:
    """What the smallest group of each paying kind pays, in the order given."""
    found = []
    for audience in audiences:
        bands = [band.amount for band in audience.prices.all() if band.amount is not None]
        if bands and not audience.free:
            found.append(PriceFrom(audience.name, min(bands)))
    return found


def opening_hours() -> list[Hours]:
    """The week's hours, days with the same ones together. One query."""
    found: list[Hours] = []
    before = -1
    for row in Opening.objects.order_by("weekday", "opens"):
        name = str(Weekday(row.weekday).label)
        hours = Hours(name, name, row.opens, row.closes, row.last_start)
        same = found and (found[-1].opens, found[-1].closes) == (row.opens, row.closes)
        if same and row.weekday == before + 1:
            found[-1] = Hours(found[-1].first, name, row.opens, row.closes, row.last_start)
        else:
            found.append(hours)
        before = row.weekday
    return found


def next_free(*, now: datetime) -> NextFree | None:
    """The next free times of the first tour that needs no decision of the office, in the reader's language if it is led in it."""
    group = _usual_group()
    if group is None:
        return None
    first = starts.first_day(group, catalogue.calendar(), now)
    offered = starts.offered(group, first, first + timedelta(days=LOOK_AHEAD_DAYS), now=now)
    free = [offer for offer in offered.days if offer.starts]
    return NextFree(group, tuple(free[:SHOWN_DAYS]))


def _usual_group() -> Group | None:
    audience = next(
        (row for row in catalogue.offered_audiences() if not (row.needs_review or row.free or row.tours.all())), None
    )
    if audience is None:
        return None
    own: Sequence[str] = ((get_language() or "")[:2],)
    rows = [row for row in catalogue.offered_tours() if not catalogue.needs_review(row, audience)]
    led = catalogue.languages_of(rows)
    for tour in rows:
        for language in (*own, *led.get(tour.pk, ())):
            if language in led.get(tour.pk, ()):
                return Group(tour, language, audience, USUAL_HEADS)
    return None

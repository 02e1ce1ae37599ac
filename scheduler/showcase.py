"""What the museum offers, as a guest reads it: tours with their programme, opening hours, the next free times."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import get_language

from scheduler import answers, periods, queries, starts
from scheduler.core.availability import Effort
from scheduler.core.ticks import union
from scheduler.models import Closure
from scheduler.starts import Group
from tours import queries as catalogue
from tours.days import Calendar, OpeningOfDay, Window, own_hours
from tours.models import Audience, Museum, Stop, Tour, Weekday

USUAL_HEADS = 15
"""For how many people the next free times are shown on the first page."""
LOOK_AHEAD_DAYS = 20
KNOWN_DAYS = 45
"""How far ahead the first page looks at all, lead times and all."""
SHOWN_TIMES = 4
SHOWN_OPENINGS = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """A stop as a piece of a tour's line; `left` and `width` in percent of the whole, whole numbers for an attribute of a drawing."""

    number: int
    stop: Stop
    left: int
    width: int

    @property
    def middle(self) -> int:
        return self.left + self.width // 2


@dataclass(frozen=True, slots=True)
class ShownTour:
    """A tour as it is shown before one asks for it."""

    tour: Tour
    minutes: int
    languages: tuple[str, ...]
    has_ceremony: bool
    line: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class NextFree:
    """The first day with free times for a group of the usual size, and some of its times."""

    group: Group
    day: date
    starts: tuple[datetime, ...]


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
class SingleOpening:
    """A day with hours of its own, and what the museum calls it."""

    day: date
    name: str
    hours: Window


@dataclass(frozen=True, slots=True)
class Closed:
    """A closure with its next times: one, or several of one that repeats."""

    closure: Closure
    times: tuple[DateTimeTZRange, ...]


@dataclass(frozen=True, slots=True)
class Shut:
    """A day on which the museum receives nobody. `opening.reason`: why, if its hours say so; `opens`: the next day on which it does."""

    opening: OpeningOfDay
    opens: date | None


def closures(museum: Museum, *, now: datetime) -> list[Closed]:
    """What is or will be closed, soonest first, each with its next times. Two queries."""
    zone = ZoneInfo(museum.time_zone)
    return [Closed(row, tuple(queries.next_times_of(row, now, zone))) for row in queries.closures_from(now)]


def closures_on(day: date, museum: Museum) -> list[Closed]:
    """What is closed at some time of a day, with its times on it. Two queries."""
    return closures_within(day, day, museum, now=periods.bounds(day, ZoneInfo(museum.time_zone)).lower)


def closures_within(first: date, last: date, museum: Museum, *, now: datetime) -> list[Closed]:
    """What is closed at some time of these days and not over, with its times within them. Two queries."""
    zone = ZoneInfo(museum.time_zone)
    lower, upper = periods.bounds(first, zone).lower, periods.bounds(last, zone).upper
    if now >= upper:
        return []
    whole = DateTimeTZRange(max(lower, now), upper, "[)")
    found = [Closed(row, tuple(queries.times_of(row, whole, zone))) for row in queries.closures_from(whole.lower)]
    return [each for each in found if each.times]


def shut_on(day: date, closed: Iterable[Closed], museum: Museum) -> Shut | None:
    """Whether the museum receives nobody on a day: by its hours, or since it is closed as a whole for all of them.

    `closed`: what is closed on it (`closures_on`).
    """
    calendar, zone = catalogue.calendar(), ZoneInfo(museum.time_zone)
    whole = [each.times for each in closed if not each.closure.spaces.all()]
    if receives(day, calendar, whole, zone):
        return None
    last = day + timedelta(days=KNOWN_DAYS)
    rows = closures_within(day, last, museum, now=periods.bounds(day, zone).lower)
    whole = [each.times for each in rows if not each.closure.spaces.all()]
    later = periods.days_between(day + timedelta(days=1), last)
    return Shut(calendar.opening_on(day), next((each for each in later if receives(each, calendar, whole, zone)), None))


def receives(day: date, calendar: Calendar, closed: Iterable[Sequence[DateTimeTZRange]], zone: ZoneInfo) -> bool:
    """Whether any of a day's hours are left by the times when the museum is closed as a whole."""
    shut = (periods.to_interval(period, day, zone) for times in closed for period in times)
    hours = periods.opened(calendar.windows(day), day, zone)
    return bool(union(tuple(hours)) & ~union(tuple(part for part in shut if part is not None)))


def tours() -> list[ShownTour]:
    """Every tour that may be asked for, with the languages it is led in. Two queries."""
    names = dict(queries.language_names())
    return [
        ShownTour(
            tour,
            sum(stop.minutes for stop in tour.stops.all()),
            tuple(names[code] for code in names if code in getattr(tour, "led_in", ())),
            any(stop.kind == Stop.Kind.CEREMONY for stop in tour.stops.all()),
            _line(list(tour.stops.all())),
        )
        for tour in catalogue.offered_tours()
    ]


def _line(stops: Sequence[Stop]) -> tuple[Piece, ...]:
    whole = sum(stop.minutes for stop in stops)
    edges = [0]
    for stop in stops:
        edges.append(edges[-1] + stop.minutes)
    return tuple(
        Piece(
            number,
            stop,
            edges[number - 1] * 100 // whole,
            edges[number] * 100 // whole - edges[number - 1] * 100 // whole,
        )
        for number, stop in enumerate(stops, start=1)
    )


def prices(audiences: Iterable[Audience]) -> list[PriceFrom]:
    """What the smallest group of each paying kind pays, in the order given."""
    found = []
    for audience in audiences:
        bands = [band.amount for band in audience.prices.all() if band.amount is not None]
        if bands and not audience.free:
            found.append(PriceFrom(audience.name, min(bands)))
    return found


def opening_hours(calendar: Calendar) -> list[Hours]:
    """The week's hours, days with the same ones together."""
    found: list[Hours] = []
    before = -1
    for weekday, window in ((day, window) for day in sorted(calendar.hours) for window in calendar.hours[day]):
        name = str(Weekday(weekday).label)
        same = found and (found[-1].opens, found[-1].closes) == (window.opens, window.closes)
        first = found.pop().first if same and weekday == before + 1 else name
        found.append(Hours(first, name, window.opens, window.closes, window.last_start))
        before = weekday
    return found


def single_openings(calendar: Calendar, today: date) -> list[SingleOpening]:
    """The next days that have hours of their own, soonest first."""
    found = [
        SingleOpening(day, edit.name or "", own) for day, edit in calendar.edits.items() if (own := own_hours(edit))
    ]
    return sorted((each for each in found if each.day >= today), key=lambda each: each.day)[:SHOWN_OPENINGS]


def next_free(offered: Sequence[ShownTour], audiences: Sequence[Audience], *, now: datetime) -> dict[str, NextFree]:
    """By tour's code: its next free day for a usual group that pays, in the reader's language if the tour is led in it.

    All of it is kept under the versions of the days that it speaks of: three queries as long as none of them changes.
    """
    museum = catalogue.museum()
    today = periods.day_of(now, ZoneInfo(museum.time_zone))
    sealed = answers.seals(today, today + timedelta(days=KNOWN_DAYS), museum, now=now)
    whole = {today: "" if "" in sealed.values() else hashlib.sha256(repr(sorted(sealed.items())).encode()).hexdigest()}
    groups = {group.tour.code: group for group in _usual_groups(offered, audiences)}
    question = ("next free", today, get_language(), sorted(groups))
    kept = answers.kept(question, [today], whole).get(today)
    if kept is None:
        effort = Effort(starts.REQUEST_SECONDS)
        looked = {code: _first_free(group, today, effort, now=now) for code, group in groups.items()}
        kept = {code: found for code, (found, _) in looked.items() if found}
        is_known = all(complete for _, complete in looked.values())
        seconds = answers.KEEP_SECONDS if is_known else starts.NOT_KNOWN_SECONDS
        answers.keep(question, {today: kept}, whole, seconds=seconds)
    return {
        code: NextFree(groups[code], date.fromisoformat(day), tuple(map(datetime.fromisoformat, begins)))
        for code, (day, begins) in kept.items()
    }


def _first_free(
    group: Group, today: date, effort: Effort, *, now: datetime
) -> tuple[tuple[str, list[str]] | None, bool]:
    """The first free day with its times, and whether all times looked at are known."""
    first = max(
        starts.first_day(group, catalogue.calendar(), now), today + timedelta(days=1)
    )  # today's change with the hour
    last = min(first + timedelta(days=LOOK_AHEAD_DAYS), today + timedelta(days=KNOWN_DAYS))
    if first > last:
        return None, True
    found = starts.offered(group, first, last, now=now, effort=effort)
    offer = next((offer for offer in found.days if offer.starts), None)
    if offer is None:
        return None, found.complete
    return (offer.day.isoformat(), [start.isoformat() for start in offer.starts[:SHOWN_TIMES]]), found.complete


def _usual_groups(offered: Sequence[ShownTour], audiences: Sequence[Audience]) -> Iterator[Group]:
    """For each tour a group of the usual size: of the first kind that pays and may take it, in the reader's language if it is led in it."""
    own = (get_language() or "")[:2]
    for shown in offered:
        audience = next(
            (row for row in audiences if not (row.free or row.needs_review) and catalogue.takes(row, shown.tour)), None
        )
        led_in = list(getattr(shown.tour, "led_in", ()))
        if audience is not None and led_in:
            yield Group(shown.tour, own if own in led_in else led_in[0], audience, USUAL_HEADS)

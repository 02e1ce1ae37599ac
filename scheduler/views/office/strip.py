"""The closures of some weeks as a strip: places down, days across."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduler import dates, periods, showcase
from scheduler.models import Closure
from scheduler.showcase import Closed
from tours import queries as catalogue
from tours.days import Calendar
from tours.models import Museum, Space

WEEKS = 5


@dataclass(frozen=True, slots=True)
class Piece:
    """A day of a place, or several that one closure closes alike. `whole`: all their hours; `shut`: the museum is not open anyway."""

    days: int = 1
    closure: Closure | None = None
    time: DateTimeTZRange | None = None
    whole: bool = True
    shut: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """The pieces of each place, day by day; `months` with the number of their days, `before` and `after`: where other strips begin."""

    days: tuple[date, ...]
    months: tuple[tuple[str, int], ...]
    lines: tuple[tuple[Space, tuple[Piece, ...]], ...]
    before: date
    after: date


def weeks_from(day: date, museum: Museum) -> Strip:
    """Five weeks, from the Monday of a day's week on. A fixed number of queries."""
    first = day - timedelta(days=day.weekday())
    days = tuple(periods.days_between(first, first + timedelta(weeks=WEEKS, days=-1)))
    zone = ZoneInfo(museum.time_zone)
    found = showcase.closures_within(days[0], days[-1], museum, now=periods.midnight(first, zone))
    calendar = catalogue.calendar()
    lines = []
    for space in catalogue.places():
        here = [each for each in found if not each.closure.spaces.all() or space in each.closure.spaces.all()]
        lines.append((space, _joined(_on(here, day, calendar, zone) for day in days)))
    months = tuple((name, len(list(each))) for name, each in groupby(dates.month(day) for day in days))
    return Strip(days, months, tuple(lines), first - timedelta(weeks=WEEKS), first + timedelta(weeks=WEEKS))


def _on(closures: Iterable[Closed], day: date, calendar: Calendar, zone: ZoneInfo) -> Piece:
    """What closes a place on a day: first what does so for all its hours."""
    windows = calendar.windows(day)
    bounds = periods.bounds(day, zone)
    opens = _at(min((window.opens for window in windows), default=None), day, zone, bounds.lower)
    closes = _at(max((window.closes for window in windows), default=None), day, zone, bounds.upper)
    pieces = [
        Piece(
            closure=each.closure, time=time, whole=time.lower <= opens and (time.upper is None or closes <= time.upper)
        )
        for each in closures
        for time in each.times
        if time.lower < bounds.upper and (time.upper is None or bounds.lower < time.upper)
    ]
    pieces.sort(key=lambda piece: not piece.whole)
    return pieces[0] if pieces else Piece(shut=not windows)


def _at(clock: time | None, day: date, zone: ZoneInfo, otherwise: datetime) -> datetime:
    return otherwise if clock is None else periods.instant(periods.wall_tick(clock, day, zone), day, zone)


def _joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Days that the same time of a closure closes, as one piece."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if (
            last
            and piece.closure
            and last.closure == piece.closure
            and (last.time, last.whole) == (piece.time, piece.whole)
        ):
            found[-1] = replace(last, days=last.days + 1)
        else:
            found.append(piece)
    return tuple(found)

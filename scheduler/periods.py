"""Instants, museum days and ticks. The only file of the scheduler that knows a time zone.

A museum day runs from local midnight to the next; a tick is five minutes of elapsed time since that midnight, so a day on which
the clock changes simply has more or fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from scheduler.core.ticks import TICK_MINUTES, Interval
from tours.days import Window

TICK = timedelta(minutes=TICK_MINUTES)


class OffTheTicks(ValueError):
    """An instant that is not a whole number of five-minute ticks."""


@lru_cache(maxsize=1024)
def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a museum day begins, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The museum's date at an instant."""
    return instant.astimezone(zone).date()


def bounds(day: date, zone: ZoneInfo) -> DateTimeTZRange:
    """The whole museum day, half-open, in UTC."""
    return DateTimeTZRange(midnight(day, zone), midnight(day + timedelta(days=1), zone), "[)")


def ticks_in(day: date, zone: ZoneInfo) -> int:
    """How many ticks the day has: 288, or more or fewer where the clock changes."""
    return (midnight(day + timedelta(days=1), zone) - midnight(day, zone)) // TICK


def to_tick(instant: datetime, day: date, zone: ZoneInfo) -> int:
    """The tick of `day` at an instant; raises OffTheTicks where there is none."""
    ticks, rest = divmod(instant - midnight(day, zone), TICK)
    if rest:
        raise OffTheTicks(_("Times are given in steps of five minutes."))
    return ticks


def down_to_tick(moment: datetime) -> datetime:
    """The last whole tick at or before an instant."""
    return moment - (moment - datetime.min.replace(tzinfo=UTC)) % TICK


def up_to_tick(moment: datetime) -> datetime:
    """The first whole tick at or after an instant."""
    down = down_to_tick(moment)
    return down if down == moment else down + TICK


def wall_tick(clock: time, day: date, zone: ZoneInfo) -> int:
    """The tick at which the wall clock of `day` shows `clock` (the earlier one, where it shows it twice)."""
    return to_tick(datetime.combine(day, clock, zone).astimezone(UTC), day, zone)


def opened(windows: Iterable[Window], day: date, zone: ZoneInfo) -> list[Interval]:
    """The windows of a day in which the museum is open, as ticks, in order."""
    return [
        Interval(wall_tick(window.opens, day, zone), wall_tick(window.closes, day, zone)) for window in sorted(windows)
    ]


def instant(tick: int, day: date, zone: ZoneInfo) -> datetime:
    """The instant of a tick, in UTC."""
    return midnight(day, zone) + tick * TICK


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same instant on the museum's wall clock, with its offset."""
    return moment.astimezone(zone)


def to_range(period: Interval, day: date, zone: ZoneInfo) -> DateTimeTZRange:
    """A core interval as a half-open range of instants."""
    return DateTimeTZRange(instant(period.start, day, zone), instant(period.end, day, zone), "[)")


def to_interval(period: DateTimeTZRange, day: date, zone: ZoneInfo) -> Interval | None:
    """The part of a range (perhaps unbounded) that lies in `day`, widened to whole ticks; None where they do not meet."""
    last = ticks_in(day, zone)
    begin = midnight(day, zone)
    start = 0 if period.lower is None else max(0, (period.lower - begin) // TICK)
    end = last if period.upper is None else min(last, -((begin - period.upper) // TICK))
    return Interval(start, end) if start < end else None


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)

"""Instants, museum days and ticks, in a zone without daylight saving and in one with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import given
from hypothesis import strategies as st

from scheduler import periods
from scheduler.core.ticks import Interval

ALMATY, BERLIN = ZoneInfo("Asia/Almaty"), ZoneInfo("Europe/Berlin")


def test_a_day_in_astana_begins_at_nineteen_utc() -> None:
    assert periods.midnight(date(2025, 5, 28), ALMATY) == datetime(2025, 5, 27, 19, tzinfo=UTC)


def test_ten_oclock_is_tick_120_and_back() -> None:
    tick = periods.wall_tick(time(10), date(2025, 5, 28), ALMATY)
    assert tick == 120
    assert periods.instant(tick, date(2025, 5, 28), ALMATY) == datetime(2025, 5, 28, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "ticks"), [(date(2025, 3, 30), 276), (date(2025, 10, 26), 300), (date(2025, 5, 28), 288)]
)
def test_days_on_which_the_clock_changes_have_fewer_or_more_ticks(day: date, ticks: int) -> None:
    assert periods.ticks_in(day, BERLIN) == ticks


def test_after_the_clock_was_put_forward_the_wall_clock_is_an_hour_ahead_of_the_ticks() -> None:
    assert periods.wall_tick(time(10), date(2025, 3, 30), BERLIN) == 108


@given(st.datetimes(datetime(2024, 3, 2), datetime(2030, 1, 1)), st.sampled_from([ALMATY, BERLIN]))
def test_every_instant_lies_in_the_day_that_the_museum_says(naive: datetime, zone: ZoneInfo) -> None:
    instant = naive.replace(tzinfo=UTC)
    bounds = periods.bounds(periods.day_of(instant, zone), zone)
    assert bounds.lower <= instant < bounds.upper


@given(st.integers(0, 287), st.integers(1, 100))
def test_a_core_interval_survives_the_way_to_the_database_and_back(start: int, length: int) -> None:
    interval = Interval(start, min(start + length, 288))
    day = date(2025, 5, 28)
    assert periods.to_interval(periods.to_range(interval, day, ALMATY), day, ALMATY) == interval


def test_an_open_end_reaches_to_midnight() -> None:
    noon = datetime(2025, 5, 28, 7, tzinfo=UTC)
    open_ended = DateTimeTZRange(noon, None, "[)")
    assert periods.to_interval(open_ended, date(2025, 5, 28), ALMATY) == Interval(144, 288)
    assert periods.to_interval(open_ended, date(2025, 5, 27), ALMATY) is None


def test_what_is_not_whole_ticks_is_widened_where_it_takes_time_away() -> None:
    start = datetime(2025, 5, 28, 5, 2, tzinfo=UTC)
    found = periods.to_interval(DateTimeTZRange(start, start + timedelta(minutes=6), "[)"), date(2025, 5, 28), ALMATY)
    assert found == Interval(120, 122)


def test_an_instant_between_ticks_is_refused() -> None:
    with pytest.raises(periods.OffTheTicks):
        periods.to_tick(datetime(2025, 5, 28, 5, 2, tzinfo=UTC), date(2025, 5, 28), ALMATY)

"""Rules by which closures recur: what they mean by the wall clock, and which are refused."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduler import recurring
from scheduler.recurring import BadRule
from tests.scheduler.conftest import ASTANA, at

START = at(date(2025, 5, 1), "10:00")
PERIOD = DateTimeTZRange(START, START + timedelta(hours=2), "[)")


def window(first: date, last: date) -> DateTimeTZRange:
    return DateTimeTZRange(at(first, "00:00"), at(last, "00:00"), "[)")


def days(rule: str, first: date, last: date) -> list[str]:
    plain = recurring.plain(rule, START, ASTANA)
    found = recurring.within(PERIOD, plain, window(first, last), ASTANA)
    return [f"{each.lower.astimezone(ASTANA):%m-%d %H:%M}" for each in found]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=-1TU", ["05-27 10:00", "06-24 10:00"]),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", ["05-05 10:00", "05-12 10:00", "05-19 10:00"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=SU,SA;UNTIL=20250511", ["05-03 10:00", "05-04 10:00", "05-10 10:00", "05-11 10:00"]),
        ("freq=weekly;byday=mo;until=20250512T045959Z", ["05-05 10:00"]),  # 09:59:59 in Astana
        ("FREQ=WEEKLY;BYDAY=MO;UNTIL=20250512T050000Z", ["05-05 10:00", "05-12 10:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", ["05-01 10:00", "06-02 10:00"]),
        ("FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=9", ["06-09 10:00"]),
    ],
)
def test_a_rule_means_what_it_says(rule: str, expected: list[str]) -> None:
    assert days(rule, date(2025, 5, 1), date(2025, 7, 1)) == expected


def test_a_rule_goes_by_the_wall_clock_where_the_clock_changes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin = datetime(2025, 3, 29, 10, tzinfo=berlin)
    period = DateTimeTZRange(begin.astimezone(UTC), (begin + timedelta(hours=2)).astimezone(UTC), "[)")
    found = recurring.within(
        period, "FREQ=DAILY;COUNT=3", DateTimeTZRange(begin, begin + timedelta(days=9), "[)"), berlin
    )
    assert [each.lower.astimezone(berlin).hour for each in found] == [10, 10, 10]
    assert [each.lower.hour for each in found] == [9, 8, 8]


def test_a_time_that_reaches_into_the_window_is_found() -> None:
    period = DateTimeTZRange(START, START + timedelta(hours=20), "[)")  # to six in the morning
    found = recurring.within(period, "FREQ=WEEKLY", window(date(2025, 5, 9), date(2025, 5, 10)), ASTANA)
    assert [each.upper for each in found] == [at(date(2025, 5, 9), "06:00")]


def test_an_endless_rule_is_expanded_in_the_asked_range_only() -> None:
    began = time.process_time()
    assert len(days("FREQ=DAILY", date(2035, 5, 1), date(2035, 5, 8))) == 7
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "every Monday",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=10",
        "FREQ=HOURLY",
        "FREQ=WEEKLY;BYHOUR=3",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=3;UNTIL=20250601",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=WEEKLY;UNTIL=20259999",
        "FREQ=WEEKLY;UNTIL=soon",
        "FREQ=WEEKLY\nEXDATE:20250505T050000Z",
        "FREQ=DAILY;UNTIL=20250101",  # over before it begins
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31;BYMONTH=6",
        "FREQ=MONTHLY;INTERVAL=6;BYMONTH=7",  # May, November, …
        "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",  # from a Thursday on
        "FREQ=YEARLY;INTERVAL=98;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_that_never_occurs_or_says_nonsense_is_refused_soon(rule: str) -> None:
    began = time.process_time()
    with pytest.raises(BadRule):
        recurring.plain(rule, START, ASTANA)
    assert time.process_time() - began < 5


def test_a_rule_that_takes_too_long_to_end_is_refused() -> None:
    with pytest.raises(BadRule):
        recurring.span(PERIOD, recurring.plain("FREQ=YEARLY;COUNT=12", START, ASTANA), ASTANA)
    assert recurring.span(PERIOD, recurring.plain("FREQ=YEARLY", START, ASTANA), ASTANA).upper is None


def test_the_next_times() -> None:
    rule = recurring.plain("FREQ=WEEKLY;BYDAY=MO;COUNT=3", START, ASTANA)
    during = at(date(2025, 5, 12), "11:00")
    found = recurring.following(PERIOD, rule, during, ASTANA, 5)
    assert [each.lower for each in found] == [at(date(2025, 5, 12), "10:00"), at(date(2025, 5, 19), "10:00")]
    assert recurring.following(PERIOD, rule, at(date(2025, 5, 19), "12:00"), ASTANA, 5) == []

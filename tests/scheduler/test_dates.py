"""Dates as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from scheduler import dates
from scheduler.templatetags.house import unbroken


@pytest.mark.parametrize(
    ("language", "long", "plain"),
    [
        ("en", "Wednesday, 2 December 2026", "2 December 2026"),
        ("ru", "среда, 2 декабря 2026 г.", "2 декабря 2026 г."),
        ("kk", "2026 ж. 2 желтоқсан, сәрсенбі", "2026 ж. 2 желтоқсан"),
    ],
)
def test_each_language_has_its_own_order_of_a_date(language: str, long: str, plain: str) -> None:
    with translation.override(language):
        assert (dates.long_day(date(2026, 12, 2)), dates.plain_day(date(2026, 12, 2))) == (long, plain)


def test_an_instant_is_told_by_the_wall_clock() -> None:
    with timezone.override(ZoneInfo("Asia/Almaty")), translation.override("en"):
        assert dates.moment(datetime(2026, 12, 1, 20, 30, tzinfo=UTC)) == "Wednesday, 2 December 2026, 01:30"


@pytest.mark.parametrize(
    ("language", "one_year", "two_years"),
    [
        ("en", "28 November – 4 December 2026", "28 December 2026 – 3 January 2027"),
        ("ru", "28 ноября – 4 декабря 2026 г.", "28 декабря 2026 г. – 3 января 2027 г."),
        ("kk", "2026 ж. 28 қараша – 4 желтоқсан", "2026 ж. 28 желтоқсан – 2027 ж. 3 қаңтар"),
    ],
)
def test_days_of_one_year_name_it_once(language: str, one_year: str, two_years: str) -> None:
    with translation.override(language):
        assert dates.days_of(date(2026, 11, 28), date(2026, 12, 4)) == one_year
        assert dates.days_of(date(2026, 12, 28), date(2027, 1, 3)) == two_years
        assert dates.days_of(date(2026, 12, 2), date(2026, 12, 2)) == dates.plain_day(date(2026, 12, 2))


@pytest.mark.parametrize(
    ("first", "last", "language", "words"),
    [
        (date(2025, 5, 24), date(2025, 5, 24), "en", "24 May 2025"),
        (date(2025, 5, 30), date(2025, 6, 2), "en", "30 May – 2 June 2025"),
        (date(2025, 5, 30), date(2025, 6, 2), "ru", "30 мая – 2 июня 2025 года"),
        (date(2025, 5, 30), date(2025, 6, 2), "kk", "2025 жылғы 30 мамыр – 2 маусым"),
        (date(2025, 12, 30), date(2026, 1, 2), "en", "30 December 2025 – 2 January 2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "kk", "2025 жылғы 30 желтоқсан – 2026 жылғы 2 қаңтар"),
    ],
)
def test_a_notice_s_days_are_as_short_as_they_are_clear(first: date, last: date, language: str, words: str) -> None:
    with translation.override(language):
        assert dates.public_days(first, last) == words


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_no_two_weekdays_are_written_alike(language: str) -> None:
    with translation.override(language):
        week = [dates.weekday(date(2026, 11, 23 + day)) for day in range(7)]
        assert len(set(week)) == 7
        assert week[1:6:4] == {"kk": ["сс", "сб"], "ru": ["вт", "сб"], "en": ["Tue", "Sat"]}[language]


def test_a_heading_keeps_a_number_with_its_month_and_year() -> None:
    assert unbroken("Saturday, 28 November 2026") == "Saturday, 28\u00a0November\u00a02026"
    assert unbroken("2026 ж. 28 қараша, сенбі") == "2026\u00a0ж. 28\u00a0қараша, сенбі"

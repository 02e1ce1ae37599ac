"""Dates as each language writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from scheduler import dates


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

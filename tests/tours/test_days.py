"""Business days, and the days on which the museum is open."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tours import queries
from tours.days import Calendar, OpeningOfDay, Window
from tours.models import Holiday, Museum, Opening

HOURS = Window(time(10), time(18), time(16, 30))


def calendar(*edits: Holiday, opens_on_holidays: bool = True) -> Calendar:
    """Tuesday to Sunday, as the ALZHIR museum."""
    return Calendar(
        museum=Museum(code="m", country="KZ", opens_on_holidays=opens_on_holidays),
        hours=dict.fromkeys(range(1, 7), (HOURS,)),
        edits={edit.date: edit for edit in edits},
    )


@pytest.mark.parametrize(
    ("day", "business"),
    [
        (date(2025, 5, 28), True),  # a Wednesday
        (date(2025, 5, 31), False),  # a Saturday
        (date(2025, 5, 9), False),  # Victory Day, a Friday
        (date(2025, 3, 10), False),  # a Monday off, for Women's Day on Saturday
        (date(2025, 1, 5), True),  # a Sunday that the state had made a working day
        (date(2025, 1, 3), False),  # and the Friday that it stood for
    ],
)
def test_business_days_follow_the_state(day: date, business: bool) -> None:
    assert calendar().is_business_day(day) is business


def test_the_museum_edits_the_holidays() -> None:
    edited = calendar(
        Holiday(date=date(2025, 5, 28), is_holiday=True),
        Holiday(date=date(2025, 5, 9), is_holiday=False),
        Holiday(date=date(2025, 5, 31), is_holiday=False),  # a Saturday to be worked
    )
    assert not edited.is_business_day(date(2025, 5, 28))
    assert edited.is_business_day(date(2025, 5, 9))
    assert edited.is_business_day(date(2025, 5, 31))


def test_business_days_are_counted_over_weekends_and_holidays() -> None:
    known = calendar()
    assert known.business_days_after(date(2025, 5, 30), 1) == date(2025, 6, 2)  # Friday, Monday
    assert known.business_days_after(date(2025, 5, 6), 2) == date(2025, 5, 12)  # the 7th and 9th are holidays
    assert known.business_days_after(date(2025, 5, 31), 0) == date(2025, 5, 31)
    with pytest.raises(ValueError, match="direction"):
        known.business_days_after(date(2025, 5, 30), -1)


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(0, 40))
def test_business_days_are_those_that_one_counts_by_hand(day: date, n: int) -> None:
    known = calendar()
    later = known.business_days_after(day, n)
    between = [day + timedelta(days=step) for step in range(1, (later - day).days + 1)]
    assert sum(known.is_business_day(one) for one in between) == n
    assert n == 0 or known.is_business_day(later)


def test_a_date_may_have_hours_of_its_own_on_a_weekday_that_has_none_and_instead_of_those_it_has() -> None:
    own = {"hours_from": time(11), "hours_until": time(15), "hours_last_start": time(14)}
    monday, victory_day = date(2025, 5, 26), date(2025, 5, 9)
    edits = [Holiday(date=monday, name="Delegation", is_holiday=False, **own), Holiday(date=victory_day, **own)]
    known = calendar(*edits, opens_on_holidays=False)
    assert known.opening_on(monday) == OpeningOfDay((Window(time(11), time(15), time(14)),), name="Delegation")
    assert known.windows(victory_day) == (Window(time(11), time(15), time(14)),)
    assert known.opening_on(monday + timedelta(days=7)).reason == "closed_weekday"


@pytest.mark.parametrize(
    ("day", "opens_on_holidays", "edit", "reason"),
    [
        (date(2025, 5, 28), True, None, ""),
        (date(2025, 5, 26), True, None, "closed_weekday"),  # Mondays
        (date(2025, 5, 9), True, None, ""),
        (date(2025, 5, 9), False, None, "public_holiday"),
        (date(2025, 5, 9), False, Holiday(opens=True), ""),
        (date(2025, 5, 9), True, Holiday(opens=False), "public_holiday"),
        (date(2025, 5, 9), False, Holiday(is_holiday=False), ""),
        (date(2025, 5, 28), False, Holiday(is_holiday=True), "public_holiday"),
        (date(2025, 5, 28), True, Holiday(is_holiday=False, opens=False), "closed_by_museum"),
        (date(2025, 5, 26), True, Holiday(opens=True), "closed_weekday"),  # no hours are known for Mondays
    ],
)
def test_why_the_museum_is_closed(day: date, opens_on_holidays: bool, edit: Holiday | None, reason: str) -> None:
    edits = []
    if edit:
        edit.date = day
        edits.append(edit)
    found = calendar(*edits, opens_on_holidays=opens_on_holidays).opening_on(day)
    assert found.reason == reason
    assert found.windows == (() if reason else (HOURS,))


@pytest.mark.django_db
def test_the_calendar_is_read_in_one_query_however_much_there_is(
    alzhir: Museum, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert queries.calendar().windows(date(2025, 5, 28)) == (HOURS,)
    Holiday.objects.bulk_create(Holiday(date=date(2025, 1, 1) + timedelta(days=day)) for day in range(60))
    Opening.objects.create(museum=alzhir, weekday=0, opens=time(10), closes=time(12), last_start=time(11))
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(queries.calendar().windows(date(2025, 5, 26))) == 1

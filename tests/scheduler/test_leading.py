"""What a month has come to for a guide: what counts, what is ahead, and which days are a weekend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from scheduler import bookings, leading
from scheduler.bookings import Request
from scheduler.leading import Hours, Month, Work
from scheduler.models import Visit
from tests.scheduler.conftest import at
from tours.models import Guide, Opening

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
SATURDAY, SUNDAY, TUESDAY = date(2025, 5, 17), date(2025, 5, 18), date(2025, 5, 20)


@pytest.fixture
def lone(alzhir: object) -> Guide:
    """The one guide who works here."""
    Guide.objects.exclude(code="g03").update(active=False)
    return Guide.objects.get(code="g03")


@pytest.fixture
def four(lone: Guide, asking: Ask, season_now: datetime) -> list[Visit]:
    """Two tours on a Saturday, one on a Sunday, one on a Tuesday; an hour each."""
    times = ((SATURDAY, "10:00"), (SATURDAY, "12:00"), (SUNDAY, "10:00"), (TUESDAY, "11:00"))
    return [bookings.book(asking(at(day, clock), language="en"), now=season_now) for day, clock in times]


def month(guide: Guide, now: datetime) -> Month:
    return leading.month_of(guide, date(2025, 5, 31), now=now)


def test_what_is_over_counts_as_led_and_the_rest_as_ahead(lone: Guide, four: list[Visit]) -> None:
    first = date(2025, 5, 1)
    assert month(lone, at(SATURDAY, "09:00")) == Month(first, 0, 0, 0, 4, 4.0, 2)
    assert month(lone, at(SATURDAY, "13:00")) == Month(first, 2, 2.0, 1, 2, 2.0, 1)
    assert month(lone, at(TUESDAY, "11:30")) == Month(first, 3, 3.0, 2, 1, 1.0, 0)  # not over yet
    assert month(lone, at(TUESDAY, "12:00")) == Month(first, 4, 4.0, 2, 0, 0, 0)


def test_only_tours_that_took_place_in_that_month_with_that_guide_count(lone: Guide, four: list[Visit]) -> None:
    now = at(date(2025, 5, 31), "20:00")
    Visit.objects.filter(pk=four[0].pk).update(status=Visit.Status.NO_SHOW)
    Visit.objects.filter(pk=four[1].pk).update(status=Visit.Status.DONE)
    assert month(lone, now).tours == 3
    assert leading.month_of(lone, date(2025, 6, 1), now=now).tours == 0
    assert month(Guide.objects.get(code="g06"), now).tours == 0


def test_what_may_still_change_is_not_promised_as_hours(lone: Guide, four: list[Visit]) -> None:
    Visit.objects.filter(pk=four[3].pk).update(promised_at=None)
    assert month(lone, at(SATURDAY, "09:00")).tours_ahead == 3


def test_a_guide_without_hours_of_their_own_works_while_the_museum_is_open(lone: Guide) -> None:
    (now,) = leading.hours_of(lone, SATURDAY)
    assert not now.own
    assert len(now.work) == Opening.objects.count() > 0
    lone.hours.create(weekday=6, starts=time(9), ends=time(12, 30))
    assert leading.hours_of(lone, SATURDAY) == [Hours(SATURDAY, (Work(6, time(9), time(12, 30)),), own=True)]
    assert Work(6, time(9), time(12)).a_day.isoweekday() == 7


def test_hours_of_some_days_are_followed_by_others_and_then_by_the_museums(lone: Guide) -> None:
    last, later = SATURDAY + timedelta(days=9), SATURDAY + timedelta(days=40)
    lone.hours.create(weekday=5, starts=time(9), ends=time(12), valid_until=last)
    lone.hours.create(weekday=5, starts=time(13), ends=time(17), valid_from=last + timedelta(days=1), valid_until=later)
    found = leading.hours_of(lone, SATURDAY)
    assert [each.first for each in found] == [SATURDAY, last + timedelta(days=1), later + timedelta(days=1)]
    assert [each.own for each in found] == [True, True, False]
    assert [each.work[0].starts for each in found[:2]] == [time(9), time(13)]
    assert [each.first for each in leading.hours_of(lone, later)] == [later, later + timedelta(days=1)]

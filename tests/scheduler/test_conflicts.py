"""What is not as it was promised is shown, and what is mended is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from notifications import calls
from notifications.models import Call
from scheduler import bookings, changes, conflicts, offers, reminders, roster
from scheduler.bookings import Request
from scheduler.models import Closure, Party
from scheduler.steps import Person
from tests.scheduler.conftest import at
from tours.models import Guide, Space

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 5, 22)


def kinds(now: datetime) -> list[str]:
    return [conflict.kind for conflict in conflicts.every(now=now)]


def test_a_visit_that_old_data_left_inside_a_closure(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(DAY, "11:00")), now=season_now)
    period = DateTimeTZRange(at(DAY, "10:00"), None, "[)")
    closure = Closure.objects.create(period=period, span=period, kind="other", created_at=season_now)
    assert kinds(season_now) == ["inside_closure"]
    closure.spaces.set(Space.objects.filter(code="wall"))
    assert kinds(season_now) == []


@pytest.mark.parametrize(("opens", "found"), [("10:00", ["inside_closure"]), ("15:00", [])])
def test_a_visit_inside_a_time_of_a_closure_that_recurs(
    opens: str, found: list[str], asking: Ask, season_now: datetime
) -> None:
    bookings.book(asking(at(DAY, "11:00")), now=season_now)
    earlier = DAY - timedelta(days=7)
    period = DateTimeTZRange(at(earlier, opens), at(earlier, opens) + timedelta(hours=2), "[)")
    span = DateTimeTZRange(period.lower, None, "[)")
    Closure.objects.create(period=period, span=span, rrule="FREQ=WEEKLY", kind="sanitary", created_at=season_now)
    assert kinds(season_now) == found


def test_a_promised_group_that_nobody_leads(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    Party.objects.update(guide=None)
    assert kinds(season_now) == ["no_guide"]
    roster.assign(visit.parties.get().pk, "g01", by=None, now=season_now)
    assert kinds(season_now) == []


def test_a_promised_group_whose_guide_has_other_hours_by_then(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    guide = visit.parties.get().guide
    assert guide is not None
    guide.hours.create(weekday=DAY.weekday(), starts=time(14), ends=time(18), valid_from=DAY + timedelta(days=1))
    assert kinds(season_now) == []  # not yet on that day
    guide.hours.update(valid_from=DAY, valid_until=DAY)
    assert kinds(season_now) == ["outside_hours"]
    guide.hours.update(starts=time(11), ends=time(12))
    assert kinds(season_now) == []
    guide.hours.update(weekday=(DAY.weekday() + 1) % 7)
    assert kinds(season_now) == ["outside_hours"]
    other = Guide.objects.exclude(pk=guide.pk).filter(code="g02").get()
    roster.assign(visit.parties.get().pk, other.code, by=None, now=season_now)
    assert kinds(season_now) == []


def test_a_guide_who_has_not_answered_a_day_before(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    bookings.reconfirm(visit.pk, now=season_now)
    assert kinds(at(DAY, "09:00")) == ["not_answered"]
    roster.accept(visit.parties.get().pk, now=at(DAY, "09:00"))
    assert kinds(at(DAY, "09:00")) == []


def test_an_offer_without_an_answer(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    until = season_now + timedelta(days=1)
    offers.offer(visit.pk, (at(DAY, "14:00"),), answer_by=until, now=season_now)
    assert kinds(season_now) == ["offer_unanswered"]
    offers.accept(visit.pk, now=season_now)
    assert kinds(season_now) == []


def test_heads_that_nobody_has_confirmed(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    four_days_before = at(DAY, "11:00") - timedelta(days=4)
    assert kinds(four_days_before) == ["heads_unconfirmed"]
    bookings.reconfirm(visit.pk, heads=12, now=four_days_before)
    assert kinds(four_days_before) == []
    visit.refresh_from_db()
    assert visit.heads == 12


def test_who_has_to_be_rung_is_shown_as_soon_as_the_call_is_to_be_made(asking: Ask, season_now: datetime) -> None:
    """With a letter they have two days to answer; with a call they answer at once, and the answer needs its button."""
    written = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    rung = bookings.book(asking(at(DAY, "14:00"), contacts=(Person("Болат", phone="+77010000086"),)), now=season_now)
    a_week_before = at(DAY, "14:00") - timedelta(days=7)
    reminders.due(now=a_week_before)
    assert calls.to_make(now=a_week_before).filter(kind="reminder_week", thread__about=f"visit:{rung.code}").exists()
    assert [each.visit for each in conflicts.every(now=a_week_before) if each.kind == "heads_unconfirmed"] == [rung]
    silent = [each.visit for each in conflicts.every(now=at(DAY, "11:00") - timedelta(days=5))]
    assert {written, rung} <= set(silent)


def test_who_says_how_many_they_are_still_comes(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    four_days_before = at(DAY, "11:00") - timedelta(days=4)
    changes.change(visit.pk, heads=visit.heads, now=four_days_before)
    assert kinds(four_days_before) == []


def test_people_whom_nobody_has_rung(asking: Ask, season_now: datetime) -> None:
    nobody = (Person("Чабан", phone="+77010000001"),)
    bookings.book(asking(at(DAY, "11:00"), contacts=nobody), now=season_now)
    assert kinds(season_now) == ["untold"]
    Call.objects.update(status=Call.Status.RUNG, rang_at=season_now)
    assert kinds(season_now) == []


def test_the_number_of_queries_does_not_grow(asking: Ask, season_now: datetime) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            conflicts.every(now=season_now)
        return len(found)

    def unled(count: int) -> None:
        for number in range(count):
            bookings.book(asking(at(DAY, f"{10 + number}:00")), now=season_now)
        Party.objects.update(guide=None)

    unled(1)
    few = asked()
    bookings.cancel(Party.objects.get().visit_id, by="office", now=season_now)
    unled(4)
    assert (few, asked()) == (13, 13)
    assert Guide.objects.exists()

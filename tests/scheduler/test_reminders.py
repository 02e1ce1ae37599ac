"""Reminders are written once, when due, by what is true then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from notifications.models import Call, OutboxMessage
from scheduler import bookings, reminders
from scheduler.bookings import Person, Request
from tests.scheduler.conftest import at
from tours.models import Guide

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 5, 22)


def written(kind: str) -> int:
    return OutboxMessage.objects.filter(kind=kind).count() + Call.objects.filter(kind=kind).count()


def test_a_visit_is_reminded_of_a_week_and_a_day_before_once(asking: Ask, season_now: datetime) -> None:
    Guide.objects.update(email="guide@example.org")
    bookings.book(asking(at(DAY, "11:00")), now=season_now)
    assert reminders.due(now=season_now) == 0
    week = at(DAY, "11:00") - timedelta(days=7)
    assert (reminders.due(now=week), reminders.due(now=week + timedelta(hours=1))) == (1, 0)
    day = at(DAY, "11:00") - timedelta(days=1)
    assert reminders.due(now=day) == 2
    assert reminders.due(now=at(DAY, "09:00")) == 1
    assert [written(kind) for kind in ("reminder_week", "reminder_day", "duty_tomorrow", "duty_soon")] == [1, 1, 1, 1]


def test_what_was_booked_after_its_reminder_was_due_is_not_reminded_of(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(date(2025, 5, 15), "11:00")), now=season_now)
    assert reminders.due(now=season_now + timedelta(minutes=5)) == 0


def test_a_cancelled_visit_is_not_reminded_of(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    bookings.cancel(visit.pk, by="office", now=season_now)
    assert reminders.due(now=at(DAY, "09:00")) == 0


def test_a_moved_visit_is_reminded_of_its_new_time(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    week = at(DAY, "11:00") - timedelta(days=7)
    reminders.due(now=week)
    bookings.move(visit.pk, (at(date(2025, 5, 30), "11:00"),), now=week)
    assert reminders.due(now=week + timedelta(minutes=1)) == 0
    assert reminders.due(now=at(date(2025, 5, 30), "11:00") - timedelta(days=7)) == 1


def test_whoever_has_no_email_is_put_on_the_call_list(asking: Ask, season_now: datetime) -> None:
    nobody = (Person("Чабан", phone="+77010000001", locale="kk"),)
    bookings.book(asking(at(DAY, "11:00"), contacts=nobody), now=season_now)
    reminders.due(now=at(DAY, "11:00") - timedelta(days=7))
    assert Call.objects.filter(kind="reminder_week").count() == 1
    assert not OutboxMessage.objects.filter(kind="reminder_week").exists()


def test_a_missed_week_reminder_gives_way_to_that_of_the_day(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(DAY, "11:00")), now=season_now)
    reminders.due(now=at(DAY, "11:00") - timedelta(hours=20))
    assert [written(kind) for kind in ("reminder_week", "reminder_day")] == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_reminders_of_a_time_to_come_are_sent_now_and_change_nothing_else(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    with time_machine.travel(season_now):
        call_command("remind", "--now", (at(DAY, "11:00") - timedelta(days=7)).isoformat())
    reminder = OutboxMessage.objects.get(kind="reminder_week")
    visit.refresh_from_db()
    assert reminder.not_before - season_now < timedelta(minutes=1)
    assert visit.status == "confirmed"

"""Answers by mail count as if given on the page; letters of the waiting list and of late changes; announcements to other systems."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import date, datetime

import pytest

from notifications.models import Endpoint, OutboxMessage, Reply, Thread
from scheduler import bookings, changes, hearing, offers, waiting
from scheduler.bookings import Request
from scheduler.models import ChangeRequest, Visit
from scheduler.waiting import Hours
from tests.scheduler.conftest import at
from tours.models import User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 5, 20)


def answer(thread: Thread, partstat: str, now: datetime) -> Reply:
    return Reply.objects.create(
        message_id=f"<{uuid.uuid4()}@example.org>", thread=thread, verdict="applied", partstat=partstat,
        text="I am ill", received_at=now,
    )  # fmt: skip


def thread_of(visit: Visit, kind: str) -> Thread:
    return Thread.objects.filter(key__startswith=f"visit:{visit.code}:{kind}:").get()


@pytest.mark.django_db(transaction=True)
def test_a_guides_yes_and_no_by_mail(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    first = visit.parties.get().guide
    duty = thread_of(visit, "duty")
    answer(duty, "ACCEPTED", season_now)
    assert hearing.take_in(now=season_now) == 1
    assert visit.parties.get().answer == "accepted"
    answer(duty, "DECLINED", season_now)
    assert hearing.take_in(now=season_now) == 1
    assert visit.parties.get().guide not in (None, first)
    assert hearing.take_in(now=season_now) == 0


@pytest.mark.django_db(transaction=True)
def test_a_former_guides_answer_changes_nothing(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    duty = thread_of(visit, "duty")
    bookings.cancel(visit.pk, by="office", now=season_now)
    answer(duty, "DECLINED", season_now)
    hearing.take_in(now=season_now)
    assert not OutboxMessage.objects.filter(kind="office_alarm").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("partstat", ["ACCEPTED", "DECLINED"])
def test_an_answer_for_a_sub_group_that_is_gone_keeps_no_other_waiting(
    asking: Ask, season_now: datetime, partstat: str
) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    duty = thread_of(visit, "duty")
    offers.offer(visit.pk, (at(DAY, "15:00"),), answer_by=at(DAY, "09:00"), now=season_now)
    offers.give_up(visit.pk, waits=True, now=season_now)
    answer(duty, partstat, season_now)
    assert hearing.take_in(now=season_now) == 1
    assert hearing.take_in(now=season_now) == 0


@pytest.mark.django_db(transaction=True)
def test_an_organiser_who_declines_in_the_calendar_alarms_the_office(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    answer(thread_of(visit, "contact"), "DECLINED", season_now)
    hearing.take_in(now=season_now)
    visit.refresh_from_db()
    alarm = OutboxMessage.objects.get(kind="office_alarm")
    assert (visit.status, alarm.status) == ("confirmed", "queued")


def kinds(visit: Visit) -> list[str]:
    rows = OutboxMessage.objects.filter(thread__about=f"visit:{visit.code}", thread__key__contains=":contact:")
    return list(rows.exclude(status="superseded").order_by("created_at").values_list("kind", flat=True))


def test_a_late_change_is_acknowledged_and_its_refusal_told(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    late = at(DAY, "09:00")
    asked = changes.ask_for_change(visit.pk, kind=ChangeRequest.Kind.MOVE, start=at(DAY, "15:00"), now=late)
    assert "2025 ж. 20 мамыр, 15:00" in OutboxMessage.objects.get(kind="office_request").text
    changes.decide_change(asked.pk, grant=False, by=User.objects.create(username="office"), now=late)
    assert kinds(visit) == ["programme", "change_asked", "change_refused"]


def test_a_waiting_group_is_told_so_and_then_offered_a_time(asking: Ask, season_now: datetime) -> None:
    visit = waiting.wait(asking(at(DAY, "11:00")), [DAY], Hours(), now=season_now)
    assert kinds(visit) == ["waiting"]
    assert OutboxMessage.objects.get(kind="waiting").status == "queued"
    assert waiting.serve(DAY, now=season_now) == 1
    assert kinds(visit)[-1] == "offered"
    offers.give_up(visit.pk, waits=True, now=season_now)
    assert OutboxMessage.objects.exclude(status="dead").count() == OutboxMessage.objects.count()


def test_other_systems_hear_what_became_of_a_visit_once(asking: Ask, season_now: datetime) -> None:
    Endpoint.objects.create(url="https://hooks.example.org/", secret="s" * 40)
    visit = bookings.book(
        asking(at(DAY, "11:00"), tour="grounds-flowers", language="en", agreed=False), now=at(date(2025, 5, 5), "10:00")
    )
    bookings.confirm(visit.pk, now=season_now)
    bookings.change(visit.pk, notes="By bus", now=season_now)
    bookings.move(visit.pk, (at(DAY, "12:00"),), now=season_now, by_office=True)
    bookings.cancel(visit.pk, by="organiser", now=season_now)
    rows = OutboxMessage.objects.filter(thread__key__contains=":webhook:").order_by("created_at", "pk")
    said = [json.loads(row.text) for row in rows]
    assert [each["event"] for each in said] == ["visit.requested", "visit.confirmed", "visit.moved", "visit.cancelled"]


def test_of_a_discreet_visit_other_systems_hear_the_time_alone(asking: Ask, season_now: datetime) -> None:
    Endpoint.objects.create(url="https://hooks.example.org/", secret="s" * 40)
    bookings.book(asking(at(DAY, "11:00"), discreet=True), now=season_now)
    said = OutboxMessage.objects.get(thread__key__contains=":webhook:").text
    assert "official event" in said
    assert "general" not in said
    assert "halls" not in said

"""Contacts that the office adds or puts right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from notifications.models import Call, OutboxMessage
from scheduler import bookings, contacts
from scheduler.bookings import Request
from scheduler.errors import BadWish, NotAllowedNow
from scheduler.models import Visit
from scheduler.steps import Person
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(asking: Callable[..., Request], season_now: datetime) -> Visit:
    return bookings.book(asking(at(date(2025, 6, 18), "11:00")), now=season_now)


def letters_to(email: str) -> list[str]:
    rows = OutboxMessage.objects.filter(to_email=email).exclude(status="superseded").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def test_an_added_contact_is_told_how_the_visit_stands(visit: Visit, season_now: datetime) -> None:
    contacts.add(visit.pk, Person("Partner", "partner@example.org", locale="en"), now=season_now)
    assert letters_to("partner@example.org") == ["confirmed"]
    assert letters_to("asker@example.org") == ["confirmed"]  # nobody else hears of it
    assert [each.position for each in visit.contacts.all()] == [0, 1]


def test_an_added_contact_without_email_is_called(visit: Visit, season_now: datetime) -> None:
    contacts.add(visit.pk, Person("Қатысушы", phone="+77010000086"), now=season_now)
    assert Call.objects.get().phone == "+77010000086"


def test_another_address_is_told_and_the_old_one_hears_no_more(visit: Visit, season_now: datetime) -> None:
    contact = visit.contacts.get()
    contacts.correct(visit.pk, contact.pk, Person("Асан", "right@example.org", locale="kk"), now=season_now)
    assert letters_to("right@example.org") == ["confirmed"]
    assert visit.contacts.get().email == "right@example.org"
    assert letters_to("asker@example.org") in ([], ["confirmed", "withdrawn"])  # never sent, or taken back


def test_a_name_put_right_keeps_the_thread(visit: Visit, season_now: datetime) -> None:
    contact = visit.contacts.get()
    contacts.correct(visit.pk, contact.pk, Person("Асан Серік", contact.email, locale="kk"), now=season_now)
    assert visit.contacts.get().pk == contact.pk
    assert Visit.objects.get().revision == visit.revision + 1


def test_a_contact_can_be_reached(visit: Visit, season_now: datetime) -> None:
    with pytest.raises(BadWish):
        contacts.add(visit.pk, Person("Nobody"), now=season_now)


def test_an_ended_visit_takes_no_contacts(visit: Visit, season_now: datetime) -> None:
    bookings.cancel(visit.pk, by="office", reason="Storm", now=season_now)
    with pytest.raises(NotAllowedNow):
        contacts.add(visit.pk, Person("Late", "late@example.org"), now=season_now)

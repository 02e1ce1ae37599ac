"""What the office sees of each person concerned: whether they know, and what they have answered."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.test import Client

from notifications.models import OutboxMessage, Thread
from scheduler import roster
from scheduler.models import Visit
from scheduler.steps import Person
from tests.scheduler.closing import send_all
from tests.scheduler.views.conftest import NEAR, Book, soup
from tours.models import Guide

pytestmark = pytest.mark.django_db


def rows(office: Client, visit: Visit) -> list[str]:
    """The list as it is read, by name."""
    listed = soup(office.get(f"/office/visits/{visit.code}/")).select("section[aria-labelledby=knowing] li")
    return sorted(re.sub(r"\s+", " ", row.get_text(" ")).strip() for row in listed)


def test_of_each_person_it_says_whether_they_know_and_what_they_answered(
    office: Client, book: Book, season_now: datetime
) -> None:
    Guide.objects.update(email="guide@example.org")
    people = (
        Person("Anna", email="anna@example.org", phone="+77011112233", locale="en"),
        Person("Bota", phone="+77015556677", locale="kk"),
    )
    visit = book(NEAR, "11:00", contacts=people)
    duty = visit.parties.get()
    assert duty.guide is not None

    assert rows(office, visit) == sorted(
        [
            "Anna Has heard nothing yet. A letter is on its way.",
            "Bota Has heard nothing yet. Somebody has to ring.",
            f"{duty.guide.name} guide Has heard nothing yet. A letter is on its way.",
        ]
    )
    send_all(season_now)
    roster.accept(duty.pk, now=season_now)
    Visit.objects.filter(pk=visit.pk).update(reconfirmed_at=season_now)
    first, _second, guide = rows(office, visit)
    assert first == (
        "Anna they come Monday, 12 May 2025, 09:00 The programme of the visit · Monday, 12 May 2025, 09:00"
    )
    assert guide.startswith(f"{duty.guide.name} guide Accepted A tour to lead ·")
    row = OutboxMessage.objects.get(to_email="anna@example.org")
    OutboxMessage.objects.filter(pk=row.pk).update(status="dead")
    assert "A letter could not be delivered." in rows(office, visit)[0]


def test_an_answer_by_mail_to_another_time_is_said_to_be_one(office: Client, book: Book, season_now: datetime) -> None:
    visit = book(NEAR, "11:00", contacts=(Person("Anna", email="anna@example.org", locale="en"),))
    send_all(season_now)
    thread = Thread.objects.filter(key__contains=":contact:")
    thread.update(answer="ACCEPTED", answer_sequence=0, answered_at=season_now)
    assert "Accepted Monday, 12 May 2025, 09:00" in rows(office, visit)[0]
    thread.update(sequence=1)
    assert "To the time before: Accepted" in rows(office, visit)[0]

"""Getting a lost link again, with the same answer for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notifications.models import OutboxMessage
from tests.scheduler.views.conftest import NEAR, Book, words

pytestmark = pytest.mark.django_db


def letters() -> list[str]:
    return list(OutboxMessage.objects.filter(kind="link_again").values_list("to_email", flat=True))


def test_a_lost_link_goes_to_the_address_it_went_to_before(stranger: Client, book: Book) -> None:
    book(NEAR, "11:00")
    answer = stranger.post("/lost-link/", {"email": "Asker@Example.org"})
    assert answer["Location"] == "/lost-link/?sent=1"
    assert letters() == ["asker@example.org"]


def test_the_answer_is_the_same_whoever_asks(stranger: Client, book: Book) -> None:
    book(NEAR, "11:00")
    known, unknown = (
        stranger.post("/lost-link/", {"email": email}, follow=True)
        for email in ("asker@example.org", "nobody@example.org")
    )
    assert (known.status_code, words(known)) == (unknown.status_code, words(unknown))
    assert letters() == ["asker@example.org"]


def test_asking_twice_in_a_hurry_sends_one_letter(stranger: Client, book: Book) -> None:
    book(NEAR, "11:00")
    for _time in range(2):
        stranger.post("/lost-link/", {"email": "asker@example.org"})
    assert len(letters()) == 1


def test_lost_links_cannot_be_asked_for_without_end(stranger: Client, book: Book, settings: Any) -> None:
    book(NEAR, "11:00")
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"lost_link_by_network": (1, 3600)}
    stranger.post("/lost-link/", {"email": "nobody@example.org"})
    page = stranger.post("/lost-link/", {"email": "asker@example.org"})
    assert page.status_code == 429
    assert letters() == []


def test_a_robot_that_fills_every_field_gets_the_same_answer_and_no_letter(stranger: Client, book: Book) -> None:
    book(NEAR, "11:00")
    answer = stranger.post("/lost-link/", {"email": "asker@example.org", "website": "x"})
    assert answer["Location"] == "/lost-link/?sent=1"
    assert letters() == []

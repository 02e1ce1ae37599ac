"""The waiting list's page: from a full day, with the wish filled in, into the line and out of it."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from scheduler.models import Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, Book, browser, link, soup, typed, words
from tours.models import Guide

pytestmark = pytest.mark.django_db

ASKED = {"tour": "halls", "audience": "general", "language": "ru", "heads": "24", "adults": "2"}
SENT = ASKED | {
    "first": "2025-06-16",
    "last": "2025-06-29",
    "weekdays": ["1", "2"],
    "earliest": "10:00",
    "latest": "14:00",
    "name": "Асан",
    "email": "asan@example.org",
    "locale": "kk",
    "request_key": "wait-1",
}


def test_a_full_day_leads_to_the_line_with_the_wish_filled_in(stranger: Client, book: Book) -> None:
    Guide.objects.exclude(code="g01").update(active=False)
    Guide.objects.filter(code="g01").update(daily_duties=1)
    book(FAR, "12:00", language="kk")
    page = stranger.get("/ask/", ASKED | {"language": "kk", "day": FAR.isoformat()})
    to_the_line = soup(page).select_one("a[href^='/wait/?']")
    form = typed(stranger.get(str(to_the_line["href"])))
    assert (form["tour"], form["language"], form["heads"], form["adults"]) == ("halls", "kk", "24", "2")
    assert (form["first"], form["last"]) == ("2025-06-18", "2025-06-18")


def test_whoever_asks_stands_in_the_line_and_sees_the_place(stranger: Client) -> None:
    page = stranger.post("/wait/", SENT, follow=True)
    visit = Visit.objects.get()
    assert page.redirect_chain[-1][0] == link(visit)
    assert (visit.status, visit.heads, visit.adults) == ("waiting", 24, 2)
    assert visit.wish.days == [date(2025, 6, day) for day in (17, 18, 24, 25)]
    assert (visit.wish.earliest, visit.wish.latest) == (time(10), time(14))
    assert "Your place in the line: 1" in words(page)


def test_sent_twice_it_stands_there_once(stranger: Client) -> None:
    first, second = stranger.post("/wait/", SENT), stranger.post("/wait/", SENT)
    assert first["Location"] == second["Location"]
    assert Visit.objects.count() == 1
    assert stranger.post("/wait/", SENT | {"heads": "30"}).status_code == 422


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"first": ""}, "This field is required."),
        ({"last": "2025-06-01"}, "The last day is not before the first."),
        ({"last": "2025-12-01"}, "At most two months in all."),
        ({"first": "2025-06-16", "last": "2025-06-16"}, "None of these days is in that time."),
        ({"latest": "09:00"}, "The latest start lies before the earliest."),
        ({"heads": "0"}, "greater than or equal to 1"),
        ({"email": ""}, "Please give an e-mail address or a telephone number."),
        ({"adults": "25"}, "There cannot be more accompanying adults than people."),
        ({"first": "2025-05-01", "last": "2025-05-02", "weekdays": []}, "This date is past."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    stranger: Client, wrong: dict[str, Any], says: str
) -> None:
    page = stranger.post("/wait/", SENT | wrong)
    assert page.status_code == 422
    assert says in words(page)
    assert typed(page)["name"] == "Асан"
    assert not Visit.objects.exists()


def test_a_switch_of_language_keeps_what_was_typed(stranger: Client) -> None:
    page = stranger.post("/wait/", SENT | {"to_language": "ru"})
    assert soup(page).html["lang"] == "ru"
    assert (typed(page)["name"], typed(page)["heads"], typed(page)["earliest"]) == ("Асан", "24", "10:00")
    assert [box["value"] for box in soup(page).select("[name=weekdays][checked]")] == ["1", "2"]


def test_a_day_is_past_once_the_museums_midnight_is(stranger: Client, clock: time_machine.Coordinates) -> None:
    clock.move_to(at(FAR, "02:00"))  # in UTC it is still the day before
    yesterday = (FAR - timedelta(days=1)).isoformat()
    page = stranger.post("/wait/", SENT | {"first": yesterday, "last": yesterday, "weekdays": []})
    assert "This date is past." in words(page)
    assert not Visit.objects.exists()


def test_strangers_are_counted_and_the_same_request_again_is_not(stranger: Client, settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (1, 3600))
    assert stranger.post("/wait/", SENT).status_code == 303
    assert stranger.post("/wait/", SENT).status_code == 303
    assert stranger.post("/wait/", SENT | {"request_key": "wait-2"}).status_code == 429


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_page_opens_bare_and_with_nonsense(alzhir: Any, language: str) -> None:
    client = browser(language=language)
    assert client.get("/wait/").status_code == 200
    assert client.get("/wait/?tour=x&heads=many&day=soon&first=%00").status_code == 200

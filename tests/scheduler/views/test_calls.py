"""By telephone: bookings that a call makes, and the list of whom to ring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from notifications import outbox
from notifications.messages import Address, Letter
from notifications.models import Call
from scheduler import bookings
from scheduler.bookings import Request
from scheduler.models import Visit
from scheduler.steps import Person
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import NEAR, browser, page_of, soup, typed, words
from tours.models import User

pytestmark = pytest.mark.django_db


TELEPHONE = {
    "tour": "halls-flowers",
    "audience": "school",
    "language": "kk",
    "heads": "20",
    "adults": "",
    "start": "2025-05-13T10:00+05:00",
    "name": "Меңгеруші",
    "phone": "8 701 000 00 44",
    "email": "",
    "locale": "kk",
    "request_key": "call-1",
    "book": "1",
}


def test_a_call_books_tomorrow_and_is_confirmed_at_once(office: Client) -> None:
    answer = office.post("/office/visits/new/", TELEPHONE)
    visit = Visit.objects.get()
    assert answer["Location"] == page_of(visit)
    assert (visit.status, visit.contacts.get().phone) == ("confirmed", "+77010000044")
    assert Call.objects.get().phone == "+77010000044"


WISH = {name: TELEPHONE[name] for name in ("tour", "audience", "language", "heads")}


def test_with_the_receiver_in_hand_the_first_free_day_is_chosen_and_the_call_list_stands_beside(office: Client) -> None:
    office.post("/office/visits/new/", TELEPHONE)
    page = soup(office.get("/office/visits/new/", WISH))
    day = page.select_one("#id_day")
    assert day is not None and day["value"] == "2025-05-13"
    assert page.select_one("input[type=radio][name=start]") is not None
    assert [link["href"] for link in page.select("aside a[href^=tel]")] == ["tel:+77010000044"]


def test_a_day_that_the_caller_names_is_looked_at_instead(office: Client) -> None:
    page = soup(office.get("/office/visits/new/starts/", WISH | {"day": "2025-05-20"}))
    starts = [field["value"] for field in page.select("input[type=radio][name=start]")]
    assert starts and all(str(start).startswith("2025-05-20") for start in starts)


def test_what_was_said_with_the_receiver_in_hand_is_noted_on_the_visits_own_page(office: Client) -> None:
    office.post("/office/visits/new/", TELEPHONE)
    visit, call = Visit.objects.get(), Call.objects.get()
    page = soup(office.get(page_of(visit)))
    assert f"/office/calls/{call.pk}/rang/" in {form["action"] for form in page.select("section.first form")}
    answer = office.post(f"/office/calls/{call.pk}/rang/", {"visit": visit.code})
    assert answer["Location"] == page_of(visit)
    assert Call.objects.get().status == Call.Status.RUNG
    assert not soup(office.get(page_of(visit))).select("section.first")


def test_a_visits_story_has_changes_letters_and_calls_in_the_order_of_time(
    office: Client, clock: time_machine.Coordinates
) -> None:
    office.post("/office/visits/new/", TELEPHONE)
    visit, call = Visit.objects.get(), Call.objects.get()
    clock.shift(timedelta(hours=1))
    office.post(f"/office/calls/{call.pk}/rang/")
    story = [" ".join(row.text.split()) for row in soup(office.get(page_of(visit))).select("#story ~ ol > li")]
    kinds = [next(word for word in ("Letter:", "Call:", "Confirmed") if word in row) for row in story]
    assert kinds == [
        "Letter:",
        "Call:",
        "Confirmed",
    ]  # changes have the database's own clock, which does not stand still


def test_a_call_booked_with_a_double_click_is_one_visit(office: Client) -> None:
    for _click in range(2):
        office.post("/office/visits/new/", TELEPHONE)
    assert Visit.objects.count() == 1


def test_what_is_missing_in_a_call_is_said_with_what_was_typed(office: Client) -> None:
    page = office.post("/office/visits/new/", TELEPHONE | {"phone": ""})
    assert page.status_code == 422
    assert typed(page)["name"] == "Меңгеруші"


def test_the_office_meets_no_strangers_limit(office: Client, settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (0, 3600))
    assert office.post("/office/visits/new/", TELEPHONE).status_code == 303


@pytest.fixture
def called(asking: Callable[..., Request], season_now: datetime) -> Call:
    contacts = (Person("Төраға", phone="+77010000086", locale="kk"),)
    bookings.book(asking(at(NEAR, "11:00"), contacts=contacts), now=season_now)
    return Call.objects.get()


def test_the_call_list_says_whom_to_ring_and_what_to_say_in_their_language(office: Client, called: Call) -> None:
    page = office.get("/office/calls/")
    assert "+7 701 000 0086" in words(page).replace("\u00a0", " ")
    assert soup(page).select_one("div[lang=kk]").text.startswith("Құрметті Төраға")
    assert "1 call to make" in words(office.get("/office/"))


def test_a_call_says_in_the_offices_language_what_it_is_about(office_user: User, called: Call) -> None:
    code = Visit.objects.get().code
    for language, said in (
        ("ru", "Программа посещения · {} · вторник, 20 мая 2025 г., 11:00"),
        ("kk", "Сапардың бағдарламасы · {}"),
    ):
        page = words(browser(office_user, language=language).get("/office/calls/"))
        assert said.format(code) in page


def test_whoever_was_rung_counts_as_told_and_it_is_kept_by_whom(
    office: Client, called: Call, office_user: User
) -> None:
    assert office.get(f"/office/calls/{called.pk}/rang/").status_code == 405
    office.post(f"/office/calls/{called.pk}/rang/")
    called.refresh_from_db()
    assert (called.status, called.rang_by) == ("rung", office_user)
    assert "Nobody has to be rung." in words(office.get("/office/calls/"))


def test_a_call_that_somebody_else_made_is_not_made_twice(office: Client, called: Call) -> None:
    office.post(f"/office/calls/{called.pk}/rang/")
    page = office.post(f"/office/calls/{called.pk}/rang/", follow=True)
    assert "Somebody else has rung already" in words(page)


def test_what_a_stranger_typed_is_shown_as_text(office: Client, season_now: datetime) -> None:
    outbox.enqueue(
        key="hostile",
        thread="visit:AAAAAAA:contact:1",
        to=Address("<b>Ada</b>", phone="+77010000086"),
        letter=Letter("office_alarm", {"reason": "<script>alert(1)</script>"}),
        not_before=season_now - timedelta(minutes=1),
    )
    page = office.get("/office/calls/").content.decode()
    assert "<b>Ada</b>" not in page
    assert "<script>alert" not in page

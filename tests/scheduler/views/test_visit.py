"""Your visit, behind its link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications import links
from scheduler import bookings, lost_links, offers
from scheduler.models import ChangeRequest, Contact, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, again, browser, link, soup, typed, words

pytestmark = pytest.mark.django_db

PEOPLE = {"heads": "10", "adults": "0", "leader_name": "Болат", "leader_phone": "", "notes": "", "revision": "1"}


# --- Who gets in -------------------------------------------------------------------------------------------------------------


def test_the_link_opens_the_visit(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    page = stranger.get(link(visit))
    assert page.status_code == 200
    assert visit.code in words(page)


def test_an_organisation_that_nobody_gave_is_no_row(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    assert "A school" in words(stranger.get(link(visit)))
    Contact.objects.update(organisation="")
    page = words(stranger.get(link(visit)))
    assert "Organisation" not in page
    assert "Асан" not in page


def test_the_page_is_kept_nowhere_and_its_address_told_to_nobody(stranger: Client, book: Book) -> None:
    page = stranger.get(link(book(NEAR, "11:00")))
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["X-Robots-Tag"] == "noindex, nofollow"


def test_its_forms_can_be_posted_though_the_address_is_told_to_nobody(book: Book) -> None:
    """Under the header alone a browser posts with `Origin: null`, and Django takes that for forged; the page may name itself to us."""
    visit = book(NEAR, "11:00")
    careful = browser(enforce_csrf_checks=True)
    page = careful.get(link(visit))
    assert [meta["content"] for meta in soup(page).select("meta[name=referrer]")] == ["same-origin"]
    said = {"csrfmiddlewaretoken": typed(page)["csrfmiddlewaretoken"], "reason": "Ill"}
    forged = careful.post(link(visit, "cancel/"), said, headers={"Origin": "null"})
    assert forged.status_code == 403
    honest = careful.post(link(visit, "cancel/"), said, headers={"Origin": "http://testserver"})
    assert (honest.status_code, again(visit).status) == (303, "cancelled")


@pytest.mark.parametrize("action", ["", "change/", "move/", "cancel/", "accept/", "decline/"])
def test_any_other_token_is_a_404_for_everything(stranger: Client, book: Book, action: str) -> None:
    visit, other = book(NEAR, "11:00"), book(NEAR, "14:00")
    right = links.token("visit", visit.code, 1)
    wrong = [
        f"{visit.code}.{links.token('visit', other.code, 1).partition('.')[2]}",  # another visit's proof
        links.token("visit_calendar", visit.code, 1),  # another purpose
        links.token("visit", visit.code, 2),
        right[:-1],
        right.swapcase(),
        visit.code,
        "NOSUCHX.aaaa",
        ".",
        "é" * 50,
        "\x00",
    ]
    for token in wrong:
        method = stranger.post if action else stranger.get
        assert method(f"/visit/{token}/{action}", PEOPLE).status_code == 404, token
    assert again(visit).status == Visit.Status.CONFIRMED


def test_a_link_that_was_made_anew_closes_the_old_one(stranger: Client, book: Book, season_now: datetime) -> None:
    visit = book(NEAR, "11:00")
    old = link(visit)
    lost_links.make_anew(visit.pk, now=season_now)
    assert stranger.get(old).status_code == 404
    assert stranger.get(link(again(visit))).status_code == 200


@pytest.mark.parametrize("action", ["change/", "move/", "cancel/", "accept/", "decline/"])
def test_a_get_changes_nothing(stranger: Client, book: Book, action: str) -> None:
    visit = book(NEAR, "11:00")
    assert stranger.get(link(visit, action)).status_code == 405
    assert again(visit).revision == visit.revision


# --- What it says ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("kk", "Сапарыңыз расталды."),
        ("ru", "Ваше посещение подтверждено."),
        ("en", "Your visit is confirmed."),
    ],
)
def test_the_state_is_said_in_words_of_the_readers_language(book: Book, language: str, said: str) -> None:
    assert said in words(browser(language=language).get(link(book(NEAR, "11:00"))))


def test_once_promised_it_shows_the_programme_and_the_guide(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00", heads=10)
    page = words(stranger.get(link(visit)))
    assert f"Guide: {visit.parties.get().guide.name}" in page
    assert "11:00–11:30" in page


def test_before_the_promise_it_shows_no_guide_and_no_times_of_stops(stranger: Client, book: Book) -> None:
    page = words(stranger.get(link(book(FAR, "11:00"))))
    assert "Guide:" not in page
    assert "11:30" not in page.split("What happened so far")[0]  # where the time of this very test stands
    assert "“Alash” hall · 30 minutes" in page


def test_a_request_says_until_when_the_museum_decides(stranger: Client, book: Book) -> None:
    page = words(stranger.get(link(book(FAR, "11:00", tour="halls-flowers"))))
    assert "This time is held for you. The museum decides by: Wednesday, 14 May 2025, 10:00." in page


def test_a_free_audience_reads_why_and_what_to_bring(stranger: Client, book: Book) -> None:
    page = words(stranger.get(link(book(NEAR, "11:00", audience="soldiers"))))
    assert "free of charge (Soldiers)" in page
    assert "The unit's letter" in page


def test_a_discreet_visit_is_an_official_event_even_behind_its_link(stranger: Client, book: Book) -> None:
    page = words(stranger.get(link(book(NEAR, "11:00", discreet=True, audience="soldiers"))))
    assert "Official event" in page
    assert "A school" not in page
    assert "Soldiers" not in page


def test_nobodys_address_or_number_stands_on_the_page(stranger: Client, book: Book) -> None:
    assert "asker@example.org" not in stranger.get(link(book(NEAR, "11:00"))).content.decode()


def test_the_calendar_is_offered_to_download_and_to_subscribe(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    address = links.url("visit_calendar", visit.code, 1)
    found = [str(each["href"]) for each in soup(stranger.get(link(visit))).find_all("a")]
    assert address in found
    assert address.replace("http:", "webcal:") in found


def test_the_page_asks_the_database_as_often_for_one_sub_group_as_for_many(
    stranger: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    small, large = book(NEAR, "11:00", heads=10), book(NEAR, "14:00", heads=50)
    with django_assert_num_queries(11):
        stranger.get(link(small))
    with django_assert_num_queries(11):
        stranger.get(link(large))


# --- Changing it -------------------------------------------------------------------------------------------------------------


def test_in_time_other_heads_are_placed_at_once(stranger: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    answer = stranger.post(link(visit, "change/"), PEOPLE | {"heads": "40"}, follow=True)
    assert "Saved." in words(answer)
    assert (again(visit).heads, again(visit).parties.count(), again(visit).leader_name) == (40, 2, "Болат")


def test_late_other_heads_wait_for_the_museum(stranger: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:00") - timedelta(days=2))
    answer = stranger.post(link(visit, "change/"), PEOPLE | {"heads": "40", "adults": "20"}, follow=True)
    assert "The museum has your wish and will answer." in words(answer)
    asked = ChangeRequest.objects.get()
    assert (asked.kind, asked.heads, asked.status) == ("heads", 40, "open")
    assert (again(visit).heads, again(visit).leader_name) == (10, "Болат")
    assert "Another number of people. 40 people." in words(stranger.get(link(visit)))


def test_a_form_that_somebody_overtook_is_refused_with_what_was_typed(
    stranger: Client, book: Book, season_now: datetime
) -> None:
    visit = book(FAR, "11:00")
    bookings.change(visit.pk, notes="First", now=season_now)
    page = stranger.post(link(visit, "change/"), PEOPLE | {"notes": "Second"})
    assert page.status_code == 409
    assert "Somebody has changed this visit in the meantime." in words(page)
    assert typed(page)["notes"] == "Second"
    assert again(visit).notes == "First"


def test_more_heads_than_fit_are_refused_and_the_visit_stands(stranger: Client, book: Book) -> None:
    visit = book(FAR, "11:00", language="en")
    page = stranger.post(link(visit, "change/"), PEOPLE | {"heads": "900"})
    assert page.status_code == 409
    assert again(visit).heads == 10


def test_another_time_is_chosen_from_the_same_month_as_when_asking(stranger: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    page = soup(stranger.get(link(visit), {"move": "1", "day": "2025-06-19"}))
    assert "2025-06-19T14:00+05:00" in [field["value"] for field in page.select("input[name=start]")]
    stranger.post(link(visit, "move/"), {"start": "2025-06-19T14:00+05:00"})
    assert again(visit).period.lower == at(date(2025, 6, 19), "14:00")


def test_a_time_that_was_taken_shows_others_near_it(stranger: Client, book: Book) -> None:
    visit = book(FAR, "10:00", tour="grounds-flowers")
    book(FAR, "14:00", tour="full", language="kk")
    page = stranger.post(link(visit, "move/"), {"start": at(FAR, "14:00").isoformat()})
    assert page.status_code == 409
    assert soup(page).select("#when ~ form input[name=start]")
    assert again(visit).period.lower == at(FAR, "10:00")


def test_late_another_time_waits_for_the_museum(stranger: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:00") - timedelta(days=2))
    stranger.post(link(visit, "move/"), {"start": at(date(2025, 5, 21), "14:00").isoformat()})
    assert ChangeRequest.objects.get().start == at(date(2025, 5, 21), "14:00")
    assert again(visit).period.lower == at(NEAR, "11:00")


@pytest.mark.parametrize("before", [timedelta(days=2), timedelta(days=5)])
def test_the_time_that_it_has_is_not_asked_for_again(
    before: timedelta, stranger: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:00") - before)
    answer = stranger.post(link(visit, "move/"), {"start": at(NEAR, "11:00").isoformat()})
    assert "This is your time already." in words(answer)
    assert not ChangeRequest.objects.exists()


def test_in_time_it_is_cancelled_at_once(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    answer = stranger.post(link(visit, "cancel/"), {"reason": "The bus broke down"}, follow=True)
    assert "This visit is cancelled. Reason The bus broke down" in words(answer)
    assert (again(visit).status, again(visit).ended_by) == ("cancelled", "organiser")


def test_late_a_cancellation_is_passed_on(stranger: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:00") - timedelta(hours=3))
    assert "The visit is very near." in words(stranger.get(link(visit)))
    stranger.post(link(visit, "cancel/"), {"reason": "Ill"})
    assert again(visit).status == "confirmed"
    assert ChangeRequest.objects.get().kind == "cancel"


def test_what_is_over_offers_no_change(stranger: Client, book: Book, season_now: datetime) -> None:
    visit = book(NEAR, "11:00")
    bookings.cancel(visit.pk, by="office", reason="Storm", now=season_now)
    page = stranger.get(link(visit))
    assert "Change something" not in words(page)
    assert stranger.post(link(visit, "cancel/"), {"reason": ""}).status_code == 409


def test_a_cancelled_visit_says_why_and_promises_nothing(stranger: Client, book: Book, season_now: datetime) -> None:
    visit = book(FAR, "11:00")
    promises = ("How to come", "Price", "follow in a letter before the visit")
    assert all(each in words(stranger.get(link(visit))) for each in promises)
    bookings.cancel(visit.pk, by="office", reason="Storm", now=season_now)
    page = stranger.get(link(visit))
    assert [each.text for each in soup(page).select(".notice dl *")] == ["Reason", "Storm"]
    assert not [each for each in promises if each in words(page)]


@pytest.mark.parametrize("text", ["A\x00", "A\x1b[31m", "A" * 600])
def test_hostile_reasons_are_refused(stranger: Client, book: Book, text: str) -> None:
    visit = book(NEAR, "11:00")
    assert stranger.post(link(visit, "cancel/"), {"reason": text}).status_code == 422
    assert again(visit).status == "confirmed"


# --- Answering a suggestion ----------------------------------------------------------------------------------------------------


@pytest.fixture
def offered(book: Book, season_now: datetime) -> Callable[[], Visit]:
    def make() -> Visit:
        visit = book(FAR, "11:00")
        offers.offer(
            visit.pk,
            (at(FAR, "14:00"),),
            answer_by=season_now + timedelta(days=3),
            alternatives=[at(FAR, "15:00")],
            now=season_now,
        )
        return again(visit)

    return make


def test_the_question_names_the_time_that_it_asks_about(stranger: Client, offered: Callable[[], Visit]) -> None:
    asked = soup(stranger.get(link(offered()))).select_one("section[aria-labelledby=answer]")
    assert asked is not None
    assert "14:00–15:00" in asked.get_text()


def test_a_suggested_time_is_accepted(stranger: Client, offered: Callable[[], Visit]) -> None:
    visit = offered()
    assert "Does this time suit you?" in words(stranger.get(link(visit)))
    stranger.post(link(visit, "accept/"))
    assert (again(visit).status, again(visit).period.lower) == ("confirmed", at(FAR, "14:00"))


def test_one_of_the_other_suggested_times_is_taken(stranger: Client, offered: Callable[[], Visit]) -> None:
    visit = offered()
    buttons = soup(stranger.get(link(visit))).select("button[name=start]")
    assert [button["value"] for button in buttons] == ["2025-06-18T15:00+05:00"]
    stranger.post(link(visit, "accept/"), {"start": str(buttons[0]["value"])})
    assert (again(visit).status, again(visit).period.lower) == ("confirmed", at(FAR, "15:00"))


@pytest.mark.parametrize("start", ["", "2025-06-18T15:00+05:00"])
def test_a_second_click_on_the_same_answer_says_thank_you_again(
    stranger: Client, offered: Callable[[], Visit], start: str
) -> None:
    visit = offered()
    for _click in range(2):
        page = stranger.post(link(visit, "accept/"), {"start": start}, follow=True)
        assert page.status_code == 200
        assert "Thank you. Your visit is confirmed." in words(page)
    revision = again(visit).revision
    other = "" if start else "2025-06-18T15:00+05:00"
    assert stranger.post(link(visit, "accept/"), {"start": other}).status_code == 409
    bookings.change(visit.pk, heads=7, now=visit.updated_at + timedelta(minutes=1))
    assert stranger.post(link(visit, "accept/"), {"start": start}).status_code == 409
    assert again(visit).revision == revision + 1


def test_an_answer_that_is_no_time_is_told(stranger: Client, offered: Callable[[], Visit]) -> None:
    page = stranger.post(link(offered(), "accept/"), {"start": "soon"})
    assert page.status_code == 422
    assert "Please choose a time." in words(page)


def test_a_time_that_nobody_suggested_is_not(stranger: Client, offered: Callable[[], Visit]) -> None:
    visit = offered()
    assert stranger.post(link(visit, "accept/"), {"start": at(FAR, "16:00").isoformat()}).status_code == 409
    assert again(visit).status == "offered"


@pytest.mark.parametrize(("said", "becomes"), [({"wait": "1"}, "waiting"), ({}, "cancelled")])
def test_none_of_them_means_waiting_or_the_end(
    stranger: Client, offered: Callable[[], Visit], said: dict[str, str], becomes: str
) -> None:
    visit = offered()
    page = stranger.post(link(visit, "decline/"), said, follow=True)
    assert again(visit).status == becomes
    assert page.status_code == 200

"""The office's pages: the day, decisions, visits, bookings by telephone, calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern
from pytest_django import DjangoAssertNumQueries

from notifications import outbox
from notifications.messages import Address, Letter
from notifications.models import Call, OutboxMessage
from scheduler import bookings, changes, roster, urls
from scheduler.bookings import Request
from scheduler.models import ChangeRequest, Visit
from scheduler.steps import Person
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, browser, link, soup, typed, words
from tours.models import Guide, User

pytestmark = pytest.mark.django_db


def again(visit: Visit) -> Visit:
    return Visit.objects.get(pk=visit.pk)


def page_of(visit: Visit, action: str = "") -> str:
    return f"/office/visits/{visit.code}/{action}"


def request(book: Book, start: str = "11:00", day: date = FAR) -> Visit:
    return book(day, start, tour="grounds-flowers")


# --- Who gets in -------------------------------------------------------------------------------------------------------------

OFFICE_PAGES = [
    f"/{pattern.pattern}".replace("<int:pk>", "1")
    .replace("<str:code>", "ABCDEFG")
    .replace("<slug:section>", "visits")
    .replace("<uuid:pk>", "00000000-0000-4000-8000-000000000000")
    .replace("<slug:part>", "tours")
    .replace("<slug:key>", "halls")
    .replace("<slug:kind>", "confirmed")
    for pattern in urls.urlpatterns
    if isinstance(pattern, URLPattern) and str(pattern.pattern).startswith("office/")
]


def test_every_page_of_the_office_is_looked_at() -> None:
    assert len(OFFICE_PAGES) > 30


def test_whoever_has_not_signed_in_is_asked_to_on_every_page(stranger: Client) -> None:
    for path in OFFICE_PAGES:
        for method in ("get", "post"):
            answer = getattr(stranger, method)(path)
            asked = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=/office/")
            assert asked or answer.status_code == 405, path


def test_a_guide_finds_nothing_on_any_page(guide: Client) -> None:
    for path in OFFICE_PAGES:
        assert {guide.get(path).status_code, guide.post(path).status_code} <= {404, 405}, path


def test_what_is_not_there_is_a_404_for_the_office_too_and_never_a_500(office: Client) -> None:
    for path in OFFICE_PAGES:
        for method in ("get", "post"):
            assert getattr(office, method)(path).status_code in (200, 404, 405, 422), path


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999"])
def test_numbers_that_no_row_has_are_404s(office: Client, pk: str) -> None:
    for path in ("changes/{}/grant/", "closures/{}/", "closures/{}/lift/", "calls/{}/rang/"):
        assert office.post(f"/office/{path.format(pk)}").status_code == 404


# --- The day -----------------------------------------------------------------------------------------------------------------


def test_the_day_shows_its_visits_with_guides_and_the_leaders_telephone(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00", leader_name="Болат", leader_phone="+77010000086")
    page = office.get("/office/?day=2025-05-20")
    said = words(page).replace("\u00a0", " ")
    for needed in (
        "11:00–12:00",
        "The halls “Alash” and “ALZHIR”",
        "A school",
        visit.parties.get().guide.name,
        "+7 701 000 0086",
    ):
        assert needed in said, needed
    assert page["Cache-Control"] == "no-store"


def test_the_board_has_every_place_and_the_stretch_of_every_visit(office: Client, book: Book) -> None:
    book(NEAR, "11:00", heads=40)
    board = soup(office.get("/office/?day=2025-05-20")).select_one("table.board")
    assert [cell.text for cell in board.select("thead th")][1:] == [f"{hour}:00" for hour in range(10, 18)]
    assert len(board.select("th.place[scope=row]")) == 9
    assert [int(str(cell["colspan"])) for cell in board.select("td.taken")] == [6, 6, 6, 6]
    assert {sum(int(str(cell["colspan"])) for cell in row.select("td")) for row in board.select("tbody tr")} == {96}


def test_a_discreet_visit_has_its_name_in_the_office(office: Client, book: Book) -> None:
    book(NEAR, "11:00", discreet=True)
    assert "The halls “Alash” and “ALZHIR”" in words(office.get("/office/?day=2025-05-20"))


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "0001-01-01", "2025-02-30", "\x00"])
def test_no_day_in_the_address_breaks_it(office: Client, day: str) -> None:
    assert office.get("/office/", {"day": day}).status_code == 200


def test_the_day_asks_the_database_as_often_for_one_visit_as_for_many(
    office: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office.get("/office/")
    request(book, "10:00")
    book(NEAR, "10:00", heads=10)
    with django_assert_num_queries(30):
        office.get("/office/?day=2025-05-20")
    for start in ("11:00", "12:00", "13:00", "14:00", "15:00"):
        request(book, start)
        book(NEAR, start, heads=40)
    with django_assert_num_queries(30):
        office.get("/office/?day=2025-05-20")


def test_a_request_is_accepted(office: Client, book: Book) -> None:
    visit = request(book)
    assert "To decide" in words(office.get("/office/"))
    answer = office.post(page_of(visit, "confirm/"), {"day": "2025-05-20"})
    assert answer["Location"] == "/office/?day=2025-05-20"
    assert again(visit).status == "confirmed"


def test_a_request_is_refused_only_with_a_reason_which_the_organiser_reads(office: Client, book: Book) -> None:
    visit = request(book)
    assert office.post(page_of(visit, "refuse/"), {"reason": ""}).status_code == 422
    office.post(page_of(visit, "refuse/"), {"reason": "A ceremony of the state"})
    assert again(visit).status == "declined"
    assert "A ceremony of the state" in OutboxMessage.objects.get(kind="declined").text


def test_what_was_decided_meanwhile_is_said_and_stands(office: Client, book: Book, season_now: datetime) -> None:
    visit = request(book)
    bookings.cancel(visit.pk, by="organiser", now=season_now)
    page = office.post(page_of(visit, "confirm/"))
    assert page.status_code == 409
    assert "the visit has changed" in words(page)


@pytest.mark.parametrize(("answer", "heads", "status"), [("grant", 40, "granted"), ("refuse", 10, "refused")])
def test_a_late_wish_is_decided_on_the_day_page(
    office: Client, book: Book, season_now: datetime, answer: str, heads: int, status: str
) -> None:
    visit = book(NEAR, "11:00")
    asked = changes.ask_for_change(visit.pk, kind="heads", heads=40, now=season_now)
    assert "10 → 40 people" in words(office.get("/office/"))
    office.post(f"/office/changes/{asked.pk}/{answer}/")
    assert (again(visit).heads, ChangeRequest.objects.get().status) == (heads, status)
    assert office.post(f"/office/changes/{asked.pk}/grant/").status_code == 409


def test_a_sub_group_that_nobody_leads_is_an_alarm(office: Client, led_by_g03: Visit, season_now: datetime) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    roster.decline(led_by_g03.parties.get().pk, reason="Ill", now=season_now)
    said = words(office.get("/office/"))
    assert "Nobody leads sub-group 1: Tuesday, 20 May 2025, 11:00" in said


def test_a_letter_that_could_not_be_delivered_is_an_alarm(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    OutboxMessage.objects.filter(to_email="asker@example.org").update(status="dead")
    page = office.get("/office/")
    assert "A letter could not be delivered: asker@example.org" in words(page)
    assert page_of(visit) in page.content.decode()


def test_arrivals_are_counted(office: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:05"))
    assert office.post(page_of(visit, "arrive/"), {"heads": "x"}).status_code == 422
    office.post(page_of(visit, "arrive/"), {"heads": "9"})
    assert again(visit).arrived_heads == 9
    assert "came: 9" in words(office.get("/office/"))


def test_whoever_did_not_come_is_noted_but_not_before_the_start(
    office: Client, office_user: User, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(NEAR, "11:00")
    assert office.post(page_of(visit, "no-show/")).status_code == 409
    clock.move_to(at(NEAR, "11:30"))
    browser(office_user).post(page_of(visit, "no-show/"))  # the first sign-in has idled out
    assert again(visit).status == "no_show"


# --- Visits ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 2),
        ({"q": "school"}, 1),
        ({"q": "8 (701) 000-00-86"}, 1),
        ({"q": "asker@"}, 1),
        ({"q": "nobody at all"}, 0),
        ({"status": "requested"}, 1),
        ({"kind": "event"}, 0),
        ({"audience": "general"}, 2),
        ({"first": "2025-06-01"}, 1),
        ({"last": "2025-06-01"}, 1),
        ({"q": "%"}, 0),
        ({"q": "\x00"}, 2),
        ({"first": "9999-12-31"}, 2),
        ({"page": "999"}, 2),
    ],
)
def test_visits_are_found_by_what_stands_in_the_address_bar(
    office: Client, book: Book, asked: dict[str, str], found: int
) -> None:
    book(NEAR, "11:00")
    book(FAR, "11:00", tour="halls-flowers", contacts=(Person("Төраға", phone="+77010000086", locale="kk"),))
    page = office.get("/office/visits/", asked)
    assert page.status_code == 200
    assert len(soup(page).select("li.head a")) == found


def test_a_visit_is_found_by_its_code_however_it_is_typed(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    book(NEAR, "14:00")
    assert visit.code in words(office.get("/office/visits/", {"q": f" {visit.code.lower()} "}))
    assert len(soup(office.get("/office/visits/", {"q": visit.code})).select("li.head a")) == 1


def test_the_list_asks_the_database_as_often_for_one_visit_as_for_many(
    office: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office.get("/office/visits/")
    book(NEAR, "10:00", heads=10)
    with django_assert_num_queries(14):
        office.get("/office/visits/")
    for start in ("11:00", "12:00", "13:00", "14:00", "15:00"):
        book(NEAR, start, heads=40)
    with django_assert_num_queries(14):
        office.get("/office/visits/")


def test_one_visit_has_its_whole_story(office: Client, book: Book, office_user: User) -> None:
    visit = request(book)
    office.post(page_of(visit, "confirm/"))
    office.post(page_of(visit, "waive/"), {"reason": "Guests of the state"})
    said = words(office.get(page_of(visit)))
    for needed in (
        "asker@example.org",
        "Requested",
        "Confirmed",
        "Office",
        "Free of charge: Guests of the state",
        "free of charge (Guests of the state)",
    ):
        assert needed in said, needed
    assert again(visit).waived_by == office_user


def test_letters_stand_as_they_were_sent_but_without_their_links(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    page = office.get(page_of(visit)).content.decode()
    assert OutboxMessage.objects.get(to_email="asker@example.org").subject in page
    assert "link.invalid" not in page
    assert link(visit) not in page


def test_the_visit_asks_the_database_as_often_with_one_sub_group_as_with_many(
    office: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    small, large = book(NEAR, "11:00", heads=10), book(NEAR, "14:00", heads=50)
    office.get(page_of(small))
    with django_assert_num_queries(27):
        office.get(page_of(small))
    with django_assert_num_queries(27):
        office.get(page_of(large))


def test_a_new_link_is_shown_once_with_a_picture_and_the_old_one_is_void(
    office: Client, stranger: Client, book: Book
) -> None:
    visit = book(NEAR, "11:00")
    old = link(visit)
    assert office.get(page_of(visit, "link/")).status_code == 405
    page = office.post(page_of(visit, "link/"))
    new = link(again(visit))
    assert f"http://testserver{new}" in page.content.decode()
    assert str(soup(page).select_one("img")["src"]).startswith("data:image/svg+xml")
    assert (stranger.get(old).status_code, stranger.get(new).status_code) == (404, 200)
    after = office.get(page_of(visit))
    assert new not in after.content.decode()
    assert "A new link was made; the old one opens nothing any more." in words(after)


def test_the_office_changes_heads_and_notes(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    said = typed(office.get(page_of(visit))) | {"heads": "40", "adults": "", "notes": "Two buses"}
    office.post(page_of(visit, "change/"), said)
    assert (again(visit).heads, again(visit).notes) == (40, "Two buses")
    page = office.post(page_of(visit, "change/"), said | {"notes": "Overtaken"})
    assert page.status_code == 409
    assert typed(page)["notes"] == "Overtaken"


def test_the_office_moves_a_visit_without_lead_time(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    page = soup(office.get(page_of(visit), {"move": "1", "day": "2025-05-13"}))
    assert "2025-05-13T10:00+05:00" in [field["value"] for field in page.select("input[name=start]")]
    office.post(page_of(visit, "move/"), {"start": "2025-05-13T10:00+05:00"})
    assert again(visit).period.lower == at(date(2025, 5, 13), "10:00")
    assert office.post(page_of(visit, "move/"), {"start": ""}).status_code == 422


def test_the_office_cancels_with_a_reason(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    assert office.post(page_of(visit, "cancel/"), {"reason": ""}).status_code == 422
    office.post(page_of(visit, "cancel/"), {"reason": "Storm"})
    assert (again(visit).status, again(visit).ended_by, again(visit).reason) == ("cancelled", "office", "Storm")


def test_a_guide_is_chosen_among_those_who_can_and_the_others_say_why_not(office: Client, led_by_g03: Visit) -> None:
    party = led_by_g03.parties.get()
    page = soup(office.get(page_of(led_by_g03), {"guide": str(party.pk)}))
    can = {str(button["value"]) for button in page.select("button[name=guide]")}
    assert can == {"g01", "g05"}
    assert "Does not lead this tour in this language." in page.select_one(f"#party-{party.pk}").text
    office.post(page_of(led_by_g03, f"guide/{party.pk}/"), {"guide": "g01"})
    party.refresh_from_db()
    assert party.guide.code == "g01"
    refused = office.post(page_of(led_by_g03, f"guide/{party.pk}/"), {"guide": "g02"})
    assert refused.status_code == 409
    assert "Does not lead this tour in this language." in words(refused)


def test_a_sub_group_of_another_visit_is_not_found(office: Client, book: Book) -> None:
    first, second = book(NEAR, "11:00"), book(NEAR, "14:00")
    assert office.post(page_of(first, f"guide/{second.parties.get().pk}/"), {"guide": "g01"}).status_code == 404


# --- By telephone ------------------------------------------------------------------------------------------------------------

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
    assert office.post("/office/visits/new/", TELEPHONE).status_code == 302


# --- Calls -------------------------------------------------------------------------------------------------------------------


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


# --- Sign-in -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "lands"), [("office", "/office/"), ("guide", "/guide/")])
def test_whoever_signs_in_lands_where_their_work_is(alzhir: object, name: str, lands: str) -> None:
    user = User.objects.create(username=name, is_staff=name == "office")
    user.set_password("a long enough word")
    user.save()
    answer = browser().post("/accounts/login/", {"login": name, "password": "a long enough word"})
    assert answer["Location"] == lands


# --- Contacts ----------------------------------------------------------------------------------------------------------------


def test_a_contact_is_added_and_put_right_on_the_visits_page(office: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    new = {"new-name": "Second", "new-phone": "8 701 000 00 86", "new-locale": "kk"}
    assert office.post(page_of(visit, "contacts/"), new).status_code == 302
    first, second = visit.contacts.all()
    assert second.phone == "+77010000086"
    fixed = {f"{first.pk}-name": "Асан", f"{first.pk}-email": "right@example.org", f"{first.pk}-locale": "ru"}
    assert office.post(page_of(visit, f"contacts/{first.pk}/"), fixed).status_code == 302
    assert visit.contacts.all()[0].email == "right@example.org"
    wrong = office.post(page_of(visit, f"contacts/{second.pk}/"), {f"{second.pk}-name": "Typed"})
    assert wrong.status_code == 422
    assert typed(wrong)[f"{second.pk}-name"] == "Typed"


def test_a_contact_of_another_visit_is_not_found(office: Client, book: Book) -> None:
    one, other = book(FAR, "11:00"), book(NEAR, "11:00")
    assert office.post(page_of(one, f"contacts/{other.contacts.get().pk}/"), {}).status_code == 404

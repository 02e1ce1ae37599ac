"""The office's day: what it shows, what is decided on it, who arrived."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications.models import OutboxMessage
from scheduler import bookings, changes, roster
from scheduler.models import ChangeRequest, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, Close, again, browser, page_of, soup, words
from tours.models import Guide, Holiday, Museum, Space, User

pytestmark = pytest.mark.django_db


def request(book: Book, start: str = "11:00", day: date = FAR) -> Visit:
    return book(day, start, tour="grounds-flowers")


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
    page = soup(office.get("/office/?day=2025-05-20"))
    assert page.select_one('link[href*="scheduler/office"]')
    board = page.select_one("table.day-table")
    assert [cell.text for cell in board.select("thead th")][1:] == [f"{hour}:00" for hour in range(10, 18)]
    assert len(board.select("th.place[scope=row]")) == 9
    assert [int(str(cell["colspan"])) for cell in board.select("td.taken")] == [6, 6, 6, 6]
    assert {sum(int(str(cell["colspan"])) for cell in row.select("td")) for row in board.select("tbody tr")} == {96}


def test_a_discreet_visit_has_its_name_in_the_office(office: Client, book: Book) -> None:
    book(NEAR, "11:00", discreet=True)
    assert "The halls “Alash” and “ALZHIR”" in words(office.get("/office/?day=2025-05-20"))


CLOSED = "The museum is closed on this day."


@pytest.mark.parametrize(
    ("asked", "opens"),
    [("2025-05-19", "2025-05-20"), ("2025-05-20", ""), ("2025-05-25", "")],  # a Monday, a Tuesday, a Sunday
)
def test_a_closed_weekday_says_so_and_leads_to_the_next_open_day(office: Client, asked: str, opens: str) -> None:
    page = office.get("/office/", {"day": asked})
    assert (CLOSED in words(page)) is bool(opens)
    assert [link["href"] for link in soup(page).select("p.notice a[href^='?day=']")] == (
        [f"?day={opens}"] if opens else []
    )


def test_a_day_on_which_the_museum_is_shut_shows_no_empty_table_and_receives_nobody(office: Client) -> None:
    monday = soup(office.get("/office/"))  # today
    assert not monday.select("table.day-table, form[action='/office/door/']")
    assert soup(office.get("/office/?day=2025-05-20")).select("table.day-table td")


def test_the_table_shows_when_the_museum_is_not_open(office: Client, book: Book) -> None:
    visit = book(date(2025, 5, 20), "11:00")
    Holiday.objects.create(date=date(2025, 5, 20), is_holiday=False, opens=False, name="Сенбілік")
    tuesday = soup(office.get("/office/?day=2025-05-20"))
    lanes = tuesday.select("table.day-table tbody tr")
    assert len([row for row in lanes if not row.select("td.taken")]) == len(
        [row for row in lanes if len(row.select("td")) == 1 and row.select("td.closed")]
    )
    assert {link["href"] for link in tuesday.select("td.taken a")} == {f"/office/visits/{visit.code}/"}


def test_a_day_closed_as_a_whole_says_so_and_one_closed_in_part_does_not(office: Client, close: Close) -> None:
    close(date(2025, 5, 20), date(2025, 5, 23))  # Tuesday to Thursday
    close(date(2025, 5, 28), date(2025, 5, 29), places=(Space.objects.get(code="wall"),))
    page = office.get("/office/?day=2025-05-20")
    assert CLOSED in words(page)
    assert soup(page).select_one("p.notice a[href='?day=2025-05-23']")
    assert CLOSED not in words(office.get("/office/?day=2025-05-28"))


def test_a_day_that_the_museum_named_says_its_name(office: Client, alzhir: Museum) -> None:
    Holiday.objects.create(date=date(2025, 5, 21), is_holiday=False, opens=False, name="Сенбілік")
    assert "Сенбілік. Open again: Thursday, 22 May 2025" in words(office.get("/office/?day=2025-05-21"))


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "0001-01-01", "2025-02-30", "\x00"])
def test_no_day_in_the_address_breaks_it(office: Client, day: str) -> None:
    assert office.get("/office/", {"day": day}).status_code == 200


def test_the_day_asks_the_database_as_often_for_one_visit_as_for_many(
    office: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office.get("/office/")
    request(book, "10:00")
    book(NEAR, "10:00", heads=10)
    with django_assert_num_queries(24):
        office.get("/office/?day=2025-05-20")
    for start in ("11:00", "12:00", "13:00", "14:00", "15:00"):
        request(book, start)
        book(NEAR, start, heads=40)
    with django_assert_num_queries(24):
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

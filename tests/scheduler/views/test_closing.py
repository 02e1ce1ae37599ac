"""A closure's form beside its calendar: filled from an address, looked at while it is typed, drawn."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from scheduler.models import Closure
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import NEAR, Book, Close, again, browser, soup, typed, words
from tours.models import Guide, Space

pytestmark = pytest.mark.django_db

NEW = "/office/closures/new/"
CALENDAR = "/office/closures/calendar/"
ASKED = {"spaces": ["alash", "alzhir"], "first": "2025-05-20", "starts": "10:00", "last": "2025-05-20", "ends": "12:00"}
NOTICE = {"kind": "renovation", "notice_ru": "Ремонт"}


def chosen(page: HttpResponse) -> list[str]:
    return [str(tick["value"]) for tick in soup(page).select("input[name=spaces][checked]")]


def said_at(page: HttpResponse, name: str) -> str:
    """What stands as wrong beside a field."""
    field = soup(page).select_one(f"[name={name}]")
    place = field.find_parent(class_="field") if field else None
    return " ".join(error.get_text(" ", strip=True) for error in place.select(".errorlist")) if place else ""


def look(client: Client, what: str, **fields: Any) -> HttpResponse:
    """What the page's script asks while somebody types."""
    return client.post(NEW, {**ASKED, "look": what, **fields})


# --- Filled from an address -----------------------------------------------------------------------------------------------


def test_an_address_fills_the_form_and_closes_nothing(office: Client) -> None:
    page = office.get(NEW, ASKED)
    assert page.status_code == 200
    there = typed(page)
    assert {name: there[name] for name in ("first", "starts", "last", "ends")} == {
        name: ASKED[name] for name in ("first", "starts", "last", "ends")
    }
    assert chosen(page) == ["alash", "alzhir"]
    assert soup(page).select(".errorlist") == []
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"spaces": "nowhere"}, "spaces", "nowhere is not one of the available choices"),
        ({"spaces": ["alash", "a\0"]}, "spaces", "is not one of the available choices"),
        ({"last": "2025-05-19"}, "last", "A closure ends after it begins."),
        ({"ends": "10:00"}, "last", "A closure ends after it begins."),
        ({"ends": "09:00"}, "last", "A closure ends after it begins."),
        ({"first": "2025-05-09"}, "first", "A closure cannot begin before today."),
        ({"first": "2025-05-09", "last": "2025-05-10"}, "last", "This closure would be over already."),
        ({"first": "2023-01-01"}, "first", "This date is past."),
        ({"last": "9999-12-31"}, "last", "This date is too far away."),
        ({"first": "soon"}, "first", "Enter a valid date."),
        ({"starts": "25:00"}, "starts", "Enter a valid time."),
        ({"starts": "10:01"}, "starts", "Times are given in steps of five minutes."),
        ({"first": "<script>"}, "first", "Enter a valid date."),
    ],
)
def test_what_is_wrong_in_an_address_is_said_beside_its_field_and_kept(
    office: Client, wrong: dict[str, Any], field: str, said: str
) -> None:
    page = office.get(NEW, ASKED | wrong)
    assert page.status_code == 422
    assert said in said_at(page, field)
    there = typed(page)
    for name, value in (ASKED | wrong).items():
        if name != "spaces":
            assert there[name] == value
    assert not soup(page).select("[name=notice_kk] ~ .errorlist")


def test_what_an_address_does_not_name_is_not_held_against_it(office: Client) -> None:
    page = office.get(NEW, {"first": "2025-05-20"})
    assert page.status_code == 200
    assert soup(page).select(".errorlist") == []
    assert typed(page)["first"] == "2025-05-20"


def test_an_address_with_what_is_closed_already_says_so(office: Client, close: Close) -> None:
    close(NEAR, date(2025, 5, 22), en="Renovation")
    page = office.get(NEW, ASKED)
    assert page.status_code == 422
    assert "This is closed already: Renovation" in said_at(page, "first")


# --- Looked at while it is typed ------------------------------------------------------------------------------------------


def test_a_quick_look_counts_visits_and_who_is_told_before_any_notice_is_written(office: Client, book: Book) -> None:
    book(NEAR, "11:00")
    seen = soup(look(office, "quick"))
    impact, heard = seen.select_one("#impact"), seen.select_one("#heard")
    assert impact is not None
    assert heard is not None
    assert impact.text == "It hits 1 visit"
    assert heard.text.startswith("Told by a letter: 2")  # who asked, and the guide, who knows of it already
    assert not seen.select("[name=publish]")


def test_whoever_has_no_e_mail_is_counted_as_to_be_rung_unless_short_messages_reach_them(
    office: Client, book: Book, settings: Any
) -> None:
    def heard() -> str:
        found = soup(look(office, "quick")).select_one("#heard")
        return found.text if found else ""

    visit = book(NEAR, "11:00")
    visit.contacts.update(email="", phone="+77015550101", channel="sms:+77015550101")
    assert heard() == "Told by a letter: 1 · to be rung: 1"
    Guide.objects.update(email="")
    assert heard() == "Told by a letter: 0 · to be rung: 2"
    settings.CHANNELS = {"sms": "json://gateway.example.org/{to}"}
    assert heard() == "Told by a letter: 1 · to be rung: 1"


def test_what_was_looked_at_without_a_notice_is_published_with_one(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    page = look(office, "whole")
    fields = {str(each["name"]): str(each["value"]) for each in soup(page).select("[name=seal], input[checked]")}
    assert fields[f"decide-{visit.code}"].startswith("move ")
    assert not Closure.objects.exists()
    answer = office.post(NEW, {**ASKED, **fields, **NOTICE, "publish": "1"})
    assert answer["Location"] == "/office/closures/"
    closure = Closure.objects.get()
    assert (closure.period.lower, closure.period.upper) == (at(NEAR, "10:00"), at(NEAR, "12:00"))
    assert again(visit).displaced_by == closure


def test_published_without_a_notice_it_says_so_and_keeps_what_was_decided(office: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    seal = soup(look(office, "whole")).select_one("[name=seal]")
    assert seal is not None
    decided = {f"decide-{visit.code}": "cancel", "seal": str(seal["value"]), "kind": "renovation", "publish": "1"}
    page = office.post(NEW, {**ASKED, **decided})
    assert page.status_code == 422
    assert "Please write what the public is told" in said_at(page, "notice_kk")
    assert typed(page)[f"decide-{visit.code}"] == "cancel"
    assert not Closure.objects.exists()


def test_a_look_says_what_is_wrong_with_what_is_typed_and_nothing_of_what_is_still_empty(office: Client) -> None:
    assert "A closure ends after it begins." in str(soup(look(office, "quick", ends="09:00")))
    assert "This closure would be over already." in str(
        soup(look(office, "whole", first="2025-05-09", last="2025-05-09"))
    )
    half = soup(look(office, "quick", first="2025-05-20", last="")).get_text(strip=True)
    assert half == ""


@pytest.mark.parametrize("what", ["quick", "whole"])
def test_only_the_office_may_look(stranger: Client, guide: Client, what: str) -> None:
    assert look(guide, what).status_code == 404
    assert "/accounts/" in look(stranger, what)["Location"]


# --- Drawn ----------------------------------------------------------------------------------------------------------------


def drawn(client: Client, **asked: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(CALENDAR, {"day": NEAR.isoformat(), **asked}).json()
    return found


def closed(found: dict[str, Any], space: str) -> list[tuple[str, str]]:
    """The closed times of a place on the days drawn."""
    items = [each for each in found["items"] if each["resourceId"] == space and each["classNames"] == ["closed"]]
    return [(each["start"][5:16], each["end"][5:16]) for each in items]


def test_a_week_of_places_shows_visits_with_their_people_closed_days_and_hours(
    office: Client, book: Book, close: Close
) -> None:
    visit = book(NEAR, "11:00", heads=12)
    close(date(2025, 5, 22), date(2025, 5, 24), places=(Space.objects.get(code="alash"),))
    found = drawn(office, span="week")
    assert found["days"] == [f"2025-05-{number}" for number in range(19, 26)]
    assert found["title"] == "Monday, 19 May – Sunday, 25 May"
    assert {row["id"] for row in found["rows"]} == set(Space.objects.values_list("code", flat=True))
    bars = [each for each in found["items"] if each["extendedProps"].get("visit") == visit.code]
    assert {each["extendedProps"]["heads"] for each in bars} == {12}
    assert bars[0]["start"] == "2025-05-20T11:00:00"
    monday = ("05-19T00:00", "05-20T00:00")
    assert closed(found, "alash") == [monday, ("05-22T00:00", "05-23T00:00"), ("05-23T00:00", "05-24T00:00")]
    assert closed(found, "cinema") == [monday]


def test_nothing_that_stands_there_can_be_moved(office: Client, book: Book) -> None:
    book(NEAR, "11:00")
    assert not [item for item in drawn(office, day=str(NEAR))["items"] if item.get("startEditable")]


def test_a_closure_that_is_changed_does_not_stand_in_its_own_way(office: Client, close: Close) -> None:
    closure = close(NEAR, date(2025, 5, 21))
    assert closed(drawn(office), "alash") == [("05-20T00:00", "05-21T00:00")]
    assert closed(drawn(office, closure=str(closure.pk)), "alash") == []


@pytest.mark.parametrize(
    "asked",
    [
        {"day": "soon"},
        {"day": "9999-12-31"},
        {"day": "0001-01-01"},
        {"day": "2025-05-20\0"},
        {"span": "year"},
        {"closure": "x"},
        {"closure": "9" * 40},
    ],
)
def test_what_cannot_be_drawn_is_today(office: Client, asked: dict[str, str]) -> None:
    answer = office.get(CALENDAR, asked)
    assert answer.status_code == 200
    assert answer.json()["days"] == ["2025-05-12"]


DAYS = {"first": "2025-05-20", "last": "2025-05-20"}
HOURS = {**DAYS, "starts": "10:00", "ends": "12:00"}


@pytest.mark.parametrize(
    ("typed_so_far", "day", "times"),
    [
        (HOURS | {"repeats": "weekly"}, "2025-06-17", [["2025-06-17T10:00:00", "2025-06-17T12:00:00"]]),
        (HOURS | {"repeats": "weekly", "repeats_until": "2025-06-10"}, "2025-06-17", []),
        (DAYS | {"repeats": "last"}, "2025-05-20", []),  # the 27th is the last Tuesday
        (DAYS | {"repeats": "last"}, "2025-05-27", [["2025-05-27T00:00:00", "2025-05-28T00:00:00"]]),
        (
            HOURS | {"repeats": "rule", "rrule": "FREQ=DAILY;BYDAY=TU,FR"},
            "2025-06-18",
            [["2025-06-17T10:00:00", "2025-06-17T12:00:00"], ["2025-06-20T10:00:00", "2025-06-20T12:00:00"]],
        ),
        ({"first": "2025-05-20", "starts": "10:00", "open_end": "on"}, "2025-06-17", [["2025-05-20T10:00:00", None]]),
        (HOURS | {"repeats": "rule", "rrule": "FREQ=HOURLY"}, "2025-05-20", []),
        (HOURS | {"repeats": "weekly", "ends": "09:00"}, "2025-05-20", []),
        ({"first": "2025-05-20"}, "2025-05-20", []),
        ({}, "2025-05-20", []),
    ],
)
def test_what_is_typed_is_drawn_at_each_of_its_times(
    office: Client, typed_so_far: dict[str, str], day: str, times: list[list[str | None]]
) -> None:
    assert drawn(office, day=day, span="week", **typed_so_far)["times"] == times


def test_the_calendar_is_the_offices(guide: Client, stranger: Client) -> None:
    assert guide.get(CALENDAR).status_code == 404
    assert "/accounts/" in stranger.get(CALENDAR)["Location"]


def test_it_speaks_the_readers_language(office: Client) -> None:
    found = office.get(CALENDAR, {"day": NEAR.isoformat()}, headers={"accept-language": "kk"}).json()
    assert found["title"] == "2025 ж. 20 мамыр, сейсенбі"


def test_a_week_takes_as_many_queries_with_one_visit_as_with_many(
    office: Client, book: Book, close: Close, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    book(NEAR, "11:00")
    close(date(2025, 5, 24), date(2025, 5, 25))
    drawn(office)
    with django_assert_num_queries(12):
        drawn(office, span="week")
    for number, day in enumerate((20, 21, 22, 23)):
        book(date(2025, 5, day), "14:00", email=f"{number}@example.org")
    close(date(2025, 5, 25), date(2025, 5, 26))
    with django_assert_num_queries(12):
        drawn(office, span="week")


def test_the_board_leads_to_a_closure_of_its_day(office: Client) -> None:
    page = office.get(reverse("office_board"), {"day": NEAR.isoformat(), "by": "spaces"})
    link = soup(page).find("a", string="Close places on this day")
    assert link is not None
    there = typed(office.get(str(link["href"])))
    assert (there["first"], there["last"]) == (NEAR.isoformat(), NEAR.isoformat())
    past = office.get(reverse("office_board"), {"day": "2025-05-10", "by": "spaces"})
    assert "Close places on this day" not in words(past)
    assert browser().get(str(link["href"])).status_code == 302

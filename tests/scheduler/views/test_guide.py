"""A guide's own pages: the week, answers, absences, the calendar's address."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications import links
from notifications.models import OutboxMessage
from scheduler import reminders
from scheduler.models import Absence, Party, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, soup, typed, words
from tours.models import Guide

pytestmark = pytest.mark.django_db

PAGES = ["/guide/", "/guide/?from=2025-05-19"]


def mine(visit: Visit) -> Party:
    return visit.parties.get()


# --- Who gets in -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_whoever_has_not_signed_in_is_asked_to(stranger: Client, path: str) -> None:
    assert stranger.get(path)["Location"].startswith("/accounts/login/?next=/guide/")


def test_whoever_is_no_guide_finds_nothing(office: Client, led_by_g03: Visit) -> None:
    assert office.get("/guide/").status_code == 404
    assert office.post("/guide/absences/", {"first": "2025-05-20"}).status_code == 404
    assert office.post(f"/guide/tours/{mine(led_by_g03).pk}/accept/").status_code == 404


def test_a_former_guide_finds_nothing(guide: Client) -> None:
    Guide.objects.filter(code="g03").update(active=False)
    assert guide.get("/guide/").status_code == 404


def test_another_guide_can_answer_nothing(another_guide: Client, led_by_g03: Visit) -> None:
    party = mine(led_by_g03)
    for action in ("accept", "decline"):
        assert another_guide.post(f"/guide/tours/{party.pk}/{action}/", {"reason": "x"}).status_code == 404
    party.refresh_from_db()
    assert (party.guide.code, party.answer) == ("g03", "pending")


# --- The week ----------------------------------------------------------------------------------------------------------------


def test_the_next_tour_stands_first_with_all_that_its_guide_needs(guide: Client, led_by_g03: Visit) -> None:
    Visit.objects.update(leader_name="Болат", leader_phone="+77010000086", access_needs="Two wheelchairs")
    page = guide.get("/guide/?from=2025-05-12")
    said = words(page).replace("\u00a0", " ")
    assert said.index("Next") < said.index("Today and the next days")
    for needed in ("A school", "10 people", "English", "Two wheelchairs", "Болат +7 701 000 0086", "11:00–11:30"):
        assert needed in said, needed
    assert page["Cache-Control"] == "no-store"


def test_what_is_not_promised_is_marked_as_planned_and_cannot_be_answered(guide: Client, book: Book) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    visit = book(FAR, "11:00", language="en")
    page = guide.get("/guide/")
    assert "planned, may change" in words(page)
    assert f"/guide/tours/{mine(visit).pk}/accept/" not in page.content.decode()
    assert guide.post(f"/guide/tours/{mine(visit).pk}/accept/").status_code == 404


def test_another_week_is_a_page_of_its_own(guide: Client, led_by_g03: Visit) -> None:
    assert "11:00–12:00" in words(guide.get("/guide/?from=2025-05-19"))
    assert "11:00–12:00" not in words(guide.get("/guide/?from=2025-05-26"))


@pytest.mark.parametrize("day", ["", "x", "9999-12-31", "0001-01-01", "2025-13-01", "\x00"])
def test_no_day_in_the_address_breaks_the_week(guide: Client, day: str) -> None:
    assert guide.get("/guide/", {"from": day}).status_code == 200


def test_the_week_asks_the_database_as_often_for_one_tour_as_for_many(
    guide: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    guide.get("/guide/")  # the session's own first visit
    book(date(2025, 5, 13), "10:00", language="en")
    with django_assert_num_queries(14):
        guide.get("/guide/")
    for day in range(14, 18):
        for start in ("10:00", "12:00", "14:00"):
            book(date(2025, 5, day), start, language="en")
    assert Party.objects.filter(guide__code="g03").count() == 13
    with django_assert_num_queries(14):
        guide.get("/guide/")


# --- Answers -----------------------------------------------------------------------------------------------------------------


def test_a_yes_is_noted(guide: Client, led_by_g03: Visit) -> None:
    guide.post(f"/guide/tours/{mine(led_by_g03).pk}/accept/")
    assert mine(led_by_g03).answer == Party.Answer.ACCEPTED


def test_a_no_gives_the_tour_away(guide: Client, led_by_g03: Visit) -> None:
    party = mine(led_by_g03)
    assert guide.post(f"/guide/tours/{party.pk}/decline/", {"reason": " "}).status_code == 422
    page = guide.post(f"/guide/tours/{party.pk}/decline/", {"reason": "Ill"}, follow=True)
    assert "Thank you for saying so." in words(page)
    assert mine(led_by_g03).guide.code != "g03"


def test_a_second_click_on_no_takes_nothing_from_whoever_leads_now(guide: Client, led_by_g03: Visit) -> None:
    party = mine(led_by_g03)
    for _click in range(2):
        last = guide.post(f"/guide/tours/{party.pk}/decline/", {"reason": "Ill"})
    assert last.status_code == 404
    assert mine(led_by_g03).guide is not None


@pytest.mark.parametrize("reason", ["Ill\x1b", "x" * 201])
def test_a_reason_that_cannot_be_taken_stays_in_its_field(guide: Client, led_by_g03: Visit, reason: str) -> None:
    page = guide.post(f"/guide/tours/{mine(led_by_g03).pk}/decline/", {"reason": reason})
    assert page.status_code == 422
    field = soup(page).select_one("input[aria-invalid]")
    assert field is not None
    assert (field["name"], field["value"]) == ("reason", reason)


# --- Who came ----------------------------------------------------------------------------------------------------------------


def arrivals_on(page: HttpResponse) -> list[tuple[str, str]]:
    """Where each form for who came goes, and the number in it."""
    forms = soup(page).select("form.came")
    return [(str(form["action"]), str(form.select_one("input[name=heads]")["value"])) for form in forms]


def test_on_the_day_the_guide_notes_how_many_came_and_may_correct_it(
    guide: Client, led_by_g03: Visit, clock: time_machine.Coordinates
) -> None:
    there = f"/guide/tours/{mine(led_by_g03).pk}/arrive/"
    assert arrivals_on(guide.get("/guide/")) == []
    clock.move_to(at(NEAR, "10:55"))
    assert arrivals_on(guide.get("/guide/")) == [(there, "10")]
    for heads in (10, 9):
        page = guide.post(there, {"heads": heads}, follow=True)
        assert Visit.objects.get().arrived_heads == heads
        assert f"came: {heads}" in words(page)
        assert arrivals_on(page) == [(there, str(heads))]
    clock.move_to(at(NEAR, "23:00"))  # it is over, but the day is not
    assert arrivals_on(guide.get("/guide/")) == [(there, "9")]


def test_neither_before_the_day_nor_after_it_does_a_guide_note_who_came(
    guide: Client, led_by_g03: Visit, clock: time_machine.Coordinates
) -> None:
    there = f"/guide/tours/{mine(led_by_g03).pk}/arrive/"
    assert guide.post(there, {"heads": 10}).status_code == 409
    clock.move_to(at(NEAR, "11:00") + timedelta(days=1))
    assert guide.post(there, {"heads": 10}).status_code == 409
    assert Visit.objects.get().arrived_heads is None


@pytest.mark.parametrize(
    ("typed_in", "status"), [("", 422), ("ten", 422), ("-1", 422), ("900", 422), ("0", 422), ("9 0", 422)]
)
def test_a_number_that_cannot_be_is_kept_beside_what_is_wrong(
    guide: Client, led_by_g03: Visit, clock: time_machine.Coordinates, typed_in: str, status: int
) -> None:
    clock.move_to(at(NEAR, "10:55"))
    page = guide.post(f"/guide/tours/{mine(led_by_g03).pk}/arrive/", {"heads": typed_in})
    assert page.status_code == status
    assert [number for _there, number in arrivals_on(page)] == [typed_in]
    assert Visit.objects.get().arrived_heads is None


def test_of_another_guides_group_nobody_notes_who_came(
    another_guide: Client, office: Client, stranger: Client, led_by_g03: Visit, clock: time_machine.Coordinates
) -> None:
    clock.move_to(at(NEAR, "10:55"))
    there = f"/guide/tours/{mine(led_by_g03).pk}/arrive/"
    assert another_guide.post(there, {"heads": 10}).status_code == 404
    assert office.post(there, {"heads": 10}).status_code == 404
    assert stranger.post(there, {"heads": 10})["Location"].startswith("/accounts/login/")
    assert Visit.objects.get().arrived_heads is None


# --- Hours -------------------------------------------------------------------------------------------------------------------


def test_what_the_month_came_to_and_ones_own_hours_are_shown(
    guide: Client, led_by_g03: Visit, clock: time_machine.Coordinates
) -> None:
    said = words(guide.get("/guide/"))
    assert "May 2025 0 tours led · 0 h" in said
    assert "1 tour ahead · 1 h" in said
    assert "You have no hours of your own" in said
    clock.move_to(at(NEAR, "18:00"))
    Guide.objects.get(code="g03").hours.create(weekday=1, starts=time(9), ends=time(13))
    said = words(guide.get("/guide/"))
    assert "May 2025 1 tour led · 1 h" in said
    assert "1 tour ahead" not in said
    assert "Tuesday 09:00–13:00" in said
    assert "You have no hours of your own" not in said


# --- Absences ----------------------------------------------------------------------------------------------------------------


def test_an_absence_of_whole_days_gives_its_tours_away(guide: Client, led_by_g03: Visit) -> None:
    guide.post("/guide/absences/", {"first": "2025-05-19", "last": "2025-05-20", "reason": "Ill"})
    absence = Absence.objects.get()
    assert (absence.guide.code, absence.reason) == ("g03", "Ill")
    assert (absence.period.lower, absence.period.upper) == (
        at(date(2025, 5, 19), "00:00"),
        at(date(2025, 5, 21), "00:00"),
    )
    assert mine(led_by_g03).guide.code != "g03"
    assert "Monday, 19 May 2025 – Tuesday, 20 May 2025" in words(guide.get("/guide/"))


def test_an_absence_without_a_day_is_not_taken_for_today(guide: Client) -> None:
    form = soup(guide.get("/guide/")).select_one("form[action='/guide/absences/']")
    sent = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[name]")}
    assert guide.post("/guide/absences/", sent).status_code == 422
    assert not Absence.objects.exists()


def test_an_absence_of_hours_is_kept_to_the_minute(guide: Client) -> None:
    guide.post("/guide/absences/", {"first": "2025-05-20", "starts": "09:30", "ends": "12:00"})
    period = Absence.objects.get().period
    assert (period.lower, period.upper) == (at(NEAR, "09:30"), at(NEAR, "12:00"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": ""},
        {"first": "2025-05-20", "last": "2025-05-19"},
        {"first": "2025-05-20", "starts": "12:00", "ends": "11:00"},
        {"first": "2025-05-20", "starts": "12:03"},
        {"first": "9999-12-31"},
        {"first": "2025-05-20", "reason": "A\x1b"},
    ],
)
def test_an_absence_that_cannot_be_is_refused_with_what_was_typed(guide: Client, wrong: dict[str, str]) -> None:
    page = guide.post("/guide/absences/", {"reason": "Ill"} | wrong)
    assert page.status_code == 422
    assert typed(page)["first"] == wrong["first"]
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("dates", "beside"), [({"first": "2025-05-01"}, "first"), ({"first": "2025-05-01", "last": "2025-05-02"}, "last")]
)
def test_an_absence_that_is_over_is_refused_beside_its_date(
    guide: Client, dates: dict[str, str], beside: str, clock: time_machine.Coordinates
) -> None:
    clock.move_to(at(NEAR, "11:00"))
    page = guide.post("/guide/absences/", dates)
    assert (page.status_code, typed(page)["first"]) == (422, "2025-05-01")
    assert soup(page).select_one(f"form[action='/guide/absences/'] [name={beside}][aria-invalid=true]")
    assert "This time is over already." in words(page)
    assert not Absence.objects.exists()
    guide.post("/guide/absences/", {"first": "2025-05-01", "last": "2025-05-20"})  # today still lasts
    assert Absence.objects.count() == 1


def test_only_ones_own_absence_is_removed(guide: Client, another_guide: Client) -> None:
    guide.post("/guide/absences/", {"first": "2025-05-20"})
    path = f"/guide/absences/{Absence.objects.get().pk}/remove/"
    assert another_guide.post(path).status_code == 404
    assert guide.get(path).status_code == 405
    guide.post(path)
    assert not Absence.objects.exists()


# --- Short messages ----------------------------------------------------------------------------------------------------------

SMS = {"channel": "sms", "phone": "+7 701 555 66 77"}


def test_where_the_museum_has_no_gateway_nothing_is_offered(guide: Client, settings: Any) -> None:
    settings.CHANNELS = {"telegram": "tgram://token/{to}"}
    assert not soup(guide.get("/guide/")).select("form[action='/guide/messages/']")
    assert guide.post("/guide/messages/", SMS).status_code == 404


def test_a_guide_chooses_short_messages_and_gets_reminders_by_them(
    guide: Client, led_by_g03: Visit, settings: Any
) -> None:
    settings.CHANNELS = {"sms": "json://gateway.example.org/{to}"}
    assert guide.post("/guide/messages/", SMS).status_code == 303
    assert Guide.objects.get(code="g03").channel == "sms:+77015556677"
    assert (typed(guide.get("/guide/"))["channel"], typed(guide.get("/guide/"))["phone"]) == ("sms", "+77015556677")
    Guide.objects.filter(code="g03").update(email="g03@example.org")
    reminders.due(now=at(NEAR, "11:00") - timedelta(hours=20))
    sent = OutboxMessage.objects.filter(kind="duty_tomorrow")
    assert {(row.channel, row.to_email) for row in sent} == {
        ("apprise", "sms:+77015556677"),
        ("mail", "g03@example.org"),
    }
    guide.post("/guide/messages/", {"channel": "", "phone": "+77015556677"})
    assert Guide.objects.get(code="g03").channel == ""


@pytest.mark.parametrize(
    ("wrong", "field"), [({"phone": ""}, "phone"), ({"phone": "12"}, "phone"), ({"channel": "fax"}, "channel")]
)
def test_messages_that_could_not_arrive_are_refused_beside_the_field(
    guide: Client, settings: Any, wrong: dict[str, str], field: str
) -> None:
    settings.CHANNELS = {"sms": "json://gateway.example.org/{to}"}
    page = guide.post("/guide/messages/", SMS | wrong)
    assert page.status_code == 422
    assert soup(page).select_one(f"form[action='/guide/messages/'] [name={field}][aria-invalid=true]")
    assert Guide.objects.get(code="g03").channel == ""


# --- The calendar ------------------------------------------------------------------------------------------------------------


def test_the_calendars_address_is_shown_and_renewed(guide: Client, stranger: Client) -> None:
    row = Guide.objects.get(code="g03")
    old = links.url("guide_calendar", str(row.pk), 1)
    page = guide.get("/guide/")
    assert typed(page)["None"] == old
    assert old.replace("http:", "webcal:") in [str(each["href"]) for each in soup(page).find_all("a")]
    assert stranger.get(old).status_code == 200
    guide.post("/guide/calendar/renew/")
    assert stranger.get(old).status_code == 404
    assert stranger.get(links.url("guide_calendar", str(row.pk), 2)).status_code == 200


def test_yesterdays_tour_cannot_be_answered_any_more(
    guide: Client, led_by_g03: Visit, clock: time_machine.Coordinates
) -> None:
    clock.move_to(at(NEAR, "18:00") + timedelta(hours=1))
    page = guide.get("/guide/?from=2025-05-20")
    assert "11:00–12:00" in words(page)
    assert f"/guide/tours/{mine(led_by_g03).pk}/decline/" not in page.content.decode()

"""Events and official visits as the office places them, and the page that decides about whoever has to give way."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications.models import OutboxMessage
from scheduler import bookings
from scheduler.models import Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import Book, Close, again, page_of, soup, typed, words
from tours.models import Space, User

pytestmark = pytest.mark.django_db

PAGE = "/office/events/new/"


EVENT = {
    "kind": "event",
    "title_kk": "Рәміздер күні",
    "day": "2025-06-04",
    "starts": "10:00",
    "minutes": "60",
    "spaces": ["zerde"],
    "heads": "70",
    "name": "Кезекші",
    "email": "unit@example.org",
    "locale": "ru",
    "request_key": "event-1",
}
OFFICIAL = EVENT | {
    "kind": "protocol",
    "minutes": "",
    "spaces": [],
    "day": "2025-05-31",
    "stop_0": "wall",
    "stop_minutes_0": "15",
    "stop_kind_0": "ceremony",
    "stop_1": "alash",
    "stop_minutes_1": "25",
    "stop_kind_1": "talk",
    "closes": "all",
    "margin_before": "30",
    "margin_after": "10",
    "heads": "15",
    "language": "kk",
    "audience": "delegation",
    "waived": "State visit",
    "ceremony": ["flowers", "silence"],
    "discreet": "on",
}


def test_an_event_is_placed_in_its_hall(office: Client) -> None:
    office.post("/office/events/new/", EVENT)
    visit = Visit.objects.get()
    assert (visit.kind, visit.title_kk, visit.period.lower) == (
        "event",
        "Рәміздер күні",
        at(date(2025, 6, 4), "10:00"),
    )
    assert {leg.lane.space.code for leg in visit.legs.all()} == {"zerde"}


def test_an_official_visit_keeps_the_whole_museum_free(office: Client, office_user: User) -> None:
    office.post("/office/events/new/", OFFICIAL)
    visit = Visit.objects.get()
    day = date(2025, 5, 31)
    assert (visit.hold.lower, visit.hold.upper) == (at(day, "09:30"), at(day, "10:50"))
    assert (visit.discreet, visit.ceremony, visit.waived_by) == (True, ["flowers", "silence"], office_user)
    assert [(stop["space"], stop["minutes"]) for stop in visit.stops] == [("wall", 15), ("alash", 25)]
    assert visit.legs.filter(stop=None).values("lane__space").distinct().count() == 9


@pytest.mark.parametrize(
    "wrong",
    [
        {"spaces": []},
        {"minutes": ""},
        {"minutes": "7"},
        {"title_kk": ""},
        {"email": ""},
        {"day": "9999-01-01"},
        {"kind": "tour"},
        {"starts": "10:01"},
    ],
)
def test_an_event_that_lacks_something_is_not_placed(office: Client, wrong: dict[str, Any]) -> None:
    assert office.post("/office/events/new/", EVENT | wrong).status_code == 422
    assert not Visit.objects.exists()


def test_an_event_is_moved_by_day_and_hour(office: Client) -> None:
    office.post("/office/events/new/", EVENT)
    visit = Visit.objects.get()
    office.post(page_of(visit, "move/"), {"day": "2025-06-05", "starts": "15:00"})
    assert again(visit).period.lower == at(date(2025, 6, 5), "15:00")
    assert office.post(page_of(visit, "move/"), {"day": "", "starts": "15:00"}).status_code == 422


def test_an_event_tells_several_contacts_each_in_their_language(office: Client) -> None:
    second = {"contact-2-name": "Partner", "contact-2-email": "partner@example.org", "contact-2-locale": "en"}
    office.post("/office/events/new/", EVENT | second | {"contact-3-locale": "kk"})
    assert [(each.email, each.locale) for each in Visit.objects.get().contacts.all()] == [
        ("unit@example.org", "ru"),
        ("partner@example.org", "en"),
    ]


def test_a_second_contact_that_cannot_be_reached_is_asked_for_an_address(office: Client) -> None:
    page = office.post("/office/events/new/", EVENT | {"contact-2-name": "Partner", "contact-2-locale": "en"})
    assert page.status_code == 422
    assert typed(page)["contact-2-name"] == "Partner"
    assert not Visit.objects.exists()


@pytest.mark.parametrize(("kind", "there", "away"), [("event", "spaces", "stop_0"), ("protocol", "stop_0", "spaces")])
def test_each_kind_of_event_shows_its_own_fields_alone(office: Client, kind: str, there: str, away: str) -> None:
    form = soup(office.get("/office/events/new/", {"kind": kind}))
    assert form.select_one("input[name=kind]")["value"] == kind
    assert form.select(f"[name={there}]")
    assert not form.select(f"[name={away}]")


# --- Whoever is in the way ---------------------------------------------------------------------------------------------------

STATE_VISIT = OFFICIAL | {"request_key": "state", "title_en": "Visit of the President"}


@pytest.fixture
def school(book: Book) -> Visit:
    """Booked for the very hour at which the official visit will keep the whole museum."""
    return book(date(2025, 5, 31), "10:00", email="school@example.org")


def shown(office: Client, **changed: Any) -> tuple[HttpResponse, dict[str, Any]]:
    """The page that asks what becomes of those in the way, and what it would send."""
    page = office.post(PAGE, STATE_VISIT | changed)
    sent = STATE_VISIT | changed | {"seal": typed(page)["seal"], "publish": "1"}
    return page, sent | {name: value for name, value in typed(page).items() if name.startswith("decide-")}


def test_nothing_is_booked_before_it_is_decided_about_whoever_is_in_the_way(office: Client, school: Visit) -> None:
    page, sent = shown(office)
    assert page.status_code == 409
    assert page_of(school) in page.content.decode()
    assert "Nothing is booked yet" in words(page)
    assert "still missing" not in words(page)
    assert sent[f"decide-{school.code}"].startswith("move ")
    assert typed(page)["title_en"] == "Visit of the President"
    assert Visit.objects.get() == school


def test_publishing_moves_them_and_places_it_at_once(office: Client, school: Visit) -> None:
    _page, sent = shown(office)
    done = office.post(PAGE, sent)
    official = Visit.objects.get(kind="protocol")
    assert done["Location"] == page_of(official)
    moved_to = datetime.fromisoformat(sent[f"decide-{school.code}"].split()[1])
    assert again(school).period.lower == moved_to != school.period.lower
    assert again(school).gave_way_to == official


def test_letters_to_the_displaced_name_an_official_event_and_nothing_more(office: Client, school: Visit) -> None:
    OutboxMessage.objects.all().delete()
    office.post(PAGE, shown(office)[1])
    letters = OutboxMessage.objects.filter(thread__about=f"visit:{school.code}", to_email="school@example.org")
    assert letters.exists()
    for letter in letters:
        assert "President" not in letter.text + letter.html + letter.subject
        assert letter.facts["reason"] in ("Official event", "Ресми іс-шара")


def test_another_decision_is_done_as_it_was_decided(office: Client, school: Visit) -> None:
    page, sent = shown(office)
    others = [str(choice["value"]) for choice in soup(page).select(f"[name=decide-{school.code}]")]
    assert others[-1] == "cancel"
    office.post(PAGE, sent | {f"decide-{school.code}": "cancel"})
    assert again(school).status == Visit.Status.CANCELLED


def test_a_visit_without_a_decision_is_marked_and_nothing_is_done(office: Client, school: Visit) -> None:
    _page, sent = shown(office)
    del sent[f"decide-{school.code}"]
    page = office.post(PAGE, sent)
    assert page.status_code == 409
    assert "Please decide about each visit" in words(page)
    assert Visit.objects.get() == school


def test_a_visit_that_has_changed_since_is_shown_anew(office: Client, school: Visit, season_now: Any) -> None:
    _page, sent = shown(office)
    bookings.change(school.pk, heads=12, now=season_now)
    page = office.post(PAGE, sent)
    assert page.status_code == 409
    assert typed(page)["seal"] != sent["seal"]
    assert not Visit.objects.filter(kind="protocol").exists()


@pytest.mark.parametrize("nonsense", ["fly", "move", "move yesterday", "move 2025-13-40T10:00+05:00", "offer"])
def test_a_decision_that_is_none_does_nothing(office: Client, school: Visit, nonsense: str) -> None:
    _page, sent = shown(office)
    page = office.post(PAGE, sent | {f"decide-{school.code}": nonsense})
    assert page.status_code in (409, 422)
    assert Visit.objects.get() == school
    assert again(school).revision == school.revision


def test_an_event_too_may_have_another_give_way(office: Client) -> None:
    office.post(PAGE, EVENT)
    there = Visit.objects.get()
    page = office.post(PAGE, EVENT | {"request_key": "event-2", "starts": "10:30"})
    assert page.status_code == 409
    assert page_of(there) in page.content.decode()
    assert typed(page)["title_kk"] == "Рәміздер күні"


def test_a_place_without_a_length_is_not_left_out_in_silence(office: Client) -> None:
    page = office.post(PAGE, OFFICIAL | {"stop_minutes_1": ""})
    assert page.status_code == 422
    assert "Please say how long it is." in words(page)
    page = office.post(PAGE, OFFICIAL | {"stop_1": ""})
    assert page.status_code == 422
    assert "Please choose a place." in words(page)
    assert not Visit.objects.exists()


def test_room_for_more_contacts_that_nobody_used_has_no_errors(office: Client) -> None:
    page = office.post(PAGE, OFFICIAL | {"heads": "0", "contact-2-locale": "kk", "contact-3-locale": "ru"})
    assert page.status_code == 422
    assert "This field is required." not in words(page)


def test_an_official_visit_gives_way_only_to_another_time_that_a_person_chose(office: Client, season_now: Any) -> None:
    assert office.post(PAGE, OFFICIAL).status_code == 303
    official = Visit.objects.get()
    second = OFFICIAL | {"request_key": "event-2"}
    seal = typed(office.post(PAGE, second))["seal"]
    code = official.code
    chosen = {f"decide-{code}": "other", f"day-{code}": "2025-06-03", f"clock-{code}": "11:00"}
    assert office.post(PAGE, second | chosen | {"seal": seal, "publish": "1"}).status_code == 303
    assert again(official).period.lower == at(date(2025, 6, 3), "11:00")


# --- A month to choose the day from ------------------------------------------------------------------------------------------


def cells(page: HttpResponse) -> dict[int, str]:
    """What a reader is told of each day of the month that can be chosen."""
    found = soup(page).select("table.planner button")
    return {int(str(cell["value"])[-2:]): re.sub(r"\s+", " ", cell.get_text(" ", strip=True)) for cell in found}


def test_the_month_shows_what_stands_on_each_day_and_the_chosen_day_its_places(
    office: Client, book: Book, close: Close
) -> None:
    book(date(2025, 6, 3), "11:00")
    book(date(2025, 6, 3), "14:00")
    close(date(2025, 6, 10), date(2025, 6, 11))
    close(date(2025, 6, 12), date(2025, 6, 13), places=(Space.objects.get(code="cinema"),))
    page = office.get(PAGE, {"day": "2025-06-03"})
    shown = cells(page)
    assert shown[3] == "3 2 , 2 visits"
    assert shown[9] == "9 , closed"  # a Monday
    assert shown[10] == "10 , closed"
    assert shown[12] == "12 ▪ , closed in part"
    assert shown[13] == "13"
    assert typed(page)["day"] == "2025-06-03"
    assert len(soup(page).select("#planner-day td.taken")) == 4  # two visits in two halls each
    assert "Tuesday, 3 June 2025" in words(page)
    now = office.get(PAGE)
    assert "May 2025" in words(now)
    assert min(cells(now)) == 12  # weeks that are over are not shown
    assert soup(now).select_one("#planner-day") is None


@pytest.mark.parametrize("sent", [EVENT, OFFICIAL], ids=["event", "official visit"])
def test_choosing_a_day_or_turning_the_month_keeps_everything_typed_and_judges_nothing(
    office: Client, sent: dict[str, Any]
) -> None:
    half = {**sent, "email": "not yet", "contact-2-name": "Асем", "heads": "", "notes": "By bus"}
    chosen = office.post(PAGE, half | {"to_day": "2025-06-18"})
    assert chosen.status_code == 200
    assert soup(chosen).select(".errorlist") == []
    there = typed(chosen)
    for name, value in (half | {"day": "2025-06-18"}).items():
        if isinstance(value, str):
            assert there.get(name, "") == value, name
    ticked = soup(chosen).select("[name=spaces][checked], [name=ceremony][checked]")
    assert [str(tick["value"]) for tick in ticked] == [*half["spaces"], *half.get("ceremony", [])]
    turned = office.post(PAGE, half | {"to_month": "2025-08"})
    assert "August 2025" in words(turned)
    assert typed(turned)["day"] == half["day"]
    assert not Visit.objects.exists()


@pytest.mark.parametrize("asked", [{"day": "soon"}, {"day": "2525-01-01"}, {"to_month": "2025-13"}, {"to_month": "9"}])
def test_a_month_that_is_none_is_the_present_one(office: Client, asked: dict[str, str]) -> None:
    for page in (office.get(PAGE, asked), office.post(PAGE, {"kind": "event", "to_day": "", **asked})):
        assert page.status_code == 200
        assert "May 2025" in words(page)


def test_the_month_takes_as_many_queries_with_one_visit_as_with_many(
    office: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    book(date(2025, 6, 3), "11:00")
    office.get(PAGE, {"day": "2025-06-03"})
    with django_assert_num_queries(20):
        office.get(PAGE, {"day": "2025-06-03"})
    for clock in ("12:00", "14:00", "15:00"):
        book(date(2025, 6, 3), clock)
    with django_assert_num_queries(20):
        office.get(PAGE, {"day": "2025-06-03"})

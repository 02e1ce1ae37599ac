"""The day itself, in the office: now and next, a group at the door, a late bus, a group in two parts."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from bs4 import Tag
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from scheduler import arrivals
from scheduler.models import ChangeRequest, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, again, browser, link, page_of, soup, words
from tours.models import Guide, User

pytestmark = pytest.mark.django_db

DAY = date(2025, 5, 20)
DOOR = {"tour": "halls", "language": "ru", "audience": "general", "heads": "12", "request_key": "door-1"}


# --- A group at the door -----------------------------------------------------------------------------------------------------


def test_a_group_at_the_door_is_entered_from_the_day_and_begins_at_once(
    office: Client, clock: time_machine.Coordinates
) -> None:
    clock.move_to(at(NEAR, "11:02"))
    assert soup(office.get("/office/")).select_one("form[action='/office/door/'] [name=tour]")
    assert office.post("/office/door/", DOOR).status_code == 303
    visit = Visit.objects.get()
    assert (visit.period.lower, visit.arrived_heads, visit.contacts.count()) == (at(NEAR, "11:05"), 12, 0)
    assert "Is the bus late?" not in words(office.get(page_of(visit)))  # they are here
    day = words(office.get("/office/"))
    assert "11:05" in day
    assert f"{visit.code} · 12 people" in day.replace("\u00a0", " ")


def test_a_second_click_books_nothing_more(office: Client, clock: time_machine.Coordinates) -> None:
    clock.move_to(at(NEAR, "11:02"))
    office.post("/office/door/", DOOR)
    office.post("/office/door/", DOOR)
    assert Visit.objects.count() == 1


def test_where_they_cannot_be_served_now_the_page_offers_what_can_be_had_today_by_one_click(
    office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    there = book(NEAR, "11:00")
    Guide.objects.exclude(pk=there.parties.get().guide_id).update(active=False)
    clock.move_to(at(NEAR, "11:02"))
    page = office.post("/office/door/", DOOR)
    assert page.status_code == 409
    assert "Today it could be" in words(page)
    offered = soup(page).select("form[action='/office/door/']")
    assert offered[-1].select_one("[name=heads]")["value"] == "12"
    taken = {str(field["name"]): str(field["value"]) for field in offered[0].select("input[name]")}
    assert office.post("/office/door/", taken).status_code == 303
    later = Visit.objects.exclude(pk=there.pk).get()
    assert later.period.lower > again(there).period.upper


@pytest.mark.parametrize(
    "wrong",
    [{"heads": "0"}, {"heads": ""}, {"tour": "none"}, {"language": "de"}, {"adults": "13"}, {"leader_phone": "call me"},
     {"start": "yesterday"}],
)  # fmt: skip
def test_what_is_typed_wrong_at_the_door_is_said_and_kept(
    office: Client, clock: time_machine.Coordinates, wrong: dict[str, str]
) -> None:
    clock.move_to(at(NEAR, "11:02"))
    page = office.post("/office/door/", DOOR | {"leader_name": "Асан"} | wrong)
    assert page.status_code == 422
    assert soup(page).select_one("[name=leader_name]")["value"] == "Асан"
    assert not Visit.objects.exists()


def test_the_door_stands_on_today_alone(office: Client) -> None:
    assert not soup(office.get("/office/?day=2025-05-20")).select("form[action='/office/door/']")


# --- A late bus --------------------------------------------------------------------------------------------------------------


def test_one_click_receives_a_late_group_so_that_nobody_behind_waits(
    stranger: Client, office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(NEAR, "11:00", tour="halls-film")
    Guide.objects.exclude(pk=visit.parties.get().guide_id).update(active=False)
    behind = book(NEAR, "12:45", tour="grounds")
    clock.move_to(at(NEAR, "10:50"))
    stranger.post(link(visit, "late/"), {"minutes": "20"})
    assert "says that it arrives at 11:20" in words(office.get("/office/"))
    page = office.get(page_of(visit))
    proposals = soup(page).select(f"form[action='{page_of(visit, 'receive/')}']")
    assert len(proposals) == 7
    chosen = {str(field["name"]): str(field["value"]) for field in proposals[0].select("input[name]")}
    assert chosen["kind"] == "shorter"
    assert office.post(page_of(visit, "receive/"), chosen).status_code == 303
    assert (again(visit).period.lower, again(visit).arrives_at) == (at(NEAR, "11:20"), None)
    assert again(behind).period == behind.period


def test_the_office_itself_says_how_late_they_are(office: Client, book: Book, clock: time_machine.Coordinates) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:10"))
    assert "everything, only later" in words(office.get(page_of(visit), {"late": "20"}))
    assert "everything, only later" not in words(office.get(page_of(visit)))
    for wrong in ("0", "x", "99999999"):
        assert office.get(page_of(visit), {"late": wrong}).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"kind": "never"}, {"arrives": ""}, {"dropped": "first"}, {"dropped": "1,"}, {"arrives": "soon"}]
)
def test_nonsense_receives_nobody(
    office: Client, book: Book, clock: time_machine.Coordinates, wrong: dict[str, str]
) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:10"))
    sent = {"arrives": "2025-05-20T11:20+05:00", "kind": "later", "dropped": ""}
    assert office.post(page_of(visit, "receive/"), sent | wrong).status_code == 422
    assert again(visit).period == visit.period


def test_a_way_to_receive_them_that_is_none_any_more_is_refused(
    office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(NEAR, "11:00")
    clock.move_to(at(NEAR, "11:10"))
    sent = {"arrives": "2025-05-20T11:20+05:00", "kind": "fewer", "dropped": "7"}
    assert office.post(page_of(visit, "receive/"), sent).status_code == 409
    assert again(visit).period == visit.period


# --- Two parts ---------------------------------------------------------------------------------------------------------------


def test_the_office_splits_a_group_and_both_pages_name_the_other(office: Client, book: Book) -> None:
    visit = book(FAR, "11:00", heads=45)
    form = soup(office.get(page_of(visit), {"split": "1", "heads": "20", "day": "2025-06-19"}))
    assert form.select(f"form[action='{page_of(visit, 'split/')}'] input[name=start]")
    office.post(page_of(visit, "split/"), {"heads": "20", "start": "2025-06-19T12:00+05:00"})
    part = Visit.objects.get(split_from=visit)
    assert again(visit).heads == 25
    assert part.code in words(office.get(page_of(visit)))
    assert visit.code in words(office.get(page_of(part)))


def test_a_late_wish_to_split_names_both_parts(
    stranger: Client, office: Client, book: Book, clock: time_machine.Coordinates
) -> None:
    visit = book(FAR, "11:00", heads=45)
    clock.move_to(at(date(2025, 6, 16), "11:00"))
    stranger.post(link(visit, "split/"), {"heads": "20", "start": "2025-06-19T12:00+05:00"})
    said = words(office.get("/office/"))
    assert "A part of the group at another time" in said
    assert "45 people" in said
    assert "20 people" in said
    assert ChangeRequest.objects.count() == 1


# --- Now and next -------------------------------------------------------------------------------------------------------------


def test_now_and_next_stand_by_place_and_by_guide(book: Book, office_user: User) -> None:
    here, later = book(DAY, "11:00"), book(DAY, "14:00", email="later@example.org")
    with time_machine.travel(at(DAY, "11:05"), tick=False):
        office = browser(office_user)
        page = office.get(reverse("office_now"))
        by_place, by_guide = soup(page).find_all("table")
        assert f"/office/visits/{here.code}/" in str(by_place)
        assert "not here yet" in words_of(by_place)
        assert "14:00" in words_of(by_place)
        guide = here.parties.get().guide
        assert guide is not None
        assert guide.name in words_of(by_guide)
        arrivals.arrive(here.pk, heads=10, now=at(DAY, "11:05"))
        assert "not here yet" not in office.get(reverse("office_now")).content.decode()
        assert 'hx-trigger="every 60s"' in office.get(reverse("office_day")).content.decode()
    with time_machine.travel(at(DAY, "17:55"), tick=False):
        assert "Nothing more today." in browser(office_user).get(reverse("office_now")).content.decode()
    assert later.code


def test_now_and_next_ask_the_database_as_often_for_one_visit_as_for_many(
    book: Book, office_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    book(DAY, "11:00")
    with time_machine.travel(at(DAY, "10:05"), tick=False):
        office = browser(office_user)
        office.get(reverse("office_now"))
        with django_assert_num_queries(NOW):
            office.get(reverse("office_now"))
    for number, start in enumerate(("12:00", "13:00", "14:00", "15:00")):
        book(DAY, start, email=f"{number}@example.org", heads=40)
    with time_machine.travel(at(DAY, "10:05"), tick=False), django_assert_num_queries(NOW):
        office.get(reverse("office_now"))


NOW = 11


def words_of(table: Tag) -> str:
    return table.get_text(" ")

"""The office's visits: found, read, changed, led, their contacts."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications.models import OutboxMessage
from scheduler.models import Party, Visit
from scheduler.steps import Person
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, again, link, page_of, soup, typed, words
from tours.models import Guide, User

pytestmark = pytest.mark.django_db


def request(book: Book, start: str = "11:00", day: date = FAR) -> Visit:
    return book(day, start, tour="grounds-flowers")


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
    with django_assert_num_queries(10):
        office.get("/office/visits/")
    for start in ("11:00", "12:00", "13:00", "14:00", "15:00"):
        book(NEAR, start, heads=40)
    with django_assert_num_queries(10):
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
    with django_assert_num_queries(23):
        office.get(page_of(small))
    with django_assert_num_queries(23):
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


def test_a_contact_is_added_and_put_right_on_the_visits_page(office: Client, book: Book) -> None:
    visit = book(FAR, "11:00")
    new = {"new-name": "Second", "new-phone": "8 701 000 00 86", "new-locale": "kk"}
    assert office.post(page_of(visit, "contacts/"), new).status_code == 303
    first, second = visit.contacts.all()
    assert second.phone == "+77010000086"
    fixed = {f"{first.pk}-name": "Асан", f"{first.pk}-email": "right@example.org", f"{first.pk}-locale": "ru"}
    assert office.post(page_of(visit, f"contacts/{first.pk}/"), fixed).status_code == 303
    assert visit.contacts.all()[0].email == "right@example.org"
    wrong = office.post(page_of(visit, f"contacts/{second.pk}/"), {f"{second.pk}-name": "Typed"})
    assert wrong.status_code == 422
    assert typed(wrong)[f"{second.pk}-name"] == "Typed"


def test_a_contact_of_another_visit_is_not_found(office: Client, book: Book) -> None:
    one, other = book(FAR, "11:00"), book(NEAR, "11:00")
    assert office.post(page_of(one, f"contacts/{other.contacts.get().pk}/"), {}).status_code == 404


def test_where_nobody_is_free_the_visits_page_offers_the_change_that_frees_somebody(office: Client, book: Book) -> None:
    Guide.objects.exclude(code__in=["g03", "g04"]).update(active=False)
    russian, english = book(FAR, "11:00", language="ru", email="a@example.org"), book(FAR, "11:00", language="en")
    Party.objects.filter(visit=english).update(guide=None)
    Party.objects.filter(visit=russian).update(guide=Guide.objects.get(code="g03"))
    party = english.parties.get()
    page = office.get(page_of(english), {"guide": str(party.pk)})
    assert f"{russian.code}: Елена М. →" in words(page)
    assert soup(page).select_one(f"form[action='{page_of(english, f'guide/{party.pk}/')}'] button.button:not(.quiet)")
    office.post(page_of(english, f"guide/{party.pk}/"), {"guide": "g03"})
    assert (english.parties.get().guide.code, russian.parties.get().guide.code) == ("g03", "g04")

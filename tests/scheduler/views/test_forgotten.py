"""A forgotten visit, as the office and its organiser find it."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client

from scheduler import arrivals, forgetting
from scheduler.models import Visit
from tests.scheduler.forgotten import MARK, long_after, mark
from tests.scheduler.views.conftest import NEAR, Book, browser, link, signed_in, soup

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(book: Book, clock: time_machine.Coordinates) -> Visit:
    """A visit that took place, with words in all its rows, forgotten this very night."""
    visit = book(NEAR, "11:00", heads=21)
    now = long_after(visit)
    clock.move_to(now)
    arrivals.finish(now=now)
    visit.refresh_from_db()
    mark(visit, now=now)
    assert forgetting.due(now=now) == 1
    return visit


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_its_page_opens_for_the_office_and_says_so(visit: Visit, office_user: object, language: str) -> None:
    page = browser(office_user, language=language).get(f"/office/visits/{visit.code}/")  # type: ignore[arg-type]  # a user
    assert page.status_code == 200
    said = soup(page).select_one(".notice")
    assert said is not None
    words = {"kk": "өшірілген", "ru": "удалено", "en": "is erased here"}
    assert words[language] in said.text
    assert MARK not in page.content.decode() and "21" in page.content.decode()


def test_so_do_the_lists_it_stands_in(visit: Visit, office: Client) -> None:
    for address in (
        "/office/visits/",
        f"/office/?day={NEAR}",
        f"/office/print/?day={NEAR}",
        f"/office/board/?day={NEAR}",
    ):
        page = office.get(address)
        assert (page.status_code, MARK in page.content.decode()) == (200, False), address
    assert visit.code in office.get("/office/visits/").content.decode()


def test_so_do_its_guides_pages_and_the_api(visit: Visit, office: Client) -> None:
    party = visit.parties.get()
    assert party.guide is not None
    guide = signed_in(party.guide.code)
    for client, address in (
        (guide, f"/guide/?from={NEAR}"),
        (guide, f"/guide/sheet/?day={NEAR}"),
        (office, f"/api/v1/visits/{visit.code}/"),
    ):
        page = client.get(address)
        assert (page.status_code, MARK in page.content.decode()) == (200, False), address


def test_nothing_of_it_can_be_changed_any_more(visit: Visit, office: Client) -> None:
    assert office.post(f"/office/visits/{visit.code}/no-show/").status_code == 409
    assert office.post(f"/office/visits/{visit.code}/arrive/", {"heads": "5"}).status_code == 409
    assert office.post(f"/office/visits/{visit.code}/link/").status_code == 404
    visit.refresh_from_db()
    assert (visit.status, visit.arrived_heads) == ("done", None)


def test_its_link_ends_with_a_sentence(visit: Visit, stranger: Client) -> None:
    page = stranger.get(link(visit))  # with the version that the letters of then had
    assert page.status_code == 404
    assert "This address opens nothing, or nothing any more." in page.content.decode()

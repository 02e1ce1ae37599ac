"""What happens now and next, and another time as the answer to a request."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from bs4 import Tag
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from scheduler import arrivals
from scheduler.models import Offer, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import NEAR, Book, browser, soup, words
from tours.models import User

pytestmark = pytest.mark.django_db
DAY = date(2025, 5, 20)


@pytest.fixture
def asked_for(book: Book) -> Visit:
    """A request that the office has to decide."""
    return book(NEAR, "11:00", audience="delegation")


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


NOW = 15


def test_another_time_is_the_third_answer_to_a_request(office: Client, asked_for: Visit) -> None:
    assert asked_for.status == "requested"
    link = soup(office.get(reverse("office_day"))).find("a", string="Propose another time")
    assert link is not None
    page = office.get(str(link["href"]), {"day": NEAR.isoformat()})
    assert "Asked for:" in words(page)
    start = at(NEAR, "14:00").isoformat()
    done = office.post(str(link["href"]), {"start": start}, follow=True)
    assert "The time is held, and the organiser is asked." in words(done)
    asked_for.refresh_from_db()
    assert (asked_for.status, asked_for.period.lower, asked_for.decide_by) == ("offered", at(NEAR, "14:00"), None)
    made = Offer.objects.get()
    assert made.was is not None
    assert made.was.lower == at(NEAR, "11:00")
    assert made.answer_by <= at(NEAR, "14:00")
    for again in (
        office.get(str(link["href"]), follow=True),
        office.post(str(link["href"]), {"start": start}, follow=True),
    ):
        assert "the visit has changed" in words(again)
        assert asked_for.code in words(again)
    assert Offer.objects.count() == 1  # asked once


def test_a_time_that_cannot_be_had_is_refused_and_the_request_stays(office: Client, asked_for: Visit) -> None:
    here = reverse("office_propose", kwargs={"code": asked_for.code})
    assert office.post(here, {"start": ""}).status_code == 422
    assert office.post(here, {"start": at(NEAR, "04:00").isoformat()}).status_code == 409
    asked_for.refresh_from_db()
    assert (asked_for.status, asked_for.period.lower) == ("requested", at(NEAR, "11:00"))


def test_to_others_there_is_neither(stranger: Client, guide: Client, asked_for: Visit) -> None:
    for address in (reverse("office_now"), reverse("office_propose", kwargs={"code": asked_for.code})):
        assert guide.get(address).status_code == 404
        assert stranger.get(address).status_code == 302


def words_of(table: Tag) -> str:
    return table.get_text(" ")

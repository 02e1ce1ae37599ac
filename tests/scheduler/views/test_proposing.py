"""Another time as the answer to a request."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from scheduler.models import Offer, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import NEAR, Book, soup, words

pytestmark = pytest.mark.django_db
DAY = date(2025, 5, 20)


@pytest.fixture
def asked_for(book: Book) -> Visit:
    """A request that the office has to decide."""
    return book(NEAR, "11:00", audience="delegation")


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


def test_other_times_of_the_day_asked_for_stand_there_at_once(office: Client, asked_for: Visit) -> None:
    page = soup(office.get(reverse("office_propose", kwargs={"code": asked_for.code})))
    starts = [str(field["value"]) for field in page.select("input[type=radio][name=start]")]
    assert starts and all(start.startswith(NEAR.isoformat()) for start in starts)


def test_a_time_that_cannot_be_had_is_refused_and_the_request_stays(office: Client, asked_for: Visit) -> None:
    here = reverse("office_propose", kwargs={"code": asked_for.code})
    assert office.post(here, {"start": ""}).status_code == 422
    assert office.post(here, {"start": at(NEAR, "04:00").isoformat()}).status_code == 409
    asked_for.refresh_from_db()
    assert (asked_for.status, asked_for.period.lower) == ("requested", at(NEAR, "11:00"))


def test_to_others_there_is_no_such_page(stranger: Client, guide: Client, asked_for: Visit) -> None:
    address = reverse("office_propose", kwargs={"code": asked_for.code})
    assert guide.get(address).status_code == 404
    assert stranger.get(address).status_code == 302

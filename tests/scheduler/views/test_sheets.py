"""A day on paper: a guide's, and the office's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from scheduler import roster
from scheduler.models import Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, Close, soup, words
from tours.models import Guide

pytestmark = pytest.mark.django_db

GUIDES, OFFICES = f"/guide/sheet/?day={NEAR}", f"/office/print/?day={NEAR}"


def test_a_sheet_is_laid_out_for_paper(office: Client, guide: Client, led_by_g03: Visit) -> None:
    for page in (guide.get(GUIDES), office.get(OFFICES)):
        assert soup(page).select_one('link[href*="scheduler/paper"]')


def test_each_sheet_is_its_readers_alone(stranger: Client, guide: Client, office: Client) -> None:
    for path in (GUIDES, OFFICES):
        assert stranger.get(path)["Location"].startswith("/accounts/login/")
    assert guide.get(OFFICES).status_code == 404
    assert office.get(GUIDES).status_code == 404


def test_the_day_and_the_week_lead_to_their_sheets(office: Client, guide: Client, led_by_g03: Visit) -> None:
    assert OFFICES in [str(link["href"]) for link in soup(office.get(f"/office/?day={NEAR}")).select("main a")]
    assert GUIDES in [str(link["href"]) for link in soup(guide.get(f"/guide/?from={NEAR}")).select("main a")]


def test_a_guides_sheet_has_all_of_the_day_and_room_for_who_came(guide: Client, led_by_g03: Visit) -> None:
    Visit.objects.update(leader_name="Болат", leader_phone="+77010000086", access_needs="Two wheelchairs")
    page = guide.get(GUIDES)
    said = words(page).replace("\u00a0", " ")
    for needed in (
        "Tuesday, 20 May 2025",
        led_by_g03.code,
        "11:00–12:00",
        "A school",
        "Two wheelchairs",
        "Болат +7 701 000 0086",
    ):
        assert needed in said, needed
    assert len(soup(page).select(".to-write .blank")) == 2
    Visit.objects.update(arrived_heads=8)
    page = guide.get(GUIDES)
    assert "People who came: 8" in words(page)
    assert len(soup(page).select(".to-write .blank")) == 1


def test_a_guides_sheet_has_nothing_of_others_and_of_plans_no_contact(
    guide: Client, another_guide: Client, led_by_g03: Visit, book: Book
) -> None:
    assert "no tours" in words(another_guide.get(GUIDES))
    Guide.objects.exclude(code="g03").update(active=False)
    book(FAR, "11:00", language="en")
    said = words(guide.get(f"/guide/sheet/?day={FAR}"))
    assert "planned, may change" in said
    assert "A school" not in said


def test_the_offices_sheet_says_who_comes_who_leads_them_and_who_is_away(
    office: Client, led_by_g03: Visit, book: Book, close: Close
) -> None:
    book(NEAR, "14:00", tour="halls", language="ru", heads=40, email="b@example.org")
    away = Guide.objects.get(code="g06")
    roster.add_absence(
        away.pk, at(NEAR, "00:00"), at(NEAR + timedelta(days=1), "00:00"), reason="Ill", now=timezone.now()
    )
    page = office.get(OFFICES)
    said = words(page)
    assert said.index("11:00–12:00") < said.index("14:00–")
    rows = soup(page).select("table.day-sheet tbody tr")
    assert len(rows) == 2
    assert "Елена М." in rows[0].get_text()
    assert rows[0].select_one(".came .blank") is not None
    assert f"Away: {away.name}" in said
    assert "Ill" not in said  # why is between the guide and the office, and paper lies about
    assert "No visits on this day." in words(office.get(f"/office/print/?day={FAR}"))


def test_a_day_that_cannot_be_is_today(office: Client, guide: Client) -> None:
    for day in ("", "x", "9999-12-31", "\x00"):
        assert office.get("/office/print/", {"day": day}).status_code == 200
        assert "Monday, 12 May 2025" in words(guide.get("/guide/sheet/", {"day": day}))


def test_a_sheet_asks_the_database_as_often_for_one_visit_as_for_many(
    office: Client, guide: Client, led_by_g03: Visit, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office.get(OFFICES), guide.get(GUIDES)
    asked = ((office, OFFICES, 12), (guide, GUIDES, 10))
    for client, path, count in asked:
        with django_assert_num_queries(count):
            client.get(path)
    for start in ("10:00", "12:30", "14:00"):
        book(NEAR, start, language="en")
    for client, path, count in asked:
        with django_assert_num_queries(count):
            client.get(path)

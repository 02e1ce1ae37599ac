"""My week as an app: what a phone is told, what it may keep and for how long, and that nothing is left after signing out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from scheduler.models import Contact, Visit
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import NEAR, Book, browser, soup, words
from tours.models import Guide, Museum

pytestmark = pytest.mark.django_db

TODAY, AHEAD = "/guide/kept/", "/guide/kept/ahead/"
PRIVATE = ("Болат", "+77010000086", "7 701", "A school", "Two wheelchairs", "Асан", "QUIET")


@pytest.fixture
def two_days(led_by_g03: Visit, book: Book, clock: time_machine.Coordinates) -> None:
    """A tour today, and one on the day after, each with everything that is nobody else's business."""
    Guide.objects.exclude(code="g03").update(active=False)
    book(NEAR + timedelta(days=1), "12:00", language="en", heads=7)
    Visit.objects.update(
        leader_name="Болат", leader_phone="+77010000086", access_needs="Two wheelchairs", notes="QUIET"
    )
    Contact.objects.update(phone="+77015556677")
    clock.move_to(at(NEAR, "09:41"))


# --- What a phone is told ----------------------------------------------------------------------------------------------------


def test_the_manifest_has_the_museums_name_and_colour_and_icons_that_are_there(stranger: Client) -> None:
    Museum.objects.update(name="Steppe Museum", name_en="Steppe Museum", accent="#5a2d0c")
    answer = stranger.get("/guide/app.webmanifest?en")
    assert answer["Content-Type"] == "application/manifest+json"
    said = answer.json()
    assert (said["name"], said["short_name"], said["theme_color"]) == ("My week · Steppe Museum", "My week", "#5a2d0c")
    assert (said["start_url"], said["display"], said["id"]) == ("/guide/", "standalone", "/guide/")
    found = {(icon["sizes"], icon["purpose"]): icon["src"] for icon in said["icons"]}
    assert set(found) == {("192x192", "any"), ("512x512", "any"), ("192x192", "maskable"), ("512x512", "maskable")}
    for (sizes, _use), address in found.items():
        picture = finders.find(address.removeprefix("/static/"))
        assert picture is not None
        head = Path(picture).read_bytes()[:24]  # PNG, section 11.2.2: width and height of the IHDR chunk
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert f"{int.from_bytes(head[16:20])}x{int.from_bytes(head[20:24])}" == sizes


def test_the_manifest_speaks_the_phones_language_and_shows_the_museums_mark(alzhir: Museum) -> None:
    Museum.objects.update(mark="<svg xmlns='http://www.w3.org/2000/svg'/>")
    said = browser(language="kk").get("/guide/app.webmanifest").json()
    assert (said["lang"], said["short_name"]) == ("kk", "Менің аптам")
    assert said["icons"][-1]["src"].startswith("/look/mark.svg?")


def test_without_a_museum_there_is_no_manifest(db: None) -> None:
    assert browser().get("/guide/app.webmanifest").status_code == 404


def test_the_worker_lies_where_it_may_answer_for_the_guides_pages_alone(stranger: Client) -> None:
    answer = stranger.get("/guide/sw.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Service-Worker-Allowed" not in answer
    assert answer["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    assert b"qonaq-guide-kept" in answer.content


def test_the_week_names_both(guide: Client) -> None:
    page = soup(guide.get("/guide/"))
    assert page.select_one("link[rel=manifest]")["href"] == "/guide/app.webmanifest?en"
    assert page.select_one("script[data-worker]")["data-worker"] == "/guide/sw.js"


# --- What a phone may keep ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [TODAY, AHEAD])
def test_what_is_kept_is_the_guides_alone(stranger: Client, office: Client, guide: Client, path: str) -> None:
    assert stranger.get(path)["Location"].startswith("/accounts/login/")
    assert office.get(path).status_code == 404
    assert guide.get(path)["Cache-Control"] == "no-store"
    assert guide.post(path).status_code == 405


def test_today_is_kept_in_full_until_midnight(guide: Client, two_days: None) -> None:
    page = guide.get(TODAY)
    said = words(page).replace("\u00a0", " ")
    assert "No connection. This is how things stood at 09:41" in said
    for needed in ("11:00–12:00", "A school", "Two wheelchairs", "Болат +7 701 000 0086", "11:00–11:30"):
        assert needed in said, needed
    assert int(page["X-Kept-Until"]) == at(NEAR + timedelta(days=1), "00:00").timestamp() * 1000


def test_of_the_next_days_no_name_and_no_number_is_kept(
    guide: Client, two_days: None, clock: time_machine.Coordinates
) -> None:
    page = guide.get(AHEAD)
    assert "12:00–13:00" in words(page)
    assert [one for one in PRIVATE if one in words(page).replace("\u00a0", " ")] == []
    assert int(page["X-Kept-Until"]) == at(NEAR + timedelta(days=7), "00:00").timestamp() * 1000
    later = words(guide.get(TODAY))
    assert later.count("Two wheelchairs") == 1  # today's alone
    clock.move_to(at(NEAR - timedelta(days=1), "20:00"))
    assert [one for one in PRIVATE if one in words(guide.get(TODAY))] == []  # the evening before


def test_what_is_kept_holds_no_form_and_nothing_of_other_guides(
    guide: Client, another_guide: Client, two_days: None
) -> None:
    page = soup(guide.get(TODAY))
    assert page.select("form, input, button, script") == []
    Guide.objects.update(active=True)
    assert "11:00–12:00" not in words(another_guide.get(TODAY))
    assert "You lead no tour today." in words(another_guide.get(TODAY))


def test_what_is_only_planned_is_no_tour_of_today(guide: Client, two_days: None) -> None:
    Visit.objects.update(promised_at=None)
    assert "You lead no tour today." in words(guide.get(TODAY))
    assert "planned, may change" in words(guide.get(AHEAD))


def test_keeping_asks_the_database_as_often_for_one_tour_as_for_many(
    guide: Client, two_days: None, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    guide.get("/guide/")
    for path in (TODAY, AHEAD):
        with django_assert_num_queries(10):
            guide.get(path)
    for start in ("10:00", "14:00"):
        book(date(2025, 5, 22), start, language="en")
    for path in (TODAY, AHEAD):
        with django_assert_num_queries(10):
            guide.get(path)


# --- After signing out -------------------------------------------------------------------------------------------------------


def test_signing_out_clears_what_the_device_kept_and_nothing_else_does(guide: Client) -> None:
    assert "Clear-Site-Data" not in guide.get("/guide/")
    assert "Clear-Site-Data" not in guide.get("/accounts/logout/")
    assert guide.post("/accounts/logout/")["Clear-Site-Data"] == '"storage"'
    assert guide.get(TODAY).status_code == 302

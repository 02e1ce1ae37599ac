"""The figures as pages, files and by API: for the office alone, the same in each, and never a formula."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduler import bookings, insight
from scheduler.errors import StartTaken
from scheduler.models import Unserved
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, Book, browser, soup, words
from tours.models import Guide, Space, User

INSIGHT = "/office/insight/"
DAYS = "?from=2025-06-01&to=2025-06-30"


@pytest.mark.parametrize("section", ["", *(f"{key}/" for key in insight.SECTIONS)])
def test_the_figures_are_the_offices_alone(section: str, office: Client, guide: Client, stranger: Client) -> None:
    assert office.get(INSIGHT + section).status_code == 200
    assert guide.get(INSIGHT + section).status_code == 404
    assert stranger.get(INSIGHT + section).status_code == 302


BEYOND = {"overview": 3, "groups": 3, "guides": 2, "places": 3, "refused": 3, "timing": 3}
"""Queries of a section beyond those of any page of the office."""


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


@pytest.mark.parametrize("section", insight.SECTIONS)
def test_a_page_takes_the_queries_of_its_figures(section: str, office: Client) -> None:
    office.get(INSIGHT)  # the session notes once who is there
    any_page = (
        queries(office, "/office/settings/letters/") - 1
    )  # the museum, which a page of figures has asked for already
    assert queries(office, f"{INSIGHT}{section}/{DAYS}") == any_page + BEYOND[section] + 1


@pytest.mark.parametrize("section", insight.SECTIONS)
def test_a_page_takes_the_same_queries_for_many_visits(section: str, office: Client, book: Book) -> None:
    office.get(INSIGHT)
    counts = []
    for clock in (None, "11:00", "12:00", "14:00"):
        if clock:
            book(FAR, clock)
        with CaptureQueriesContext(connection) as asked:
            office.get(f"{INSIGHT}{section}/{DAYS}")
        counts.append(len(asked))
    assert len(set(counts)) == 1


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_what_is_drawn_is_said_too(language: str, office_user: User, book: Book) -> None:
    book(FAR, "11:00", heads=20)
    page = soup(browser(office_user, language=language).get(f"{INSIGHT}overview/{DAYS}"))
    drawing = page.select_one("svg.chart")
    assert drawing is not None and drawing["role"] == "img"
    title, description = drawing.find("title"), drawing.find("desc")
    assert title is not None and description is not None
    assert drawing["aria-labelledby"] == f"{title['id']} {description['id']}"
    assert description.text == "2025-06: 1"
    assert not page.select("main [style]")


def test_wrong_days_are_said_beside_the_field_and_kept(office: Client) -> None:
    answer = office.get(f"{INSIGHT}?from=2025-06-30&to=2025-06-01")
    assert answer.status_code == 422
    assert "This is before the first day." in words(answer)
    field = soup(answer).select_one("input[name=to]")
    assert field is not None and field["value"] == "2025-06-01"
    assert office.get(f"{INSIGHT}nothing/").status_code == 404
    assert office.get(f"{INSIGHT}overview/nothing.csv").status_code == 404


def test_a_table_is_a_file_without_formulas(office: Client, book: Book) -> None:
    Space.objects.filter(code="alash").update(name_en="=1+1", position=0)
    book(FAR, "11:00")
    text = office.get(f"{INSIGHT}places/places.csv{DAYS}")
    assert text["Content-Disposition"] == 'attachment; filename="places-places-2025-06-01-2025-06-30.csv"'
    lines = text.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Place,Groups at once")
    assert any(line.startswith("'=1+1,") for line in lines)
    sheet = office.get(f"{INSIGHT}places/places.xlsx{DAYS}")
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as book_of_sheets:
        cells = book_of_sheets.read("xl/worksheets/sheet1.xml").decode()
        strings = book_of_sheets.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in cells
    assert "=1+1" in strings


def test_programs_get_the_same_figures(office: Client, guide: Client, stranger: Client, book: Book) -> None:
    book(FAR, "11:00", heads=20)
    address = "/api/v1/office/insight/?from=2025-06-01&to=2025-06-30&section=overview"
    answer = office.get(address).json()
    assert answer["before"] == {"from": "2025-05-02", "to": "2025-05-31"}
    assert {tile["key"]: tile["value"] for tile in answer["tiles"]}["heads"] == 20
    assert answer["tables"][0]["rows"] == [
        {"month": "2025-06", "visits": 1, "heads": 20, "free": 0, "no_show": 0, "cancelled": 0}
    ]
    assert (guide.get(address).status_code, stranger.get(address).status_code) == (403, 401)
    wrong = office.get("/api/v1/office/insight/?from=2025-06-01")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")


@pytest.mark.django_db(transaction=True)
def test_a_full_day_and_a_start_that_is_taken_are_counted(
    stranger: Client, book: Book, asking: Any, season_now: Any
) -> None:
    caches["answers"].clear()
    Guide.objects.exclude(code="g06").update(active=False)
    Guide.objects.filter(code="g06").update(daily_duties=1)
    book(FAR, "11:00")
    with pytest.raises(StartTaken):
        bookings.request_visit(asking(at(FAR, "14:00"), heads=12), now=season_now)
    address = f"/ask/?tour=halls&audience=general&language=ru&heads=10&adults=0&day={FAR.isoformat()}"
    for _look in range(2):
        assert stranger.get(address).status_code == 200
    query = "tour=halls&audience=general&language=ru&heads=11"
    stranger.get(f"/api/v1/availability/?{query}&from={FAR.isoformat()}&to={FAR.isoformat()}")
    stranger.get(
        f"/api/v1/availability/?{query}&from={FAR.isoformat()}&to=2025-06-30"
    )  # looks around: no day was wanted
    rows = Unserved.objects.order_by("how", "heads").values_list("how", "wanted", "hour", "language", "heads", "count")
    assert list(rows) == [
        ("full", FAR, None, "ru", 10, 1),
        ("full", FAR, None, "ru", 11, 1),
        ("taken", FAR, 14, "ru", 12, 1),
    ]


def test_days_in_which_nobody_asked_in_vain_say_so_in_one_line(office: Client) -> None:
    page = office.get(f"{INSIGHT}refused/{DAYS}")
    assert "Nobody asked in vain in these days." in words(page)
    assert not soup(page).select("table, svg")

"""The figures are those of the visits: counted by hand for a small season, against the period before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler import arrivals, bookings, insight
from scheduler.bookings import Request
from scheduler.insight import Section, Span
from scheduler.insight.frames import middle
from scheduler.models import Unserved, Visit
from tests.scheduler.conftest import at
from tours.models import Audience, Museum, Tour

MAY = Span(date(2025, 5, 1), date(2025, 5, 31))
Ask = Callable[..., Request]
QUERIES = {"overview": 3, "groups": 3, "guides": 2, "places": 3, "refused": 3, "timing": 3}


def rows(section: Section, key: str) -> dict[Any, dict[str, Any]]:
    """A table's rows by their first value."""
    table = next(table for table in section.tables if table.key == key)
    names = [column.key for column in table.columns]
    return {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in table.rows}


def tile(section: Section, key: str) -> tuple[Any, Any]:
    found = next(tile for tile in section.tiles if tile.key == key)
    return found.value, found.before


@pytest.fixture
def season(alzhir: Museum, asking: Ask, season_now: datetime) -> dict[str, Visit]:
    """Two visits of May with a free one among them, one cancelled, one in April that took place."""
    book = {
        "april": asking(at(date(2025, 4, 22), "11:00"), heads=12, agreed=True),
        "school": asking(at(date(2025, 5, 20), "10:00"), audience="school", heads=30, language="kk"),
        "soldiers": asking(at(date(2025, 5, 24), "10:00"), audience="soldiers", heads=40, discreet=True),
        "cancelled": asking(at(date(2025, 5, 21), "10:00"), heads=5),
    }
    made = {name: bookings.book(asked, now=season_now) for name, asked in book.items()}
    bookings.cancel(made["cancelled"].pk, by=bookings.OFFICE, reason="x", now=season_now)
    return made


def test_the_overview_counts_visits_people_and_what_was_free(alzhir: Museum, season: dict[str, Visit]) -> None:
    found = insight.section("overview", MAY, alzhir)
    assert tile(found, "visits") == (2, 1)
    assert tile(found, "heads") == (70, 12)
    assert tile(found, "free") == (1, 0)
    assert tile(found, "cancelled") == (1, 0)
    assert rows(found, "months") == {
        "2025-05": {"visits": 2, "heads": 70, "free": 1, "no_show": 0, "cancelled": 1},
    }


def test_months_without_a_visit_are_there(alzhir: Museum, season: dict[str, Visit]) -> None:
    found = insight.section("overview", Span(date(2024, 12, 15), date(2025, 2, 1)), alzhir)
    assert list(rows(found, "months")) == ["2024-12", "2025-01", "2025-02"]


def test_who_came_is_counted_by_kind_language_and_tour(alzhir: Museum, season: dict[str, Visit]) -> None:
    found = insight.section("groups", MAY, alzhir)
    by_kind = {
        name: (row["visits"], row["visits_before"], row["heads"]) for name, row in rows(found, "audiences").items()
    }
    names = {row.code: row.name for row in Audience.objects.all()}
    assert by_kind == {names["school"]: (1, 0, 30), names["soldiers"]: (1, 0, 40), names["general"]: (0, 1, 0)}
    assert {name: row["visits"] for name, row in rows(found, "languages").items()} == {"Kazakh": 1, "Russian": 1}
    assert {name: row["free_share"] for name, row in rows(found, "tours").items()} == {
        Tour.objects.get(code="halls").name: 50.0
    }


def test_a_discreet_visit_counts_and_is_not_named(alzhir: Museum, season: dict[str, Visit]) -> None:
    whole = repr([insight.section(key, MAY, alzhir) for key in insight.SECTIONS])
    assert season["soldiers"].code not in whole
    assert "A school" not in whole and "Асан" not in whole


def test_who_came_really_is_counted_where_somebody_counted(alzhir: Museum, season: dict[str, Visit]) -> None:
    day = at(date(2025, 5, 20), "11:30")
    arrivals.arrive(season["school"].pk, heads=26, now=day)
    arrivals.finish(now=day)
    arrivals.did_not_come(season["soldiers"].pk, now=at(date(2025, 5, 24), "12:00"))
    found = insight.section("overview", MAY, alzhir)
    assert tile(found, "heads") == (26, 12)
    assert tile(found, "no_show") == (1, 0)
    missed = rows(insight.section("timing", MAY, alzhir), "no_shows")
    names = {row.code: row.name for row in Audience.objects.all()}
    assert missed[names["school"]] == {"took_place": 1, "no_show": 0, "share": 0.0, "booked": 30, "arrived": 26}
    assert missed[names["soldiers"]]["share"] == 100.0


def test_guides_have_their_hours_and_weekends(alzhir: Museum, season: dict[str, Visit]) -> None:
    found = insight.section("guides", MAY, alzhir)
    by_guide = rows(found, "guides")
    assert sum(row["tours"] for row in by_guide.values()) == 4  # 30 are two groups, 40 two
    assert sum(row["hours"] for row in by_guide.values()) == 4.0
    assert sum(row["weekend_tours"] for row in by_guide.values()) == 2  # 24 May 2025 is a Saturday
    assert tile(found, "unled") == (0, None)
    assert len(by_guide) == 6


def test_places_are_as_full_as_their_lanes_are_taken(alzhir: Museum, season: dict[str, Visit]) -> None:
    found = insight.section("places", Span(date(2025, 5, 20), date(2025, 5, 20)), alzhir)
    by_place = rows(found, "places")
    assert {row["hours"] for row in by_place.values()} == {0.0, 1.0}
    alash = by_place["“Alash” hall"]
    assert (alash["lanes"], alash["hours"], alash["share"]) == (2, 1.0, 6.2)  # of 8 open hours for two groups
    table = next(table for table in found.tables if table.key == "hours")
    assert table.heats[0].cells[1, 10] == 50.0  # Tuesday at ten: two groups for half an hour each
    assert (0, 10) not in table.heats[0].cells  # Mondays it is closed


def test_refused_demand_is_told_by_language_weekday_and_hour(alzhir: Museum) -> None:
    tour, audience = Tour.objects.get(code="halls"), Audience.objects.get(code="school")
    common = {"asked_on": date(2025, 5, 2), "tour": tour, "audience": audience}
    Unserved.objects.create(**common, how="taken", wanted=date(2025, 5, 7), hour=11, language="en", heads=20, count=3)
    Unserved.objects.create(**common, how="full", wanted=date(2025, 5, 7), language="en", heads=10, count=1)
    Unserved.objects.create(**common, how="full", wanted=None, language="kk", heads=10, count=2)
    Unserved.objects.create(**common, how="full", wanted=date(2025, 4, 7), language="kk", heads=10, count=9)
    found = insight.section("refused", MAY, alzhir)
    table = next(table for table in found.tables if table.key == "hours")
    assert table.rows == (
        ("English", "Wednesday", "11:00", 3, 60),
        ("Kazakh", "any day", "any time", 2, 20),
        ("English", "Wednesday", "any time", 1, 10),
    )
    assert [(heat.title, heat.cells) for heat in table.heats] == [("English", {(2, 11): 3.0, (2, None): 1.0})]
    assert rows(found, "languages")["Kazakh"] == {"groups": 2, "groups_before": 9, "heads": 20}
    assert tile(insight.section("overview", MAY, alzhir), "unserved") == (6, 9)


def test_lead_times_are_days_between_asking_and_coming(alzhir: Museum, season: dict[str, Visit]) -> None:
    found = insight.section("timing", MAY, alzhir)  # asked on 12 May, for the 20th and the 24th
    assert tile(found, "median") == (10.0, 0.0)
    by_step = {name: row["visits"] for name, row in rows(found, "leads").items()}
    assert {name: visits for name, visits in by_step.items() if visits} == {"8–14": 2}


@pytest.mark.parametrize("key", insight.SECTIONS)
def test_a_section_asks_the_same_number_of_queries_whatever_there_is(
    key: str, alzhir: Museum, asking: Ask, season_now: datetime
) -> None:
    for size in (0, 6):
        for number in range(size):
            bookings.book(asking(at(date(2025, 5, 20) + timedelta(days=number % 5), f"1{number}:00")), now=season_now)
        with CaptureQueriesContext(connection) as asked:
            insight.section(key, MAY, alzhir)
        assert len(asked) == QUERIES[key]


def test_the_middle_of_counted_values() -> None:
    assert [middle(each) for each in ([], [(3, 1)], [(1, 1), (4, 1)], [(9, 1), (1, 2)])] == [None, 3.0, 2.5, 1.0]


def test_the_period_before_is_as_long_and_ends_where_this_begins() -> None:
    assert Span(date(2025, 5, 1), date(2025, 5, 31)).before == Span(date(2025, 3, 31), date(2025, 4, 30))
    assert insight.usual_span(date(2025, 5, 12)) == Span(date(2024, 6, 1), date(2025, 5, 31))
    assert insight.usual_span(date(2025, 12, 31)) == Span(date(2025, 1, 1), date(2025, 12, 31))

"""The strip of closures: five weeks, places down, days across."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client

from scheduler import closures
from scheduler.closures import ClosureDraft
from scheduler.views.office import strip
from scheduler.views.office.strip import Piece
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import Close, soup, words
from tours.models import Museum, Space

pytestmark = pytest.mark.django_db

MONDAY = date(2025, 5, 12)
LIST = "/office/closures/"


def pieces(museum: Museum, code: str, day: date = MONDAY) -> tuple[Piece, ...]:
    (found,) = [each for space, each in strip.weeks_from(day, museum).lines if space.code == code]
    return found


def test_it_shows_five_weeks_of_every_place_and_the_days_on_which_the_museum_is_not_open(alzhir: Museum) -> None:
    found = strip.weeks_from(date(2025, 5, 15), alzhir)
    assert (found.days[0], found.days[-1]) == (MONDAY, date(2025, 6, 15))
    assert [days for _name, days in found.months] == [20, 15]
    assert {space.code for space, _pieces in found.lines} == set(Space.objects.values_list("code", flat=True))
    for _space, each in found.lines:
        assert sum(piece.days for piece in each) == 35
        assert {number % 7 for number, piece in enumerate(each) if piece.shut} == {0}  # Mondays


def test_days_of_one_closure_are_one_piece_of_its_places_alone(alzhir: Museum, close: Close) -> None:
    closure = close(date(2025, 5, 20), date(2025, 5, 24), places=(Space.objects.get(code="alash"),))
    (piece,) = [piece for piece in pieces(alzhir, "alash") if piece.closure]
    assert (piece.closure, piece.days, piece.whole) == (closure, 4, True)
    assert not [piece for piece in pieces(alzhir, "cinema") if piece.closure]


def test_hours_are_a_part_and_a_rule_stands_on_each_of_its_days(alzhir: Museum, season_now: datetime) -> None:
    tuesday = date(2025, 5, 20)
    draft = ClosureDraft(
        (),
        at(tuesday, "10:00"),
        at(tuesday, "12:00"),
        "technical",
        {"en": "Cleaning"},
        rrule="FREQ=WEEKLY;COUNT=3",
    )
    seal = closures.preview(draft, now=season_now).seal
    closures.close(draft, seal=seal, decisions={}, by=None, now=season_now)
    found = [
        (number, piece.days, piece.whole) for number, piece in enumerate(pieces(alzhir, "cinema")) if piece.closure
    ]
    assert found == [(8, 1, False), (15, 1, False), (22, 1, False)]


def test_all_opening_hours_are_a_whole_day(alzhir: Museum, season_now: datetime) -> None:
    tuesday = date(2025, 5, 20)
    draft = ClosureDraft((), at(tuesday, "10:00"), at(tuesday, "18:00"), "technical", {"en": "Cleaning"})
    seal = closures.preview(draft, now=season_now).seal
    closures.close(draft, seal=seal, decisions={}, by=None, now=season_now)
    (piece,) = [piece for piece in pieces(alzhir, "cinema") if piece.closure]
    assert piece.whole


def test_what_has_no_end_goes_on_to_the_last_day(alzhir: Museum, close: Close) -> None:
    close(date(2025, 6, 1), None)
    (piece,) = [piece for piece in pieces(alzhir, "wall") if piece.closure]
    assert piece.days == 15


def test_the_list_shows_it_and_turns_it(office: Client, close: Close) -> None:
    closure = close(date(2025, 6, 17), date(2025, 6, 19), en="Renovation")
    page = soup(office.get(LIST))
    assert not page.select(".strip td.closed")
    later = office.get(f"{LIST}{page.select('.calbar a')[2]['href']}")
    bars = soup(later).select(".strip td.closed")
    assert {bar["colspan"] for bar in bars} == {"2"}
    assert len(bars) == Space.objects.count()
    assert bars[0].select_one(f"a[href='/office/closures/{closure.pk}/']") is not None
    assert "Monday, 16 June" in words(later)


@pytest.mark.parametrize("asked", ["soon", "9999-12-31", "0001-01-01", "2025-05-20\0", ""])
def test_a_day_that_is_none_shows_the_coming_weeks(office: Client, asked: str) -> None:
    answer = office.get(LIST, {"from": asked})
    assert answer.status_code == 200
    assert "Monday, 12 May" in words(answer)

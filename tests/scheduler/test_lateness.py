"""A late bus: what can still be shown, and that nobody behind has to wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from scheduler import bookings, lateness
from scheduler.bookings import Request
from scheduler.errors import BadWish, StartTaken
from scheduler.models import Leg, Visit
from tests.scheduler.conftest import at
from tours.models import Guide

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 5, 20)


@pytest.fixture
def visit(asking: Ask, season_now: datetime) -> Visit:
    return bookings.book(asking(at(DAY, "11:00"), tour="halls-film"), now=season_now)


def kinds(visit: Visit, arrives: datetime) -> list[tuple[str, int, tuple[int, ...]]]:
    found = lateness.receptions(visit.pk, arrives=arrives, now=arrives)
    return [(way.kind, way.lost, way.dropped) for way in found]


def test_with_room_behind_the_whole_visit_is_later(visit: Visit) -> None:
    assert kinds(visit, at(DAY, "11:20"))[0] == ("later", 0, ())


def test_with_somebody_behind_talks_are_shorter_or_stops_left_out(
    asking: Ask, visit: Visit, season_now: datetime
) -> None:
    Guide.objects.exclude(pk=visit.parties.get().guide_id).update(active=False)
    bookings.book(asking(at(DAY, "12:45"), tour="grounds"), now=season_now)
    assert kinds(visit, at(DAY, "11:20")) == [
        ("shorter", 20, ()), ("fewer", 20, (2,)), ("fewer", 30, (0,)), ("fewer", 30, (1,)),
        ("fewer", 50, (0, 2)), ("fewer", 50, (1, 2)), ("fewer", 60, (0, 1)),
    ]  # fmt: skip


def test_one_click_receives_the_group_at_its_new_time_with_its_guide(visit: Visit) -> None:
    guide = visit.parties.get().guide
    late = at(DAY, "11:18")
    lateness.receive(visit.pk, arrives=late, kind="fewer", dropped=(2,), now=late)
    visit.refresh_from_db()
    assert visit.period.lower == at(DAY, "11:20")
    assert visit.period.upper == at(DAY, "12:20")
    assert [stop["space"] for stop in visit.stops] == ["alash", "alzhir"]
    assert visit.parties.get().guide == guide
    assert {leg.lane.space.code for leg in Leg.objects.filter(visit=visit, holds=True)} == {"alash", "alzhir"}


def test_what_is_not_possible_any_more_changes_nothing(asking: Ask, visit: Visit, season_now: datetime) -> None:
    Guide.objects.exclude(pk=visit.parties.get().guide_id).update(active=False)
    bookings.book(asking(at(DAY, "12:45"), tour="grounds"), now=season_now)
    before = visit.period
    with pytest.raises(StartTaken):
        lateness.receive(visit.pk, arrives=at(DAY, "11:20"), kind="later", now=season_now)
    visit.refresh_from_db()
    assert visit.period == before


@pytest.fixture
def waves(asking: Ask, season_now: datetime) -> Visit:
    asked = asking(at(DAY, "11:00"), at(DAY, "12:00"), tour="halls", audience="soldiers", heads=120)
    return bookings.book(asked, now=season_now)


def begins(visit: Visit, arrives: str) -> dict[str, tuple[datetime, ...]]:
    return {
        way.kind: way.begins for way in lateness.receptions(visit.pk, arrives=at(DAY, arrives), now=at(DAY, arrives))
    }


def test_of_a_group_in_waves_only_the_one_that_it_missed_begins_later(asking: Ask, season_now: datetime) -> None:
    tour = asking(at(DAY, "11:00"), at(DAY, "13:00"), tour="halls", audience="soldiers", heads=120)
    visit = bookings.book(tour, now=season_now)
    assert begins(visit, "11:20")["later"] == (at(DAY, "11:20"), at(DAY, "13:00"))
    lateness.receive(visit.pk, arrives=at(DAY, "11:20"), kind="later", now=at(DAY, "11:20"))
    assert set(visit.parties.values_list("wave", "period__startswith")) == {
        (0, at(DAY, "11:20")),
        (1, at(DAY, "13:00")),
    }


def test_where_the_second_wave_would_be_in_the_way_all_begin_later(waves: Visit) -> None:
    """It fills both halls from the minute in which the first was to leave them."""
    assert begins(waves, "11:20")["later"] == (at(DAY, "11:20"), at(DAY, "12:20"))
    assert begins(waves, "11:20")["shorter"] == (at(DAY, "11:20"), at(DAY, "12:00"))


def test_who_has_missed_every_wave_begins_all_of_them_later(waves: Visit) -> None:
    assert begins(waves, "12:10") == {"later": (at(DAY, "12:10"), at(DAY, "13:10"))}


@pytest.mark.parametrize("clock", ["11:00", "12:20", "09:00"])
def test_who_is_not_late_need_not_be_received_otherwise(visit: Visit, clock: str) -> None:
    with pytest.raises(BadWish):
        lateness.receptions(visit.pk, arrives=at(DAY, clock), now=at(DAY, clock))

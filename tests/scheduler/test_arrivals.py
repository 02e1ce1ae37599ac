"""The day itself: a group at the door is received at once if that is possible, and nobody who is expected waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from scheduler import arrivals, bookings
from scheduler.bookings import Request
from scheduler.errors import BadWish, StartTaken
from scheduler.models import Party, Visit
from tests.scheduler.conftest import at
from tours.models import Guide

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 5, 20)


def at_the_door(asking: Ask, now: datetime, **others: object) -> Visit:
    return arrivals.walk_in(replace(asking(now, contacts=(), **others), starts=()), by=None, now=now)


def test_a_group_at_the_door_begins_at_the_next_whole_five_minutes(asking: Ask) -> None:
    visit = at_the_door(asking, at(DAY, "11:03"))
    assert (visit.period.lower, visit.status, visit.arrived_heads) == (at(DAY, "11:05"), "confirmed", 10)
    assert visit.promised_at is not None
    assert visit.parties.get().guide is not None
    assert not visit.contacts.exists()


def test_it_waits_until_a_guide_is_free_but_no_longer_than_half_an_hour(asking: Ask, season_now: datetime) -> None:
    expected = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    Guide.objects.exclude(pk=expected.parties.get().guide_id).update(active=False)
    with pytest.raises(StartTaken):
        at_the_door(asking, at(DAY, "11:05"))
    free = expected.period.upper
    visit = at_the_door(asking, at(DAY, "11:50"))
    assert visit.period.lower > free
    assert Party.objects.get(visit=expected).guide_id == Party.objects.get(visit=visit).guide_id


def test_nobody_who_is_expected_is_moved_by_it(asking: Ask, season_now: datetime) -> None:
    expected = bookings.book(asking(at(DAY, "11:30")), now=season_now)
    Guide.objects.exclude(pk=expected.parties.get().guide_id).update(active=False)
    with pytest.raises(StartTaken):
        at_the_door(asking, at(DAY, "11:00"))
    expected.refresh_from_db()
    assert expected.period.lower == at(DAY, "11:30")
    assert Visit.objects.count() == 1


def test_where_it_cannot_be_served_what_is_possible_is_said(asking: Ask, season_now: datetime) -> None:
    expected = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    Guide.objects.exclude(pk=expected.parties.get().guide_id).update(active=False)
    group = asking(at(DAY, "11:05")).group
    found = arrivals.instead(group, now=at(DAY, "11:05"))
    assert found[0].group == group
    assert found[0].start > expected.period.upper
    chosen = replace(asking(found[0].start, contacts=()), starts=(found[0].start,))
    assert arrivals.walk_in(chosen, by=None, now=at(DAY, "11:06")).period.lower == found[0].start


def test_a_form_sent_twice_makes_one_visit(asking: Ask) -> None:
    keys = {"request_key": "page:x", "request_print": "y"}
    first = at_the_door(asking, at(DAY, "11:00"), keys=keys)
    assert at_the_door(asking, at(DAY, "11:01"), keys=keys) == first


def test_what_cannot_be_meant_is_refused(asking: Ask) -> None:
    with pytest.raises(BadWish):
        at_the_door(asking, at(DAY, "11:00"), heads=3, adults=4)


def test_past_and_another_day_are_never_chosen(asking: Ask) -> None:
    for start in (at(DAY, "10:30"), at(date(2025, 5, 21), "11:00")):
        with pytest.raises(StartTaken):
            arrivals.walk_in(asking(start, contacts=()), by=None, now=at(DAY, "11:00"))


def test_before_opening_and_after_closing_nobody_is_served(asking: Ask) -> None:
    for clock in ("08:00", "17:45"):
        with pytest.raises(StartTaken):
            at_the_door(asking, at(DAY, clock))


def test_who_came_after_all_is_no_longer_missing(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    arrivals.did_not_come(visit.pk, now=at(DAY, "11:20"))
    arrivals.arrive(visit.pk, heads=9, now=at(DAY, "11:30"))
    visit.refresh_from_db()
    assert (visit.status, visit.arrived_heads) == ("done", 9)

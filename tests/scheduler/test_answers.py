"""What days answered is kept by their version, and never wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler import bookings, roster, starts
from scheduler.bookings import Request
from scheduler.starts import Group
from tests.scheduler.conftest import at
from tours import services
from tours.models import Guide

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 5, 29)


def begins(group: Group, now: datetime, day: date = DAY) -> set[datetime]:
    return set(starts.offered(group, day, day, now=now).days[0].starts)


def queries(group: Group, now: datetime) -> int:
    with CaptureQueriesContext(connection) as asked:
        starts.offered(group, DAY, DAY + timedelta(days=29), now=now)
    return len(asked)


def test_a_kept_answer_asks_no_snapshot(asking: Ask, season_now: datetime) -> None:
    group = asking(at(DAY, "11:00")).group
    assert queries(group, season_now) == 11
    assert queries(group, season_now) == 6


def test_queries_do_not_grow_with_what_is_booked(asking: Ask, season_now: datetime) -> None:
    group = asking(at(DAY, "11:00")).group
    for day in (DAY, date(2025, 5, 30)):
        for clock in ("10:00", "11:15", "12:30", "13:45"):
            bookings.book(asking(at(day, clock)), now=season_now)
    assert queries(group, season_now) == 11


def test_a_booking_is_seen_at_once(asking: Ask, season_now: datetime) -> None:
    Guide.objects.exclude(code="g01").update(active=False)
    group = asking(at(DAY, "11:00")).group
    assert at(DAY, "11:30") in begins(group, season_now)
    visit = bookings.book(asking(at(DAY, "11:00")), now=season_now)
    assert at(DAY, "11:30") not in begins(group, season_now)
    bookings.cancel(visit.pk, by="organiser", now=season_now)
    assert at(DAY, "11:30") in begins(group, season_now)


def test_an_absence_is_seen_at_once_and_when_it_is_taken_back(asking: Ask, season_now: datetime) -> None:
    Guide.objects.exclude(code="g01").update(active=False)
    group = asking(at(DAY, "11:00")).group
    before = begins(group, season_now)
    away = roster.add_absence(Guide.objects.get(code="g01").pk, at(DAY, "10:00"), None, now=season_now)
    assert begins(group, season_now) == set()
    roster.remove_absence(away.pk, now=season_now)
    assert begins(group, season_now) == before != set()


def test_a_change_of_the_catalogue_is_seen_at_once(asking: Ask, season_now: datetime) -> None:
    group = asking(at(DAY, "11:00")).group
    assert begins(group, season_now)
    with services.changing_catalogue():
        Guide.objects.update(active=False)
    assert begins(group, season_now) == set()


def test_reasons_are_kept_in_each_language(asking: Ask, season_now: datetime) -> None:
    from django.utils import translation

    group = asking(at(DAY, "11:00"), language="de").group
    said = {}
    for language in ("kk", "ru", "en", "kk"):
        with translation.override(language):
            said[language] = starts.offered(group, DAY, DAY, now=season_now).days[0].reason
    assert said["en"] == "Nobody leads this tour in this language."


def test_without_redis_everything_is_worked_out_anew(asking: Ask, season_now: datetime, settings: object) -> None:
    from django.core.cache import caches

    group = asking(at(DAY, "11:00")).group
    right = begins(group, season_now)
    gone = {**settings.CACHES, "answers": {**settings.CACHES["answers"], "LOCATION": "redis://127.0.0.1:1/0"}}
    settings.CACHES = gone
    assert caches["answers"]._servers == ["redis://127.0.0.1:1/0"]
    assert begins(group, season_now) == right

"""What could not be served is counted once for each asker, wish and day, and keeps nothing of who asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.core.cache import caches

from scheduler import demand
from scheduler.models import Unserved
from scheduler.starts import Group
from tests.scheduler.conftest import at
from tours.models import Audience, Museum, Tour

DAY = date(2025, 6, 4)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    caches["answers"].clear()


@pytest.fixture
def group(alzhir: Museum) -> Group:
    return Group(Tour.objects.get(code="halls"), "en", Audience.objects.get(code="school"), 20)


def test_one_asker_counts_once_a_day(group: Group, season_now: datetime) -> None:
    seen = [
        demand.note(group, how="full", who="192.0.2.1", now=now, wanted=DAY)
        for now in (season_now, season_now + timedelta(hours=1), season_now + timedelta(days=1))
    ]
    assert seen == [True, False, True]
    assert list(Unserved.objects.values_list("asked_on", "count")) == [(date(2025, 5, 12), 1), (date(2025, 5, 13), 1)]


def test_two_askers_of_the_same_are_one_row(group: Group, season_now: datetime) -> None:
    for who in ("192.0.2.1", "192.0.2.2"):
        demand.note(group, how="full", who=who, now=season_now)
    row = Unserved.objects.get()
    assert (row.count, row.wanted, row.hour, row.language, row.heads) == (2, None, None, "en", 20)


def test_a_start_that_was_taken_is_noted_by_the_museums_clock(group: Group, season_now: datetime) -> None:
    demand.note_taken(group, at(DAY, "16:30"), who="somebody", now=season_now)
    row = Unserved.objects.get()
    assert (row.how, row.wanted, row.hour) == ("taken", DAY, 16)


def test_without_redis_nothing_is_counted_and_nobody_is_kept(
    group: Group, season_now: datetime, settings: object
) -> None:
    settings.CACHES = settings.CACHES | {  # type: ignore[attr-defined]
        "answers": settings.CACHES["answers"] | {"LOCATION": "redis://127.0.0.1:1"}  # type: ignore[attr-defined]
    }
    assert demand.note(group, how="full", who="192.0.2.1", now=season_now) is False
    assert not Unserved.objects.exists()

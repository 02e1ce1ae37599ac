"""What an availability call costs by how many years are kept: `make bench-history` (10^3, 10^5; HISTORY=1000000 for more).

Each size is written into the database as visits that took place on the years before; the month asked about stays the
same. Queries and the median of five calls are printed, with nothing kept between them.
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler import bookings, snapshot, steps
from scheduler.bookings import Request
from scheduler.models import Leg, Party, Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tests.scheduler.conftest import alzhir, at
from tours.models import Audience, Guide, Lane, Museum, Tour

__all__ = ["alzhir"]  # the fixture

FIRST = date(2025, 6, 3)
NOW = datetime(2025, 5, 12, 4, tzinfo=UTC)
SIZES = sorted({1_000, 100_000, int(os.environ.get("HISTORY", "100000"))})

BATCH = 5_000


def write_history(first: int, last: int) -> None:
    """Visits that took place, eight a day, on the days before the month asked about; each with a party and a leg."""
    tour, audience = Tour.objects.get(code="halls"), Audience.objects.get(code="general")
    lane, zone = Lane.objects.earliest("pk"), ZoneInfo("Asia/Almaty")
    with connection.cursor() as cursor:
        for table in ("scheduler_visit", "scheduler_party"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # no history of the history
    for begin in range(first, last + 1, BATCH):
        visits = []
        for number in range(begin, min(begin + BATCH, last + 1)):
            start = at(date(2025, 5, 1) - timedelta(days=number // 8), "10:00") + timedelta(minutes=60 * (number % 8))
            visits.append(
                Visit(
                    code=f"H{number}",
                    status="done",
                    tour=tour,
                    language="ru",
                    audience=audience,
                    heads=10,
                    created_at=NOW,
                    updated_at=NOW,
                    **steps.when((start,), 12, zone),
                )
            )
        Visit.objects.bulk_create(visits)
        Party.objects.bulk_create(Party(visit=visit, number=1, heads=10, period=visit.period) for visit in visits)
        Leg.objects.bulk_create(
            Leg(visit=visit, stop=0, lane=lane, period=visit.period, holds=False) for visit in visits
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE scheduler_visit, scheduler_party, scheduler_leg")
        for table in ("scheduler_visit", "scheduler_party"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.timeout(7200)
@pytest.mark.django_db(transaction=True)
def test_history(alzhir: Museum, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the table; asserts that the queries are as many at each size."""
    group = Group(Tour.objects.get(code="halls"), "ru", Audience.objects.get(code="general"), 15)
    for offset in range(20):
        day = FIRST + timedelta(days=offset)
        if day.weekday() != 0:
            asked = Request(group, (at(day, "11:00"),), (Person("A", email="a@example.org"),), agreed=True)
            bookings.request_visit(asked, now=NOW)
    rows, done = [], 0
    for size in SIZES:
        write_history(done + 1, size)
        done = size
        with CaptureQueriesContext(connection) as asked_queries:
            snapshot.of_days(FIRST, FIRST + timedelta(days=29), now=NOW)
        times = []
        for _try in range(5):
            begin = time.perf_counter()
            snapshot.of_days(FIRST, FIRST + timedelta(days=29), now=NOW)
            times.append(time.perf_counter() - begin)
        rows.append((size, len(asked_queries), statistics.median(times)))
    with capsys.disabled():
        print("\npast visits   queries   snapshot of 30 days   against the first")
        for size, queries, median in rows:
            print(f"{size:>11,}   {queries:>7}   {median * 1000:>16.1f} ms   {median / rows[0][2]:>17.2f}")
    assert len({queries for _size, queries, _median in rows}) == 1
    assert Guide.objects.exists()

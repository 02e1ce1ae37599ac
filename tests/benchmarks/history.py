"""What an availability call costs by how many years are kept: `make bench-history` (10^3, 10^5; HISTORY=1000000 for more).

Each size is written into the database as visits that took place on the years before; the month asked about stays the
same. Queries and the median of 21 calls are printed, with nothing kept between them.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Model
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


def write_history(first: int, last: int) -> None:
    """Visits that took place, eight a day, on the days before the month asked about; each with a party and a leg.

    Each is a copy, made by the database, of one that is written here.
    """
    zone = ZoneInfo("Asia/Almaty")
    begin = at(date(2025, 5, 1), "10:00")
    with connection.cursor() as cursor:
        for table in ("scheduler_visit", "scheduler_party"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # no history of the history
    first_one, _made = Visit.objects.get_or_create(
        code="H0",
        defaults={
            "status": Visit.Status.DONE,
            "tour": Tour.objects.get(code="halls"),
            "language": "ru",
            "audience": Audience.objects.get(code="general"),
            "heads": 10,
            "created_at": NOW,
            "updated_at": NOW,
            **steps.when((begin,), 12, zone),
        },
    )
    party, _made = Party.objects.get_or_create(visit=first_one, number=1, heads=10, period=first_one.period)
    leg, _made = Leg.objects.get_or_create(
        visit=first_one, stop=0, lane=Lane.objects.earliest("pk"), period=first_one.period, holds=False
    )
    back = "make_interval(days => (n / 8)::int, hours => -mod(n, 8))"
    earlier = {"period": f"tstzrange(lower(period) - {back}, upper(period) - {back})"}
    days = "make_interval(days => (n / 8)::int)"
    bounds = f"tstzrange(lower(day_bounds) - {days}, upper(day_bounds) - {days})"
    visit_id = "(SELECT id FROM scheduler_visit WHERE code = 'H' || n)"
    copy(
        first_one,
        first,
        last,
        {"code": "'H' || n", "day": "day - (n / 8)::int", "day_bounds": bounds, **earlier},
    )
    copy(party, first, last, {"visit_id": visit_id, **earlier})
    copy(leg, first, last, {"visit_id": visit_id, **earlier})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE scheduler_visit, scheduler_party, scheduler_leg")
        for table in ("scheduler_visit", "scheduler_party"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def copy(row: Model, first: int, last: int, other: Mapping[str, str]) -> None:
    """Write copies of a row numbered `first` to `last`; `other`: columns that differ, as SQL with `n` in it."""
    columns = [field.column for field in row._meta.concrete_fields if not field.primary_key]
    values = ", ".join(other.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(%s::int, %s::int) AS n WHERE id = %s",
            [first, last, row.pk],
        )


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
        for _try in range(21):
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

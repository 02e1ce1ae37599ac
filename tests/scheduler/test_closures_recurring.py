"""Closures by a rule: every time of it and no other."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from scheduler import bookings, calendars, closures, conflicts, snapshot
from scheduler.errors import Closed
from scheduler.models import Closure
from tests.scheduler.closing import TUESDAY, TUESDAYS, Ask, close, draft, tuesdays
from tests.scheduler.conftest import at
from tours.models import Museum

pytestmark = pytest.mark.django_db


def test_every_time_of_a_rule_is_previewed(asking: Ask, season_now: datetime) -> None:
    booked = [
        bookings.book(asking(at(TUESDAY + timedelta(weeks=weeks), "11:00")), now=season_now) for weeks in range(3)
    ]
    bookings.book(asking(at(TUESDAY + timedelta(days=1), "11:00")), now=season_now)
    seen = closures.preview(tuesdays(), now=season_now)
    assert [hit.visit for hit in seen.hits] == booked
    assert [hit.proposal.start for hit in seen.hits] == [
        at(TUESDAY + timedelta(weeks=weeks), "13:00") for weeks in range(3)
    ]
    close(tuesdays(), season_now)
    assert [each.kind for each in conflicts.every(now=season_now) if each.kind == "inside_closure"] == []


def test_a_rule_begins_with_its_first_time(alzhir: Museum, season_now: datetime) -> None:
    closure = close(tuesdays(day=date(2025, 5, 15)), season_now)  # a Thursday
    assert closure.period.lower == at(TUESDAY, "10:00")
    assert (closure.span.lower, closure.span.upper) == (at(TUESDAY, "10:00"), None)


def test_a_rule_until_further_notice_is_ended_later(asking: Ask, season_now: datetime) -> None:
    closure = close(tuesdays(), season_now)
    ended = tuesdays(rrule=f"{TUESDAYS};UNTIL=20250531", until_further_notice=False)
    seen = closures.preview(ended, now=season_now, closure=closure)
    closures.change(closure.pk, ended, seal=seen.seal, decisions={}, by=None, now=season_now)
    assert bookings.book(asking(at(date(2025, 6, 3), "11:00")), now=season_now).pk
    with pytest.raises(Closed):
        bookings.book(asking(at(date(2025, 5, 27), "11:00")), now=season_now)


def test_an_old_visit_at_a_time_of_a_rule_is_shown_as_a_conflict(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(TUESDAY + timedelta(weeks=1), "11:00")), now=season_now)
    bookings.book(asking(at(TUESDAY + timedelta(days=8), "11:00")), now=season_now)
    period = DateTimeTZRange(at(TUESDAY, "10:00"), at(TUESDAY, "13:00"), "[)")
    span = DateTimeTZRange(period.lower, None, "[)")
    Closure.objects.create(period=period, span=span, rrule=TUESDAYS, kind="other", created_at=season_now)
    found = [each for each in conflicts.every(now=season_now) if each.kind == "inside_closure"]
    assert [each.visit for each in found] == [visit]


def test_the_calendar_of_closures_has_each_time(alzhir: Museum, season_now: datetime) -> None:
    close(tuesdays(rrule=f"{TUESDAYS};COUNT=3", until_further_notice=False), season_now)
    entries = list(calendars.closure_entries(alzhir, now=season_now))
    assert [each.entry.start for each in entries] == [
        at(TUESDAY + timedelta(weeks=weeks), "10:00") for weeks in range(3)
    ]
    assert len({each.uid for each in entries}) == 3


def test_a_rule_costs_no_query_more_than_a_closure_that_does_not_recur(alzhir: Museum, season_now: datetime) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as seen:
            snapshot.of_days(TUESDAY, TUESDAY + timedelta(days=61))
        return len(seen)

    close(draft(), season_now)
    once = counted()
    close(tuesdays(), season_now)
    assert counted() == once

"""An answer that waited for the lock of a day which the visit has left meanwhile is refused, not written down for another day."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from scheduler import bookings, locks, offers, roster
from scheduler.bookings import Request
from scheduler.errors import StaleForm
from scheduler.models import Party, Visit
from tests.live import wait_until
from tests.races.test_one_start_for_fifty import open_days
from tests.scheduler.conftest import at
from tours.models import Museum, User

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., Request]


def somebody_waits() -> bool:
    """Whether a transaction waits for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"  # others test beside
        )
        return bool(cursor.fetchone()[0])


def refused(change: Callable[[], Any]) -> str:
    """Why the change was refused; "" where it was made."""
    try:
        locks.door(change)()
    except StaleForm as stale:
        return stale.code
    finally:
        connections.close_all()
    return ""


@pytest.mark.parametrize("what", ["accept", "assign", "offer"])
def test_what_is_said_of_a_visit_that_moves_in_this_moment_is_refused(asking: Ask, what: str) -> None:
    Museum.objects.update(promise_days=200)  # so that there is a guide to answer
    now = timezone.now()
    here, there, elsewhere, *_ = open_days()
    visit = locks.door(bookings.book)(asking(at(here, "11:00")), now=now)
    party = visit.parties.get()
    office = User.objects.create(username="office", is_staff=True)
    said: dict[str, Callable[[], Any]] = {
        "accept": partial(roster.accept, party.pk, now=now),
        "assign": partial(roster.assign, party.pk, party.guide.code, by=office, now=now),
        "offer": partial(offers.offer, visit.pk, (at(elsewhere, "11:00"),), answer_by=at(here, "08:00"), now=now),
    }
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            bookings.move(visit.pk, (at(there, "11:00"),), now=now)
            answer = pool.submit(refused, said[what])
            wait_until(somebody_waits)
        assert answer.result(60) == "changed_meanwhile"
    assert Visit.objects.get().status == Visit.Status.CONFIRMED
    assert Visit.objects.get().day == there
    assert Party.objects.get().answer == Party.Answer.PENDING

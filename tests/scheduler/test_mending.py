"""What was lost behind everybody's back is written again; what is known is not told twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from notifications.models import OutboxMessage
from scheduler import bookings, mending
from scheduler.bookings import Request
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., Request]
DAY = date(2025, 5, 20)


def letters() -> list[str]:
    rows = OutboxMessage.objects.filter(status="queued").order_by("kind")
    return list(rows.values_list("kind", flat=True))


def test_letters_deleted_behind_its_back_are_written_again(asking: Ask, season_now: datetime) -> None:
    bookings.request_visit(asking(at(DAY, "11:00")), now=season_now)
    before = letters()
    OutboxMessage.objects.all().delete()
    assert mending.compare(now=season_now) == 1
    assert letters() == before == ["duty", "programme"]


def test_where_everybody_knows_nothing_is_written(asking: Ask, season_now: datetime) -> None:
    bookings.request_visit(asking(at(DAY, "11:00")), now=season_now)
    before = OutboxMessage.objects.count()
    mending.compare(now=season_now)
    assert OutboxMessage.objects.count() == before


def test_what_is_over_is_left_in_peace(asking: Ask, season_now: datetime) -> None:
    bookings.request_visit(asking(at(DAY, "11:00")), now=season_now)
    assert mending.compare(now=at(DAY, "18:00")) == 0

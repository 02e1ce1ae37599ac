"""A request that the office leaves undecided: its deputy hears of it in time, and both after the time to decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from notifications.models import Call, OutboxMessage
from scheduler import bookings
from scheduler.bookings import Request
from scheduler.models import Visit
from tests.scheduler.conftest import at
from tours.models import Museum, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 6, 18)


@pytest.fixture
def asked(asking: Ask, season_now: datetime) -> Visit:
    User.objects.create(username="office", is_staff=True, email="office@example.org")
    Museum.objects.update(deputy_name="Д. Орынбасар", deputy_email="deputy@example.org", deputy_locale="ru")
    visit = bookings.book(asking(at(DAY, "11:00"), tour="grounds-flowers"), now=season_now)
    OutboxMessage.objects.all().delete()
    return visit


def alarmed(now: datetime) -> list[str]:
    """Who is told by a look at this moment, each once."""
    OutboxMessage.objects.all().update(status=OutboxMessage.Status.SENT)
    known = set(OutboxMessage.objects.values_list("pk", flat=True))
    bookings.decide_overdue(now=now)
    return sorted(OutboxMessage.objects.exclude(pk__in=known).values_list("to_email", flat=True))


def test_the_deputy_hears_after_the_museums_share_of_silence_and_the_office_before_the_end(asked: Visit) -> None:
    assert asked.decide_by is not None
    whole = asked.decide_by - asked.created_at
    assert alarmed(asked.created_at + whole * 0.4) == []
    assert alarmed(asked.created_at + whole * 0.5) == ["deputy@example.org"]
    assert alarmed(asked.created_at + whole * 0.6) == []
    assert alarmed(asked.decide_by - timedelta(hours=3)) == ["office@example.org"]
    assert alarmed(asked.decide_by) == ["deputy@example.org", "office@example.org"]
    assert alarmed(asked.decide_by + timedelta(hours=1)) == []


def test_the_share_is_the_museums_to_set(asked: Visit) -> None:
    Museum.objects.update(deputy_after_percent=0)
    assert alarmed(asked.created_at) == ["deputy@example.org"]


def test_what_was_decided_alarms_nobody(asked: Visit, season_now: datetime) -> None:
    bookings.confirm(asked.pk, now=season_now)
    OutboxMessage.objects.all().delete()
    assert alarmed(at(DAY, "09:00")) == []


def test_a_museum_without_a_deputy_alarms_its_office_alone(asked: Visit) -> None:
    Museum.objects.update(deputy_email="")
    assert asked.decide_by is not None
    assert alarmed(asked.decide_by) == ["office@example.org"]


def test_a_deputy_without_e_mail_stands_on_the_call_list(asked: Visit) -> None:
    Museum.objects.update(deputy_email="", deputy_phone="+77010000099")
    assert asked.decide_by is not None
    assert alarmed(asked.decide_by) == ["office@example.org"]
    assert Call.objects.filter(phone="+77010000099").exists()

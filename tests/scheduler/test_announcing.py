"""What the museum's own systems hear of closures, by webhook."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.models import Endpoint, OutboxMessage
from scheduler import bookings, closures, lifting
from scheduler.bookings import Request
from scheduler.decisions import Decision
from tests.scheduler.closing import NOTICE, SATURDAY, close, draft
from tests.scheduler.conftest import at
from tours.models import Museum

pytestmark = pytest.mark.django_db


def heard() -> list[tuple[str, dict[str, Any]]]:
    """What was written for the museum's systems, in order."""
    rows = OutboxMessage.objects.filter(channel="webhook").order_by("created_at", "kind")
    return [(row.kind, json.loads(row.text)["facts"]) for row in rows]


@pytest.fixture
def endpoint(alzhir: Museum) -> Endpoint:
    return Endpoint.objects.create(name="site", url="https://hooks.example.org/", secret="s" * 40)


def test_a_closure_is_told_of_when_it_is_published_changed_and_lifted(endpoint: Endpoint, season_now: datetime) -> None:
    closure = close(draft("alash", first="10:00", last="13:00"), season_now)
    longer = draft("alash", first="10:00", last="14:00")
    seen = closures.preview(longer, now=season_now, closure=closure)
    closures.change(closure.pk, longer, seal=seen.seal, decisions={}, by=None, now=season_now)
    lifting.lift(closure.pk, by=None, now=season_now)
    (published, first), (changed, second), (lifted, _third) = sorted(heard(), key=lambda each: ORDER[each[0]])
    assert (published, changed, lifted) == tuple(ORDER)
    assert first == {
        "id": closure.pk,
        "spaces": ["alash"],
        "start": "2025-05-24T10:00:00+05:00",
        "end": "2025-05-24T13:00:00+05:00",
        "rrule": "",
        "until": "2025-05-24T13:00:00+05:00",
        "notice": NOTICE,
    }
    assert second["end"] == "2025-05-24T14:00:00+05:00"


ORDER = {"closure.published": 0, "closure.changed": 1, "closure.lifted": 2}


def test_no_other_reason_than_the_public_notice_is_given(endpoint: Endpoint, season_now: datetime) -> None:
    close(draft(kind="security", notice={"en": "Closed for a while"}), season_now)
    ((_kind, facts),) = heard()
    assert "security" not in json.dumps(facts)
    assert facts["notice"] == {"kk": "", "ru": "", "en": "Closed for a while"}


def test_each_visit_that_a_closure_moves_or_ends_is_told_of_once(
    endpoint: Endpoint, asking: Callable[..., Request], season_now: datetime
) -> None:
    moved, ended = (bookings.book(asking(at(SATURDAY, clock)), now=season_now) for clock in ("11:00", "12:00"))
    OutboxMessage.objects.filter(channel="webhook").delete()
    close(draft(), season_now + timedelta(minutes=1), {ended.code: Decision("cancel")})
    assert sorted((kind, facts.get("code", "")) for kind, facts in heard()) == sorted(
        [("closure.published", ""), ("visit.moved", moved.code), ("visit.cancelled", ended.code)]
    )

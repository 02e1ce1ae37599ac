"""Closures as the tests write, preview and publish them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from notifications import threads
from notifications.models import OutboxMessage
from scheduler import closures, queries
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.decisions import Decision, Preview
from scheduler.models import Closure, Leg, Party, Visit
from tests.scheduler.conftest import at
from tours.models import Space

Ask = Callable[..., Request]


SATURDAY = date(2025, 5, 24)


NOTICE = {"kk": "Жөндеу", "ru": "Ремонт", "en": "Renovation"}


def draft(*spaces: str, first: str = "00:00", last: str = "23:55", day: date = SATURDAY, **others: Any) -> ClosureDraft:
    rows = tuple(Space.objects.filter(code__in=spaces))
    told: dict[str, Any] = {"start": at(day, first), "end": at(day, last), "kind": "renovation", "notice": NOTICE}
    return ClosureDraft(spaces=rows, **{**told, **others})


def as_proposed(seen: Preview) -> Mapping[str, Decision]:
    return {hit.visit.code: hit.proposal for hit in seen.hits}


def close(closing: ClosureDraft, now: datetime, decisions: Mapping[str, Decision] | None = None) -> Closure:
    """Publish what the preview proposes, or what was decided instead."""
    seen = closures.preview(closing, now=now)
    decided = {**as_proposed(seen), **(decisions or {})}
    return closures.close(closing, seal=seen.seal, decisions=decided, by=None, now=now)


def inside(closure: Closure) -> set[str]:
    """Visits that are in a closed space during a closure: there must be none."""
    return {visit.code for visit in queries.visits_hit_by(closure.spaces.all(), closure.period)}


def send_all(now: datetime) -> None:
    """Count every letter as sent."""
    for row in OutboxMessage.objects.filter(status="queued"):
        OutboxMessage.objects.filter(pk=row.pk).update(claimed_at=now, status="sent")
        threads.write_letters_told([row.pk], at=now)


def rows() -> list[Any]:
    """All that a preview must leave as it is."""
    models = (Visit, Party, Leg, Closure, OutboxMessage)
    return [list(model.objects.order_by("pk").values()) for model in models]


TUESDAYS = "FREQ=WEEKLY;BYDAY=TU"


TUESDAY = date(2025, 5, 20)


def tuesdays(**others: Any) -> ClosureDraft:
    """Every Tuesday morning until further notice."""
    told = {"rrule": TUESDAYS, "until_further_notice": True, "day": TUESDAY, "first": "10:00", "last": "13:00"}
    return draft(**{**told, **others})

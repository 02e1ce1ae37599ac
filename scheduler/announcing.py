"""Tells the museum's own systems, by webhook, what became of a visit."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps

from notifications import webhooks
from scheduler import periods
from scheduler.models import Visit
from tours.queries import museum

ENDED = (Visit.Status.DECLINED, Visit.Status.CANCELLED)


def visit_changed(visit: Visit, *, now: datetime) -> None:
    """Announce what a change made of a visit, if anybody listens; in its transaction, after it was saved."""
    if not webhooks.anybody_listens():
        return
    event = _event(visit)
    if event is not None:
        webhooks.announce(event, about=f"visit:{visit.code}", version=str(visit.revision), facts=_facts(visit), now=now)


def _event(visit: Visit) -> str | None:
    """What has happened since the revision before, which the history knows."""
    history: Any = apps.get_model("scheduler", "VisitEvent").objects
    known = history.filter(pgh_obj=visit, revision=visit.revision - 1, revision__gt=0)
    before = known.order_by("pgh_id").first()  # as it was announced: a change in hand has saved later ones
    status = before.status if before else None
    if visit.status == Visit.Status.REQUESTED:
        return "visit.requested" if status is None else _moved(visit, before)
    if visit.status == Visit.Status.CONFIRMED:
        return "visit.confirmed" if status != visit.status else _moved(visit, before)
    return "visit.cancelled" if visit.status in ENDED and status != visit.status else None


def _moved(visit: Visit, before: Any) -> str | None:
    return "visit.moved" if before.period != visit.period else None


def _facts(visit: Visit) -> dict[str, Any]:
    """What any system of the museum may know; a discreet visit is a time that is taken, and nothing more."""
    zone = ZoneInfo(museum().time_zone)
    period = visit.period
    facts: dict[str, Any] = {
        "code": visit.code,
        "status": visit.status,
        "revision": visit.revision,
        "kind": "event" if visit.discreet else visit.kind,
        "start": periods.local(period.lower, zone).isoformat() if period else None,
        "end": periods.local(period.upper, zone).isoformat() if period else None,
    }
    if visit.discreet:
        return facts | {"title": "official event"}
    return facts | {
        "tour": visit.tour.code if visit.tour else None,
        "language": visit.language,
        "audience": visit.audience.code if visit.audience else None,
        "heads": visit.heads,
    }

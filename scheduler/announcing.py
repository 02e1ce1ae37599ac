"""Tells the museum's own systems, by webhook, what became of a visit, and what is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps

from notifications import webhooks
from scheduler import periods
from scheduler.models import Closure, Visit
from scheduler.models.fields import LANGUAGES
from tours import queries
from tours.models import Museum

ENDED = (Visit.Status.DECLINED, Visit.Status.CANCELLED)


def visit_changed(visit: Visit, *, now: datetime) -> None:
    """Announce what a change made of a visit, if anybody listens; in its transaction, after it was saved."""
    visits_changed([visit], now=now)


def visits_changed(visits: Sequence[Visit], *, now: datetime) -> None:
    """The same for many, in as many queries."""
    if not visits or not webhooks.anybody_listens():
        return
    museum = queries.museum()
    before = _before(visits)
    told = []
    for visit in visits:
        event = _event(visit, before.get(visit.pk))
        if event is not None:
            told.append(webhooks.Event(event, f"visit:{visit.code}", str(visit.revision), _facts(visit, museum)))
    webhooks.announce(told, now=now)


def closure_published(closure: Closure, *, now: datetime) -> None:
    """Announce a closure that is new."""
    _closure("closure.published", closure, now)


def closure_changed(closure: Closure, *, now: datetime) -> None:
    """Announce that a closure has other times, places or words."""
    _closure("closure.changed", closure, now)


def closure_lifted(closure: Closure, *, now: datetime) -> None:
    """Announce that a closure closes nothing any more."""
    _closure("closure.lifted", closure, now)


def _closure(event: str, closure: Closure, now: datetime) -> None:
    if webhooks.anybody_listens():
        museum = queries.museum()
        told = webhooks.Event(event, f"closure:{closure.pk}", now.isoformat(), _closure_facts(closure, museum))
        webhooks.announce([told], now=now)


def _closure_facts(closure: Closure, museum: Museum) -> dict[str, Any]:
    """What everybody may read on the museum's pages, and no other reason: which places (none: all), when, and the notice."""
    zone = ZoneInfo(museum.time_zone)
    end = closure.period.upper
    return {
        "id": closure.pk,
        "spaces": sorted(space.code for space in closure.spaces.all()),
        "start": periods.local(closure.period.lower, zone).isoformat(),
        "end": periods.local(end, zone).isoformat() if end else None,
        "rrule": closure.rrule,
        "until": periods.local(closure.span.upper, zone).isoformat() if closure.span.upper else None,
        "notice": {code: getattr(closure, f"notice_{code}") for code, _name in LANGUAGES},
    }


def _before(visits: Sequence[Visit]) -> dict[int, Any]:
    """Each visit as the history has it at the revision before; the first of several, as it was announced: a change in hand has
    saved later ones."""
    history: Any = apps.get_model("scheduler", "VisitEvent").objects
    known = {(visit.pk, visit.revision - 1) for visit in visits if visit.revision > 1}
    rows = history.filter(pgh_obj__in=[pk for pk, _ in known], revision__in=[number for _, number in known])
    found: dict[int, Any] = {}
    for row in rows.order_by("pgh_id"):
        if (row.pgh_obj_id, row.revision) in known:
            found.setdefault(row.pgh_obj_id, row)
    return found


def _event(visit: Visit, before: Any) -> str | None:
    """What has happened since the revision before, if anything that others are told of."""
    status = before.status if before else None
    if visit.status == Visit.Status.REQUESTED:
        return "visit.requested" if status is None else _moved(visit, before)
    if visit.status == Visit.Status.CONFIRMED:
        return "visit.confirmed" if status != visit.status else _moved(visit, before)
    return "visit.cancelled" if visit.status in ENDED and status != visit.status else None


def _moved(visit: Visit, before: Any) -> str | None:
    return "visit.moved" if before.period != visit.period else None


def _facts(visit: Visit, museum: Museum) -> dict[str, Any]:
    """What any system of the museum may know; a discreet visit is a time that is taken, and nothing more."""
    zone = ZoneInfo(museum.time_zone)
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

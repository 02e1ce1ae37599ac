"""The plan of a ceremony: noted with the request, read by few, deleted after the visit."""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass, fields
from datetime import datetime, timedelta

from django.db.models import Q

from scheduler.models import CeremonyPlan, Visit

KEPT = timedelta(days=1)
"""How long after its end a visit's plan may still be needed: to find who left something behind."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an organiser says of a ceremony; each is one line, "" where there is nothing to say."""

    led_by: str = ""
    press: str = ""
    interpreter: str = ""
    embassy: str = ""
    vehicles: str = ""


def note(visit: Visit, plan: Plan | None) -> None:
    """Keep what was said of a visit's ceremony; nothing where nothing was said."""
    if plan is not None and any(astuple(plan)):
        CeremonyPlan.objects.create(visit=visit, **asdict(plan))


def plan_of(visit: Visit) -> Plan | None:
    """What was said of a visit's ceremony, while it is kept. One query."""
    names = [field.name for field in fields(Plan)]
    said = CeremonyPlan.objects.filter(visit=visit).values(*names).first()
    return Plan(**said) if said else None


def forget(*, now: datetime) -> int:
    """Delete the plans of visits that are over, were declined or cancelled; how many."""
    ended = Q(visit__status__in=[Visit.Status.DECLINED, Visit.Status.CANCELLED])
    over = Q(visit__period__endswith__lte=now - KEPT)
    deleted, _each = CeremonyPlan.objects.filter(ended | over).delete()
    return deleted

"""Reminders are found by a look at what is true now, and written when they are due; never planned ahead."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, F, Func, QuerySet

from scheduler import locks, telling
from scheduler.models import Party, Visit

VISIT_LEADS: Mapping[str, timedelta] = {"reminder_week": timedelta(days=7), "reminder_day": timedelta(days=1)}
DUTY_LEADS: Mapping[str, timedelta] = {"duty_tomorrow": timedelta(days=1), "duty_soon": timedelta(hours=2)}


def due(*, now: datetime) -> int:
    """Write every reminder that is due at `now` and was not written yet; gives how many. One transaction for each visit.

    What was booked, or promised, after its reminder would have been due is not reminded of: its letter says it all.
    """
    written = 0
    for lead, before in VISIT_LEADS.items():
        for pk in _beginning(now, before).filter(created_at__lt=_start() - before).values_list("pk", flat=True):
            written += locks.door(_remind)(pk, lead=lead, before=before, now=now)
    for lead, before in DUTY_LEADS.items():
        led = Party.objects.filter(visit__in=_beginning(now, before).filter(promised_at__lt=_start() - before))
        for party_id, pk in led.exclude(guide=None).values_list("pk", "visit_id"):
            written += locks.door(_remind)(pk, lead=lead, before=before, now=now, party_id=party_id)
    return written


def _beginning(now: datetime, before: timedelta) -> QuerySet[Visit]:
    """Confirmed visits that begin after `now` and not more than `before` later."""
    return Visit.objects.filter(
        status=Visit.Status.CONFIRMED, period__startswith__gt=now, period__startswith__lte=now + before
    ).order_by("period", "pk")


def _start() -> Func:
    return Func(F("period"), function="lower", output_field=DateTimeField())


@transaction.atomic
def _remind(visit_id: int, *, lead: str, before: timedelta, now: datetime, party_id: int | None = None) -> int:
    """Under the visit's row lock, so that nobody moves it between our look and our word."""
    visit = _beginning(now, before).select_for_update(of=("self",)).filter(pk=visit_id).first()
    if visit is None:
        return 0
    party = visit.parties.filter(pk=party_id).first() if party_id else None
    return 0 if party_id and party is None else telling.remind(visit, lead=lead, now=now, party=party)

"""Reminders are found by a look at what is true now, and written when they are due; never planned ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, F, Func, QuerySet

from scheduler import bookings, locks, telling
from scheduler.models import Party, Visit


@dataclass(frozen=True, slots=True)
class Lead:
    """A reminder is due from `since` before the start, and no more once `until` before it has come: a later one says the same."""

    since: timedelta
    until: timedelta


VISIT_LEADS: Mapping[str, Lead] = {
    "reminder_week": Lead(bookings.RECONFIRM_BEFORE, timedelta(days=2)),  # it asks whether they still come
    "reminder_day": Lead(timedelta(days=1), timedelta()),
}
DUTY_LEADS: Mapping[str, Lead] = {
    "duty_tomorrow": Lead(timedelta(days=1), timedelta(hours=3)),
    "duty_soon": Lead(timedelta(hours=2), timedelta()),
}


def due(*, now: datetime, sent_at: datetime | None = None) -> int:
    """Write every reminder that is due at `now` and was not written yet; gives how many. One transaction for each visit.

    What was booked, or promised, after its reminder would have been due is not reminded of: its letter says it all. `sent_at`: when
    they may be sent, if not at `now`.
    """
    written = 0
    for kind, lead in VISIT_LEADS.items():
        for pk in _beginning(now, lead).filter(created_at__lt=_start() - lead.since).values_list("pk", flat=True):
            written += locks.door(_remind)(pk, kind=kind, lead=lead, now=now, sent_at=sent_at or now)
    for kind, lead in DUTY_LEADS.items():
        visits = _beginning(now, lead).filter(promised_at__lt=_start() - lead.since)
        for party_id, pk in Party.objects.filter(visit__in=visits, guide__isnull=False).values_list("pk", "visit_id"):
            written += locks.door(_remind)(pk, kind=kind, lead=lead, now=now, sent_at=sent_at or now, party_id=party_id)
    return written


def _beginning(now: datetime, lead: Lead) -> QuerySet[Visit]:
    """Confirmed visits of which this reminder is due."""
    visits = Visit.objects.filter(status=Visit.Status.CONFIRMED, period__startswith__gt=now + lead.until)
    return visits.filter(period__startswith__lte=now + lead.since).order_by("period", "pk")


def _start() -> Func:
    return Func(F("period"), function="lower", output_field=DateTimeField())


@transaction.atomic
def _remind(
    visit_id: int, *, kind: str, lead: Lead, now: datetime, sent_at: datetime, party_id: int | None = None
) -> int:
    """Under the visit's row lock, so that nobody moves it between our look and our word."""
    visit = _beginning(now, lead).select_for_update(of=("self",)).filter(pk=visit_id).first()
    if visit is None:
        return 0
    party = visit.parties.filter(pk=party_id).first() if party_id else None
    return 0 if party_id and party is None else telling.remind(visit, lead=kind, now=sent_at, party=party)

"""Links that people have lost: sent again to whom they were sent before, or made anew by the office."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from notifications import links, outbox
from notifications.messages import Letter
from scheduler import telling
from scheduler.models import Contact, Visit

OF_USE = timedelta(days=30)
"""How long after a visit its link is still sent again."""
ONCE_IN = timedelta(minutes=10)
"""Whoever asks twice within this time gets one letter."""


@transaction.atomic
def send_again(email: str, *, now: datetime) -> int:
    """Send the links of an address to that address, and nowhere else; gives how many. What the asker hears must not depend on it."""
    known = Contact.objects.filter(email__iexact=email.strip()).filter(
        Q(visit__status__in=Visit.HOLDING) | Q(visit__period__endswith__gt=now - OF_USE)
    )
    visits = Visit.objects.filter(contacts__in=known).select_related("tour", "audience", "displaced_by").distinct()
    bucket = int(now.timestamp() // ONCE_IN.total_seconds())
    written = 0
    for visit in visits.order_by("period", "pk"):
        for each in telling.expected(visit):
            if ":contact:" in each.thread and each.to.email.casefold() == email.strip().casefold():
                row = outbox.enqueue(
                    key=f"link_again:{each.thread}:{bucket}",
                    thread=each.thread,
                    to=each.to,
                    letter=Letter("link_again", each.letter.facts),
                    not_before=now,
                    expires_at=now + timedelta(days=1),
                )
                written += row is not None
    return written


@transaction.atomic
def make_anew(visit_id: int, *, now: datetime) -> str:
    """A new link to a visit, told here and never again; the old one opens nothing any more. The audit trail keeps who did it."""
    visit = Visit.objects.select_for_update().get(pk=visit_id)
    visit.link_version += 1
    visit.updated_at = now
    visit.save(update_fields=["link_version", "updated_at"])
    return links.url("visit", visit.code, visit.link_version)

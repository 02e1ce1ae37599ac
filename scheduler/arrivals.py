"""The day itself: who came, who did not, what has taken place."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import steps
from scheduler.errors import BadWish, NotAllowedNow
from scheduler.models import Visit

MANY_MORE = 50
"""So many more than were booked, or twice as many, may have come; above that it is a slip of the finger."""


@transaction.atomic
def arrive(visit_id: int, *, heads: int, now: datetime) -> Visit:
    """The group has come: how many they really were. Raises NotAllowedNow before its day, BadWish where the number cannot be meant."""
    visit = steps.locked(visit_id)
    if visit.status not in (Visit.Status.CONFIRMED, Visit.Status.DONE):
        raise NotAllowedNow
    if visit.day is None or steps.day_of(now) < visit.day:
        raise NotAllowedNow(_("The visit's day has not come."))
    if not 0 < heads <= max(2 * visit.heads, visit.heads + MANY_MORE):
        raise BadWish(_("Please check the number of people who came."))
    visit.arrived_heads = heads
    visit.save(update_fields=["arrived_heads"])
    return visit


@transaction.atomic
def did_not_come(visit_id: int, *, now: datetime) -> Visit:
    """The group did not come; nobody is told, the office keeps count."""
    visit = steps.locked(visit_id)
    if visit.period is None or visit.period.lower > now:
        raise NotAllowedNow(_("The visit has not begun."))
    steps.become(visit, Visit.Status.NO_SHOW)
    visit.save(update_fields=["status"])
    return visit


def finish(*, now: datetime) -> int:
    """Mark what has taken place; gives how many visits that were."""
    return Visit.objects.filter(status=Visit.Status.CONFIRMED, period__endswith__lte=now).update(
        status=Visit.Status.DONE
    )

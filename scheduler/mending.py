"""Compares what everybody should have with what they were told, for all that is still to come, and writes what is missing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from scheduler import locks, steps, telling
from scheduler.models import Visit


def compare(*, now: datetime) -> int:
    """Look at every visit that is to come, or waits for a time; gives how many. One transaction for each, under the lock of its day.

    Where everybody knows what is true, nothing is written: that is what makes it safe to do each hour.
    """
    told = Visit.objects.filter(status__in=telling.TOLD_STATUSES)
    ahead = told.filter(Q(period__endswith__gt=now) | Q(status=Visit.Status.WAITING)).order_by("pk")
    return sum(locks.door(_compare)(pk, now=now) for pk in list(ahead.values_list("pk", flat=True)))


@transaction.atomic
def _compare(visit_id: int, *, now: datetime) -> bool:
    telling.sync(steps.locked(visit_id), now=now)
    return True

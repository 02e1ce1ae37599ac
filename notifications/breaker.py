"""Leaves a mail server in peace for a while that could not be reached several times running; all workers heed it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from notifications.models import Breaker

NAME = "smtp"
FAILURES = 5
PAUSE = timedelta(seconds=60)


def is_open() -> bool:
    """Whether nobody should try now."""
    return Breaker.objects.filter(name=NAME, open_until__gt=Now()).exists()


def failed() -> None:
    """Count a connection that could not be made; at the fifth running, and at each one after, pause."""
    Breaker.objects.bulk_create([Breaker(name=NAME)], ignore_conflicts=True)
    Breaker.objects.filter(name=NAME).update(failures=F("failures") + 1)
    Breaker.objects.filter(name=NAME, failures__gte=FAILURES).update(open_until=Now() + PAUSE)


def worked() -> None:
    """The server is there again."""
    Breaker.objects.filter(Q(failures__gt=0) | Q(open_until__isnull=False), name=NAME).update(
        failures=0, open_until=None
    )

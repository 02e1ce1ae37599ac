"""Notices when letters are late, and when they are no longer: by what is due in the database, whatever of the rest is broken."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import redis
from django.core.cache import caches
from django.db import transaction

from notifications import queries
from notifications.models import Outage

log = logging.getLogger(__name__)

_SEEN = "letters-late-minutes"
_SEEN_SECONDS = 300  # three times what lies between two looks: who looks no more says nothing


@transaction.atomic
def watch(*, now: datetime) -> Outage | None:
    """Look once, and write down what began or ended; gives the outage that ended just now. Alarms are raised once for each.

    What begins is logged as an error; pages ask `minutes_late`, monitors `/healthz?all`.
    """
    state = queries.outbox_state(now=now)
    _show(state.oldest_due_minutes if state.is_late else 0)
    outage = Outage.objects.select_for_update().filter(ended_at=None).first()
    if not state.is_late:
        if outage is None:
            return None
        outage.ended_at = now
        outage.save(update_fields=["ended_at"])
        log.warning("letters are on time again", extra={"waited": outage.most_due, "seconds": outage.longest_seconds})
        return outage
    if outage is None:
        began = now - timedelta(seconds=state.oldest_due_seconds)
        outage = Outage(began_at=began, noticed_at=now)
        if not Outage.objects.bulk_create([outage], ignore_conflicts=True):
            return None
        log.error("letters are late", extra={"due": state.due, "minutes": state.oldest_due_minutes})
    Outage.objects.filter(ended_at=None).update(
        most_due=max(outage.most_due, state.due),
        longest_seconds=max(outage.longest_seconds, int(state.oldest_due_seconds)),
    )
    return None


def minutes_late(*, now: datetime) -> int:
    """How long the oldest letter that is due waits, for pages: 0 while letters are on time. Asks the database only without Redis."""
    try:
        seen = caches["answers"].get(_SEEN)
    except redis.RedisError:
        state = queries.outbox_state(now=now)
        return state.oldest_due_minutes if state.is_late else 0
    return int(seen or 0)


def _show(minutes: int) -> None:
    try:
        caches["answers"].set(_SEEN, minutes, timeout=_SEEN_SECONDS)
    except redis.RedisError as error:
        log.warning("pages cannot be told whether letters are late", extra={"reason": type(error).__name__})

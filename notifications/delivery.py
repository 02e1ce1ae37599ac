"""Sends what waits in the outbox: claim a batch, send letter after letter outside any transaction, settle each at once."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError

from notifications import channels
from notifications.claims import claim, claim_many, is_due, release
from notifications.mail import Line, attempt
from notifications.models import OutboxMessage
from notifications.settling import settle

SWEEP_SECONDS = 60.0
NUDGED_SECONDS = 5.0
BATCH = 20
"""Letters in one claim: the most that can be sent twice when PostgreSQL itself dies. A worker that dies repeats one at most."""
BATCH_SECONDS = 25.0
"""A letter of a batch is begun only so long after the claim: what is left of the lease outlasts the longest exchange."""


def deliver(row_id: str) -> str:
    """Send one letter now if it is due, then what else is, on the same connection; "" where the letter had not to be sent."""
    end = time.monotonic() + NUDGED_SECONDS
    with Line() as line:
        if not is_due(row_id) or not line.is_up() or (row := claim(only=uuid.UUID(row_id))) is None:
            return ""
        counts = _send([row], line, end)
        _empty(line, end, None)
        return next(iter(counts), "")


def sweep(*, seconds: float = SWEEP_SECONDS, until: datetime | None = None) -> Counter[str]:
    """Send all that is due, for at most about `seconds`; how many were sent, are to be retried, are dead."""
    with Line() as line:
        return _empty(line, time.monotonic() + seconds, until)


def _empty(line: Line, end: float, until: datetime | None) -> Counter[str]:
    counts: Counter[str] = Counter()
    while time.monotonic() < end and is_due(until=until) and line.is_up() and (rows := claim_many(BATCH, until=until)):
        counts += _send(rows, line, end)
    return counts


def _send(rows: list[OutboxMessage], line: Line, end: float) -> Counter[str]:
    """One after the other; what cannot be begun in time, or for want of a mail server, is given back."""
    counts: Counter[str] = Counter()
    end = min(end, time.monotonic() + BATCH_SECONDS)
    begun = 0
    try:
        for row in rows:
            if begun and (time.monotonic() >= end or not line.is_up()):
                break
            begun += 1
            outcome = attempt(row, line)
            settle(row, outcome)
            counts[outcome.verdict] += 1
    finally:
        with suppress(DatabaseError):  # then their leases end by themselves
            release(rows[begun:])
    return counts


def sweep_channels(*, seconds: float = SWEEP_SECONDS, until: datetime | None = None) -> Counter[str]:
    """The same for what goes by webhook or to a telephone: apart, so that a slow house elsewhere never holds up the mail."""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end and is_due(until=until, mail=False) and (row := claim(until=until, mail=False)):
        outcome = channels.send(row)
        counts[outcome.verdict] += 1
        settle(row, outcome)
    return counts

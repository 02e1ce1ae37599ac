"""Sends what waits in the outbox: claim one letter, send it outside any transaction, settle."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from datetime import datetime

from notifications import channels
from notifications.claims import claim, is_due, settle
from notifications.mail import Line, attempt

SWEEP_SECONDS = 60.0


def deliver(row_id: str) -> str:
    """Send one letter now if it is due; "" where there is nothing to do. Other channels than mail are left to their sweep."""
    with Line() as line:
        if not is_due(row_id) or not line.is_up() or (row := claim(only=uuid.UUID(row_id))) is None:
            return ""
        outcome = attempt(row, line)
        settle(row, outcome)
        return outcome.verdict


def sweep(*, seconds: float = SWEEP_SECONDS, until: datetime | None = None) -> Counter[str]:
    """Send all that is due, for at most about `seconds`; how many were sent, are to be retried, are dead."""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    with Line() as line:
        row = claim(until=until) if is_due(until=until) and line.is_up() else None
        while row is not None:
            outcome = attempt(row, line)
            counts[outcome.verdict] += 1
            if time.monotonic() < end and line.is_up():
                row = claim(until=until, settled=(row, outcome))
            else:
                settle(row, outcome)
                row = None
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

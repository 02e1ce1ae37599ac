"""Sends what waits in the outbox: claim a batch, send letter after letter outside any transaction, settle each at once."""

from __future__ import annotations

import time
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from django.db import DatabaseError

from notifications import channels
from notifications.claims import claim, claim_many, is_due, release
from notifications.mail import Line, Meanwhile
from notifications.mime import Wire, wire
from notifications.models import OutboxMessage
from notifications.outcomes import Outcome
from notifications.settling import Writing, settle

SWEEP_SECONDS = 60.0
NUDGED_SECONDS = 5.0
BATCH = 40
"""Letters in one claim: the most that can be sent twice when PostgreSQL itself dies. A worker that dies repeats one at most."""
BATCH_SECONDS = 25.0
"""A letter of a batch is begun only so long after the claim: what is left of the lease outlasts the longest exchange."""


def deliver(row_id: str) -> str:
    """Send one letter now if it is due, then what else is, on the same connection; "" where the letter had not to be sent."""
    end = time.monotonic() + NUDGED_SECONDS
    with Line() as line:
        if not is_due(row_id) or not line.is_up() or (row := claim(only=uuid.UUID(row_id))) is None:
            return ""
        counts = Round(line, [row]).send(end)
        _empty(line, end, None)
        return next(iter(counts), "")


def sweep(*, seconds: float = SWEEP_SECONDS, until: datetime | None = None) -> Counter[str]:
    """Send all that is due, for at most about `seconds`; how many were sent, are to be retried, are dead."""
    with Line() as line:
        return _empty(line, time.monotonic() + seconds, until) if is_due(until=until) else Counter()


def _empty(line: Line, end: float, until: datetime | None) -> Counter[str]:
    counts: Counter[str] = Counter()
    while time.monotonic() < end and line.is_up() and (rows := claim_many(BATCH, until=until)):
        counts += Round(line, rows).send(end)
    return counts


class Round(Meanwhile):
    """A batch on its way, letter after letter; its errands, as `Meanwhile` names their moments, are the settling and the next letter.

    How a letter ended is written while the server thinks over the next one's recipient, and is there before a word of that is said:
    at any moment at most one letter may have arrived without our knowing. The next is put together while the server takes one in.
    """

    def __init__(self, line: Line, rows: Sequence[OutboxMessage]) -> None:
        self.line = line
        self.rows = deque(rows)
        self.ended: tuple[OutboxMessage, Outcome] | None = None
        self.writing = Writing()
        self.ready: Wire | Outcome | None = None
        self.counts: Counter[str] = Counter()

    def send(self, end: float) -> Counter[str]:
        """One after the other; what cannot be begun before `end`, or for want of a mail server, is given back."""
        end = min(end, time.monotonic() + BATCH_SECONDS)
        try:
            while self.rows and (not self.counts or (time.monotonic() < end and self._is_up())):
                self._send_next()
            self._settle()
        finally:
            with suppress(DatabaseError):  # then their leases end by themselves
                self._settle()
                release(self.rows)
        return self.counts

    def asked(self) -> None:
        if self.ended is not None and self.ended[1].verdict == "sent":
            self.writing.begin(*self.ended)
            self.ended = None

    def agreed(self) -> None:
        self._settle()

    def handed_over(self) -> None:
        if self.rows:
            self.ready = prepared(self.rows[0])

    def _is_up(self) -> bool:
        if self.line.backend is None:
            self._settle()  # before somebody waits for a connection
        return self.line.is_up()

    def _send_next(self) -> None:
        row = self.rows.popleft()
        ready, self.ready = self.ready or prepared(row), None
        outcome = self.line.send(ready, meanwhile=self) if isinstance(ready, Wire) else ready
        self._settle()  # in case the server did not let us come to it
        self.ended = row, outcome
        self.counts[outcome.verdict] += 1

    def _settle(self) -> None:
        self.writing.finish()
        if self.ended is not None:
            ended, self.ended = self.ended, None
            settle(*ended)


def prepared(row: OutboxMessage) -> Wire | Outcome:
    """The letter as it goes out, or why it never can."""
    try:
        return wire(row, date=row.claimed_at or row.created_at)
    except ValueError as error:  # BadHeaderError and UnicodeError are ValueErrors: trying again would not help
        return Outcome("dead", "encoding", f"{type(error).__name__}: {error}")


def sweep_channels(*, seconds: float = SWEEP_SECONDS, until: datetime | None = None) -> Counter[str]:
    """The same for what goes by webhook or to a telephone: apart, so that a slow house elsewhere never holds up the mail."""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end and is_due(until=until, mail=False) and (row := claim(until=until, mail=False)):
        outcome = channels.send(row)
        counts[outcome.verdict] += 1
        settle(row, outcome)
    return counts

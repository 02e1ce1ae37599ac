"""Sends what waits in the outbox: claim one letter, send it outside any transaction, settle; over one SMTP connection.

A worker that dies in between leaves a leased row, which is sent again once the lease ends: the same Message-ID, UID and SEQUENCE.
Due times and leases are read from the database's clock, so that a worker's wrong clock changes nothing.
"""

from __future__ import annotations

import logging
import smtplib
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom
from types import TracebackType
from typing import Self

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from notifications import breaker, limits, mime, outbox, threads
from notifications.messages import OFFICE_KINDS, Address, Letter
from notifications.models import OutboxMessage, Thread

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=180)  # longer than a task may live
GIVE_UP = timedelta(hours=24)
WAITS = (1, 5, 15, 60)  # minutes until the next attempt; then hourly
SWEEP_SECONDS = 60.0
DEFER = {"minute": timedelta(minutes=1), "day": timedelta(hours=1)}
_chance = SystemRandom()


@dataclass(frozen=True)
class Outcome:
    """How a sending ended: "sent", "retry" or "dead", with what the mail server said. `broken`: the connection is of no more use."""

    verdict: str
    code: str = ""
    reason: str = ""
    broken: bool = False
    unreachable: bool = False


# --- Claim -----------------------------------------------------------------------------------------------------------------


def due(*, until: datetime | None = None) -> QuerySet[OutboxMessage]:
    """What may be claimed now, the most pressing first: letters of one thread in the order in which they were written.

    `until` stands for the present where a command plays another time.
    """
    earlier = OutboxMessage.objects.filter(
        thread=OuterRef("thread"), revision__lt=OuterRef("revision"), status="queued"
    )
    blocking = earlier.filter(Q(claimed_at=None) | Q(uid=OuterRef("uid"), lease_until__gte=Now()))
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    waiting = OutboxMessage.objects.filter(free, status="queued", channel="mail", not_before__lte=until or Now())
    return waiting.filter(~Exists(blocking)).order_by("bulk", "not_before")


def claim(*, only: uuid.UUID | None = None, until: datetime | None = None) -> OutboxMessage | None:
    """Take one due letter for ourselves, or None where nothing is left. From here on its reader counts as told."""
    while True:
        with transaction.atomic():
            found = due(until=until).select_for_update(skip_locked=True, no_key=True, of=("self", "thread"))
            if only is not None:
                found = found.filter(pk=only)
            row = found.select_related("thread").annotate(database_now=Now()).first()
            if row is None:
                return None
            if _may_go(row, row.database_now):
                return _claimed(row, row.database_now)


def _claimed(row: OutboxMessage, now: datetime) -> OutboxMessage:
    first = row.claimed_at is None
    row.attempts += 1
    row.claim, row.lease_until = uuid.uuid4(), now + LEASE
    row.claimed_at, row.retry_since = row.claimed_at or now, row.retry_since or now
    row.save(update_fields=["attempts", "claim", "lease_until", "claimed_at", "retry_since"])
    if first:
        threads.write_told(row.thread, row, to=threads.addressee(row), at=now)
    return row


def _may_go(row: OutboxMessage, now: datetime) -> bool:
    """A last look under the thread's lock; whatever may not go is settled or deferred here."""
    if row.expires_at is not None and row.expires_at <= now:
        status = OutboxMessage.Status.CANCELLED if row.claimed_at is None else OutboxMessage.Status.DEAD
        return _put_aside(row, status, "expired")
    if row.revision is not None and (stays := _out_of_turn(row)):
        return _put_aside(row, OutboxMessage.Status.SUPERSEDED, stays) if stays != "wait" else False
    if row.limited and row.attempts == 0 and (full := _over_limit(row.to_email)):
        OutboxMessage.objects.filter(pk=row.pk).update(not_before=now + DEFER[full])
        return False
    return True


def _put_aside(row: OutboxMessage, status: str, reason: str) -> bool:
    OutboxMessage.objects.filter(pk=row.pk).update(status=status, last_error=reason, lease_until=None)
    return False


def _out_of_turn(row: OutboxMessage) -> str:
    """ "" where `row` is the next of its UID; the locked thread makes this the truth. An older one that was tried and waits is overtaken:
    once the newer one is claimed, the older must never be sent (calendar clients would go back in time)."""
    siblings = OutboxMessage.objects.filter(thread=row.thread_id, revision__isnull=False).exclude(pk=row.pk)
    older = siblings.filter(revision__lt=row.revision, status="queued")
    if older.filter(Q(claimed_at=None) | Q(uid=row.uid, lease_until__gte=Now())).exists():
        return "wait"
    if row.uid is None:
        return ""
    if siblings.filter(uid=row.uid, revision__gt=row.revision, claimed_at__isnull=False).exists():
        return "overtaken by a newer letter"
    older.filter(uid=row.uid).update(
        status=OutboxMessage.Status.SUPERSEDED, last_error="overtaken by a newer letter", lease_until=None
    )
    return ""


def _over_limit(address: str) -> str:
    """Which limit of this address is used up, "" where none is; a refusal spends nothing."""
    with transaction.atomic():
        for name in ("day", "minute"):
            capacity, seconds = limits.of(f"letter_by_recipient_{name}")
            if not limits.allow(f"letter:{name}:{address.casefold()}", capacity, seconds):
                transaction.set_rollback(True)
                return name
    return ""


# --- Send ------------------------------------------------------------------------------------------------------------------


class Line:
    """A connection to the mail server that is kept over many letters and mended when it breaks."""

    def __init__(self) -> None:
        self.backend: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def is_up(self) -> bool:
        """Connect if need be; False where the server cannot be reached now. Nothing is claimed before, so no attempt is burned."""
        if self.backend is not None:
            return True
        if breaker.is_open():
            return False
        backend = get_connection()
        try:
            backend.open()
        except (smtplib.SMTPException, OSError) as error:
            log.warning("mail server cannot be reached", extra={"reason": type(error).__name__})
            breaker.failed()
            return False
        breaker.worked()
        self.backend = backend
        return True

    def hang_up(self) -> None:
        if self.backend is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.backend.close()
        self.backend = None

    def send(self, message: EmailMessage) -> Outcome:
        assert self.backend is not None  # is_up() was asked
        try:
            self.backend.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            outcome = verdict(error)
            if outcome.broken:
                self.hang_up()
            return outcome
        return Outcome("sent", "250")


def verdict(error: smtplib.SMTPException | OSError) -> Outcome:
    """What an SMTP failure means (RFC 5321, 4.2.1): a lasting refusal of recipient or letter is final, all else is tried again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return _by_code(code, said, unreachable=code >= 500)
    if isinstance(error, smtplib.SMTPSenderRefused):  # it is our set-up that is refused, unless the letter is too large
        code, said = error.smtp_code, error.smtp_error
        return _by_code(code, said) if code == 552 else Outcome("retry", str(code), _words(said), broken=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_code(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome("dead", "encoding", str(error))
    return Outcome("retry", "connection", f"{type(error).__name__}: {error}", broken=True)


def _by_code(code: int, said: bytes | str, *, unreachable: bool = False) -> Outcome:
    return Outcome(
        "dead" if code >= 500 else "retry", str(code), _words(said), broken=code == 421, unreachable=unreachable
    )


def _words(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def attempt(row: OutboxMessage, line: Line) -> Outcome:
    """Send a claimed letter and settle it."""
    try:
        message = mime.wire(row, date=row.claimed_at or row.created_at)
    except ValueError as error:  # BadHeaderError and UnicodeError are ValueErrors: trying again would not help
        outcome = Outcome("dead", "encoding", f"{type(error).__name__}: {error}")
    else:
        outcome = line.send(message)
    settle(row, outcome)
    return outcome


# --- Settle ----------------------------------------------------------------------------------------------------------------


def settle(row: OutboxMessage, outcome: Outcome) -> None:
    """Write down how it ended, if the row is still ours: a lease that ran out may have given it to another worker."""
    ours = OutboxMessage.objects.filter(pk=row.pk, claim=row.claim, status="queued")
    if outcome.verdict == "sent":
        ours.update(
            status=OutboxMessage.Status.SENT, sent_at=Now(), lease_until=None, last_code=outcome.code, last_error=""
        )
        return
    wait = timedelta(minutes=(*WAITS, 60)[min(row.attempts - 1, len(WAITS))]) * _chance.uniform(0.9, 1.1)
    with transaction.atomic():
        now = _database_now()
        last = (row.retry_since or now) + GIVE_UP
        last = min(last, row.expires_at) if row.expires_at else last
        if outcome.verdict == "retry" and now + wait < last:
            ours.update(not_before=now + wait, lease_until=None, last_code=outcome.code, last_error=outcome.reason)
            return
        dead = ours.update(
            status=OutboxMessage.Status.DEAD, lease_until=None, last_code=outcome.code, last_error=outcome.reason
        )
        if dead:
            _tell_the_office(row, outcome, now)


def _database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now


def _tell_the_office(row: OutboxMessage, outcome: Outcome, now: datetime) -> None:
    """A letter that cannot arrive is a matter for a person. An alarm that cannot arrive makes no second alarm."""
    log.error("letter is undeliverable", extra={"row": str(row.pk), "kind": row.kind, "code": outcome.code})
    if outcome.unreachable:
        Thread.objects.filter(pk=row.thread_id).update(unreachable_at=now)
    if row.kind in OFFICE_KINDS:
        return
    facts = {name: row.facts.get(name) for name in ("museum", "code", "title", "start", "end")}
    outbox.enqueue(
        key=f"undeliverable:{row.claim}",
        thread=f"office:undeliverable:{row.pk}",
        to=Address(row.from_name, row.from_email, locale=row.locale),
        letter=Letter(
            "office_alarm",
            {**facts, "undeliverable": {"name": row.to_name, "email": row.to_email, "said": outcome.reason}},
        ),
        not_before=now,
    )


# --- Doors -----------------------------------------------------------------------------------------------------------------


def deliver(row_id: str) -> str:
    """Send one letter now if it is due; "" where there is nothing to do."""
    with Line() as line:
        if not due().filter(pk=row_id).exists() or not line.is_up():
            return ""
        row = claim(only=uuid.UUID(row_id))
        return attempt(row, line).verdict if row else ""


def sweep(*, seconds: float = SWEEP_SECONDS, until: datetime | None = None) -> Counter[str]:
    """Send all that is due, for at most about `seconds`; how many were sent, are to be retried, are dead."""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    with Line() as line:
        while time.monotonic() < end and due(until=until).exists() and line.is_up():
            while time.monotonic() < end and line.backend is not None and (row := claim(until=until)):
                counts[attempt(row, line).verdict] += 1
            if line.backend is not None:
                break
    return counts


def replay(rows: QuerySet[OutboxMessage]) -> int:
    """Put dead letters back on their way with a new window of attempts, the same Message-ID, UID and SEQUENCE; how many.

    What could not be rendered is rendered anew, and stays dead if it still cannot. A letter overtaken meanwhile is put aside when claimed.
    """
    dead = rows.filter(status=OutboxMessage.Status.DEAD)
    for row in dead.filter(last_code=outbox.NOT_RENDERED).select_related("thread"):
        outbox.render_again(row)
    return dead.exclude(last_code=outbox.NOT_RENDERED).update(
        status=OutboxMessage.Status.QUEUED,
        not_before=Now(),
        retry_since=None,
        lease_until=None,
        claim=None,
        attempts=0,
    )

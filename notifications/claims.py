"""Takes letters out of the outbox one at a time, and writes down how each ended.

A worker that dies in between leaves a leased row, which is sent again once the lease ends: the same Message-ID, UID and SEQUENCE.
Due times and leases are read from the database's clock, so that a worker's wrong clock changes nothing.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from notifications import limits, links, outbox, threads
from notifications.messages import OFFICE_KINDS, Address, Letter
from notifications.models import OutboxMessage, Thread
from notifications.outcomes import Outcome

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=180)  # longer than a task may live
GIVE_UP = timedelta(hours=24)
WAITS = (1, 5, 15, 60)  # minutes until the next attempt; then hourly
DEFER = {"minute": timedelta(minutes=1), "day": timedelta(hours=1)}
_chance = SystemRandom()


Settled = tuple[OutboxMessage, Outcome]


# --- Claim -----------------------------------------------------------------------------------------------------------------


# The locks are taken row by row and never waited for, so that workers neither queue up nor deadlock with who writes letters.
_CLAIM = """
WITH next AS (
  SELECT m.id, m.claimed_at FROM notifications_outboxmessage m JOIN notifications_thread t ON t.id = m.thread_id
  WHERE m.status = 'queued' AND (m.channel = 'mail') = %(mail)s AND m.not_before <= COALESCE(%(until)s, statement_timestamp())
    AND (m.lease_until IS NULL OR m.lease_until < statement_timestamp()) AND (%(only)s::uuid IS NULL OR m.id = %(only)s)
    AND NOT EXISTS (
      SELECT 1 FROM notifications_outboxmessage o
      WHERE o.thread_id = m.thread_id AND o.revision < m.revision AND o.status = 'queued'
        AND (o.claimed_at IS NULL OR (o.uid = m.uid AND o.lease_until >= statement_timestamp())))
  ORDER BY m.bulk, m.not_before LIMIT 1 FOR NO KEY UPDATE OF m, t SKIP LOCKED
)
UPDATE notifications_outboxmessage m
SET attempts = m.attempts + 1, claim = gen_random_uuid(), lease_until = statement_timestamp() + %(lease)s,
  claimed_at = COALESCE(m.claimed_at, statement_timestamp()), retry_since = COALESCE(m.retry_since, statement_timestamp())
FROM next WHERE m.id = next.id
RETURNING m.*, next.claimed_at IS NULL AS is_first, statement_timestamp() AS database_now
"""


def is_due(row_id: str | None = None, *, until: datetime | None = None, mail: bool = True) -> bool:
    """Whether there may be something to claim: worth a connection to the mail server. `mail` False: on the other channels."""
    queued = OutboxMessage.objects.filter(status="queued", not_before__lte=until or Now())
    waiting = queued.filter(channel="mail") if mail else queued.exclude(channel="mail")
    free = waiting.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
    return (free.filter(pk=row_id) if row_id else free).exists()


def claim(
    *, only: uuid.UUID | None = None, until: datetime | None = None, mail: bool = True, settled: Settled | None = None
) -> OutboxMessage | None:
    """Take the most pressing letter that is due, or None where nothing is left; from here on its reader counts as told.

    Letters of one thread are taken in the order in which they were written. `settled` is written in the same transaction, so
    that one letter costs one commit. `until` stands for the present where a command plays another time.
    """
    with transaction.atomic():
        if settled is not None:
            settle(*settled)
        while True:
            rows = OutboxMessage.objects.raw(_CLAIM, {"until": until, "only": only, "mail": mail, "lease": LEASE})
            row = next(iter(rows), None)
            if row is None:
                return None
            now, first = vars(row)["database_now"], vars(row)["is_first"]
            if _may_go(row, now, first):
                if first and row.revision is not None:
                    threads.write_told(row.thread, row, to=threads.addressee(row), at=now)
                return row


def _may_go(row: OutboxMessage, now: datetime, first: bool) -> bool:
    """A last look under the lock of the thread; whatever may not go is settled or deferred here."""
    if row.expires_at is not None and row.expires_at <= now:
        status = OutboxMessage.Status.CANCELLED if first else OutboxMessage.Status.DEAD
        return _give_back(row, status=status, last_error="expired")
    if row.revision is not None and (stays := _out_of_turn(row)):
        if stays == "wait":
            return _give_back(row, lease_until=now + timedelta(seconds=1))
        return _give_back(row, status=OutboxMessage.Status.SUPERSEDED, last_error=stays)
    if row.limited and first and (full := _over_limit(row.to_email)):
        return _give_back(row, not_before=now + DEFER[full])
    return True


def _give_back(row: OutboxMessage, **fields: Any) -> bool:
    """The claim did not happen."""
    own = {"attempts": row.attempts - 1, "claim": None, "lease_until": None}
    if vars(row)["is_first"]:
        own |= {"claimed_at": None, "retry_since": None}
    OutboxMessage.objects.filter(pk=row.pk).update(**own | fields)
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


# --- Settle ----------------------------------------------------------------------------------------------------------------


_SENT = """
UPDATE notifications_outboxmessage SET status = 'sent', sent_at = clock_timestamp(), lease_until = NULL, last_code = %s, last_error = ''
WHERE id = %s AND claim = %s AND status = 'queued'
"""


def settle(row: OutboxMessage, outcome: Outcome) -> None:
    """Write down how it ended, if the row is still ours: a lease that ran out may have given it to another worker."""
    if outcome.verdict == "sent":
        with connection.cursor() as cursor:
            cursor.execute(_SENT, [outcome.code, row.pk, row.claim])
        return
    ours = OutboxMessage.objects.filter(pk=row.pk, claim=row.claim, status="queued")
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
    known = row.facts.get("museum") or {}
    museum = {name: known.get(name) for name in ("email", "phone", "zone", "locale")}  # the rest is in another language
    code = str(row.facts.get("code") or "")
    facts = {name: row.facts.get(name) for name in ("code", "start", "end")} | {"museum": museum}
    facts["links"] = {"office": links.office(code)} if code else {}
    undeliverable = {"name": row.to_name, "email": row.to_email, "said": outcome.reason}
    outbox.enqueue(
        key=f"undeliverable:{row.claim}",
        thread=f"office:undeliverable:{row.pk}",
        to=Address(row.from_name, row.from_email, locale=str(museum["locale"] or row.locale)),
        letter=Letter("office_alarm", {**facts, "undeliverable": undeliverable}),
        not_before=now,
    )


@transaction.atomic
def bounced(row: OutboxMessage, *, said: str, now: datetime) -> None:
    """A letter that was sent came back later: it is as dead as one refused at once."""
    OutboxMessage.objects.filter(pk=row.pk, status=OutboxMessage.Status.SENT).update(
        status=OutboxMessage.Status.DEAD, last_code="bounce", last_error=said
    )
    _tell_the_office(row, Outcome("dead", "bounce", said, unreachable=True), now)


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

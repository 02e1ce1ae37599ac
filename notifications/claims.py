"""Takes letters out of the outbox, a batch in one transaction, so that many letters cost one commit that reaches the disk.

A worker that dies leaves leased rows, which are sent again once the lease ends: the same Message-ID, UID and SEQUENCE.
Due times and leases are read from the database's clock, so that a worker's wrong clock changes nothing.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from notifications import calls, limits, threads
from notifications.models import OutboxMessage

LEASE = timedelta(seconds=180)  # longer than a task may live
DEFER = {"minute": timedelta(minutes=1), "day": timedelta(hours=1)}
OVERTAKEN = "overtaken by a newer letter"
EXPIRED = "expired"

# What sending needs; the rest of a row is read only when it is asked for.
_READ = (
    "id", "key", "channel", "thread_id", "revision", "kind", "locale", "links", "from_name", "from_email", "to_name", "to_email", "subject",
    "text", "html", "ics", "uid", "sequence", "method", "message_id", "bulk", "limited", "status", "attempts", "claim", "not_before",
    "expires_at", "claimed_at", "retry_since", "created_at",
)  # fmt: skip

# The locks are taken row by row and never waited for, so that workers neither queue up nor deadlock with who writes letters.
_CLAIM = f"""
WITH next AS (
  SELECT m.id, m.claimed_at FROM notifications_outboxmessage m JOIN notifications_thread t ON t.id = m.thread_id
  WHERE m.status = 'queued' AND (m.channel = 'mail') = %(mail)s AND m.not_before <= COALESCE(%(until)s, statement_timestamp())
    AND (m.lease_until IS NULL OR m.lease_until < statement_timestamp()) AND (%(only)s::uuid IS NULL OR m.id = %(only)s)
    AND m.id <> ALL (%(seen)s::uuid[])
    AND NOT EXISTS (
      SELECT 1 FROM notifications_outboxmessage o
      WHERE o.thread_id = m.thread_id AND o.revision < m.revision AND o.status = 'queued'
        AND (o.claimed_at IS NULL OR (o.uid = m.uid AND o.lease_until >= statement_timestamp())))
  ORDER BY m.bulk, m.not_before LIMIT %(most)s FOR NO KEY UPDATE OF m, t SKIP LOCKED
)
UPDATE notifications_outboxmessage m
SET attempts = m.attempts + 1, claim = gen_random_uuid(), lease_until = statement_timestamp() + %(lease)s,
  claimed_at = COALESCE(m.claimed_at, statement_timestamp()), retry_since = COALESCE(m.retry_since, statement_timestamp())
FROM next WHERE m.id = next.id
RETURNING {", ".join(f"m.{name}" for name in _READ)}, next.claimed_at IS NULL AS is_first, statement_timestamp() AS database_now
"""  # noqa: S608  # our own names of columns


def is_due(row_id: str | None = None, *, until: datetime | None = None, mail: bool = True) -> bool:
    """Whether there may be something to claim: worth a connection to the mail server. `mail` False: on the other channels."""
    queued = OutboxMessage.objects.filter(status="queued", not_before__lte=until or Now())
    waiting = queued.filter(channel="mail") if mail else queued.exclude(channel="mail")
    free = waiting.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
    return (free.filter(pk=row_id) if row_id else free).exists()


def claim(*, only: uuid.UUID | None = None, until: datetime | None = None, mail: bool = True) -> OutboxMessage | None:
    """Take the most pressing letter that is due, or None where nothing is left."""
    return next(iter(claim_many(1, only=only, until=until, mail=mail)), None)


def claim_many(
    most: int, *, only: uuid.UUID | None = None, until: datetime | None = None, mail: bool = True
) -> list[OutboxMessage]:
    """Take up to `most` letters that are due, the most pressing first; from here on their readers count as told.

    Letters of one thread are taken in the order in which they were written. `until` stands for the present
    where a command plays another time.
    """
    seen: list[uuid.UUID] = []
    with transaction.atomic():
        while True:
            asked = {"until": until, "only": only, "mail": mail, "lease": LEASE, "seen": seen, "most": most}
            rows = list(OutboxMessage.objects.raw(_CLAIM, asked))
            if not rows:
                return []
            seen += [row.pk for row in rows]
            if going := _last_look(rows):
                first = [row.pk for row in going if row.revision is not None and vars(row)["is_first"]]
                if first:
                    threads.write_letters_told(first, at=vars(rows[0])["database_now"])
                    calls.drop_stand_ins([row.thread_id for row in going if row.pk in first])
                return sorted(going, key=lambda row: (row.bulk, row.not_before, row.created_at))


def release(rows: Iterable[OutboxMessage]) -> None:
    """Give back what was claimed and not tried; their readers go on to count as told, which a newer letter heeds."""
    ids = [row.pk for row in rows]
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_RELEASE, {"ids": ids, "claims": [row.claim for row in rows]})


_RELEASE = """
UPDATE notifications_outboxmessage SET attempts = attempts - 1, claim = NULL, lease_until = NULL
WHERE id = ANY (%(ids)s) AND claim = ANY (%(claims)s) AND status = 'queued'
"""


def _last_look(rows: Sequence[OutboxMessage]) -> list[OutboxMessage]:
    """What may go, under the locks of its threads; whatever may not is settled or deferred here.

    In the order of addresses, so that two workers never wait for each other's limits; the newest of a thread first, since it
    overtakes older ones of its UID.
    """
    now: datetime = vars(rows[0])["database_now"]
    turns = _Turns(rows, now)
    going = []
    for row in sorted(rows, key=lambda row: (row.to_email.casefold(), row.thread_id, -(row.revision or 0))):
        is_first = vars(row)["is_first"]
        if row.expires_at is not None and row.expires_at <= now:
            status = OutboxMessage.Status.CANCELLED if is_first else OutboxMessage.Status.DEAD
            died = None if is_first else now
            _give_back(row, status=status, last_error=EXPIRED, died_at=died)
        elif stays := turns.why_not(row):
            if stays == "wait":
                _give_back(row, lease_until=now + timedelta(seconds=1))
            else:
                _give_back(row, status=OutboxMessage.Status.SUPERSEDED, last_error=stays)
        elif row.limited and is_first and (full := _over_limit(row.to_email)):
            _give_back(row, not_before=now + DEFER[full])
        else:
            turns.goes(row)
            going.append(row)
    return going


class _Turns:
    """Whose turn it is in each thread; the locked threads make this the truth. Read with one query for all of them.

    An older letter of a UID that was tried and waits is overtaken: once the newer one is claimed, the older must never be sent
    (calendar clients would go back in time).
    """

    def __init__(self, rows: Sequence[OutboxMessage], now: datetime) -> None:
        self.now = now
        self.own = {row.pk for row in rows if row.revision is not None}
        self.gone: set[uuid.UUID] = set()
        self.siblings: dict[int, list[dict[str, Any]]] = defaultdict(list)
        names = ("pk", "thread_id", "revision", "status", "uid", "claimed_at", "lease_until")
        numbered = {row.thread_id for row in rows if row.revision is not None}
        if numbered:
            found = OutboxMessage.objects.filter(thread__in=numbered, revision__isnull=False).exclude(
                status="superseded", claimed_at=None
            )
            for each in found.values(*names):
                self.siblings[each["thread_id"]].append(each)

    def why_not(self, row: OutboxMessage) -> str:
        """ "" where `row` is the next of its UID; "wait", or why it must never be sent."""
        if row.revision is None:
            return ""
        for each in self._others(row):
            waits = each["status"] == "queued" and each["pk"] not in self.own
            leased = each["uid"] == row.uid and each["lease_until"] is not None and each["lease_until"] >= self.now
            if each["revision"] < row.revision and waits and (each["claimed_at"] is None or leased):
                return "wait"
            if row.uid is not None and each["uid"] == row.uid and each["revision"] > row.revision and self._told(each):
                return OVERTAKEN
        return ""

    def goes(self, row: OutboxMessage) -> None:
        """`row` is sent: what is older under its UID, and not of this batch, is put aside."""
        self.gone.add(row.pk)
        if row.uid is None or row.revision is None:
            return
        older = [
            each["pk"]
            for each in self._others(row)
            if each["uid"] == row.uid and each["revision"] < row.revision and each["status"] == "queued"
        ]
        rest = [pk for pk in older if pk not in self.own]
        if rest:
            OutboxMessage.objects.filter(pk__in=rest, status="queued").update(
                status=OutboxMessage.Status.SUPERSEDED, last_error=OVERTAKEN, lease_until=None
            )

    def _others(self, row: OutboxMessage) -> list[dict[str, Any]]:
        return [each for each in self.siblings[row.thread_id] if each["pk"] != row.pk]

    def _told(self, each: dict[str, Any]) -> bool:
        """Whether a newer letter may have arrived: one of this batch only if it goes."""
        return each["pk"] in self.gone if each["pk"] in self.own else each["claimed_at"] is not None


def _give_back(row: OutboxMessage, **fields: Any) -> None:
    """The claim did not happen."""
    own = {"attempts": row.attempts - 1, "claim": None, "lease_until": None}
    if vars(row)["is_first"]:
        own |= {"claimed_at": None, "retry_since": None}
    OutboxMessage.objects.filter(pk=row.pk).update(**own | fields)


def _over_limit(address: str) -> str:
    """Which limit of this address is used up, "" where none is; a refusal spends nothing."""
    day, minute = (f"letter:{name}:{address.casefold()}" for name in ("day", "minute"))
    capacity, seconds = limits.of("letter_by_recipient_day")
    if not limits.allow(day, capacity, seconds):
        return "day"
    if not limits.allow(minute, *limits.of("letter_by_recipient_minute")):
        limits.give_back(day, capacity)
        return "minute"
    return ""

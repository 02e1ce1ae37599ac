"""Writes down how a sending ended, and makes a matter for a person of what cannot arrive."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from secrets import SystemRandom

import psycopg
from django.db import OperationalError, connection, transaction
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGconn

from notifications import calls, links, outbox
from notifications.messages import OFFICE_KINDS, Address, Letter
from notifications.models import OutboxMessage, Thread
from notifications.outcomes import Outcome

log = logging.getLogger(__name__)

GIVE_UP = timedelta(hours=24)
WAITS = (1, 5, 15, 60)  # minutes until the next attempt; then hourly
_chance = SystemRandom()


# One statement is one transaction. Its commit does not wait for the disk: who dies is the worker, and PostgreSQL keeps what it was told.
# Only if PostgreSQL itself dies, what was sent since the last commit that did wait (the claim of this batch) may be sent once more.
_SENT = """
WITH soft AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
UPDATE notifications_outboxmessage SET status = 'sent', sent_at = clock_timestamp(), lease_until = NULL, last_code = $1, last_error = ''
FROM soft WHERE id = $2::uuid AND claim = $3::uuid AND status = 'queued'
"""


class Writing:
    """That a letter was sent, on its way into the database while the mail server is asked something: one statement at a time.

    Nothing else may use the connection between `begin` and `finish`.
    """

    def __init__(self) -> None:
        self.server: PGconn | None = None

    def begin(self, row: OutboxMessage, outcome: Outcome) -> None:
        """Say it to PostgreSQL and do not wait; it carries it out even if we die now."""
        assert self.server is None  # finish() was called
        connection.ensure_connection()
        server: PGconn = connection.connection.pgconn
        said = [word.encode() for word in (outcome.code, str(row.pk), str(row.claim))]
        try:
            server.send_query_params(_SENT.encode(), said)
            server.flush()
        except psycopg.Error as error:
            raise OperationalError(str(error)) from error
        self.server = server

    def finish(self) -> None:
        """Wait until it is written. Raises OperationalError where it was not."""
        server, self.server = self.server, None
        if server is None:
            return
        wrong = ""
        while (result := server.get_result()) is not None:
            if result.status != ExecStatus.COMMAND_OK:
                wrong = result.get_error_message()
        if wrong or server.status != ConnStatus.OK:
            raise OperationalError(wrong or "the connection was lost")


def settle(row: OutboxMessage, outcome: Outcome) -> None:
    """Write down how it ended, if the row is still ours: a lease that ran out may have given it to another worker."""
    if outcome.verdict == "sent":
        writing = Writing()
        writing.begin(row, outcome)
        writing.finish()
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
            status=OutboxMessage.Status.DEAD,
            lease_until=None,
            last_code=outcome.code,
            last_error=outcome.reason,
            died_at=now,
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
        calls.stand_in(row, now=now)
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
        status=OutboxMessage.Status.DEAD, last_code="bounce", last_error=said, died_at=now
    )
    _tell_the_office(row, Outcome("dead", "bounce", said, unreachable=True), now)

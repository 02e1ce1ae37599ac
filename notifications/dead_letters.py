"""What can be done about letters that did not arrive: sent again, one or all of an outage, or sent to another address."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Now

from notifications import calls, outbox
from notifications.claims import EXPIRED
from notifications.messages import address_from_json, address_to_json
from notifications.models import OutboxMessage, Thread

Status = OutboxMessage.Status

BLAMES = ("address", "words", "late", "server")
"""Whose fault a letter's death is: the address that was refused, the letter itself, its time that passed, or a server that failed."""


def blamed() -> Case:
    """One of BLAMES, as a value that queries can filter by."""
    return Case(
        When(last_error=EXPIRED, then=Value("late")),
        When(last_code__in=[outbox.NOT_RENDERED, "encoding"], then=Value("words")),
        When(Q(last_code__startswith="5") | Q(last_code="bounce"), then=Value("address")),
        default=Value("server"),
        output_field=TextField(),
    )


def dead() -> QuerySet[OutboxMessage]:
    """Every letter that was given up, with whose fault that was as `blame`."""
    return OutboxMessage.objects.filter(status=Status.DEAD).annotate(blame=blamed())


def of_outages(*, until: datetime, now: datetime) -> QuerySet[OutboxMessage]:
    """Letters that died before `until` because a server failed, and that are still of use: what one replays when it works again."""
    useful = Q(expires_at=None) | Q(expires_at__gt=now)
    died = Q(died_at=None) | Q(died_at__lte=until)
    return dead().filter(useful, died, Q(blame="server"))


def replay(rows: QuerySet[OutboxMessage]) -> int:
    """Put dead letters back on their way with a new window of attempts, the same Message-ID, UID and SEQUENCE; how many.

    What could not be rendered is rendered anew, and stays dead if it still cannot. A letter overtaken meanwhile is put aside when claimed.
    """
    given_up = OutboxMessage.objects.filter(pk__in=rows.filter(status=Status.DEAD).values("pk"), status=Status.DEAD)
    for row in given_up.filter(last_code=outbox.NOT_RENDERED).select_related("thread"):
        outbox.render_again(row)
    return given_up.exclude(last_code=outbox.NOT_RENDERED).update(**_ANEW)


_ANEW: dict[str, Any] = {
    "status": Status.QUEUED,
    "not_before": Now(),
    "retry_since": None,
    "lease_until": None,
    "claim": None,
    "attempts": 0,
    "died_at": None,
}


@transaction.atomic
def readdress(row_id: uuid.UUID, *, email: str) -> bool:
    """Send one dead letter to another address, with the same Message-ID; False where it is dead no more, or was forgotten.

    This letter only: who is told what from now on is for whoever keeps the address (a visit's contact, a guide, the office's people).
    """
    thread = Thread.objects.select_for_update(no_key=True).filter(outboxmessages=row_id).first()
    row = OutboxMessage.objects.filter(pk=row_id, status=Status.DEAD, channel="mail").exclude(to_email="").first()
    if thread is None or row is None:
        return False
    to = address_to_json(address_from_json({**row.to, "email": email}).clean())
    if row.last_code == outbox.NOT_RENDERED:
        outbox.render_again(row)
        row.refresh_from_db(fields=["last_code"])
        if row.last_code == outbox.NOT_RENDERED:
            return False
    OutboxMessage.objects.filter(pk=row_id).update(
        to=to, to_email=to["email"], ics=_invites(row, to["email"]), last_code="", last_error="", **_ANEW
    )
    if row.revision is not None and row.revision == thread.told_revision:
        thread.told_to, thread.unreachable_at = to, None
        thread.save(update_fields=["told_to", "unreachable_at"])
    calls.drop_stand_ins([thread.pk])
    return True


def _invites(row: OutboxMessage, email: str) -> Any:
    """The calendar part asks its ATTENDEE: whoever answers from the new address must be the one who was asked."""
    return row.ics.replace(f"mailto:{row.to_email}", f"mailto:{email}") if row.ics else F("ics")


def put_aside(row_id: uuid.UUID) -> None:
    """Its news reaches its reader by another letter."""
    OutboxMessage.objects.filter(pk=row_id, status=Status.DEAD).update(
        status=Status.SUPERSEDED, last_error="sent to another address"
    )

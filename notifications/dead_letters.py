"""What can be done about letters that did not arrive."""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Now

from notifications import outbox
from notifications.models import OutboxMessage

Status = OutboxMessage.Status


def replay(rows: QuerySet[OutboxMessage]) -> int:
    """Put dead letters back on their way with a new window of attempts, the same Message-ID, UID and SEQUENCE; how many.

    What could not be rendered is rendered anew, and stays dead if it still cannot. A letter overtaken meanwhile is put aside when claimed.
    """
    dead = rows.filter(status=Status.DEAD)
    for row in dead.filter(last_code=outbox.NOT_RENDERED).select_related("thread"):
        outbox.render_again(row)
    return dead.exclude(last_code=outbox.NOT_RENDERED).update(
        status=Status.QUEUED, not_before=Now(), retry_since=None, lease_until=None, claim=None, attempts=0
    )

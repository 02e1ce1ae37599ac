"""What letters said is forgotten when nobody needs it any more; that they were sent, and when, stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat

from notifications import replies
from notifications.models import Bucket, Call, OutboxMessage, Reply, Thread

KEPT = timedelta(days=30)
BUCKETS_KEPT = timedelta(days=2)  # longer than any bucket takes to fill up again

NO_FACTS: dict[str, Any] = {"facts": {}, "entry": None, "to": {}, "links": []}
NO_LETTER: dict[str, Any] = NO_FACTS | dict.fromkeys(["subject", "text", "html", "ics", "to_name", "to_email"], "")
NO_CALL: dict[str, Any] = NO_FACTS | dict.fromkeys(["whom", "organisation", "phone", "say"], "")
NOTHING_TOLD: dict[str, Any] = {"told_facts": {}, "told_to": {}, "told_entry": None}


def scrub(*, now: datetime) -> int:
    """Forget names, addresses and texts of what was over 30 days ago, and what was told of visits that were; how many letters.

    A letter is needed as long as its visit lies ahead, however long ago it was sent. Queued and dead letters are left alone.
    """
    before = now - KEPT
    over = Q(entry=None) | Q(end__lt=before.isoformat())
    ended = {"end": KeyTextTransform("end", "entry")}
    letters = (
        OutboxMessage.objects.alias(**ended)
        .filter(over, created_at__lt=before, status__in=["sent", "superseded", "cancelled"])
        .exclude(to_email="")
        .update(**NO_LETTER)
    )
    Call.objects.alias(**ended).filter(over, created_at__lt=before).exclude(status=Call.Status.OPEN).update(**NO_CALL)
    Thread.objects.alias(end=KeyTextTransform("end", "told_entry")).filter(end__lt=before.isoformat()).update(
        **NOTHING_TOLD
    )
    Reply.objects.filter(received_at__lt=before).exclude(pk__in=replies.for_a_person().order_by().values("pk")).update(
        from_email="", subject="", text=""
    )
    Bucket.objects.filter(updated__lt=now - BUCKETS_KEPT).delete()
    return letters


def forget(*, about: Collection[str], now: datetime) -> None:
    """Leave nothing of what was told and answered about these subjects, whatever became of it: that it was, and when, stays.

    What was still to be sent or rung is not; the alarms of what could not arrive go with it. The caller holds a transaction.
    """
    own = Thread.objects.filter(about__in=about)
    alarms = [f"office:undeliverable:{pk}" for pk in _letters_of(own).values_list("pk", flat=True)]
    of_them = [*own, *Thread.objects.filter(key__in=alarms)]
    letters, rung = _letters_of(of_them), Call.objects.filter(thread__in=of_them)
    letters.filter(status__in=["queued", "dead"]).update(status="cancelled")
    letters.update(**NO_LETTER, last_error="")
    rung.filter(status=Call.Status.OPEN).update(status=Call.Status.CANCELLED)
    rung.update(**NO_CALL)
    Thread.objects.filter(pk__in=[thread.pk for thread in of_them]).update(**NOTHING_TOLD)
    _forget_replies(Reply.objects.filter(thread__in=of_them), now=now)


def _letters_of(threads: Iterable[Thread]) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(thread__in=list(threads))


def forget_strangers(*, before: datetime, now: datetime, address: str = "") -> None:
    """The same for letters that came in before an instant and belong to no subject: all of them, or those from one address."""
    strays = Reply.objects.filter(thread=None, received_at__lte=before)
    _forget_replies(strays.filter(from_email__iexact=address) if address else strays, now=now)


def _forget_replies(rows: QuerySet[Reply], *, now: datetime) -> None:
    """Nobody has to read them any more, either. The name that their sender's mail server gave them goes, too."""
    rows.exclude(message_id__startswith="forgotten-").update(
        message_id=Concat(Value("forgotten-"), Cast("pk", CharField())),
        **dict.fromkeys(["from_email", "subject", "text", "reason", "uid"], ""),
        seen_at=Coalesce("seen_at", Value(now)),
    )

"""What letters said is forgotten when nobody needs it any more; that they were sent, and when, stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform

from notifications import replies
from notifications.models import Bucket, Call, OutboxMessage, Reply, Thread

KEPT = timedelta(days=30)
BUCKETS_KEPT = timedelta(days=2)  # longer than any bucket takes to fill up again


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
        .update(subject="", text="", html="", ics="", facts={}, entry=None, to={}, to_name="", to_email="", links=[])
    )
    Call.objects.alias(**ended).filter(over, created_at__lt=before).exclude(status=Call.Status.OPEN).update(
        whom="", organisation="", phone="", say="", facts={}, entry=None, to={}, links=[]
    )
    Thread.objects.alias(end=KeyTextTransform("end", "told_entry")).filter(end__lt=before.isoformat()).update(
        told_facts={}, told_to={}, told_entry=None
    )
    Reply.objects.filter(received_at__lt=before).exclude(pk__in=replies.for_a_person().order_by().values("pk")).update(
        from_email="", subject="", text=""
    )
    Bucket.objects.filter(updated__lt=now - BUCKETS_KEPT).delete()
    return letters

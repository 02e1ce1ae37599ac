"""The call list: who has to be rung, and what to say. Whoever has no e-mail counts as told once somebody rang."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from notifications import threads
from notifications.messages import address_from_json
from notifications.models import Call, Thread

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def to_make(*, now: datetime) -> QuerySet[Call]:
    """The calls to be made now, the oldest first."""
    useful = Q(expires_at=None) | Q(expires_at__gt=now)
    return (
        Call.objects.filter(useful, status=Call.Status.OPEN, not_before__lte=now)
        .select_related("thread")
        .order_by("not_before", "pk")
    )


@transaction.atomic
def rang(call_id: int, *, by: AbstractBaseUser, now: datetime) -> Call | None:
    """Somebody rang and said it: from now on this person counts as told. None where it was rung or replaced meanwhile."""
    thread = Thread.objects.select_for_update(no_key=True).get(calls=call_id)
    call = Call.objects.get(pk=call_id)
    if call.status != Call.Status.OPEN:
        return None
    call.status, call.rang_by_id, call.rang_at = Call.Status.RUNG, by.pk, now
    call.save(update_fields=["status", "rang_by", "rang_at"])
    threads.write_rung(thread, call, to=address_from_json(call.to), at=now)
    return call

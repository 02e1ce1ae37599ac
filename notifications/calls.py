"""The call list: who has to be rung, and what to say. Whoever has no e-mail counts as told once somebody rang."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet

from notifications import outbox, threads
from notifications.messages import OFFICE_KINDS, Letter, address_from_json, entry_from_json
from notifications.models import Call, OutboxMessage, Thread

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

STANDS_IN = ":call"
"""How the key of a call ends that takes the place of a letter refused for good."""


def to_make(*, now: datetime) -> QuerySet[Call]:
    """The calls to be made now, the oldest first."""
    useful = Q(expires_at=None) | Q(expires_at__gt=now)
    return (
        Call.objects.filter(useful, status=Call.Status.OPEN, not_before__lte=now)
        .select_related("thread")
        .order_by("not_before", "pk")
    )


def stand_in(row: OutboxMessage, *, now: datetime) -> None:
    """Whoever's mail server refuses for good is to be rung, where we have a number: with what the letter said.

    The call lies outside the comparison of what is and what was told; a newer letter of the thread takes its place.
    """
    to = address_from_json(row.to)
    key = f"{row.key}{STANDS_IN}"
    if not to.phone or row.channel != "mail" or row.kind in OFFICE_KINDS or Call.objects.filter(key=key).exists():
        return
    drop_stand_ins([row.thread_id])
    outbox.write(
        row.thread,
        outbox.Draft(
            key=key,
            to=replace(to, email="", channel=""),
            letter=Letter(row.kind, row.facts),
            state=row.state,
            entry=entry_from_json(row.entry) if row.entry else None,
            not_before=now,
            expires_at=row.expires_at,
        ),
    )


def drop_stand_ins(threads: Collection[int]) -> None:
    """There is something newer to say to these people."""
    Call.objects.filter(thread__in=threads, key__endswith=STANDS_IN, status=Call.Status.OPEN).update(
        status=Call.Status.SUPERSEDED
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

"""Brings everybody told about many things up to date at once, in two halves: worked out before a lock, written under it.

Letters take most of their time to be rendered. So they are rendered from what threads said before the lock; under it each thread is
compared with what was looked at, and the few that somebody was told of meanwhile are worked out anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from notifications import invitations, outbox, threads
from notifications.invitations import Expected
from notifications.models import Call, OutboxMessage, Thread

Rows = Sequence[OutboxMessage | Call]


@dataclass(frozen=True, slots=True)
class Ready:
    """What a thread is to be told, and how it stood when that was worked out (`state`). `rows` None: nothing is to be written anew."""

    state: tuple[object, ...]
    rows: Rows | None
    old: Rows
    revision: int
    stamp: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What everybody should have, by thread, and what is to be written for it; `abouts`: of which things."""

    abouts: frozenset[str]
    wanted: Mapping[str, Expected]
    ready: Mapping[str, Ready]


def prepare(expected: Mapping[str, Collection[Expected]], *, now: datetime) -> Batch:
    """Work out and render what `expected` (by what it is about) comes to; writes nothing and locks nothing. Four queries."""
    wanted = {each.thread: each for every in expected.values() for each in every}
    there = {thread.key: thread for thread in Thread.objects.filter(about__in=list(expected))}
    unsaid = invitations.waiting(list(expected)) if there else {}
    for about, every in expected.items():
        for each in every:
            there.setdefault(each.thread, Thread(key=each.thread, about=about))
    ready = {key: _ready(thread, wanted.get(key), unsaid.get(thread.pk, []), now) for key, thread in there.items()}
    return Batch(frozenset(expected), wanted, ready)


def write(batch: Batch, *, now: datetime) -> None:
    """Write what was prepared, in the transaction that makes it true. A fixed number of queries, but for threads that have changed."""
    if not batch.abouts:
        return
    abouts = sorted(batch.abouts)
    threads.make(_missing(batch))
    known = threads.locked(about=abouts)
    pending = _pending(abouts)
    rows: list[OutboxMessage | Call] = []
    old: list[OutboxMessage | Call] = []
    changed: list[Thread] = []
    unsaid: dict[int, list[OutboxMessage | Call]] | None = None
    for key, thread in known.items():
        found = batch.ready.get(key)
        if found is None or found.state != _state(thread, pending.get(thread.pk, frozenset())):
            unsaid = invitations.waiting(abouts) if unsaid is None else unsaid
            found = _ready(thread, batch.wanted.get(key), unsaid.get(thread.pk, []), now)
        if found.rows is None:
            continue
        for row in found.rows:
            row.thread = thread
        thread.revision, thread.stamp = found.revision, found.stamp
        rows += found.rows
        old += found.old
        changed.append(thread)
    invitations.supersede(old)
    outbox.write_all(rows)
    _save(changed)
    invitations.drop_stale_reminders(abouts, batch.wanted)


def _ready(thread: Thread, here: Expected | None, old: Rows, now: datetime) -> Ready:
    state = _state(thread, frozenset(row.pk for row in old))
    news = invitations.steps(thread, here, None, now)
    if not invitations.differ(news, old):
        return Ready(state, None, (), thread.revision, thread.stamp)
    rows = tuple(outbox.made(thread, draft) for draft in invitations.drafts(thread, news, now))
    return Ready(state, rows, old, thread.revision, thread.stamp)


def _state(thread: Thread, pending: frozenset[object]) -> tuple[object, ...]:
    """All of a thread that its next letter depends on."""
    told = (thread.told_revision, bool(thread.told_facts), thread.told_entry is not None)
    calendar = (thread.uid, thread.sequence, thread.stamp, thread.entry_created_at, thread.answer)
    return (thread.revision, *told, *calendar, pending)


def _missing(batch: Batch) -> list[Thread]:
    """The threads that had no row when they were looked at, in one order."""
    firsts = [ready.rows[0].thread for _key, ready in sorted(batch.ready.items()) if ready.rows]
    return [thread for thread in firsts if not thread.pk]


def _pending(abouts: Sequence[str]) -> dict[int, frozenset[object]]:
    """By thread, the keys of what was written but never told."""
    found: dict[int, set[object]] = {}
    letters = OutboxMessage.objects.filter(
        thread__about__in=abouts, revision__isnull=False, claimed_at=None, status__in=["queued", "dead"]
    )
    calls = Call.objects.filter(thread__about__in=abouts, revision__isnull=False, status=Call.Status.OPEN)
    for thread, pk in [*letters.values_list("thread", "pk"), *calls.values_list("thread", "pk")]:
        found.setdefault(thread, set()).add(pk)
    return {thread: frozenset(pks) for thread, pks in found.items()}


def _save(changed: Sequence[Thread]) -> None:
    """The number of the newest letter of each thread, in one query."""
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_thread SET revision = new.revision, stamp = new.stamp"
            " FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS new (id, revision, stamp)"
            " WHERE notifications_thread.id = new.id",
            [
                [thread.pk for thread in changed],
                [thread.revision for thread in changed],
                [thread.stamp for thread in changed],
            ],
        )

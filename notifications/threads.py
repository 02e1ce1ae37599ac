"""One person and one matter: found, locked, and what was told written down."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from notifications.messages import Address, address_from_json, address_to_json
from notifications.models import Call, OutboxMessage, Thread

WITHDRAWN = "withdrawn"


def about(thread: str) -> str:
    """What a thread is about: its first two words, as "visit:QX7K" of "visit:QX7K:contact:12"."""
    return ":".join(thread.split(":")[:2])


def ensure(keys: Iterable[str], *, about: str) -> None:
    """Make the rows of threads that are not there yet."""
    make(Thread(key=key, about=about) for key in keys)


def make(rows: Iterable[Thread]) -> None:
    """The same for threads about many things, in one query."""
    Thread.objects.bulk_create([Thread(key=row.key, about=row.about) for row in rows], ignore_conflicts=True)


def locked(*, about: Collection[str]) -> dict[str, Thread]:
    """All threads about these things, by key, locked in one order. Claims never wait for this lock: they skip what is locked."""
    rows = Thread.objects.select_for_update(no_key=True).filter(about__in=about).order_by("key")
    return {thread.key: thread for thread in rows}


def write_told(thread: Thread, row: OutboxMessage | Call, *, to: Address, at: datetime) -> None:
    """From now on this person counts as told what `row` says. The caller holds the thread's lock."""
    if row.revision is None or row.revision <= thread.told_revision:
        return
    thread.told_revision = row.revision
    thread.told_state = row.state
    thread.told_facts = row.facts
    thread.told_entry = row.entry
    thread.told_to = address_to_json(to)
    thread.told_at = at
    if isinstance(row, OutboxMessage) and row.uid is not None:
        _write_calendar(thread, row)
    thread.save()


def _write_calendar(thread: Thread, row: OutboxMessage) -> None:
    """What their calendar holds once `row` arrives: nothing after a CANCEL, whose UID is never used again (RFC 5546, 3.2.5)."""
    if row.method == "CANCEL":
        thread.uid = thread.sequence = thread.entry_created_at = None
        return
    if thread.uid != row.uid:
        thread.entry_created_at = row.stamp
    if (thread.uid, thread.sequence) != (row.uid, row.sequence):
        thread.answer, thread.answered_at, thread.answer_sequence, thread.answer_stamp = "", None, None, None
    thread.uid, thread.sequence = row.uid, row.sequence


def addressee(row: OutboxMessage) -> Address:
    """To whom a letter went."""
    return address_from_json(row.to)

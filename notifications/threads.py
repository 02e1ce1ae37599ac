"""One person and one matter: found, locked, and what was told written down."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from notifications.messages import Address, address_to_json
from notifications.models import Call, Thread

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


def write_letters_told(letters: Sequence[UUID], *, at: datetime) -> None:
    """From now on these letters' readers count as told what they say: one statement for a batch, at most one letter of a thread.

    Their calendars hold what will arrive: nothing after a CANCEL, whose UID is never used again (RFC 5546, 3.2.5); an answer
    given to another UID or SEQUENCE no longer counts; another inbox is not known to refuse. The caller holds the threads' locks.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LETTERS_TOLD, {"letters": list(letters), "at": at})


_KEEPS_ANSWER = "m.uid IS NULL OR m.method = 'CANCEL' OR (t.uid = m.uid AND t.sequence = m.sequence)"
_LETTERS_TOLD = f"""
UPDATE notifications_thread t
SET told_revision = m.revision, told_state = m.state, told_facts = m.facts, told_entry = m.entry, told_to = m."to", told_at = %(at)s,
  uid = CASE WHEN m.method = 'CANCEL' THEN NULL ELSE COALESCE(m.uid, t.uid) END,
  sequence = CASE WHEN m.method = 'CANCEL' THEN NULL WHEN m.uid IS NULL THEN t.sequence ELSE m.sequence END,
  entry_created_at = CASE WHEN m.method = 'CANCEL' THEN NULL
    WHEN m.uid IS NULL OR t.uid = m.uid THEN t.entry_created_at ELSE m.stamp END,
  unreachable_at = CASE WHEN t.told_to->>'email' = m."to"->>'email' THEN t.unreachable_at END,
  answer = CASE WHEN {_KEEPS_ANSWER} THEN t.answer ELSE '' END,
  answered_at = CASE WHEN {_KEEPS_ANSWER} THEN t.answered_at END,
  answer_sequence = CASE WHEN {_KEEPS_ANSWER} THEN t.answer_sequence END,
  answer_stamp = CASE WHEN {_KEEPS_ANSWER} THEN t.answer_stamp END
FROM notifications_outboxmessage m
WHERE m.id = ANY (%(letters)s) AND t.id = m.thread_id AND m.revision > t.told_revision
"""  # noqa: S608  # our own words


def write_rung(thread: Thread, call: Call, *, to: Address, at: datetime) -> None:
    """From now on this person counts as told what `call` says; their calendar is what it was. The caller holds the thread's lock."""
    if call.revision is None or call.revision <= thread.told_revision:
        return
    thread.told_revision = call.revision
    thread.told_state = call.state
    thread.told_facts = call.facts
    thread.told_entry = call.entry
    thread.told_to = address_to_json(to)
    thread.told_at = at
    thread.save()

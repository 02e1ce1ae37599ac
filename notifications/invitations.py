"""What each person should have in inbox and calendar, compared with what they were told; the difference is written as letters.

A person counts as told what the newest letter says that was ever claimed for sending, since it may have arrived; letters never
claimed are replaced, not corrected. So ten quick edits are one letter, and a change undone in time is none.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import transaction

from notifications import outbox, threads
from notifications.messages import (
    CHANGED,
    MOVED,
    Address,
    Entry,
    Letter,
    address_from_json,
    address_to_json,
    entry_from_json,
    entry_to_json,
)
from notifications.models import Call, OutboxMessage, Thread
from notifications.threads import WITHDRAWN

NOTHING_WITHDRAWN: Mapping[str, Letter] = MappingProxyType({})
WITHDRAWAL = {"duty": "duty_withdrawn"}  # how a thread is taken back, by what was told; else "withdrawn"
ENDED = {WITHDRAWN, "cancelled", "declined"}  # nothing is left to take back
AT_ONCE = {WITHDRAWN, "cancelled", "declined", "offered"}
AGREED = {"confirmed", "programme"}  # one agreement, told in less or more detail
UNSAID = {"museum", "links", "before", "reader_name", "reason", "other_part"}
"""Facts whose change alone is no news to anybody."""


@dataclass(frozen=True)
class Expected:
    """What one person should have about one assignment of theirs. `urgent`: an update that must not wait for further edits."""

    thread: str
    to: Address
    letter: Letter
    entry: Entry | None
    urgent: bool = False


@dataclass(frozen=True)
class Told:
    """What one person may already have."""

    state: str
    facts: Mapping[str, Any]
    entry: Entry | None
    to: Address


@dataclass(frozen=True)
class Step:
    """One letter or call that brings a person up to date. Without `method` it has no calendar part."""

    state: str
    to: Address
    letter: Letter
    entry: Entry | None
    method: str = ""
    uid: uuid.UUID | None = None  # of the entry in their calendar; None makes a new one
    sequence: int | None = None
    at_once: bool = False

    def said(self) -> tuple[object, ...]:
        """What makes it the same letter as one that waits already."""
        entry = entry_to_json(self.entry.clean()) if self.entry else None
        letter = self.letter.clean()
        sequence = self.sequence if self.to.email else None
        return self.state, letter.kind, dict(letter.facts), entry, address_to_json(self.to.clean()), sequence


@transaction.atomic
def sync(
    *, about: str, expected: Iterable[Expected], now: datetime, withdrawn: Mapping[str, Letter] = NOTHING_WITHDRAWN
) -> None:
    """Write what brings everybody told about `about` up to date with `expected`; who is no longer in it is told so.

    `withdrawn` gives the farewell letter of a thread where the stored one will not do. Call it in the transaction of the change.
    """
    wanted = {each.thread: each for each in expected}
    threads.ensure(sorted(wanted), about=about)
    known = threads.locked(about=[about])
    unsaid = waiting([about])  # after the lock, so that nothing of it is being claimed
    for key, thread in known.items():
        here = wanted.get(key)
        news = steps(thread, here, withdrawn.get(key), now)
        old = unsaid.get(thread.pk, [])
        if differ(news, old):
            _replace(thread, old, news, now)
    drop_stale_reminders([about], wanted)


def differ(news: Sequence[Step], old: Sequence[OutboxMessage | Call]) -> bool:
    """Whether other letters are to be written than those that wait."""
    return [step.said() for step in news] != [_said(row) for row in old]


def waiting(abouts: Collection[str]) -> dict[int, list[OutboxMessage | Call]]:
    """By thread, what was written but never told, oldest first."""
    found: dict[int, list[OutboxMessage | Call]] = {}
    letters = OutboxMessage.objects.filter(
        thread__about__in=abouts, revision__isnull=False, claimed_at=None, status__in=["queued", "dead"]
    )
    calls = Call.objects.filter(thread__about__in=abouts, revision__isnull=False, status=Call.Status.OPEN)
    rows: list[OutboxMessage | Call] = [*letters, *calls]
    for row in sorted(rows, key=lambda row: row.revision or 0):
        found.setdefault(row.thread_id, []).append(row)
    return found


def _said(row: OutboxMessage | Call) -> tuple[object, ...]:
    sequence = row.sequence if isinstance(row, OutboxMessage) else None
    return row.state, row.kind, row.facts, row.entry, row.to, sequence


def _told(thread: Thread) -> Told | None:
    if not thread.told_state:
        return None
    entry = entry_from_json(thread.told_entry) if thread.told_entry else None
    return Told(thread.told_state, thread.told_facts, entry, address_from_json(thread.told_to))


def steps(thread: Thread, wanted: Expected | None, farewell: Letter | None, now: datetime) -> list[Step]:
    """The letters that lead from what was told to what is wanted: none, one, or a farewell and a welcome."""
    told = _told(thread)
    if _is_past(told, wanted, now):
        return []
    if wanted is None:
        return (
            []
            if told is None or told.state in ENDED or _is_deaf(thread, told)
            else [_withdrawal(thread, told, farewell)]
        )
    if told is None or told.state == WITHDRAWN:
        return [_first(wanted)]
    if told.to.email.casefold() != wanted.to.email.strip().casefold():  # another inbox, which knows nothing yet
        leaves = told.to.email and told.state not in ENDED and not _is_deaf(thread, told)
        return [*([_withdrawal(thread, told, farewell)] if leaves else []), _first(wanted)]
    step = _next(thread, told, wanted)
    return [step] if step else []


def _is_past(told: Told | None, wanted: Expected | None, now: datetime) -> bool:
    """Whether there is nothing left to tell: both what was told and what is wanted are over, or were forgotten since."""
    if told is not None and told.entry is None and not told.facts:
        return wanted is None or wanted.entry is None or wanted.entry.end <= now
    entries = [each for each in (told and told.entry, wanted and wanted.entry) if each]
    return bool(entries) and all(entry.end <= now for entry in entries)


def _is_deaf(thread: Thread, told: Told) -> bool:
    """Whether a farewell would be refused for good, as the last letter was."""
    return thread.unreachable_at is not None and bool(told.to.email)


def _first(wanted: Expected) -> Step:
    """The first that this person hears of it."""
    invites = wanted.entry is not None and not wanted.entry.cancelled
    return Step(
        state=wanted.letter.kind,
        to=wanted.to,
        letter=wanted.letter,
        entry=wanted.entry,
        method="REQUEST" if invites else "",
        sequence=0 if invites else None,
        at_once=True,
    )


def _withdrawal(thread: Thread, told: Told, farewell: Letter | None) -> Step:
    """It no longer concerns this person: their entry is cancelled with the times that they know."""
    letter = farewell or Letter(WITHDRAWAL.get(told.state, WITHDRAWN), told.facts)
    return _cancelling(thread, Step(state=WITHDRAWN, to=told.to, letter=letter, entry=told.entry, at_once=True))


def _cancelling(thread: Thread, step: Step) -> Step:
    """The same step, taking the entry out of their calendar if there is one. What else it said, names and telephones, is not repeated."""
    if thread.uid is None or thread.sequence is None or step.entry is None:
        return step
    entry = replace(step.entry, cancelled=True, description="")
    return replace(step, entry=entry, method="CANCEL", uid=thread.uid, sequence=thread.sequence + 1)


def _next(thread: Thread, told: Told, wanted: Expected) -> Step | None:
    """The step from what was told to what is wanted at the same address, if they differ."""
    entry = wanted.entry.clean() if wanted.entry else None
    same_words = told.to.locale == wanted.to.clean().locale
    moved = _place_and_time(told.entry, same_words) != _place_and_time(entry, same_words)
    status = _status(told.entry) != _status(entry)
    state = wanted.letter.kind
    if not moved and not status and told.state == state and essence(told.facts) == essence(wanted.letter.clean().facts):
        return None
    letter = _as_news(told, wanted.letter, moved, wanted.to.clean().locale)
    step = Step(state=state, to=wanted.to, letter=letter, entry=entry, at_once=wanted.urgent or state in AT_ONCE)
    if entry is None or entry.cancelled:
        letter = _at_the_time_told(letter, told) if moved else letter
        return _cancelling(thread, replace(step, letter=letter, entry=told.entry or entry, at_once=True))
    if thread.uid is None or thread.sequence is None:
        return replace(step, method="REQUEST", sequence=0)
    return replace(step, method="REQUEST", uid=thread.uid, sequence=thread.sequence + (1 if moved or status else 0))


def _at_the_time_told(letter: Letter, told: Told) -> Letter:
    """A cancellation names the time that its reader knows: a move just before it was never told."""
    if told.entry is None or not letter.facts.get("start"):
        return letter
    times = {"start": told.entry.start.isoformat(), "end": told.entry.end.isoformat()}
    return Letter(letter.kind, {**letter.facts, **times})


def _as_news(told: Told, letter: Letter, moved: bool, locale: str) -> Letter:
    """The letter as a change to what its reader knows, with what was before in `facts["before"]`: its facts if in the same language."""
    kind = letter.kind
    if moved and (told.state == kind or {told.state, kind} <= AGREED):
        kind = MOVED.get(kind, kind)
    elif told.state == kind or (told.state, kind) == ("programme", "confirmed"):
        kind = CHANGED.get(kind, kind)
    before: dict[str, Any] | None = None
    if told.entry:
        before = {
            "start": told.entry.start.isoformat(),
            "end": told.entry.end.isoformat(),
            "place": told.entry.location,
            "facts": essence(told.facts) if told.to.locale == locale else {},
        }
    return Letter(kind, {**letter.facts, "before": before})


def _place_and_time(entry: Entry | None, place: bool) -> tuple[object, ...]:
    """What a reader plans by. A place in another language is no other place."""
    return (entry.start, entry.end, entry.location if place else "") if entry else ()


def _status(entry: Entry | None) -> tuple[object, ...]:
    return (entry.tentative, entry.cancelled) if entry else ()


def essence(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts whose change is news; of the museum's own only where one meets."""
    museum = facts.get("museum")
    meeting_point = museum.get("meeting_point") if isinstance(museum, Mapping) else None
    return {name: value for name, value in facts.items() if name not in UNSAID} | {"meeting_point": meeting_point}


def _replace(thread: Thread, old: list[OutboxMessage | Call], steps: list[Step], now: datetime) -> None:
    """Put `steps` in the place of what waits unsent; the caller holds the thread's lock, so nothing of it is claimed meanwhile."""
    supersede(old)
    for draft in drafts(thread, steps, now):
        outbox.write(thread, draft)
    thread.save(update_fields=["revision", "stamp"])


def supersede(old: Iterable[OutboxMessage | Call]) -> None:
    """Take back what waits unsent; the caller holds the locks of its threads."""
    rows = list(old)
    if ids := [row.pk for row in rows if isinstance(row, OutboxMessage)]:
        OutboxMessage.objects.filter(pk__in=ids, claimed_at=None).update(status=OutboxMessage.Status.SUPERSEDED)
    if calls := [row.pk for row in rows if isinstance(row, Call)]:
        Call.objects.filter(pk__in=calls, status=Call.Status.OPEN).update(status=Call.Status.SUPERSEDED)


def drafts(thread: Thread, steps: Iterable[Step], now: datetime) -> list[outbox.Draft]:
    """What is to be written for these steps; the thread's `revision` and `stamp` go on with each and are for the caller to save."""
    found = []
    for step in steps:
        thread.revision += 1
        not_before = now if step.at_once else now + timedelta(seconds=settings.UPDATE_HOLD_SECONDS)
        invitation = _numbered(thread, step, now) if step.method and step.to.email.strip() else None
        draft = outbox.Draft(
            key=f"{thread.key}:{thread.revision}",
            to=step.to,
            letter=step.letter,
            state=step.state,
            entry=step.entry,
            revision=thread.revision,
            not_before=max(not_before, invitation.stamp) if invitation else not_before,
            invitation=invitation,
        )
        found.append(draft)
    return found


def _numbered(thread: Thread, step: Step, now: datetime) -> outbox.Invitation:
    """UID, SEQUENCE and a DTSTAMP later than that of every letter written before to this person."""
    stamp = now.replace(microsecond=0)
    if thread.stamp is not None and stamp <= thread.stamp:
        stamp = thread.stamp + timedelta(seconds=1)
    thread.stamp = stamp
    known = step.uid is not None and step.uid == thread.uid
    return outbox.Invitation(
        method=step.method,
        uid=step.uid or uuid.uuid4(),
        sequence=step.sequence or 0,
        stamp=stamp,
        created=(thread.entry_created_at if known else None) or stamp,
        answer=thread.answer if known and step.sequence == thread.sequence else "",
    )


def drop_stale_reminders(abouts: Collection[str], wanted: Mapping[str, Expected]) -> None:
    """A reminder of a time that is no longer true is not sent."""
    letters = OutboxMessage.objects.filter(
        thread__about__in=abouts, kind__in=outbox.REMINDERS, status="queued", claimed_at=None
    )
    calls = Call.objects.filter(thread__about__in=abouts, kind__in=outbox.REMINDERS, status=Call.Status.OPEN)
    rows: list[OutboxMessage | Call] = [*letters.select_related("thread"), *calls.select_related("thread")]
    for row in rows:
        here = wanted.get(row.thread.key)
        stands = here is not None and here.entry is not None and not here.entry.cancelled
        if here is None or not stands or here.letter.facts.get("start") != row.facts.get("start"):
            row.status = "cancelled"
            row.save(update_fields=["status"])

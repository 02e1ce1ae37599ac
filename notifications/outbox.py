"""The only way in for letters: written with the change they tell of, sent after that commits."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from kombu.exceptions import OperationalError

from notifications import channels, ical, letters, links, threads
from notifications.messages import (
    Address,
    Entry,
    Letter,
    address_from_json,
    address_to_json,
    entry_from_json,
    entry_to_json,
)
from notifications.models import Call, OutboxMessage, Thread

log = logging.getLogger(__name__)

REMINDERS = ("reminder_week", "reminder_day", "duty_tomorrow", "duty_soon")
SHORT = (*REMINDERS, "office_alarm")  # come in a short form, too, to whoever chose a channel beside e-mail
NOT_RENDERED = "render"  # in place of the mail server's answer
BATCH = 200  # rows in a statement: letters are long
QUIET_SECONDS = 15.0  # after a nudge that found no broker; the sweep comes as often
_quiet_until = 0.0


@dataclass(frozen=True)
class Invitation:
    """The calendar numbers of a letter, fixed when it is written."""

    method: str
    uid: uuid.UUID
    sequence: int
    stamp: datetime
    created: datetime
    answer: str = ""


@dataclass(frozen=True)
class Draft:
    """A letter or call to be written. `state` is the kind that was expected, `revision` its place in the thread's telling."""

    key: str
    to: Address
    letter: Letter
    not_before: datetime
    state: str = ""
    entry: Entry | None = None
    revision: int | None = None
    invitation: Invitation | None = None
    expires_at: datetime | None = None
    bulk: bool = False
    short: bool = False  # the short form, to the channel that the reader chose beside e-mail


def enqueue(
    *,
    key: str,
    thread: str,
    to: Address,
    letter: Letter,
    not_before: datetime,
    entry: Entry | None = None,
    expires_at: datetime | None = None,
    bulk: bool = False,
) -> OutboxMessage | None:
    """Write a letter without a calendar part, or a call where `to` has no e-mail; None where `key` was told before, and for calls.

    `key` names the fact, so telling it twice sends it once. `bulk` letters go after all others. A letter that is still waiting
    at `expires_at` is dropped. Call it in the transaction that makes the fact true.
    """
    for row in (OutboxMessage.objects.filter(claimed_at=None), Call.objects):
        row.filter(key=key, status="cancelled").delete()  # taken back before it was told: now it is true again
    if OutboxMessage.objects.filter(key=key).exists() or Call.objects.filter(key=key).exists():
        return None
    threads.ensure([thread], about=threads.about(thread))
    draft = Draft(
        key=key,
        to=to,
        letter=letter,
        state=letter.kind,
        entry=entry,
        not_before=not_before,
        expires_at=expires_at,
        bulk=bulk,
    )
    try:
        with transaction.atomic():
            row_or_call = write(Thread.objects.get(key=thread), draft)
            if to.email and letter.kind in SHORT and channels.is_known(to.channel):
                write(row_or_call.thread, replace(draft, key=f"{key}:channel", short=True))
    except IntegrityError:  # somebody told it in this very moment
        return None
    return row_or_call if isinstance(row_or_call, OutboxMessage) else None


def write(thread: Thread, draft: Draft) -> OutboxMessage | Call:
    """Render and store. What cannot be rendered is stored as dead with its reason, so that it is seen and not tried for ever."""
    row = made(thread, draft)
    row.save(force_insert=True)
    if isinstance(row, OutboxMessage) and row.status == OutboxMessage.Status.QUEUED and not draft.bulk:
        transaction.on_commit(partial(nudge, str(row.pk)), robust=True)  # robust: a dead broker must not undo a booking
    return row


def write_all(rows: Iterable[OutboxMessage | Call]) -> None:
    """Store what was `made` for many people, in a query or two, and ask a worker once to send it all."""
    every = list(rows)
    letters = [row for row in every if isinstance(row, OutboxMessage)]
    _copy(letters)
    Call.objects.bulk_create([row for row in every if isinstance(row, Call)], batch_size=BATCH)
    if any(row.status == OutboxMessage.Status.QUEUED for row in letters):
        transaction.on_commit(nudge_sweep, robust=True)


def _copy(letters: Sequence[OutboxMessage]) -> None:
    """Store letters by COPY: their texts are long, and a statement that holds hundreds takes longer to put together than to carry out."""
    if not letters:
        return
    meta = OutboxMessage._meta  # noqa: SLF001  # Django's documented way to a model's columns
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(str(field.column)) for field in meta.concrete_fields)
    command = f"COPY {quoted(meta.db_table)} ({columns}) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(command) as copy:
        for letter in letters:
            values = ((field, field.pre_save(letter, True)) for field in meta.concrete_fields)
            copy.write_row([field.get_db_prep_save(value, connection) for field, value in values])


def made(thread: Thread, draft: Draft) -> OutboxMessage | Call:
    """The row of a letter, or of a call where the reader has no e-mail, rendered and not yet stored."""
    to, letter, entry = draft.to.clean(), draft.letter.clean(), draft.entry and draft.entry.clean()
    fields: dict[str, Any] = {
        "thread": thread,
        "key": draft.key,
        "revision": draft.revision,
        "kind": letter.kind,
        "state": draft.state,
        "facts": dict(letter.facts),
        "entry": entry and entry_to_json(entry),
        "to": address_to_json(to),
        "locale": to.locale,
        "links": links.placeholders_in([letter.facts.get("links"), entry.url if entry else ""]),
        "not_before": draft.not_before,
        "expires_at": draft.expires_at,
    }
    if not channels.is_written_to(to.email, to.channel):
        return _made_call(fields, to, letter)
    by_channel = channels.is_known(to.channel) and (not to.email or draft.short)
    sender = sender_of(letter.facts)
    row = OutboxMessage(
        **fields,
        channel="apprise" if by_channel else "mail",
        from_name=sender.name,
        from_email=sender.email,
        to_name=to.name,
        to_email=to.channel if by_channel else to.email,
        message_id=f"<{uuid.uuid4()}@{sender.email.rpartition('@')[2]}>",
        bulk=draft.bulk,
        limited=_is_limited(letter),
    )
    _render(row, letter, to, sender, entry, draft.invitation)
    return row


def _render(
    row: OutboxMessage, letter: Letter, to: Address, sender: Address, entry: Entry | None, invitation: Invitation | None
) -> None:
    if invitation:
        row.method, row.uid = invitation.method, invitation.uid
        row.sequence, row.stamp = invitation.sequence, invitation.stamp
    try:
        rendered = letters.render(letter, to.locale, entry)
        row.subject, row.text, row.html = rendered.subject, rendered.text, rendered.html
        if row.channel != "mail":
            row.text, row.html = rendered.say, ""
        if invitation and entry:
            row.ics = ical.invitation(
                method=invitation.method,
                uid=invitation.uid,
                sequence=invitation.sequence,
                stamp=invitation.stamp,
                created=invitation.created,
                entry=entry,
                organizer=sender,
                attendee=to,
                answer=invitation.answer,
            )
    except Exception as error:  # noqa: BLE001  # whatever a template or a value does: the booking stands, the row says why
        log.error("letter cannot be rendered", extra={"kind": letter.kind, "reason": type(error).__name__})
        row.status, row.last_code = OutboxMessage.Status.DEAD, NOT_RENDERED
        row.last_error = f"{type(error).__name__}: {error}"


def render_again(row: OutboxMessage) -> None:
    """Render a letter that could not be rendered from the facts that it holds; its numbers stay."""
    invitation = None
    if row.uid is not None and row.sequence is not None and row.stamp is not None:
        created = row.thread.entry_created_at if row.thread.uid == row.uid else None
        invitation = Invitation(row.method, row.uid, row.sequence, row.stamp, created or row.stamp)
    row.last_code = row.last_error = ""
    entry = entry_from_json(row.entry) if row.entry else None
    sender = Address(row.from_name, row.from_email)
    _render(row, Letter(row.kind, row.facts), address_from_json(row.to), sender, entry, invitation)
    row.save(update_fields=["subject", "text", "html", "ics", "last_code", "last_error"])


def _made_call(fields: dict[str, Any], to: Address, letter: Letter) -> Call:
    try:
        say = letters.render(letter, to.locale, None).say
    except Exception as error:  # noqa: BLE001  # the person must be told all the same
        log.error("call cannot be put into words", extra={"kind": letter.kind, "reason": type(error).__name__})
        say = letter.kind
    return Call(
        **fields,
        about=threads.about(fields["thread"].key),
        whom=to.name,
        organisation=to.organisation,
        phone=to.phone,
        say=say,
    )


def sender_of(facts: Mapping[str, Any]) -> Address:
    """The one mailbox that the museum reads: From and ORGANIZER of everything (RFC 6047, 2.3)."""
    museum = facts.get("museum")
    known = museum if isinstance(museum, Mapping) else {}
    return Address(
        name=str(known.get("name") or "Qonaq"), email=str(known.get("email") or settings.DEFAULT_FROM_EMAIL)
    ).clean()


def _is_limited(letter: Letter) -> bool:
    """Whether a stranger caused it: one address gets only so many of those. What the office or the engine causes always goes out."""
    return letter.kind in ("requested", "confirmed", "link_again") or letter.facts.get("by") == "organiser"


def nudge(row_id: str) -> None:
    """Ask a worker to send now; without a broker the sweep does it soon."""
    _ask("notifications.tasks.deliver", row_id)


def nudge_sweep() -> None:
    """Ask a worker once to send all that is due."""
    _ask("notifications.tasks.sweep")


def _ask(task: str, *args: str) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task(task, args=args, queue="mail", ignore_result=True)
    except (OperationalError, OSError) as error:
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("no broker to nudge, the sweep will send", extra={"reason": type(error).__name__})

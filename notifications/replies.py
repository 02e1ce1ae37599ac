"""Answers come back: reads the museum's mailbox into rows. An answer can only accept or decline; all else is for a person.

A letter is read once (by its Message-ID), never deleted, and marked as seen only after its row is committed.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from imap_tools import MailBox, MailBoxUnencrypted, MailMessageFlags

from notifications import incoming, settling
from notifications.incoming import Answer, Incoming
from notifications.models import OutboxMessage, Reply, Thread

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

log = logging.getLogger(__name__)

AT_ONCE = 200  # letters in one visit to the mailbox
ANSWERS = ("ACCEPTED", "DECLINED")
Verdict = Reply.Verdict


def fetch(*, now: datetime) -> Counter[str]:
    """Read what is new in the mailbox of IMAP_URL ("imaps://user:password@host/INBOX"); how many of each verdict. "" reads nothing."""
    counts: Counter[str] = Counter()
    address = urlsplit(settings.IMAP_URL)
    if not address.hostname:
        return counts
    kind = MailBox if address.scheme == "imaps" else MailBoxUnencrypted
    port = address.port or (993 if address.scheme == "imaps" else 143)
    folder = unquote(address.path.strip("/")) or "INBOX"
    box = kind(address.hostname, port, timeout=30)
    with box.login(unquote(address.username or ""), unquote(address.password or ""), initial_folder=folder):
        for uid in box.uids("UNSEEN")[:AT_ONCE]:
            counts[take(_raw(box, uid), now=now)] += 1
            box.flag(uid, MailMessageFlags.SEEN, value=True)
    return counts


def _raw(box: MailBox | MailBoxUnencrypted, uid: str) -> bytes:
    """The letter, or of a huge one its beginning: what is larger than LARGEST is not carried over the wire."""
    _, found = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{incoming.LARGEST + 1}>)")
    return next((part[1] for part in found if isinstance(part, tuple)), b"")


def take(raw: bytes, *, now: datetime) -> str:
    """Write down one letter and what became of it; the verdict, or "read" for one that was read before."""
    letter = incoming.read(raw, authserv_id=settings.MAIL_AUTHSERV_ID)
    message_id = letter.message_id or f"<{hashlib.sha256(raw).hexdigest()}@no-message-id>"
    try:
        with transaction.atomic():
            if Reply.objects.filter(message_id=message_id).exists():
                return "read"
            reply = _judged(letter, now)
            reply.message_id = message_id
            reply.save(force_insert=True)
    except IntegrityError:  # another worker reads the same letter in this moment
        return "read"
    log.info("letter came in", extra={"verdict": reply.verdict})
    return reply.verdict


def _judged(letter: Incoming, now: datetime) -> Reply:
    answer = letter.answer
    reply = Reply(
        from_email=letter.sender,
        subject=letter.subject,
        text=letter.text,
        received_at=now,
        verdict=Verdict.LETTER,
        reason=letter.unreadable,
    )
    if letter.unreadable:
        reply.verdict = Verdict.UNREADABLE
    elif letter.bounced:
        _bounce(reply, letter, now)
    elif answer is not None and answer.method in ("REPLY", "COUNTER"):
        reply.method, reply.uid, reply.sequence = answer.method, answer.uid, answer.sequence
        reply.stamp, reply.partstat, reply.proposed_start = answer.stamp, answer.partstat, answer.start
        reply.text = answer.comment or reply.text
        _answer(reply, letter, answer, now)
    elif letter.automatic:
        reply.verdict = Verdict.AUTOMATIC
    return reply


def _answer(reply: Reply, letter: Incoming, answer: Answer, now: datetime) -> None:
    """Apply an answer if it is to what its sender has in the calendar now, and newer than what we know."""
    thread = _thread_of(answer.uid)
    reply.thread = thread
    sender = letter.sender.casefold()
    if thread is None:
        reply.verdict, reply.reason = Verdict.UNKNOWN, "no such UID"
    elif not letter.verified:
        reply.verdict, reply.reason = Verdict.FORGED, "our mail server does not vouch for the sender"
    elif sender != str(thread.told_to.get("email", "")).casefold() or answer.attendee.casefold() != sender:
        reply.verdict, reply.reason = Verdict.FORGED, "the sender is not the attendee"
    elif str(thread.uid) != answer.uid.lower():
        reply.verdict, reply.reason = Verdict.UNKNOWN, "this entry was cancelled"
    elif answer.method == "COUNTER":
        reply.verdict = Verdict.COUNTER
    elif answer.sequence > (thread.sequence or 0) or answer.partstat not in (*ANSWERS, "TENTATIVE"):
        reply.verdict, reply.reason = Verdict.UNKNOWN, "no answer that we can apply"
    elif not _is_newer(thread, answer):
        reply.verdict = Verdict.STALE
    else:
        old = answer.sequence < (thread.sequence or 0)
        undecided = answer.partstat not in ANSWERS
        reply.verdict = Verdict.OLD_TIME if old else Verdict.LETTER if undecided else Verdict.APPLIED
        thread.answer, thread.answered_at = answer.partstat, now
        thread.answer_sequence, thread.answer_stamp = answer.sequence, answer.stamp
        thread.save(update_fields=["answer", "answered_at", "answer_sequence", "answer_stamp"])


def _thread_of(uid: str) -> Thread | None:
    """The thread that a UID of ours belongs to, now or once, locked."""
    try:
        known = uuid.UUID(uid)
    except ValueError:
        return None
    row = OutboxMessage.objects.filter(uid=known, claimed_at__isnull=False).only("thread_id").first()
    found = {"uid": known} if row is None else {"pk": row.thread_id}
    return Thread.objects.select_for_update(no_key=True).filter(**found).first()


def _is_newer(thread: Thread, answer: Answer) -> bool:
    """Answers are ordered by SEQUENCE, then DTSTAMP (RFC 5546, 2.1.5)."""
    if thread.answer_sequence is None:
        return True
    known = (thread.answer_sequence, thread.answer_stamp.timestamp() if thread.answer_stamp else 0.0)
    return (answer.sequence, answer.stamp.timestamp() if answer.stamp else 0.0) > known


def _bounce(reply: Reply, letter: Incoming, now: datetime) -> None:
    """A letter that its server took and could not deliver after all: the same as a refusal at sending."""
    row = OutboxMessage.objects.filter(message_id=letter.bounced).select_related("thread").first()
    if row is None:
        reply.verdict, reply.reason = Verdict.LETTER, "a delivery report of no letter of ours"
        return
    reply.verdict, reply.thread = Verdict.BOUNCE, row.thread
    settling.bounced(row, said=letter.subject, now=now)


# --- For the schedule and the office -------------------------------------------------------------------------------------------


def to_hand_over() -> QuerySet[Reply]:
    """Answers that count and that the schedule has not taken in yet, the oldest first: `partstat` is ACCEPTED or DECLINED."""
    return (
        Reply.objects.filter(verdict=Verdict.APPLIED, handed_over_at=None)
        .select_related("thread")
        .order_by("received_at", "pk")
    )


def handed_over(reply_id: int, *, now: datetime) -> bool:
    """Say that an answer was taken in, in the transaction that does; False where another worker was quicker."""
    return Reply.objects.filter(pk=reply_id, handed_over_at=None).update(handed_over_at=now) == 1


def for_a_person() -> QuerySet[Reply]:
    """What came in, cannot be applied, and nobody of the office has looked at."""
    return (
        Reply.objects.filter(verdict__in=Reply.FOR_A_PERSON, seen_at=None)
        .select_related("thread")
        .order_by("received_at")
    )


def mark_seen(reply_id: int, *, by: AbstractBaseUser, now: datetime) -> bool:
    """Somebody of the office has looked at it."""
    return Reply.objects.filter(pk=reply_id, seen_at=None).update(seen_by=by.pk, seen_at=now) == 1

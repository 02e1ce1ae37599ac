"""What a letter that came in says, whatever it is made of: garbage costs a verdict, never a crash, a second or a gigabyte.

Calendar parts are scanned, not parsed: recurrence rules, time zones and a hundred thousand attendees are only lines to step over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message

from notifications.plain import many_lines, one_line

LARGEST = 2 * 2**20  # octets of a letter that is read; Gmail's answers have some ten thousand
LARGEST_CALENDAR = 512 * 2**10
LONGEST_HEADER = 4000
MOST_PARTS = 50
MOST_TEXT = 4000
_MULTIPART = re.compile(rb"^content-type:[ \t\r\n]*multipart/", re.IGNORECASE | re.MULTILINE)
_OURS = re.compile(rb"<[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}@[^>\s]{1,253}>")
_FAILED = re.compile(rb"^action:[ \t]*failed", re.IGNORECASE | re.MULTILINE)
_TOLD = ("UID", "SEQUENCE", "DTSTAMP", "ATTENDEE", "DTSTART", "COMMENT")
_BRACKETED = re.compile(r"<([^<>@\s,;\"]+@[^<>@\s,;\"]+)>$")
_BARE = re.compile(r"([^<>@\s,;\"()]+@[^<>@\s,;\"()]+)")
_NAME = re.compile(r"[A-Za-z0-9-]{1,40}")


@dataclass(frozen=True)
class Answer:
    """A calendar answer (RFC 5546): METHOD and what the first VEVENT says of it."""

    method: str
    uid: str
    sequence: int
    stamp: datetime | None
    attendee: str
    partstat: str
    start: datetime | None
    comment: str


@dataclass(frozen=True)
class Incoming:
    """A letter as far as we look at it. `unreadable` says why it was not looked into."""

    message_id: str
    sender: str
    subject: str
    text: str
    automatic: bool
    bounced: str  # the Message-ID of a letter of ours that could not be delivered
    answer: Answer | None
    verified: bool
    unreadable: str = ""


def read(raw: bytes, *, authserv_id: str = "") -> Incoming:
    """Look at one letter. `authserv_id` names our own mail server, whose word on DKIM and DMARC counts (RFC 8601)."""
    head = raw[: 64 * 2**10]
    if len(raw) > LARGEST:
        return _unreadable(_parsed(head.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"), "too large")
    if len(_MULTIPART.findall(raw)) > MOST_PARTS or raw.count(b"\n--") > 4 * MOST_PARTS:
        return _unreadable(_parsed(head.split(b"\r\n\r\n", 1)[0] + b"\r\n\r\n"), "too many parts")
    letter = _parsed(raw)
    if letter is None:
        return _unreadable(None, "broken")
    parts = list(letter.walk())
    calendars = [part for part in parts if part.get_content_type() in ("text/calendar", "application/ics")]
    answers = [found for part in calendars if (found := scan(_decoded(part)[:LARGEST_CALENDAR]))]
    return Incoming(
        message_id=_header(letter, "Message-ID")[:500],
        sender=_sender(letter),
        subject=_header(letter, "Subject")[:500],
        text=_text(parts),
        automatic=_is_automatic(letter),
        bounced=_bounced(letter, raw),
        answer=answers[0] if answers else None,
        verified=_is_verified(letter, authserv_id),
    )


def _parsed(raw: bytes) -> Message | None:
    try:
        return message_from_bytes(raw, policy=policy.compat32)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return None


def _unreadable(letter: Message | None, why: str) -> Incoming:
    known = {name: _header(letter, name)[:500] if letter is not None else "" for name in ("Message-ID", "Subject")}
    sender = _sender(letter) if letter is not None else ""
    return Incoming(known["Message-ID"], sender, known["Subject"], "", False, "", None, True, why)


def _header(letter: Message, name: str) -> str:
    """A header as plain text; odd bytes in it are shown, not obeyed."""
    said = str(letter.get(name, ""))[:LONGEST_HEADER]
    return one_line(said.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _sender(letter: Message) -> str:
    """The one address in From; "" where there is none or more than one. (email.utils.parseaddr never returns from deep comments.)"""
    if len(letter.get_all("From", [])) != 1:
        return ""
    said = _header(letter, "From")
    found = _BRACKETED.search(said) or _BARE.fullmatch(said)
    return found[1][:500] if found else ""


def _decoded(part: Message) -> str:
    """The text of a part, whatever it claims its charset to be."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, TypeError, LookupError, AssertionError):
        return ""
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _text(parts: list[Message]) -> str:
    """The first lines of the first plain text, for a person to read."""
    for part in parts:
        if part.get_content_type() == "text/plain" and (said := many_lines(_decoded(part)[: 4 * MOST_TEXT]).strip()):
            return said[:MOST_TEXT]
    return ""


def _is_automatic(letter: Message) -> bool:
    """An answer that no person wrote (RFC 3834)."""
    said = _header(letter, "Auto-Submitted").lower()
    return (bool(said) and said != "no") or bool(
        _header(letter, "X-Autoreply")
        or _header(letter, "X-Autorespond")
        or _header(letter, "Precedence").lower() == "auto_reply"
    )


def _bounced(letter: Message, raw: bytes) -> str:
    """The Message-ID of ours that a delivery report speaks of (RFC 3464); nobody else can know it."""
    if letter.get_content_type() != "multipart/report" or not _FAILED.search(raw):
        return ""
    found = _OURS.search(raw)
    return found[0].decode("ascii", "replace") if found else ""


def _is_verified(letter: Message, authserv_id: str) -> bool:
    """False only where our own server said that DKIM or DMARC failed. Its line is the topmost; those below may be anybody's."""
    if not authserv_id:
        return True
    for said in letter.get_all("Authentication-Results", []):
        words = one_line(str(said)[:LONGEST_HEADER]).lower()
        if re.split(r"[\s;]", words, maxsplit=1)[0] == authserv_id.lower():
            return not re.search(r"\b(?:dkim|dmarc)\s*=\s*(?:fail|permerror)\b", words)
    return True


# --- Calendar ----------------------------------------------------------------------------------------------------------------


def scan(text: str) -> Answer | None:
    """The answer in a calendar's first VEVENT; None where there is none. Takes time linear in `text`, and nothing it says is run."""
    found: dict[str, str] = {}
    parameters: dict[str, str] = {}
    inside: list[str] = []
    for name, given, value in _lines(text):
        if name == "BEGIN":
            inside.append(value.upper())
            if len(inside) > 4:
                return None
        elif name == "END":
            if inside and inside.pop() == "VEVENT":
                break
        elif inside == ["VCALENDAR"] and name == "METHOD":
            found.setdefault(name, value)
        elif inside == ["VCALENDAR", "VEVENT"] and name in _TOLD and name not in found:
            found[name], parameters[name] = value, given
    if "UID" not in found or "METHOD" not in found:
        return None
    return Answer(
        method=found["METHOD"].upper()[:20],
        uid=found["UID"][:300],
        sequence=int(found["SEQUENCE"])
        if re.fullmatch(r"\d{1,9}", found.get("SEQUENCE", "0"), re.ASCII) and "SEQUENCE" in found
        else 0,
        stamp=_instant(found.get("DTSTAMP", "")),
        attendee=re.sub(r"(?i)^mailto:", "", found.get("ATTENDEE", ""))[:500],
        partstat=_parameter(parameters.get("ATTENDEE", ""), "PARTSTAT").upper()[:20],
        start=_instant(found.get("DTSTART", "")),
        comment=one_line(found.get("COMMENT", ""))[:500],
    )


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Name, parameters and value of each content line, unfolded (RFC 5545, 3.1); lines that are none are stepped over."""
    whole = re.sub(r"\r?\n[ \t]", "", many_lines(text.replace("\r\n", "\n")))
    for line in whole.split("\n"):
        if len(line) > 10_000 or not (match := _NAME.match(line)):
            continue
        rest, quoted = line[match.end() :], False
        for at, char in enumerate(rest):
            quoted ^= char == '"'
            if char == ":" and not quoted:
                yield match[0].upper(), rest[:at], rest[at + 1 :].strip()
                break


def _parameter(given: str, name: str) -> str:
    found = re.search(rf'(?i);{name}=(?:"([^"]*)"|([^;:"]*))', given)
    return (found[1] or found[2] or "") if found else ""


def _instant(value: str) -> datetime | None:
    """A UTC time; local times are left to a person."""
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None

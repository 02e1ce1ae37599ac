"""A letter as bytes for the wire: MIME that Outlook, Gmail, Apple and Thunderbird read the same (RFC 2045, 5322, 6047)."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Sequence
from datetime import UTC, datetime
from email.charset import Charset
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache

from django.core.mail import BadHeaderError, EmailMessage

from notifications import ical, links
from notifications.models import OutboxMessage
from notifications.plain import one_line

_BREAK = re.compile(r"\r|\n(?![ \t])")  # a header goes on in the next line only where that begins with white space


class Wire(EmailMessage):
    """What Django's mail backends take: bytes that are made already."""

    def __init__(self, sender: str, recipient: str, content: bytes) -> None:
        super().__init__(from_email=sender, to=[recipient])
        self.content = content

    def message(self) -> Wire:  # type: ignore[override]  # the backends ask of a message only its bytes
        return self

    def as_bytes(self, unixfrom: bool = False, linesep: str = "\n") -> bytes:
        return self.content.replace(b"\n", linesep.encode())

    def get_charset(self) -> Charset:
        return Charset("utf-8")


def wire(row: OutboxMessage, *, date: datetime) -> Wire:
    """The same bytes for the same `row` and `date`, so that a copy is seen to be one. Raises ValueError on what no header holds.

    Put together by hand: `email.generator` takes longer over a letter than the mail server does.
    """
    body = _alternative(row)
    if row.ics:
        calendar = ical.folded(links.fill(row.ics, row.links))
        # Last of the alternatives, without disposition: this is the part that makes clients show buttons.
        body.append(_part(f'text/calendar; method={row.method}; charset="UTF-8"', calendar))
        whole = _multipart("alternative", row, body)
        attachment = _part('application/ics; name="invite.ics"', calendar, 'attachment; filename="invite.ics"')
        content = _multipart("mixed", row, [whole, attachment])
    else:
        content = _multipart("alternative", row, body)
    headers = "".join(f"{name}: {value}\n" for name, value in _headers(row, date))
    return Wire(row.from_email, row.to_email, f"MIME-Version: 1.0\n{headers}".encode("ascii") + content)


def _headers(row: OutboxMessage, date: datetime) -> Sequence[tuple[str, str]]:
    said = [
        ("From", _person(row.from_name, row.from_email)),
        ("To", _person(row.to_name, row.to_email)),
        ("Subject", _words(row.subject)),
        ("Date", format_datetime(date.astimezone(UTC))),
        ("Message-ID", row.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Language", row.locale),
    ]
    for name, value in said:
        if _BREAK.search(value):
            raise BadHeaderError(f"a line break in {name}: {value!r}")
    return said


@lru_cache(256)  # the museum's name, and the subject of many reminders
def _words(text: str) -> str:
    return Header(one_line(text), "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\n")


@lru_cache(256)
def _person(name: str, address: str) -> str:
    """A mailbox, its name as RFC 2047 words where it is not ASCII. Raises on an address that is no single ASCII mailbox."""
    if not address.isascii() or any(char <= " " or char in ',;<>"()\\' for char in address) or address.count("@") != 1:
        raise BadHeaderError(f"not an address: {address!r}")
    return formataddr((_words(name) if not name.isascii() else one_line(name), address))


def _alternative(row: OutboxMessage) -> list[bytes]:
    plain, html = (links.fill(text, row.links).encode() for text in (row.text, row.html))
    return [_part('text/plain; charset="UTF-8"', plain), _part('text/html; charset="UTF-8"', html)]


def _part(kind: str, content: bytes, disposition: str = "") -> bytes:
    """One part in base64 (no 8-bit octets, whatever servers stand in between), its charset named once."""
    headers = f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n"
    if disposition:
        headers += f"Content-Disposition: {disposition}\n"
    return headers.encode("ascii") + b"\n" + encodebytes(content)


def _multipart(kind: str, row: OutboxMessage, parts: Sequence[bytes]) -> bytes:
    """Parts between boundaries that no base64 can hold: each has a hyphen."""
    boundary = f"{kind}-{row.pk.hex}"
    between = f"\n--{boundary}\n".encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\n'.encode()
    return head + between + between.join(parts) + f"\n--{boundary}--\n".encode()

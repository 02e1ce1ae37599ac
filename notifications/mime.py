"""A letter as bytes for the wire: MIME that Outlook, Gmail, Apple and Thunderbird read the same (RFC 2045, 5322, 6047)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.charset import Charset
from email.encoders import encode_base64
from email.generator import BytesGenerator
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.utils import format_datetime, formataddr
from io import BytesIO

from django.core.mail import BadHeaderError, EmailMessage

from notifications import ical, links
from notifications.models import OutboxMessage
from notifications.plain import one_line


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
    """The same bytes for the same `row` and `date`, so that a copy is seen to be one. Raises ValueError on what no header holds."""
    text = links.fill(row.text, row.links)
    html = links.fill(row.html, row.links)
    root: MIMEBase = _alternative(row, text, html)
    if row.ics:
        calendar = ical.folded(links.fill(row.ics, row.links))
        assert isinstance(root, MIMEMultipart)
        # Last of the alternatives, without disposition: this is the part that makes clients show buttons.
        root.attach(_part("text", "calendar", calendar, method=row.method, charset="UTF-8"))
        mixed = MIMEMultipart("mixed", boundary=f"mixed-{row.pk.hex}")
        mixed.attach(root)
        attachment = _part("application", "ics", calendar, name="invite.ics")
        attachment.add_header("Content-Disposition", "attachment", filename="invite.ics")
        mixed.attach(attachment)
        root = mixed
    for name, value in _headers(row, date):
        root[name] = value
    return Wire(row.from_email, row.to_email, _bytes(root))


def _headers(row: OutboxMessage, date: datetime) -> Sequence[tuple[str, str]]:
    return [
        ("From", _person(row.from_name, row.from_email)),
        ("To", _person(row.to_name, row.to_email)),
        ("Subject", _words(row.subject)),
        ("Date", format_datetime(date.astimezone(UTC))),
        ("Message-ID", row.message_id),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("Content-Language", row.locale),
    ]


def _words(text: str) -> str:
    return Header(one_line(text), "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\n")


def _person(name: str, address: str) -> str:
    """A mailbox, its name as RFC 2047 words where it is not ASCII. Raises on an address that is no single ASCII mailbox."""
    if not address.isascii() or any(char <= " " or char in ',;<>"()\\' for char in address) or address.count("@") != 1:
        raise BadHeaderError(f"not an address: {address!r}")
    return formataddr((_words(name) if not name.isascii() else one_line(name), address))


def _alternative(row: OutboxMessage, text: str, html: str) -> MIMEMultipart:
    parts = MIMEMultipart("alternative", boundary=f"alternative-{row.pk.hex}")
    parts.attach(_part("text", "plain", text.encode(), charset="UTF-8"))
    parts.attach(_part("text", "html", html.encode(), charset="UTF-8"))
    return parts


def _part(kind: str, subtype: str, content: bytes, **parameters: str) -> MIMEBase:
    """One part in base64 (no 8-bit octets, whatever servers stand in between), its charset named once."""
    part = MIMEBase(kind, subtype)
    for name, value in parameters.items():
        part.set_param(name, value)
    del part["MIME-Version"]
    part.set_payload(content)
    encode_base64(part)
    return part


def _bytes(root: MIMEBase) -> bytes:
    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=0).flatten(root)
    return out.getvalue()

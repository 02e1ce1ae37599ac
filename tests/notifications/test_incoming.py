"""Garbage of every kind costs a verdict: no crash, no second, no gigabyte, and nothing is applied that should not be.

The long form: `FUZZ_EXAMPLES=100000 pytest --hypothesis-profile=random tests/notifications/test_incoming.py`.
"""

from __future__ import annotations

import base64
import os
import random
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import incoming, replies
from notifications.models import Reply, Thread
from tests.notifications.answering import answer
from tests.notifications.conftest import NOW, organiser

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
HEAD = b"From: a@example.org\r\nMessage-ID: <x@y>\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:b9b1d0f0-0000-4000-8000-000000000000\r\n"
    b"%sSEQUENCE:0\r\nDTSTAMP:20260504T060000Z\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def nested(depth: int) -> bytes:
    letter = b"Content-Type: text/plain\r\n\r\nx"
    for level in range(depth):
        letter = b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n%s\r\n--%d--\r\n' % (
            level,
            level,
            letter,
            level,
        )
    return HEAD + letter


def carrying(calendar: bytes, charset: bytes = b"utf-8", encoding: bytes = b"8bit") -> bytes:
    return (
        HEAD
        + b"Content-Type: text/calendar; method=REPLY; charset="
        + charset
        + b"\r\nContent-Transfer-Encoding: "
        + encoding
        + b"\r\n\r\n"
        + calendar
    )


BOMBS: dict[str, bytes] = {
    "nothing": b"",
    "two senders": b"From: a@example.org\r\nFrom: b@example.org\r\n\r\nx",
    "1,000 nested multiparts": nested(1000),
    "49 nested multiparts": nested(49),
    "10,000 parts": HEAD
    + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"--b\r\n\r\nx\r\n" * 10_000
    + b"--b--\r\n",
    "50 MB": HEAD + b"\r\n" + b"x" * 50_000_000,
    "just under the largest, one line": HEAD + b"\r\n" + b"x" * (incoming.LARGEST - 200),
    "just under the largest, empty lines": HEAD + b"\r\n" + b"\n" * (incoming.LARGEST - 200),
    "100,000 headers": b"X-A: b\r\n" * 100_000 + HEAD + b"\r\nx",
    "a header of a megabyte": b"From: " + b"a" * 1_000_000 + b"@example.org\r\n\r\nx",
    "a header of a thousand comments": b"From: " + b"(" * 100_000 + b"a@example.org\r\n\r\nx",
    "a folded header of a megabyte": b"Subject: a\r\n" + b" b\r\n" * 250_000 + b"\r\nx",
    "a charset that is none": carrying(CALENDAR % b"", b"\xff\xfe-8\x00"),
    "a charset that runs code": carrying(CALENDAR % b"", b"zlib"),
    "an encoding that is none": carrying(CALENDAR % b"", encoding=b"x-uuencode"),
    "broken base64": carrying(b"!!!!" * 1000, encoding=b"base64"),
    "base64 of a megabyte": carrying(
        base64.encodebytes(CALENDAR % (b"COMMENT:" + b"x" * 1_000_000 + b"\r\n")), encoding=b"base64"
    ),
    "every second for ever": carrying(CALENDAR % b"RRULE:FREQ=SECONDLY;COUNT=999999999\r\n"),
    "100,000 attendees": carrying(CALENDAR % (b"ATTENDEE:mailto:x@example.org\r\n" * 100_000)),
    "100,000 events": carrying(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 100_000),
    "100,000 components deep": carrying(b"BEGIN:VEVENT\r\n" * 100_000),
    "a zone in a zone": carrying(
        CALENDAR % (b"BEGIN:VTIMEZONE\r\n" * 1000 + b"RRULE:FREQ=SECONDLY\r\n" + b"END:VTIMEZONE\r\n" * 1000)
    ),
    "one line folded 100,000 times": carrying(CALENDAR % (b"COMMENT:x" + b"\r\n x" * 100_000 + b"\r\n")),
    "quotes without end": carrying(CALENDAR % (b'ATTENDEE;CN="' * 20_000 + b"\r\n")),
    "a sequence beyond all": carrying((CALENDAR % b"").replace(b"SEQUENCE:0", b"SEQUENCE:" + b"9" * 5000)),
    "digits of another script": carrying((CALENDAR % b"").replace(b"SEQUENCE:0", "SEQUENCE:٣".encode())),
    "a day that is none": carrying((CALENDAR % b"").replace(b"20260504T060000Z", b"20269999T999999Z")),
    "nothing but zeros": b"\x00" * 1_000_000,
    "all octets": bytes(range(256)) * 4000,
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", BOMBS)
def test_no_letter_takes_a_second_or_a_hundred_megabytes(name: str) -> None:
    raw = BOMBS[name]
    began = time.process_time()
    verdict = replies.take(raw, now=NOW)
    seconds = time.process_time() - began
    assert verdict in {"letter", "unknown", "unreadable", "automatic", "forged"}
    assert seconds < 1, f"{name}: {seconds:.2f} s"
    tracemalloc.start()
    try:
        incoming.read(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * 2**20, f"{name}: {peak / 2**20:.0f} MB"


LINES = st.sampled_from(
    [
        b"BEGIN:VCALENDAR",
        b"END:VCALENDAR",
        b"BEGIN:VEVENT",
        b"END:VEVENT",
        b"METHOD:REPLY",
        b"METHOD:COUNTER",
        b"UID:x",
        b"UID:",
        b"SEQUENCE:1",
        b"SEQUENCE:-1",
        b"SEQUENCE:x",
        b"DTSTAMP:20260504T060000Z",
        b"DTSTAMP;TZID=X:20260504T060000",
        b"ATTENDEE:mailto:a@b",
        b'ATTENDEE;PARTSTAT="ACCEPTED";CN="a:b;c":MAILTO:a@b',
        b"ATTENDEE;PARTSTAT=",
        b" folded",
        b"\tfolded",
        b"",
        b":",
        b";",
        b"--b",
        b"--b--",
        b"Content-Type: text/calendar; method=REPLY",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"From: a@b",
        b"From: =?utf-8?q?=ff?=",
        b"Message-ID: <a@b>",
        b"Authentication-Results: mx; dkim=fail",
        b"Auto-Submitted: auto-replied",
        b"RRULE:FREQ=SECONDLY",
    ]
)


@settings(max_examples=EXAMPLES)
@given(st.binary(max_size=2000))
def test_any_octets_can_be_read(raw: bytes) -> None:
    incoming.read(raw, authserv_id="mx")


@settings(max_examples=EXAMPLES)
@given(st.lists(LINES | st.binary(max_size=20), max_size=60), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_any_lines_can_be_read(lines: list[bytes], end: bytes) -> None:
    incoming.read(end.join(lines), authserv_id="mx")


@settings(max_examples=EXAMPLES)
@given(st.text(max_size=500))
def test_any_text_can_be_scanned(text: str) -> None:
    incoming.scan(text)


@pytest.mark.django_db
@settings(max_examples=EXAMPLES // 3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_forgery_never_counts_however_it_is_bent(forgery: tuple[Thread, bytes], seed: int) -> None:
    """Octets changed, cut, doubled and swapped in an answer that somebody else sends for the attendee."""
    thread, letter = forgery
    chance = random.Random(seed)
    bent = bytearray(letter)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(bent))
        match chance.randrange(4):
            case 0:
                bent[at] = chance.randrange(256)
            case 1:
                del bent[at : at + chance.randint(1, 30)]
            case 2:
                bent[at:at] = bent[at : at + chance.randint(1, 80)]
            case _:
                other = chance.randrange(len(bent))
                bent[at], bent[other] = bent[other], bent[at]
    replies.take(bytes(bent), now=NOW)
    assert not Reply.objects.filter(verdict="applied").exists()
    assert Thread.objects.get(pk=thread.pk).answer == ""


@pytest.fixture
def forgery(tell: Callable[..., None], send: Callable[..., Any]) -> tuple[Thread, bytes]:
    tell(organiser())
    send()
    thread = Thread.objects.get()
    return thread, answer(thread, stamp=datetime(2026, 5, 5, tzinfo=UTC), sender="eve@evil.example")

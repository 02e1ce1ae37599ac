"""Answers as calendar programs write them."""

from __future__ import annotations

from datetime import datetime

from notifications.models import Thread

GMAIL = """\
Return-Path: <{sender}>
Authentication-Results: {auth}
MIME-Version: 1.0
Reply-To: {sender}
Sender: Google Calendar <calendar-notification@google.com>
Auto-Submitted: auto-generated
Message-ID: <calendar-{number}@google.com>
Date: Mon, 04 May 2026 07:00:00 +0000
Subject: Accepted: visit
From: {sender}
To: museum@example.org
Content-Type: multipart/mixed; boundary="000"

--000
Content-Type: multipart/alternative; boundary="111"

--111
Content-Type: text/plain; charset="UTF-8"

{sender} has replied.
--111
Content-Type: text/calendar; charset="UTF-8"; method={mime}

{calendar}
--111--

--000
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"

{calendar}
--000--
"""
CALENDAR = """\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:{method}
BEGIN:VEVENT
DTSTART:{start}
DTEND:20260528T070000Z
DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}
ORGANIZER;CN=Museum:mailto:museum@example.org
UID:{uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};X-NUM-GU
 ESTS=0:mailto:{attendee}
CREATED:20260504T060000Z
SEQUENCE:{sequence}
STATUS:CONFIRMED
SUMMARY:A visit
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR"""

numbers = iter(range(1, 10**9))


def answer(
    thread: Thread,
    partstat: str = "ACCEPTED",
    *,
    stamp: datetime,
    sequence: int | None = None,
    sender: str = "anna@example.org",
    attendee: str = "anna@example.org",
    method: str = "REPLY",
    mime: str = "REPLY",
    uid: str = "",
    auth: str = "mx.museum.example; dkim=pass; dmarc=pass",
    start: str = "20260528T060000Z",
) -> bytes:
    """An answer of Gmail's shape to what a thread's reader has in the calendar."""
    calendar = CALENDAR.format(
        method=method,
        start=start,
        stamp=stamp,
        uid=uid or thread.uid,
        partstat=partstat,
        attendee=attendee,
        sequence=thread.sequence if sequence is None else sequence,
    )
    letter = GMAIL.format(sender=sender, auth=auth, number=next(numbers), mime=mime, calendar=calendar)
    return letter.replace("\n", "\r\n").encode()

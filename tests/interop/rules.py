"""What can be said of calendar bytes without parsing them: rules that no reader may be needed for."""

from __future__ import annotations

import re

ONCE = ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "TRANSP", "CREATED", "LAST-MODIFIED")


def unfolded(raw: bytes) -> list[str]:
    return raw.decode("utf-8").replace("\r\n ", "").split("\r\n")[:-1]


def check(raw: bytes) -> None:
    """UTF-8, CRLF, folded between characters, no control characters, nothing empty, each property once."""
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"END:VCALENDAR\r\n")
    physical = raw.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in physical)
    for line in physical:
        line.decode("utf-8")  # a character cut in two would not be one
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line)
    text = raw.decode("utf-8")
    assert not re.search("[\x80-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text)
    lines = unfolded(raw)
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[2].startswith("PRODID:")
    for line in lines:
        name, _, value = line.partition(":")
        assert value, f"{name} is empty"
    for event in re.findall(r"^BEGIN:VEVENT\n(.*?)^END:VEVENT$", "\n".join(lines), re.DOTALL | re.MULTILINE):
        names = [re.split("[;:]", line)[0] for line in event.splitlines()]
        assert [name for name in ONCE if names.count(name) != 1] == []
        assert "DURATION" not in names
        for name in ("DTSTAMP", "DTSTART", "DTEND", "CREATED", "LAST-MODIFIED"):
            assert re.search(rf"^{name}:\d{{8}}T\d{{6}}Z$", event, re.MULTILINE), name


def check_invitation(raw: bytes, method: str) -> None:
    """The same, and what iTIP wants."""
    check(raw)
    lines = unfolded(raw)
    assert lines[3] == f"METHOD:{method}"
    assert lines.count("BEGIN:VEVENT") == 1
    names = [re.split("[;:]", line)[0] for line in lines]
    for name in ("METHOD", "PRODID", "VERSION", "SEQUENCE", "ORGANIZER", "ATTENDEE"):
        assert names.count(name) == 1, name
    (attendee,) = [line for line in lines if line.startswith("ATTENDEE;")]
    for part in ("CUTYPE=INDIVIDUAL", "ROLE=REQ-PARTICIPANT", "PARTSTAT=NEEDS-ACTION"):
        assert part in attendee
    if method == "REQUEST":
        assert "RSVP=TRUE" in attendee
        assert "TRANSP:OPAQUE" in lines
    else:
        assert "STATUS:CANCELLED" in lines
        assert "VALARM" not in raw.decode()
    stamp, modified, created = (
        next(line.partition(":")[2] for line in lines if line.startswith(name))
        for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED")
    )
    assert created <= modified <= stamp


def check_feed(raw: bytes) -> None:
    """What a feed must and must not have."""
    check(raw)
    lines = unfolded(raw)
    names = [re.split("[;:]", line)[0] for line in lines]
    assert {"METHOD", "ORGANIZER", "ATTENDEE"}.isdisjoint(names)
    for name in ("NAME", "X-WR-CALNAME", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "SOURCE"):
        assert names.count(name) == 1, name
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(uids) == len(set(uids))
    assert lines.count("BEGIN:VEVENT") + lines.count("BEGIN:VTIMEZONE") > 0

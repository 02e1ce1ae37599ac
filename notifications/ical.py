"""Calendar objects: one person's invitation (iTIP, RFC 5546), and feeds to subscribe to (RFC 5545, 7986).

Times are UTC: a TZID would need a VTIMEZONE, and Almaty's history makes Exchange read +06:00. The wall clock stands in the letter's text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vCalAddress, vDuration, vText, vUri

from notifications.messages import Address, Entry
from notifications.plain import many_lines, one_line

PRODID = "-//Qonaq//Group visits//EN"
_FOLD = re.compile("\r?\n[ \t]")
_ESCAPE = re.compile(r"\\(?=[nN;,\\])")
_REFRESH = timedelta(hours=1)
FORMAT = 2  # raise it when the bytes of a feed change though no entry did: it is part of the ETag


def invitation(
    *,
    method: str,
    uid: UUID,
    sequence: int,
    stamp: datetime,
    created: datetime,
    entry: Entry,
    organizer: Address,
    attendee: Address,
    answer: str = "",
) -> str:
    """A REQUEST or CANCEL to one attendee, lines not folded (placeholders must stay whole); `folded` makes bytes of it.

    `stamp` becomes DTSTAMP and LAST-MODIFIED. `answer` is the PARTSTAT already given to this SEQUENCE, if any.
    """
    cancel = method == "CANCEL"
    event = _event(entry, str(uid), stamp, created)
    event.add("sequence", sequence)
    event.add("organizer", _person(organizer))
    person = _person(attendee)
    person.params["CUTYPE"] = "INDIVIDUAL"
    person.params["ROLE"] = "REQ-PARTICIPANT"
    person.params["PARTSTAT"] = answer or "NEEDS-ACTION"
    person.params["RSVP"] = "FALSE" if cancel else "TRUE"
    event.add("attendee", person)
    event.add("status", "CANCELLED" if cancel else "TENTATIVE" if entry.tentative else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancel else "OPAQUE")
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("method", method)
    calendar.add_component(event)
    return unfolded(calendar.to_ical())


class Text(vText):
    """A TEXT value escaped as RFC 5545, 3.3.11 says; icalendar takes a typed backslash and N for a line break."""

    def to_ical(self) -> bytes:
        text = str(self).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return text.encode()


def _event(entry: Entry, uid: str, stamp: datetime, created: datetime) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("created", min(created, stamp).astimezone(UTC))
    event.add("last-modified", stamp.astimezone(UTC))
    event.add("dtstart", entry.start.astimezone(UTC))
    event.add("dtend", entry.end.astimezone(UTC))
    event.add("summary", Text(one_line(entry.summary) or "–"))
    event.add("location", Text(one_line(entry.location) or "–"))
    if description := many_lines(entry.description).strip():
        event.add("description", Text(description))
    if entry.geo:
        event.add("geo", entry.geo)
    if url := one_line(entry.url):
        event.add("url", vUri(url))
    return event


def _person(who: Address) -> vCalAddress:
    person = vCalAddress(f"mailto:{one_line(who.email)}")
    name = one_line(who.name) or one_line(who.email)
    person.params["CN"] = _ESCAPE.sub("/", name)  # some readers see escapes in parameters, where RFC 5545 has none
    return person


def unfolded(calendar: bytes) -> str:
    """The content lines of a calendar, each whole, ended by LF."""
    return _FOLD.sub("", calendar.decode("utf-8")).replace("\r\n", "\n")


def folded(lines: str) -> bytes:
    """The wire form: UTF-8, CRLF, at most 75 octets a line, folded between characters (RFC 5545, 3.1)."""
    return b"".join(_folded_line(line) for line in lines.split("\n") if line)


def _folded_line(line: str) -> bytes:
    parts, octets = [""], 0
    for char in line:
        size = len(char.encode())
        if octets + size > 75:
            parts.append(" ")
            octets = 1
        parts[-1] += char
        octets += size
    return "\r\n".join(parts).encode() + b"\r\n"


# --- Feeds -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FeedEntry:
    """An entry of a feed. `changed` is when anything of it last changed; `uid` is the same for as long as the entry lives."""

    uid: str
    entry: Entry
    changed: datetime
    created: datetime


@dataclass(frozen=True)
class FeedState:
    """All that a feed's bytes depend on, cheap to read: its name (with language and version of the link) and each entry's last change.

    `also`: what else the bytes show that has a version of its own, as the catalogue's.
    """

    name: str
    entries: tuple[tuple[str, datetime], ...]
    also: str = ""

    @property
    def etag(self) -> str:
        """A strong entity tag (RFC 9110, 8.8.3), quotes included."""
        said = "\n".join(
            [
                str(FORMAT),
                self.name,
                self.also,
                *(f"{uid} {changed.isoformat()}" for uid, changed in sorted(self.entries)),
            ]
        )
        return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'

    @property
    def last_modified(self) -> datetime:
        """The latest change, in whole seconds; the epoch of the format where the feed is empty."""
        return max((changed for _, changed in self.entries), default=datetime(2026, 1, 1, tzinfo=UTC)).replace(
            microsecond=0
        )

    @property
    def headers(self) -> dict[str, str]:
        return {
            "ETag": self.etag,
            "Last-Modified": format_datetime(self.last_modified.astimezone(UTC), usegmt=True),
            "Cache-Control": "private, max-age=0, must-revalidate",
        }

    def is_known(self, if_none_match: str, if_modified_since: str) -> bool:
        """Whether the reader's copy is the present one: a 304 then, decided before anything is built (RFC 9110, 13.2.2)."""
        if if_none_match:
            tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
            return "*" in tags or self.etag in tags
        try:
            since = parsedate_to_datetime(if_modified_since)
        except ValueError:
            return False
        return self.last_modified <= since.replace(tzinfo=since.tzinfo or UTC)


def feed(*, name: str, entries: Iterable[FeedEntry], source: str, zone: str, description: str = "") -> bytes:
    """A calendar to subscribe to, the same bytes for the same entries. `name` is shown by the reader's calendar; `source` is its address.

    Cancelled entries stand as STATUS:CANCELLED and take no time; the caller leaves them out after 30 days.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    for shown in ("name", "x-wr-calname"):
        calendar.add(shown, Text(one_line(name) or "–"))
    if description:
        calendar.add("description", Text(many_lines(description)))
        calendar.add("x-wr-caldesc", Text(many_lines(description)))
    calendar.add("refresh-interval", vDuration(_REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", Text("PT1H"))
    calendar.add("source", vUri(source), parameters={"VALUE": "URI"})
    calendar.add("x-wr-timezone", Text(zone))
    listed = _without_twins(entries)
    if not listed:
        calendar.add_component(_timezone(zone))  # a calendar without any component is not valid (RFC 5545, 3.6)
    for each in listed:
        event = _event(each.entry, each.uid, each.changed, each.created)
        cancelled = each.entry.cancelled
        event.add("status", "CANCELLED" if cancelled else "TENTATIVE" if each.entry.tentative else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _without_twins(entries: Iterable[FeedEntry]) -> Sequence[FeedEntry]:
    """One entry for each UID, the one changed last, in order of start."""
    newest: dict[str, FeedEntry] = {}
    for each in sorted(entries, key=lambda each: each.changed):
        newest[each.uid] = each
    return sorted(newest.values(), key=lambda each: (each.entry.start, each.uid))


def _timezone(zone: str) -> Timezone:
    """The zone as it is now, in one part: enough for a calendar that has nothing in it yet."""
    offset = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    standard = TimezoneStandard()
    standard.add(
        "dtstart", datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    )  # local time, as RFC 5545 3.6.5 wants
    standard.add("tzoffsetfrom", offset)
    standard.add("tzoffsetto", offset)
    timezone = Timezone()
    timezone.add("tzid", zone)
    timezone.add_component(standard)
    return timezone

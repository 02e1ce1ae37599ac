"""The letters, as plain facts: what a scheduler hands over, and how it is kept in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from notifications.plain import JSON, clean, many_lines, one_line

LOCALES = ("kk", "ru", "en")

# Told anew with the same kind: what the letter is called when the time or the place is another, and when only the rest is.
MOVED = {"requested": "moved", "confirmed": "moved", "programme": "moved", "duty": "duty_moved"}
CHANGED = {"requested": "changed", "confirmed": "changed", "programme": "changed", "duty": "duty_changed"}

VISIT_KINDS = (
    "requested", "confirmed", "programme", "moved", "changed", "declined", "cancelled", "offered",
    "reminder_week", "reminder_day", "link_again", "waiting", "change_asked", "change_refused", "withdrawn",
)  # fmt: skip
GUIDE_KINDS = ("duty", "duty_moved", "duty_changed", "duty_withdrawn", "duty_tomorrow", "duty_soon")
OFFICE_KINDS = ("office_alarm", "office_request")
KINDS = VISIT_KINDS + GUIDE_KINDS + OFFICE_KINDS


@dataclass(frozen=True)
class Address:
    """One person: whoever has no `email` is told by `channel` ("telegram:12345", a name of settings.CHANNELS), else by telephone.

    `locale` is "kk", "ru" or "en".
    """

    name: str
    email: str = ""
    phone: str = ""
    locale: str = "en"
    organisation: str = ""
    channel: str = ""

    def clean(self) -> Address:
        """The same, each field one line of plain text that fits its column, the locale one that letters are written in."""
        return Address(
            name=one_line(self.name)[:300],
            email=one_line(self.email)[:500],
            phone=one_line(self.phone)[:50],
            locale=self.locale if self.locale in LOCALES else "en",
            organisation=one_line(self.organisation)[:500],
            channel=one_line(self.channel)[:500],
        )


@dataclass(frozen=True)
class Letter:
    """What to tell: one of KINDS, and facts that are plain JSON, already in the reader's language where they have one."""

    kind: str
    facts: Mapping[str, JSON]

    def clean(self) -> Letter:
        """The same without what strangers must not put into a letter; see `plain`."""
        return replace(self, facts=clean(self.facts))


@dataclass(frozen=True)
class Entry:
    """A calendar entry (a VEVENT's facts); `start` and `end` are aware instants."""

    start: datetime
    end: datetime
    summary: str
    location: str
    description: str = ""
    tentative: bool = False
    cancelled: bool = False
    geo: tuple[float, float] | None = None
    url: str = ""

    def clean(self) -> Entry:
        """The same in UTC, without what strangers must not put into a calendar; see `plain`."""
        return replace(
            self,
            start=self.start.astimezone(UTC),
            end=self.end.astimezone(UTC),
            summary=one_line(self.summary),
            location=one_line(self.location),
            description=many_lines(self.description),
            url=one_line(self.url),
        )


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """An entry as a row keeps it, to be read by `entry_from_json`."""
    geo = list(entry.geo) if entry.geo else None
    return asdict(entry) | {"start": entry.start.isoformat(), "end": entry.end.isoformat(), "geo": geo}


def entry_from_json(stored: Mapping[str, Any]) -> Entry:
    """The entry that `entry_to_json` wrote."""
    geo = stored.get("geo")
    return Entry(
        **{
            **stored,
            "start": datetime.fromisoformat(stored["start"]),
            "end": datetime.fromisoformat(stored["end"]),
            "geo": (geo[0], geo[1]) if geo else None,
        }
    )


def address_to_json(to: Address) -> dict[str, str]:
    """An address as a row keeps it, to be read by `address_from_json`."""
    return asdict(to)


def address_from_json(stored: Mapping[str, str]) -> Address:
    """The address that `address_to_json` wrote; nobody's where it is forgotten."""
    return Address(**stored) if stored else Address("")

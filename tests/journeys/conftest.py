"""The museum's own season on its own dates, seen from Monday 12 May 2025, and the post as its readers find it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest

from notifications import delivery
from notifications.models import Call
from scheduler import periods, queries, season
from scheduler.models import Party, Visit
from tests.live import Sink
from tests.museum import ALZHIR
from tests.scheduler.conftest import ASTANA, asking
from tours import importing
from tours.models import Museum

__all__ = ["asking"]  # a fixture: it asks for `alzhir`, which here has its season


@pytest.fixture
def alzhir(db: None, season_now: datetime, mail_to_sink: Sink, settings: Any) -> Museum:
    """The museum with its season loaded and told: letters sent to a real mail server."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (1000, 1))
    season.load(importing.read_museum(ALZHIR), now=season_now)
    delivery.sweep()
    return Museum.objects.get()


@pytest.fixture
def post(alzhir: Museum, sink: Sink) -> Post:
    return Post(sink)


@dataclass
class Letter:
    """A letter as it arrived."""

    mail: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def text(self) -> str:
        part = self.mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def method(self) -> str:
        return str(self._calendar["METHOD"])

    @property
    def entry(self) -> Any:
        """The VEVENT that a calendar takes from it."""
        (event,) = self._calendar.walk("VEVENT")
        return event

    @property
    def times(self) -> tuple[str, str]:
        """When the entry begins and ends, by the museum's clock."""
        return tuple(f"{self.entry[end].dt.astimezone(ASTANA):%Y-%m-%d %H:%M}" for end in ("DTSTART", "DTEND"))  # type: ignore[return-value]  # two of them

    @property
    def _calendar(self) -> Any:
        (part,) = [part for part in self.mail.walk() if part.get_content_type() == "text/calendar"]
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return icalendar.Calendar.from_ical(content)


@dataclass
class Post:
    """What has arrived at the mail server."""

    sink: Sink

    def to(self, address: str) -> list[Letter]:
        return [Letter(mail) for mail in self.sink.to(address)]

    def only(self, address: str) -> Letter:
        (letter,) = self.to(address)
        return letter

    def about(self, address: str, words: str) -> Letter:
        """The one letter to this address that has these words in its text."""
        (letter,) = [letter for letter in self.to(address) if words in letter.text]
        return letter

    def send(self) -> None:
        """What beat does every fifteen seconds."""
        delivery.sweep()

    def calls(self) -> list[Call]:
        return list(Call.objects.filter(status="open").order_by("pk"))


def visit_of(address: str, start: str = "") -> Visit:
    """The visit with this contact, by e-mail or telephone; `start` by the museum's clock where there are several."""
    for visit in queries.visits().order_by("period"):
        reached = {reach for contact in visit.contacts.all() for reach in (contact.email, contact.phone)}
        if address in reached and (not start or when(visit)[0] == start):
            return visit
    raise AssertionError(f"no visit of {address} at {start}")


def when(row: Visit | Party) -> tuple[str, str]:
    """From when to when, by the museum's clock."""
    return clock(row.period.lower, "%Y-%m-%d %H:%M"), clock(row.period.upper, "%Y-%m-%d %H:%M")


def clock(moment: datetime, form: str = "%H:%M") -> str:
    return periods.local(moment, ASTANA).strftime(form)


def walk(party: Party) -> list[tuple[str, str, str]]:
    """Where a party is from when to when: its own stops with those of its whole visit among them."""
    return [(leg.lane.space.code, clock(leg.period.lower), clock(leg.period.upper)) for leg in queries.legs_of(party)]


def held(visit: Visit) -> dict[str, tuple[int, str, str]]:
    """By place: how many lanes a visit holds as a whole, from when to when."""
    found: dict[str, tuple[int, str, str]] = {}
    for leg in visit.legs.filter(holds=True, party=None):
        lanes = found.get(leg.lane.space.code, (0, "", ""))[0]
        found[leg.lane.space.code] = (lanes + 1, clock(leg.period.lower), clock(leg.period.upper))
    return found


def speaks(parties: Iterable[Party], language: str) -> bool:
    """Whether each party has a guide of its own who leads this tour (or an official visit) in this language."""
    rows = list(parties)
    leading = [party.guide for party in rows if party.guide is not None]
    skilled = all(guide.qualifications.filter(language=language).exists() for guide in leading)
    return len({guide.pk for guide in leading}) == len(rows) and skilled

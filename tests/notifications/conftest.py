"""A visit's facts as the scheduler hands them over, and short ways to tell and to look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest

from notifications import delivery, invitations, links, outbox
from notifications.invitations import Expected
from notifications.messages import Address, Entry, Letter
from notifications.models import OutboxMessage
from tests.notifications.smtp import Mailhouse, mailhouse

NOW = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
START = datetime(2026, 5, 28, 6, 0, tzinfo=UTC)  # 11:00 in Astana
LATER = START + timedelta(hours=2)
MINUTE = timedelta(minutes=1)
ABOUT = "visit:QX7K2M"
ORGANISER = Address("Anna Müller", "anna@example.org", "+49301234567", "en", "Delegation of the Bundesrat")
GUIDE = Address("Айгүл С.", "aigul@example.org", "+77011112233", "kk")

MUSEUM: dict[str, dict[str, str]] = {
    "en": {
        "name": "“ALZHIR” museum and memorial complex",
        "address": "Akmol village, Tselinograd district, Akmola region, Kazakhstan",
        "how_to_come": "Buses park by the main gate, free of charge.",
        "meeting_point": "At the Arch of Sorrow",
        "zone_label": "Astana time, UTC+5",
    },
    "ru": {
        "name": "Музейно-мемориальный комплекс «АЛЖИР»",
        "address": "Акмолинская область, Целиноградский район, село Акмол",
        "how_to_come": "Автобусы паркуются у главных ворот, бесплатно.",
        "meeting_point": "У Арки скорби",
        "zone_label": "время Астаны, UTC+5",
    },
    "kk": {
        "name": "«АЛЖИР» мемориалды-мұражай кешені",
        "address": "Ақмола облысы, Целиноград ауданы, Ақмол ауылы",
        "how_to_come": "Автобустар бас қақпаның алдына тегін тоқтайды.",
        "meeting_point": "Қасірет қақпасының жанында",
        "zone_label": "Астана уақыты, UTC+5",
    },
}
WORDS = {
    "en": {
        "title": "The halls “Alash” and “ALZHIR”",
        "language": "English",
        "audience": "Official delegation",
        "proof": "The letter of the organisation",
        "places": ["“Alash” hall", "“ALZHIR” hall"],
    },
    "ru": {
        "title": "Залы «Алаш» и «АЛЖИР»",
        "language": "английский",
        "audience": "Официальная делегация",
        "proof": "Письмо организации",
        "places": ["Зал «Алаш»", "Зал «АЛЖИР»"],
    },
    "kk": {
        "title": "«Алаш» және «АЛЖИР» залдары",
        "language": "ағылшын тілі",
        "audience": "Ресми делегация",
        "proof": "Ұйымның хаты",
        "places": ["«Алаш» залы", "«АЛЖИР» залы"],
    },
}


def facts(locale: str = "en", start: datetime = START, **other: Any) -> dict[str, Any]:
    """The facts of a visit letter, all of them."""
    words = WORDS[locale]
    return {
        "code": "QX7K2M",
        "status": "confirmed",
        "museum": {"email": "museum@example.org", "phone": "+77172000000", "zone": "Asia/Almaty", **MUSEUM[locale]},
        "title": words["title"],
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=60)).isoformat(),
        "heads": 12,
        "adults": 2,
        "language_name": words["language"],
        "audience": words["audience"],
        "price": {"amount": 9000, "currency": "KZT", "free": False, "reason": ""},
        "decide_by": "",
        "answer_by": "",
        "proof": words["proof"],
        "film_languages": [],
        "parties": [],
        "ceremony": [],
        "reason": "",
        "by": "",
        "organisation": "Delegation of the Bundesrat",
        "contact_name": "Anna Müller",
        "reader_name": "Anna Müller",
        "alternatives": [],
        "links": {
            "manage": links.placeholder("visit", "QX7K2M", 1),
            "calendar": links.placeholder("visit_calendar", "QX7K2M", 1),
        },
    } | other


def parties(locale: str = "en", start: datetime = START, count: int = 1) -> list[dict[str, Any]]:
    """A programme: each sub-group with its guide and its walk."""
    half = timedelta(minutes=30)
    found = []
    for number in range(1, count + 1):
        places = WORDS[locale]["places"] if number % 2 else list(reversed(WORDS[locale]["places"]))
        stops = [
            {"place": place, "start": (start + half * at).isoformat(), "end": (start + half * (at + 1)).isoformat()}
            for at, place in enumerate(places)
        ]
        found.append({"number": number, "heads": 6, "guide": ["Айгүл С.", "Елена М."][number % 2], "stops": stops})
    return found


def duty_facts(locale: str = "kk", start: datetime = START, **other: Any) -> dict[str, Any]:
    """The facts of a letter to a guide."""
    own: dict[str, Any] = {
        "reader_name": "Айгүл С.",
        "party": parties(locale, start)[0] | {"of": 2},
        "leader": {"name": "Jonas Weber", "phone": "+491701234567"},
        "access_needs": "",
        "notes": "",
        "links": {
            "duty": links.placeholder("duty", "345-7", 1),
            "calendar": links.placeholder("guide_calendar", "7", 1),
        },
    }
    return facts(locale, start, **own | other)


def entry(locale: str = "en", start: datetime = START, **other: Any) -> Entry:
    fields: dict[str, Any] = {
        "start": start,
        "end": start + timedelta(minutes=60),
        "summary": f"{WORDS[locale]['title']} · {MUSEUM[locale]['name']}",
        "location": f"{MUSEUM[locale]['name']}, {MUSEUM[locale]['address']}",
        "geo": (51.0722, 70.9886),
    }
    return Entry(**fields | other)


def organiser(kind: str = "confirmed", start: datetime = START, to: Address = ORGANISER, **other: Any) -> Expected:
    """What the organiser of the visit should have."""
    about_entry = other.pop("entry", entry(to.locale, start, cancelled=kind in ("cancelled", "declined")))
    return Expected(
        thread=f"{ABOUT}:contact:12",
        to=to,
        letter=Letter(kind, facts(to.locale, start, **other)),
        entry=about_entry,
    )


def guide(number: int = 7, start: datetime = START, to: Address = GUIDE, **other: Any) -> Expected:
    """What a guide who leads its party should have."""
    return Expected(
        thread=f"{ABOUT}:duty:345:guide:{number}",
        to=to,
        letter=Letter("duty", duty_facts(to.locale, start, **other)),
        entry=entry(to.locale, start),
    )


@pytest.fixture
def tell() -> Callable[..., None]:
    """Say what everybody should have now."""

    def say(*expected: Expected, now: datetime = NOW, **options: Any) -> None:
        invitations.sync(about=ABOUT, expected=expected, now=now, **options)

    return say


@pytest.fixture
def send(mail_to_sink: Any) -> Callable[..., Any]:
    """Send what is due at that time (the hold is over an hour later); what arrived, in order of arrival."""

    def go(now: datetime = NOW + timedelta(days=400)) -> list[Any]:
        before = len(mail_to_sink.letters)
        delivery.sweep(until=now)
        return list(mail_to_sink.letters[before:])

    return go


@pytest.fixture
def house(settings: Any) -> Iterator[Mailhouse]:
    """A mail server of our own, which the tests tell what to answer."""
    with mailhouse() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 30
        yield server


@pytest.fixture(autouse=True)
def _limits_out_of_the_way(settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (100_000, 1))


def rows(**filters: Any) -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(**filters).order_by("created_at", "revision"))


def write(count: int = 1, kind: str = "reminder_day", domain: str = "example.org") -> list[OutboxMessage]:
    """Letters to as many people."""
    written = [
        outbox.enqueue(
            key=f"{kind}:{number}",
            thread=f"{ABOUT}:contact:{number}",
            to=Address(f"Guest {number}", f"guest{number}@{domain}"),
            letter=Letter(kind, facts()),
            not_before=NOW,
            bulk=True,
        )
        for number in range(count)
    ]
    return [row for row in written if row is not None]


def again() -> None:
    """Time passes: whatever waits is due."""
    OutboxMessage.objects.filter(status="queued").update(not_before=NOW, lease_until=None)


def event(letter: Any) -> icalendar.Event:
    """The calendar part of a letter, read by an independent reader."""
    (part,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    calendar = icalendar.Calendar.from_ical(part.get_payload(decode=True))
    assert part.get_param("method") == calendar["METHOD"]
    found = calendar.events[0]
    found.add("x-method", calendar["METHOD"])
    return found


def numbers(letters: list[Any]) -> list[tuple[str, int]]:
    return [(str(event(letter)["X-METHOD"]), int(event(letter)["SEQUENCE"])) for letter in letters]

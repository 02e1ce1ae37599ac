"""`make calendar-table`: which reader reads what in our calendar objects as it was meant, and what one request for a feed costs."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications import ical, links
from notifications.messages import Address, Entry
from scheduler.errors import Refused
from scheduler.models import Visit
from tests.interop.readers import READERS, Read
from tests.notifications.conftest import entry
from tests.notifications.hostile import HOSTILE
from tests.scheduler.conftest import alzhir, asking
from tests.scheduler.views.conftest import Book, book, clock
from tours.models import Guide

__all__ = ["alzhir", "asking", "book", "clock"]

STAMP = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
ROUNDS = 40
ESCAPE = re.compile(r"\\(?=[nN;,\\])")  # what some readers take for an escape in a name: written as "/"
RESULT = Path(__file__).resolve().parents[2] / "docs" / "calendars.json"
RULES: dict[str, Callable[[Read, Entry, str, int], bool]] = {
    "times in UTC": lambda read, meant, _who, _number: (read.start, read.end) == (meant.start, meant.end),
    "METHOD": lambda read, meant, _who, _number: read.method == ("CANCEL" if meant.cancelled else "REQUEST"),
    "SEQUENCE": lambda read, _meant, _who, number: read.sequence == number,
    "DTSTAMP": lambda read, _meant, _who, _number: read.stamp == STAMP,
    "STATUS": lambda read, meant, _who, _number: read.status == ("CANCELLED" if meant.cancelled else "CONFIRMED"),
    "SUMMARY, folded and escaped": lambda read, meant, _who, _number: read.summary == meant.summary,
    "LOCATION": lambda read, meant, _who, _number: read.location == meant.location,
    "DESCRIPTION, its lines": lambda read, meant, _who, _number: read.description == meant.description.strip(),
    "ORGANIZER": lambda read, _meant, _who, _number: "museum@example.org" in read.organizer,
    "ATTENDEE": lambda read, _meant, _who, _number: "anna@example.org" in read.attendee,
    "CN, quoted": lambda read, _meant, who, _number: read.attendee_name == who,
    "PARTSTAT": lambda read, _meant, _who, _number: read.partstat == "NEEDS-ACTION",
}


def keep(part: str, found: Any) -> None:
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    RESULT.write_text(json.dumps({**kept, part: found}, indent=1, ensure_ascii=False) + "\n")


def test_readers_and_rules(capsys: pytest.CaptureFixture[str]) -> None:
    cases = [entry("kk"), *(replace(entry("kk"), summary=name, location=name, description=name) for name in HOSTILE)]
    right = {rule: dict.fromkeys(READERS, 0) for rule in RULES}
    count = 0
    for number, case in enumerate(cases):
        for cancelled in (False, True):
            meant = replace(case, cancelled=cancelled).clean()
            if not (meant.summary and meant.location):
                continue
            count += 1
            to = Address(case.summary, "anna@example.org").clean()
            raw = ical.invitation(
                method="CANCEL" if cancelled else "REQUEST", uid=uuid.uuid4(), sequence=number, stamp=STAMP, created=STAMP,
                entry=meant, organizer=Address("Museum", "museum@example.org"), attendee=to,
            )  # fmt: skip
            for name, reader in READERS.items():
                read = reader(ical.folded(raw))
                for rule, holds in RULES.items():
                    right[rule][name] += holds(read, meant, ESCAPE.sub("/", to.name), number)
    keep("readers", {"objects": count, "read_as_meant": right})
    with capsys.disabled():
        print(f"\n| of {count} objects, read as meant | {' | '.join(READERS)} |\n|---|{'---|' * len(READERS)}")
        for rule, by_reader in right.items():
            print(f"| {rule} | {' | '.join(map(str, by_reader.values()))} |")


@pytest.mark.django_db
def test_what_a_feed_costs(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    days = [date(2025, 5, 13) + timedelta(days=number) for number in range(13)]
    for day in days:
        for start in ("10:00", "12:00", "14:30"):
            with suppress(Refused):  # closed then, or the guide has done enough
                book(day, start, language="en")
    address = links.url("guide_calendar", str(Guide.objects.get(code="g03").pk), 1)
    client = Client()
    first = client.get(address)
    tag = first.headers["ETag"]
    found = {}
    for status, headers in ((200, {}), (304, {"if-none-match": tag})):
        taken = []
        for _ in range(ROUNDS):
            began = process_time()
            assert client.get(address, headers=headers).status_code == status
            taken.append(process_time() - began)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(address, headers=headers)
        found[str(status)] = {"cpu_ms": round(median(taken) * 1000, 2), "queries": len(asked)}
    found["tours"] = first.content.count(b"BEGIN:VEVENT")  # type: ignore[assignment]
    found["ratio"] = round(found["304"]["cpu_ms"] / found["200"]["cpu_ms"], 2)  # type: ignore[assignment]
    keep("feed", found)
    with capsys.disabled():
        print(f"\n{json.dumps(found)} of {Visit.objects.count()} visits")

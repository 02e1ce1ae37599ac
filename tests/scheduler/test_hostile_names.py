"""Sixty names that want to be more than text: on pages, in files, calendars and announcements they are text. Read back by other parsers."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta

import icalendar
import pytest
import time_machine
from bs4 import BeautifulSoup

from notifications.models import Endpoint, OutboxMessage
from scheduler import bookings, closures
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.errors import BadWish
from scheduler.models import Contact, Visit
from tests.notifications.hostile import HOSTILE
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, browser, link
from tours.models import Guide, Museum, Space, User

pytestmark = pytest.mark.django_db

# What a row of PostgreSQL can hold, and a column of names: put there behind the back of every form, which would refuse most of them.
NAMES = [text[:200] for text in HOSTILE if "\x00" not in text and "\ud800" not in text and text.strip()]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def visit(asking: Callable[..., Request], season_now: datetime) -> Visit:
    """A visit with a contact for each name."""
    found = bookings.book(asking(at(NEAR, "11:00")), now=season_now)
    Contact.objects.bulk_create(
        Contact(visit=found, position=number, name=name, organisation=name, email=f"c{number}@example.org")
        for number, name in enumerate(NAMES, start=1)
    )
    return found


def is_only_text(page: str) -> None:
    """No element, attribute or script of a page is any of ours who typed it."""
    found = BeautifulSoup(page, "html.parser")
    for script in found.find_all("script"):
        assert script.get("src") or script.get("type") == "application/json", script
    assert found.select("img[src=x], title b, svg[onload]") == []
    for element in found.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on")], element
    assert "evil.example" not in [element.get("href", "") for element in found.find_all("a")]


def test_pages(visit: Visit, season_now: datetime) -> None:
    Guide.objects.bulk_create(Guide(code=f"h{number}", name=name) for number, name in enumerate(NAMES))
    office = User.objects.create(username="office", is_staff=True)
    everything = {"notes": "\n".join(NAMES)[:2000], "access_needs": NAMES[0], "leader_name": NAMES[3]}
    Visit.objects.filter(pk=visit.pk).update(**everything)
    duty = visit.parties.get()
    with time_machine.travel(season_now, tick=False):
        pages = {
            address: browser(office).get(address).content.decode()
            for address in (
                f"/office/visits/{visit.code}/",
                f"/office/visits/{visit.code}/?guide={duty.pk}",
                f"/office/?day={NEAR.isoformat()}",
                f"/office/print/?day={NEAR.isoformat()}",
                f"/office/board/?day={NEAR.isoformat()}",
                "/office/visits/",
            )
        }
        pages["behind the link"] = browser().get(link(visit)).content.decode()
    for page in pages.values():
        is_only_text(page)
    shown = BeautifulSoup(pages[f"/office/visits/{visit.code}/"], "html.parser").get_text()
    for name in NAMES:
        assert " ".join(name.split()) in " ".join(shown.split()), name


def test_tables_as_files(alzhir: Museum, asking: Callable[..., Request], season_now: datetime) -> None:
    Guide.objects.bulk_create(Guide(code=f"h{number}", name=name) for number, name in enumerate(NAMES))
    office = browser(User.objects.create(username="office", is_staff=True))
    days = "?from=2025-06-01&to=2025-06-30"
    table = office.get(f"/office/insight/guides/guides.csv{days}").content.decode("utf-8-sig")
    cells = [row[0] for row in csv.reader(io.StringIO(table))]
    assert len(cells) == 1 + Guide.objects.count()
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell] == []
    file = office.get(f"/office/insight/guides/guides.xlsx{days}").content
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))
        strings = ET.fromstring(parts.read("xl/sharedStrings.xml"))
        assert not [name for name in parts.namelist() if "hyperlink" in name or "external" in name.lower()]
    assert sheet.findall(f".//{SHEET}f") == []
    firsts = [cell for cell in sheet.iter(f"{SHEET}c") if cell.get("r", "").startswith("A")]
    assert {cell.get("t") for cell in firsts} == {"s"}
    assert "=cmd|' /C calc'!A0" in ["".join(each.itertext()) for each in strings.findall(f"{SHEET}si")]


def test_the_calendar_of_closures_and_announcements(alzhir: Museum, season_now: datetime) -> None:
    Endpoint.objects.create(name="site", url="https://hooks.example.org/", secret="s" * 40)
    place = Space.objects.get(code="alash")
    kept = []
    for number, notice in enumerate(NAMES):
        start = at(FAR, "00:00") + timedelta(days=number)
        draft = ClosureDraft((place,), start, start + timedelta(hours=4), "renovation", {"en": notice})
        try:
            seal = closures.preview(draft, now=season_now).seal
        except BadWish:  # control characters
            continue
        closures.close(draft, seal=seal, decisions={}, by=None, now=season_now)
        kept.append(notice)
    assert len(kept) > 30
    with time_machine.travel(season_now, tick=False):
        feed = browser().get("/calendar/closures.ics?lang=en").content
    calendar = icalendar.Calendar.from_ical(feed)
    assert len(calendar.walk("VEVENT")) == len(calendar.subcomponents) - len(calendar.walk("VTIMEZONE")) == len(kept)
    assert not [event for event in calendar.walk("VEVENT") if "ATTENDEE" in event or "ORGANIZER" in event]
    heard = [json.loads(row.text)["facts"] for row in OutboxMessage.objects.filter(kind="closure.published")]
    assert sorted(bare(facts["notice"]["en"]) for facts in heard) == sorted(map(bare, kept))


def bare(text: str) -> str:
    """A text without white space and what nobody sees: announcements smooth the one and leave the other out."""
    return "".join(each for each in text if not each.isspace() and unicodedata.category(each) != "Cf")

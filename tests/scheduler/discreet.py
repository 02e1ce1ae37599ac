"""Discreet visits to which everything happens, whatever could say anything of them marked, and a look for the marks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches

from config.logs import Json, Plain
from notifications import calls, delivery
from notifications.models import Call, Endpoint
from scheduler import bookings, changes, events, footprints, lost_links, reminders, roster
from scheduler.bookings import Person
from scheduler.ceremonies import Plan
from scheduler.decisions import Decision
from scheduler.events import Event
from scheduler.models import ChangeRequest, Party, Visit
from tests.scheduler.closing import SATURDAY, Ask, as_proposed, close, draft, send_all
from tests.scheduler.conftest import at
from tours.models import Audience, Guide, Tour, User

FAR = date(2025, 6, 18)
"""Beyond the promise horizon."""
TITLE, ORGANISATION, NAME, NOTES = "Ztitlez", "Zorganisationz", "Znamez", "Znotesz"
TOUR = "Ztourz"
CEREMONY, PLAN, LEADER, NEEDS, WAIVED, KIND = "zceremonyz", "Zplanz", "Zleaderz", "Zneedsz", "Zwaivedz", "Zaudiencez"
MARKS = frozenset({TITLE, ORGANISATION, NAME, NOTES, CEREMONY, PLAN, LEADER, NEEDS, WAIVED, KIND, TOUR})
NOBODY: frozenset[str] = frozenset()
CATALOGUE = frozenset({KIND, TOUR})
"""That there is such a kind of group, and such a tour, is no secret: forms and figures name them."""
THEIR_OWN_NAME = frozenset({NAME})
OF_WHO_LEADS = MARKS - {PLAN, WAIVED}
ONCE_LED = frozenset({TITLE, TOUR})
"""A letter that takes a tour away names it as the letter before it did, to the same reader."""

CONTACT, NEIGHBOUR, OFFICE = "delegation@example.org", "neighbour@example.org", "office@example.org"
LANGUAGES = ("kk", "ru", "en")


@dataclass
class Told:
    """What there is once everything has happened."""

    official: Visit
    tour: Visit
    planned: Visit
    given_up: Visit
    leads: Guide
    led_before: Guide
    other: Guide

    @property
    def visits(self) -> tuple[Visit, ...]:
        return (self.official, self.tour, self.planned, self.given_up)


class Lines(logging.Handler):
    """Every log line, as a terminal and as a collector get it, with what was handed over beside the words."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said += [Plain().format(record), Json().format(record), repr(vars(record))]


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(autouse=True)
def clock(season_now: datetime) -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(season_now, tick=False) as standing:
        yield standing


def person(number: int = 0, **others: Any) -> Person:
    return Person(
        **{"name": NAME, "organisation": ORGANISATION, "email": CONTACT, "locale": LANGUAGES[number % 3]} | others
    )


def marked(**others: Any) -> dict[str, Any]:
    """What is said of a visit, all of it marked."""
    contacts = (
        *(person(number, email=f"{number}{CONTACT}") for number in range(3)),
        person(email="", phone="+77015556677"),
    )
    return {
        "contacts": contacts,
        "notes": NOTES,
        "access_needs": NEEDS,
        "leader_name": LEADER,
        "leader_phone": "+77019998877",
        "ceremony": (CEREMONY,),
        "discreet": True,
    } | others


def official(clock: str) -> Event:
    said = marked(
        titles=dict.fromkeys(LANGUAGES, TITLE),
        language="ru",
        audience=Audience.objects.get(code="soldiers"),
        waived=WAIVED,
    )
    stops = (
        {"space": "wall", "minutes": 15, "kind": "ceremony", "exclusive": True, "together": True},
        {"space": "alash", "minutes": 25, "kind": "talk"},
    )
    return Event(kind="protocol", start=at(SATURDAY, clock), heads=15, stops=stops, closes="all", **said)


@pytest.fixture
def told(asking: Ask, season_now: datetime, lines: Lines, settings: Any) -> Told:
    """All that can happen to it, with the letters sent in between, so that each change is one of its own."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (100_000, 1))
    caches["answers"].clear()
    Endpoint.objects.create(name="site", url="https://hooks.example.org/", secret="s" * 40)
    staff = User.objects.create(username="office", is_staff=True, email=OFFICE, locale="en")
    for guide in Guide.objects.all():
        user = User.objects.create(username=guide.code)
        Guide.objects.filter(pk=guide.pk).update(user=user, email=f"{guide.code}@example.org")
    Audience.objects.filter(code="soldiers").update(name_kk=KIND, name_ru=KIND, name_en=KIND, proof_en=KIND)
    Tour.objects.filter(code="grounds-flowers").update(name_kk=TOUR, name_ru=TOUR, name_en=TOUR)
    moments = iter(season_now + timedelta(minutes=5 * step) for step in range(100))

    def then() -> datetime:
        send_all(season_now)
        moment = next(moments)
        for call in Call.objects.filter(status="open"):
            calls.rang(call.pk, by=staff, now=moment)
        return moment

    neighbour = bookings.book(asking(at(SATURDAY, "10:00"), email=NEIGHBOUR), now=then())
    planned_event = official("10:00")
    seen = events.preview(planned_event, now=(now := then()))
    visit = events.place(planned_event, by=staff, now=now, seal=seen.seal, decisions=as_proposed(seen))
    assert Visit.objects.get(pk=neighbour.pk).gave_way_to_id == visit.pk
    footprints.move(visit.pk, at(SATURDAY, "14:00"), now=then())
    bookings.change(visit.pk, heads=20, notes=f"{NOTES} 2", by_office=True, now=then())
    bookings.waive(visit.pk, reason=WAIVED, by=staff, now=then())
    before = visit.parties.get().guide
    assert before is not None
    roster.decline(visit.parties.get().pk, reason="ill", now=then())
    leads = visit.parties.get().guide
    assert leads is not None and leads != before

    said = marked(ceremony_plan=Plan(PLAN, PLAN, PLAN, PLAN, PLAN), audience="soldiers", tour="grounds-flowers")
    said |= {"language": "ru", "heads": 12}
    tour = bookings.book(asking(at(SATURDAY, "16:00"), **said), now=then())
    bookings.confirm(tour.pk, now=then())
    bookings.move(tour.pk, (at(SATURDAY, "16:30"),), now=then(), by_office=True)
    late = changes.ask_for_change(
        tour.pk, kind=ChangeRequest.Kind.MOVE, start=at(SATURDAY, "15:00"), reason=NOTES, now=then()
    )
    changes.decide_change(late.pk, grant=False, by=staff, now=then())
    given_up = bookings.book(asking(at(date(2025, 5, 22), "11:00"), **said), now=then())
    bookings.confirm(given_up.pk, now=then())
    close(draft(day=date(2025, 5, 22)), then(), {given_up.code: Decision("offer", at(date(2025, 5, 23), "11:00"))})
    bookings.cancel(given_up.pk, by="office", now=then())
    declined = bookings.book(asking(at(FAR, "15:00"), **said), now=then())
    bookings.decline(declined.pk, reason="No", now=then())
    planned = bookings.book(asking(at(FAR, "11:00"), **said), now=then())
    bookings.confirm(planned.pk, now=then())
    lost_links.send_again(f"2{CONTACT}", now=then())
    for days, hours in ((7, 0), (1, 0), (0, 1)):
        reminders.due(now=at(SATURDAY, "14:00") - timedelta(days=days, hours=hours))
    delivery.sweep(until=at(SATURDAY, "23:00"))
    other = Guide.objects.exclude(pk__in=Party.objects.exclude(guide=None).values("guide")).first()
    assert other is not None
    fresh = [Visit.objects.get(pk=each.pk) for each in (visit, tour, planned, given_up)]
    return Told(*fresh, leads=leads, led_before=before, other=other)


def marks_in(text: str) -> frozenset[str]:
    return frozenset(mark for mark in MARKS if mark.casefold() in text.casefold())


def leaks(outlets: Iterable[tuple[str, str, frozenset[str]]]) -> list[tuple[str, list[str]]]:
    """Of (outlet, what it says, the marks that may stand there): where others stand, and which."""
    return [(outlet, sorted(found)) for outlet, text, may in outlets if (found := marks_in(text) - may)]

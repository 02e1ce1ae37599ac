"""A museum with years of visits in its database, for whoever measures what they cost."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from scheduler import locks, starts, steps
from scheduler.models import Closure, Contact, Leg, Party, Visit
from tests.scheduler.conftest import ASTANA, at
from tours.models import Audience, Guide, Lane, Opening, Qualification, Space, Tour

VISITS, A_DAY, GUIDES = 20_000, 40, 60
LANES, AT_ONCE = 5, 2_000
LANGUAGES = ("kk", "ru", "en")
HALF_AN_HOUR = timedelta(minutes=30)


Seat = tuple[int, Guide]
"""Which of five lanes a visit has, and who leads it."""


def fill(today: date) -> None:
    """So many visits of an hour, half of them before today, five side by side, each with a guide of its own, and their people."""
    Opening.objects.update(opens="08:00", last_start="19:00", closes="20:00")
    tour = Tour.objects.get(code="halls")
    stops = starts.stops_of(tour)
    guides, lanes = guides_for(tour), lanes_in({str(stop["space"]) for stop in stops})
    days = [today + timedelta(days=offset) for offset in range(-VISITS // A_DAY // 2, VISITS // A_DAY // 2)]
    same = {"tour": tour, "audience": Audience.objects.get(code="general"), "stops": stops}
    with without_history("scheduler_visit", "scheduler_party"):
        seats = itertools.product(days, range(A_DAY))
        while some := list(itertools.islice(seats, AT_ONCE)):
            visits = [visit_of(day, number, today, **same) for day, number in some]
            their = [(number % LANES, guides[(number + day.toordinal()) % GUIDES]) for day, number in some]
            write(Visit.objects.bulk_create(visits), their, lanes)
        close(today)
        locks.raise_versions(days)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@contextmanager
def without_history(*tables: str) -> Iterator[None]:
    """These tables' audit trail does not note what is filled in."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def lanes_in(places: Iterable[str]) -> dict[str, list[Lane]]:
    """Five lanes in each of the places."""
    spaces = Space.objects.filter(code__in=places)
    Lane.objects.bulk_create(
        (Lane(space=space, number=number + 1) for space in spaces for number in range(LANES)), ignore_conflicts=True
    )
    return {space.code: list(space.lanes.order_by("number")[:LANES]) for space in spaces}


def guides_for(tour: Tour) -> list[Guide]:
    """So many more guides, who lead the tour in all languages."""
    codes = [(f"x{number}", f"Guide {number}") for number in range(GUIDES)]
    guides = [Guide.objects.get_or_create(code=code, defaults={"name": name})[0] for code, name in codes]
    pairs = itertools.product(guides, LANGUAGES)
    skills = (Qualification(guide=guide, tour=tour, language=language) for guide, language in pairs)
    Qualification.objects.bulk_create(skills, ignore_conflicts=True)
    return guides


def visit_of(day: date, number: int, today: date, **same: Any) -> Visit:
    """The visit of that number on a day: over already, or agreed. `same`: what it has as all the others."""
    now = timezone.now()
    begin = at(day, "08:00") + timedelta(hours=number // LANES)
    return Visit(
        code=f"N{(day - today).days * A_DAY + number + VISITS // 2:06d}",
        status=Visit.Status.DONE if day < today else Visit.Status.CONFIRMED,
        language=LANGUAGES[number % len(LANGUAGES)],
        heads=5 + number % 15,
        created_at=now - timedelta(days=30),
        updated_at=now,
        **steps.when((begin,), 12, ASTANA),
        **same,
    )


def write(visits: Sequence[Visit], seats: Sequence[Seat], lanes: Mapping[str, Sequence[Lane]]) -> None:
    """Their people, groups and places, half an hour in each."""
    Contact.objects.bulk_create(
        Contact(
            visit=visit,
            name=f"Asker {visit.code}",
            organisation=f"School {visit.code}",
            email="a@example.org",
            phone="+77010000000",
        )
        for visit in visits
    )
    parties = Party.objects.bulk_create(
        Party(visit=visit, number=1, heads=visit.heads, guide=guide, walk=[0, 1], period=visit.period)
        for visit, (_side, guide) in zip(visits, seats, strict=True)
    )
    legs = []
    for visit, party, (side, _guide) in zip(visits, parties, seats, strict=True):
        for index, stop in enumerate(visit.stops):
            begin = visit.period.lower + index * HALF_AN_HOUR
            period = TimestamptzRange(begin, begin + HALF_AN_HOUR, "[)")
            lane = lanes[stop["space"]][side]
            legs.append(Leg(visit=visit, party=party, stop=index, lane=lane, period=period, heads=party.heads))
    Leg.objects.bulk_create(legs)


def close(today: date) -> None:
    """Two closures of places that these visits do not use: three days in ten days, and a morning of each week until further notice."""
    places = list(
        Space.objects.exclude(code__in={str(stop["space"]) for stop in starts.stops_of(Tour.objects.get(code="halls"))})
    )
    soon = at(today + timedelta(days=10), "00:00")
    times = (("renovation", "", soon, 72), ("sanitary", "FREQ=WEEKLY", soon + timedelta(hours=9), 3))
    for place, (kind, rule, start, hours) in zip(places, times, strict=False):
        period = TimestamptzRange(start, start + timedelta(hours=hours), "[)")
        span = TimestamptzRange(start, None, "[)") if rule else period
        row = Closure.objects.create(
            period=period,
            rrule=rule,
            span=span,
            kind=kind,
            notice_en=f"Closed: {place.name}.",
            created_at=timezone.now(),
        )
        row.spaces.add(place)

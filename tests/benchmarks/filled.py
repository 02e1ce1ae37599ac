"""A museum with years of visits in its database, for whoever measures what they cost."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from scheduler import locks, starts, steps
from scheduler.models import Closure, Contact, Leg, Party, Visit
from tests.scheduler.conftest import ASTANA, at
from tours.models import Audience, Guide, Lane, Opening, Qualification, Space, Tour

VISITS, A_DAY, GUIDES = 20_000, 40, 60
LANES = 5


def fill(today: date) -> None:
    """So many visits of an hour, half of them before today, five side by side, each with a guide of its own, and their people."""
    with connection.cursor() as cursor:
        for table in ("scheduler_visit", "scheduler_party"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # no history of the history
    Opening.objects.update(opens="08:00", last_start="19:00", closes="20:00")
    tour, audience = Tour.objects.get(code="halls"), Audience.objects.get(code="general")
    stops = starts.stops_of(tour)
    spaces = {stop["space"]: Space.objects.get(code=stop["space"]) for stop in stops}
    for space in spaces.values():
        Lane.objects.bulk_create((Lane(space=space, number=number) for number in range(1, 6)), ignore_conflicts=True)
    lanes = {code: list(Lane.objects.filter(space=space).order_by("number")[:5]) for code, space in spaces.items()}
    guides = [
        Guide.objects.get_or_create(code=f"x{number}", defaults={"name": f"Guide {number}"})[0]
        for number in range(GUIDES)
    ]
    Qualification.objects.bulk_create(
        (
            Qualification(guide=guide, tour=tour, language=language)
            for guide in guides
            for language in ("kk", "ru", "en")
        ),
        ignore_conflicts=True,
    )
    now = timezone.now()
    days = [today + timedelta(days=offset) for offset in range(-VISITS // A_DAY // 2, VISITS // A_DAY // 2)]
    visits, seats = [], []
    for day, number in itertools.product(days, range(A_DAY)):
        begin, side = at(day, "08:00") + timedelta(hours=number // 5), number % 5
        status = Visit.Status.DONE if day < today else Visit.Status.CONFIRMED
        when = steps.when((begin,), 12, ASTANA)
        code = f"N{len(visits):06d}"
        visits.append(
            Visit(
                code=code,
                status=status,
                tour=tour,
                audience=audience,
                language=("kk", "ru", "en")[number % 3],
                heads=5 + number % 15,
                stops=stops,
                created_at=now - timedelta(days=30),
                updated_at=now,
                **when,
            )
        )
        seats.append((begin, side, guides[(number + day.toordinal()) % GUIDES]))
    for begin in range(0, VISITS, 2_000):
        some, their = Visit.objects.bulk_create(visits[begin : begin + 2_000]), seats[begin : begin + 2_000]
        Contact.objects.bulk_create(
            Contact(
                visit=visit,
                name=f"Asker {visit.code}",
                organisation=f"School {visit.code}",
                email="a@example.org",
                phone="+77010000000",
            )
            for visit in some
        )
        parties = Party.objects.bulk_create(
            Party(visit=visit, number=1, heads=visit.heads, guide=guide, walk=[0, 1], period=visit.period)
            for visit, (_begin, _side, guide) in zip(some, their, strict=True)
        )
        legs = []
        for party, (start, side, _guide) in zip(parties, their, strict=True):
            for index, stop in enumerate(stops):
                half = start + index * timedelta(minutes=30)
                period = TimestamptzRange(half, half + timedelta(minutes=30), "[)")
                legs.append(
                    Leg(
                        visit_id=party.visit_id,
                        party=party,
                        stop=index,
                        lane=lanes[stop["space"]][side],
                        period=period,
                        heads=party.heads,
                    )
                )
        Leg.objects.bulk_create(legs)
    close(today)
    locks.raise_versions(days)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        for table in ("scheduler_visit", "scheduler_party"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


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

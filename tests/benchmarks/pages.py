"""What pages cost with years of visits in the database, and a month's availability over HTTP: `make bench-pages`.

20,000 visits (40 a day, 250 days before today and 250 after) and 60 guides; each page is asked for 15 times in one process, by whom
it is for, after three times that do not count. Then a museum of 10 guides and 8 visits a day answers for a month to a client on the
same machine, one worker, its answers not kept and kept. Prints a table and writes `docs/pages.json`.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from notifications import links
from scheduler import bookings, locks, starts, steps
from scheduler.bookings import Request
from scheduler.errors import Refused
from scheduler.models import Contact, Leg, Party, Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tests.live import Program, accepts
from tests.museum import ALZHIR
from tests.scheduler.conftest import ASTANA, at
from tours import importing
from tours.models import Audience, Guide, Lane, Opening, Qualification, Space, Tour, User

VISITS, A_DAY, GUIDES = 20_000, 40, 60
COUNTED = 15
OUT = Path("docs/pages.json")


def fill(today: date) -> None:
    """So many visits of an hour, five side by side, each with a guide of its own, and their people."""
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
    locks.raise_versions(days)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        for table in ("scheduler_visit", "scheduler_party"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def pages(today: date) -> Iterator[tuple[str, str, str]]:
    """Who asks, the page's name and its address."""
    soon, month = today + timedelta(days=5), today + timedelta(days=30)
    visit = Visit.objects.filter(day=soon).order_by("pk").first()
    assert visit is not None
    token = links.token("visit", visit.code, visit.link_version)
    wish = urlencode({"tour": "halls", "audience": "general", "language": "ru", "heads": 15})
    yield "organiser", "home", "/"
    yield "organiser", "ask, a month", f"/ask/?{wish}&month={month:%Y-%m}"
    yield "organiser", "their visit", f"/visit/{token}/"
    yield "guide", "my week", "/guide/"
    yield "office", "today", "/office/"
    yield "office", "a day to come", f"/office/?day={soon}"
    yield "office", "board by guides", f"/office/board/?day={soon}"
    yield "office", "board by spaces", f"/office/board/?day={soon}&by=spaces"
    yield "office", "visits", "/office/visits/"
    yield "office", "visits, searched", "/office/visits/?q=School+N0101"
    yield "office", "a visit", f"/office/visits/{visit.code}/"
    yield "office", "a visit by telephone", f"/office/visits/new/?{wish}"
    yield "office", "closures", "/office/closures/"
    yield "office", "to mend", "/office/to-mend/"
    yield "office", "call list", "/office/calls/"
    yield "office", "letters", "/office/letters/"
    yield "office", "rosters", "/office/roster/"
    yield "office", "insight", f"/office/insight/?from={today - timedelta(days=90)}&to={today}"
    yield "office", "settings", "/office/settings/"


def browser(user: User | None) -> Client:
    client = Client(headers={"accept-language": "en"})
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def measured(call: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of each of so many calls."""
    taken = []
    for _turn in range(times):
        begin = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


def counted(call: Callable[[], object]) -> int:
    """How many statements a call sends to the database."""
    sent = []

    def count(execute: Callable[..., object], sql: str, *others: object) -> object:
        sent.append(sql)
        return execute(sql, *others)

    with connection.execute_wrapper(count):
        call()
    return len(sent)


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def written(part: str, rows: object) -> None:
    """Put one part of the figures into the file beside the others."""
    known = json.loads(OUT.read_text()) if OUT.exists() else {}
    OUT.write_text(json.dumps(known | {part: rows}, indent=1, ensure_ascii=False) + "\n")


@pytest.mark.timeout(3600)
@pytest.mark.django_db(transaction=True)
def test_pages(capsys: pytest.CaptureFixture[str], settings: object) -> None:
    """The table of pages."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (10**6, 1))  # type: ignore[attr-defined]
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    today = timezone.now().astimezone(ASTANA).date()
    fill(today)
    leader = User.objects.create(username="leader")
    Guide.objects.filter(code="x1").update(user=leader)
    people = {
        "organiser": None,
        "guide": leader,
        "office": User.objects.create(username="desk", is_staff=True, first_name="Desk"),
    }
    rows = {}
    for who, name, address in pages(today):
        client = browser(people[who])
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.headers)
        measured(lambda: client.get(address), 2)  # noqa: B023  # called at once
        queries = counted(lambda: client.get(address))  # noqa: B023
        taken = measured(lambda: client.get(address), COUNTED)  # noqa: B023
        rows[f"{who}: {name}"] = {
            "ms": round(statistics.median(taken), 1),
            "p95 ms": round(p95(taken), 1),
            "queries": queries,
            "kB": round(len(answer.content) / 1000, 1),
        }
    written("pages with 20,000 visits and 60 guides", rows)
    with capsys.disabled():
        print(f"\n{'page':34} {'median':>9} {'p95':>9} {'queries':>8} {'kB':>7}")
        for name, row in rows.items():
            print(f"{name:34} {row['ms']:>6} ms {row['p95 ms']:>6} ms {row['queries']:>8} {row['kB']:>7}")


@pytest.mark.timeout(1800)
@pytest.mark.django_db(transaction=True)
def test_a_museum_month_over_http(
    start_program: Callable[..., Program], live_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten guides, eight visits a day; one gunicorn worker; a month's availability, not kept and kept."""
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    for number in range(Guide.objects.count(), 10):
        twin = Guide.objects.order_by("code")[number % 6]
        guide = Guide.objects.create(code=f"y{number}", name=f"Guide {number}")
        Qualification.objects.bulk_create(
            Qualification(guide=guide, tour_id=row.tour_id, language=row.language) for row in twin.qualifications.all()
        )
    now, chance = timezone.now(), random.Random(5)
    today = now.astimezone(ASTANA).date()
    first = today + timedelta(days=8)
    days = [first + timedelta(days=offset) for offset in range(30)]
    wishes = [
        Group(tour, language, Audience.objects.get(code="general"), heads)
        for tour in starts.catalogue.offered_tours()
        for language in ("kk", "ru")
        for heads in (8, 15, 24)
        if language in tour.led_in and not any(stop.kind == "ceremony" for stop in tour.stops.all())
    ]
    booked = 0
    for day in days:
        for _turn in range(8):
            group = chance.choice(wishes)
            offered = starts.offered(group, day, day, now=now, by_office=True).days[0]
            if offered.starts:
                asked = Request(
                    group, (chance.choice(offered.starts),), (Person("A", email="a@example.org"),), agreed=True
                )
                try:
                    bookings.request_visit(asked, now=now)
                    booked += 1
                except Refused as refused:
                    print(refused.code)
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    web = start_program("web", command, WEB_WORKERS="1")
    web.wait_for(lambda: accepts(live_port))
    query = {"language": "ru", "audience": "general", "from": days[0].isoformat(), "to": days[-1].isoformat()}
    kinds = sorted({(group.tour.code, group.heads) for group in wishes if group.language == "ru"})

    def ask(tour: str, heads: int) -> None:
        address = (
            f"http://127.0.0.1:{live_port}/api/v1/availability/?{urlencode(query | {'tour': tour, 'heads': heads})}"
        )
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.status == 200
            answer.read()

    not_kept, kept = [], []
    for turn in range(60):
        kind = kinds[turn % len(kinds)]
        locks.raise_versions(days)
        not_kept += measured(lambda: ask(*kind), 1)  # noqa: B023
        kept += measured(lambda: ask(*kind), 1)  # noqa: B023
    rows = {
        name: {"ms": round(statistics.median(values), 1), "p95 ms": round(p95(values), 1), "calls": len(values)}
        for name, values in (("answers not kept", not_kept), ("answers kept", kept))
    }
    written("a museum month over HTTP", rows | {"visits": booked, "guides": 10})
    with capsys.disabled():
        print(f"\na month over HTTP, 10 guides, {booked} visits: {json.dumps(rows)}")

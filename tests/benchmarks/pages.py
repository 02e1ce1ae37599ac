"""What pages cost with years of visits in the database, and a month's availability over HTTP: `make bench-pages`.

20,000 visits (40 a day, 250 days before today and 250 after) and 60 guides; a real gunicorn with one worker; each page is asked for
40 times with the session of whom it is for, round by round, after three rounds that do not count. Then a museum of 10 guides and 8
visits a day answers for a month, again one worker, its answers not kept and kept. All times are the client's, on the same machine,
from the question to the last byte; beside them the processor's time that the worker took, which says more where the machine is busy.
Prints a table and writes `docs/pages.json`.
"""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from notifications import links
from scheduler import bookings, locks, starts
from scheduler.bookings import Request
from scheduler.errors import Refused
from scheduler.models import Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tests.benchmarks.filled import fill
from tests.live import Program, accepts
from tests.museum import ALZHIR
from tests.scheduler.conftest import ASTANA
from tours import importing
from tours.models import Audience, Guide, Qualification, User

COUNTED, BEFORE = 40, 3
IDLE = 3.0
"""So many seconds after an answer a connection is still open for certain."""
OUT = Path("docs/pages.json")


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
    yield "office", "board by guides, a week", f"/office/board/?day={soon}&span=week"
    yield "office", "board by spaces", f"/office/board/?day={soon}&by=spaces"
    yield "office", "board's data: guides", f"/office/board/events/?day={soon}"
    yield "office", "board's data: guides, a week", f"/office/board/events/?day={soon}&span=week"
    yield "office", "board's data: spaces", f"/office/board/events/?day={soon}&by=spaces"
    yield "office", "visits", "/office/visits/"
    yield "office", "visits, searched", "/office/visits/?q=School+N0101"
    yield "office", "a visit", f"/office/visits/{visit.code}/"
    yield "office", "a visit by telephone", f"/office/visits/new/?{wish}"
    yield "office", "closures", "/office/closures/"
    yield "office", "a new closure", "/office/closures/new/"
    yield "office", "places' week, to be closed", f"/office/closures/calendar/?day={soon}&span=week"
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


class Reader:
    """Somebody at the other end of a line: one connection that stays open, as a browser's does, and their session's cookie.

    `size`: the bytes of the last answer's body as they came, compressed.
    """

    def __init__(self, port: int, client: Client) -> None:
        self.line = HTTPConnection("127.0.0.1", port, timeout=60)
        session = client.cookies.get(django_settings.SESSION_COOKIE_NAME)
        cookie = {"Cookie": f"{session.key}={session.value}"} if session else {}
        self.headers = {"Accept-Language": "en", "Accept-Encoding": "gzip", **cookie}
        self.size = 0
        self.last = time.monotonic()

    def milliseconds(self, address: str) -> float:
        """From the question to the last byte of the answer, which must be 200."""
        if time.monotonic() - self.last > IDLE:
            self.line.close()  # so has gunicorn by now; the next question opens it anew
        begin = time.perf_counter()
        self.line.request("GET", address, headers=self.headers)
        answer = self.line.getresponse()
        self.size = len(answer.read())
        taken = (time.perf_counter() - begin) * 1000
        self.last = time.monotonic()
        assert answer.status == 200, (address, answer.status)
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


def figures(taken: list[float]) -> dict[str, float]:
    """Median and p95 in milliseconds."""
    return {"ms": round(statistics.median(taken), 1), "p95 ms": round(p95(taken), 1)}


def worked(pid: int) -> float:
    """Milliseconds of a processor that a process has taken, all its threads together (Linux; elsewhere 0)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


def written(part: str, rows: object) -> None:
    """Put one part of the figures into the file beside the others."""
    known = json.loads(OUT.read_text()) if OUT.exists() else {}
    OUT.write_text(json.dumps(known | {part: rows}, indent=1, ensure_ascii=False) + "\n")


def served(start_program: Callable[..., Program], port: int) -> int:
    """A gunicorn with one worker, as a deployment has several; the worker's process, once it is warm."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    web = start_program("web", command, WEB_WORKERS="1")
    web.wait_for(lambda: accepts(port) and "warm after" in web.said())
    found = re.search(r"Booting worker with pid: (\d+)", web.said())
    assert found, web.said()
    return int(found[1])


@pytest.mark.timeout(1800)
@pytest.mark.django_db(transaction=True)
def test_pages(
    start_program: Callable[..., Program],
    live_port: int,
    capsys: pytest.CaptureFixture[str],
    settings: object,
) -> None:
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
    asked = list(pages(today))
    clients = {who: browser(user) for who, user in people.items()}
    rows: dict[str, dict[str, float]] = {}
    for who, name, address in asked:
        answer = clients[who].get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.headers)
        queries = counted(lambda: clients[who].get(address))  # noqa: B023  # called at once
        rows[f"{who}: {name}"] = {"queries": queries, "kB": round(len(answer.content) / 1000, 1)}
    worker = served(start_program, live_port)
    readers = {who: Reader(live_port, client) for who, client in clients.items()}
    taken: dict[str, list[float]] = {name: [] for name in rows}
    work: dict[str, list[float]] = {name: [] for name in rows}
    load = os.getloadavg()[0]
    for turn in range(BEFORE + COUNTED):
        for who, name, address in asked:
            before = worked(worker)
            each = readers[who].milliseconds(address)
            if turn >= BEFORE:
                taken[f"{who}: {name}"].append(each)
                work[f"{who}: {name}"].append(worked(worker) - before)
            rows[f"{who}: {name}"]["kB sent"] = round(readers[who].size / 1000, 1)
    rows = {
        name: figures(taken[name]) | {"worker's ms": round(statistics.median(work[name]), 1)} | row
        for name, row in rows.items()
    }
    loads = [round(load, 1), round(os.getloadavg()[0], 1)]
    written("pages with 20,000 visits and 60 guides", rows | {"load before and after": loads})
    with capsys.disabled():
        print(f"\nload of the machine before and after: {loads}; {COUNTED} calls each")
        columns = ("ms", "p95 ms", "worker's ms", "queries", "kB", "kB sent")
        print(f"{'page':40}" + "".join(f"{column:>12}" for column in columns))
        for name, row in rows.items():
            print(f"{name:40}" + "".join(f"{row[column]:>12}" for column in columns))


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
    first = timezone.now().astimezone(ASTANA).date() + timedelta(days=8)
    days = [first + timedelta(days=offset) for offset in range(30)]
    wishes = [
        Group(tour, language, Audience.objects.get(code="general"), heads)
        for tour in starts.catalogue.offered_tours()
        for language in ("kk", "ru")
        for heads in (8, 15, 24)
        if language in tour.led_in and not any(stop.kind == "ceremony" for stop in tour.stops.all())
    ]
    booked = filled_by_booking(days, wishes)
    worker = served(start_program, live_port)
    query = {"language": "ru", "audience": "general", "from": days[0].isoformat(), "to": days[-1].isoformat()}
    kinds = sorted({(group.tour.code, group.heads) for group in wishes if group.language == "ru"})
    reader = Reader(live_port, Client())
    load = os.getloadavg()[0]
    not_kept, kept, work = [], [], []
    for turn in range(BEFORE + 2 * COUNTED):
        tour, heads = kinds[turn % len(kinds)]
        address = f"/api/v1/availability/?{urlencode(query | {'tour': tour, 'heads': heads})}"
        locks.raise_versions(days)
        before = worked(worker)
        each = reader.milliseconds(address), worked(worker) - before, reader.milliseconds(address)
        if turn >= BEFORE:
            not_kept.append(each[0])
            work.append(each[1])
            kept.append(each[2])
    rows = {
        name: figures(values) | {"calls": len(values)}
        for name, values in (("answers not kept", not_kept), ("answers kept", kept))
    }
    rows["answers not kept"] |= {"worker's ms": round(statistics.median(work), 1), "its p95": round(p95(work), 1)}
    loads = [round(load, 1), round(os.getloadavg()[0], 1)]
    written("a museum month over HTTP", rows | {"visits": booked, "guides": 10, "load before and after": loads})
    with capsys.disabled():
        print(f"\na month over HTTP, 10 guides, {booked} visits: {json.dumps(rows)}")


def filled_by_booking(days: list[date], wishes: list[Group]) -> int:
    """Eight visits on each day where so many can be served, asked for one by one; how many they became."""
    now, chance, booked = timezone.now(), random.Random(5), 0
    for day in days:
        for _turn in range(8):
            group = chance.choice(wishes)
            offered = starts.offered(group, day, day, now=now, by_office=True).days[0]
            if offered.starts:
                person = Person("A", email="a@example.org")
                asked = Request(group, (chance.choice(offered.starts),), (person,), agreed=True)
                try:
                    bookings.request_visit(asked, now=now)
                    booked += 1
                except Refused as refused:
                    print(refused.code)
    return booked

"""`make bench-closures`: closures published over a month of visits in a real database, against one by one and rejecting all.

The museum is ALZHIR's with its halls twice as roomy and twenty guides; visits are booked through the door that everybody uses, seeded.
Greedy is what a desk does: in order of their dates each visit takes the nearest start that is free just then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random
from time import perf_counter, process_time
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from notifications import threads
from notifications.models import Call, OutboxMessage
from scheduler import bookings, closures, conflicts, locks, queries, repairs
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.core.repair_case import LEFT_MINUTES
from scheduler.errors import Refused
from scheduler.models import Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tests.benchmarks.repair import one_by_one
from tests.museum import ALZHIR
from tests.scheduler.conftest import at
from tours import importing, services
from tours.models import Audience, Guide, Lane, Museum, Qualification, Space, Tour, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]

FIRST, DAYS = date(2025, 5, 12), 31
NOW = at(date(2025, 5, 5), "09:00")
TOURS = {"halls": 45, "halls-film": 20, "grounds": 20, "halls-flowers": 10, "grounds-flowers": 5}
LANGUAGES = {"ru": 45, "kk": 40, "en": 15}
AUDIENCES = {"general": 45, "school": 30, "soldiers": 8, "veterans": 5, "descendants": 4, "delegation": 8}
NOTICE = {"kk": "Жөндеу", "ru": "Ремонт", "en": "Renovation"}


def roomy() -> User:
    """The museum twice as large; gives the office."""
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    with services.changing_catalogue():
        Museum.objects.update(promise_days=14)
        for space in Space.objects.filter(code__in=["alash", "alzhir", "cinema"]):
            for number in range(space.lanes.count() + 1, 2 * space.lanes.count() + 1):
                Lane.objects.create(space=space, number=number)
        there = list(Guide.objects.order_by("code"))
        for number in range(len(there) + 1, 21):
            like = there[number % len(there)]
            guide = Guide.objects.create(code=f"x{number:02}", name=f"Guide {number}", email=f"x{number}@example.org")
            for skill in Qualification.objects.filter(guide=like):
                Qualification.objects.create(guide=guide, tour=skill.tour, language=skill.language)
    return User.objects.create(username="office", is_staff=True, email="office@example.org")


def pick(chance: Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def booked(seed: int, office: User, wanted: int, days: Iterable[date], tours: dict[str, int] = TOURS) -> int:
    """Book so many visits on open days, each at the time it asks for or near it; gives how many."""
    chance = Random(seed)
    open_days = [day for day in days if day.weekday()]
    every = {tour.code: tour for tour in Tour.objects.all()}, {each.code: each for each in Audience.objects.all()}
    made = 0
    for number in range(wanted * 3):
        if made == wanted:
            break
        group = Group(
            every[0][pick(chance, tours)],
            pick(chance, LANGUAGES),
            every[1][pick(chance, AUDIENCES)],
            chance.choices([chance.randint(8, 25), chance.randint(26, 50), chance.randint(51, 75)], [75, 20, 5])[0],
        )
        start = at(chance.choice(open_days), "10:00") + timedelta(
            minutes=15 * min(24, max(0, round(chance.gauss(10, 6))))
        )
        person = Person(f"Asker {number}", email=f"asker{number}@example.org", locale=chance.choice(["kk", "ru", "en"]))
        try:
            locks.door(bookings.book)(Request(group, (start,), (person,)), now=NOW, by=office)
        except Refused:
            continue
        made += 1
    return made


@contextmanager
def counted() -> Iterator[list[float]]:
    """The queries of a block, counted without keeping them; and when the calendar was locked for good, if it was."""
    seen: list[float] = []

    def count(execute: Any, sql: str, *call: Any) -> Any:
        answer = execute(sql, *call)
        seen.append(perf_counter() if sql == "SELECT pg_advisory_xact_lock(%s)" else 0)
        return answer

    with connection.execute_wrapper(count):
        yield seen


def all_told() -> None:
    """Every letter has been sent long ago."""
    for row in OutboxMessage.objects.filter(status="queued"):
        OutboxMessage.objects.filter(pk=row.pk).update(claimed_at=NOW, status="sent")
        threads.write_letters_told([row.pk], at=NOW)


def measured(draft: ClosureDraft, office: User, show: Any) -> dict[str, Any]:
    """Preview, compare with the desk, publish as proposed; figures."""
    began, worked = perf_counter(), process_time()
    with counted() as asked:
        seen = closures.preview(draft, now=NOW)
    preview_seconds, preview_work = perf_counter() - began, process_time() - worked
    checked = closures._checked(draft, None, now=NOW)
    look = closures._look(checked, None, now=NOW)
    read = closures._read(checked, None, look.first, look.last, now=NOW)
    tours = repairs._Tours(repairs._Sketch(read, look.visits, NOW), look.visits, {})
    desk = one_by_one(tours.days, tours.hits)
    weights = [hit.weight for hit in tours.hits]
    decisions = {hit.visit.code: hit.proposal for hit in seen.hits}
    all_told()
    letters = OutboxMessage.objects.count() + Call.objects.count()
    began, worked = perf_counter(), process_time()
    with counted() as written:
        closure = locks.door(closures.close)(checked, seal=seen.seal, decisions=decisions, by=office, now=NOW)
    ended = perf_counter()
    publish_seconds, publish_work, held = ended - began, process_time() - worked, ended - max(written)
    times = closures._times(checked, DateTimeTZRange(checked.start, at(FIRST + timedelta(days=60), "00:00")), read.zone)
    assert not queries.visits_hit_by(checked.spaces, *times).exists()
    assert not [each for each in conflicts.every(now=NOW) if each.kind == "inside_closure"]
    actions = Counter(hit.proposal.action for hit in seen.hits)
    assert Visit.objects.filter(displaced_by=closure).count() == len(seen.hits)
    show(
        visits=Visit.objects.count(),
        hit=len(seen.hits),
        **{action: actions[action] for action in ("reroute", "drop", "move", "offer", "cancel")},
        minutes=seen.cost.minutes,
        least=seen.cost.least,
        proven=seen.cost.proven,
        desk_left=desk.left,
        desk_minutes=desk.minutes,
        reject_all_cancelled=len(seen.hits),
        reject_all_minutes=sum(weights) * LEFT_MINUTES,
        preview_seconds=round(preview_seconds, 2),
        preview_processor=round(preview_work, 2),
        preview_queries=len(asked),
        publish_seconds=round(publish_seconds, 2),
        publish_processor=round(publish_work, 2),
        publish_queries=len(written),
        calendar_held_seconds=round(held, 2),
        letters=OutboxMessage.objects.count() + Call.objects.count() - letters,
    )
    return {"preview": preview_seconds, "publish": publish_seconds, "seen": seen, "desk": desk}


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Any:
    def said(**figures: Any) -> None:
        with capsys.disabled():
            print("\n" + "\n".join(f"    {name:24} {value}" for name, value in figures.items()), flush=True)

    return said


def month() -> list[date]:
    return [FIRST + timedelta(days=offset) for offset in range(DAYS)]


def test_the_seasons_closure_in_a_month_of_400_visits(transactional_db: None, show: Any) -> None:
    """All places shut from 24 to 27 May."""
    office = roomy()
    assert booked(1, office, 400, month()) == 400
    draft = ClosureDraft((), at(date(2025, 5, 24), "00:00"), at(date(2025, 5, 28), "00:00"), "renovation", NOTICE)
    found = measured(draft, office, show)
    assert found["seen"].cost.minutes <= found["desk"].minutes or found["desk"].left
    assert found["preview"] <= 5
    assert found["publish"] <= 10


def test_a_month_with_400_visits_hit(transactional_db: None, show: Any) -> None:
    """The halls shut in the mornings of the whole month, by a rule: every visit that is hit has to walk, wait or leave something out."""
    office = roomy()
    made = booked(2, office, 300, month(), {"halls": 60, "halls-film": 30, "halls-flowers": 10})
    first = at(FIRST, "10:00")
    draft = ClosureDraft(
        tuple(Space.objects.filter(code="alash")),
        first,
        at(FIRST, "17:00"),
        "renovation",
        NOTICE,
        rrule=f"FREQ=DAILY;COUNT={DAYS}",
    )
    number = 3
    while hit(draft) < 400 and number < 9:
        made += booked(number, office, 400 - hit(draft), month(), {"halls": 60, "halls-film": 30, "halls-flowers": 10})
        number += 1
    assert hit(draft) >= 400, (made, hit(draft))
    found = measured(draft, office, show)
    assert found["preview"] <= 5
    assert found["publish"] <= 10


def hit(draft: ClosureDraft) -> int:
    return len(closures._look(closures._checked(draft, None, now=NOW), None, now=NOW).visits)

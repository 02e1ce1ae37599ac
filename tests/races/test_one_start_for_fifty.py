"""Many organisers ask for one start at once: exactly as many get it as there is room for, the others hear of other times."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count, islice
from threading import Barrier
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request as Call
from urllib.request import urlopen

import pytest
from django.db import IntegrityError
from django.utils import timezone

from scheduler import bookings, locks, placing
from scheduler.bookings import Request
from scheduler.errors import Busy, StartTaken
from scheduler.models import Leg, Visit
from tests.races.conftest import all_at_once
from tests.scheduler.conftest import at
from tours import queries as catalogue
from tours.models import Museum

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., Request]
HERD = 50
DAYS = 3


def open_days() -> Iterator[date]:
    """Days on which the museum is open, far enough ahead for a ceremony."""
    calendar = catalogue.calendar()
    for offset in range(21, 120):
        day = timezone.localdate() + timedelta(days=offset)
        if calendar.windows(day):
            yield day


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    seconds: float


def fetch(call: Call) -> Answer:
    """The answer; who hears that the house is busy asks again, as one should."""
    begun, status, body = time.monotonic(), 503, b""
    while status == 503:
        try:
            with urlopen(call, timeout=100) as answer:
                status, body = answer.status, answer.read()
        except HTTPError as error:
            status, body = error.code, error.read()
    return Answer(status, json.loads(body), time.monotonic() - begun)


def post(site: str, start: datetime, number: int) -> Answer:
    """One organiser asks by the API."""
    wish = {
        "tour": "grounds-flowers", "language": "en", "audience": "general", "heads": 12, "start": start.isoformat(),
        "locale": "en", "organiser": {"name": f"Guest {number}", "email": f"guest{number}@example.org"},
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    return fetch(Call(f"{site}/api/v1/visits/", json.dumps(wish).encode(), headers))


def look(site: str, day: date) -> Answer:
    query = f"tour=grounds-flowers&language=en&audience=general&heads=12&from={day}&to={day + timedelta(days=13)}"
    return fetch(Call(f"{site}/api/v1/availability/?{query}"))


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_of_fifty_who_ask_at_once_exactly_one_gets_the_start(
    alzhir: Museum, live_site: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """How long the slowest waited is printed; how long it may is for the benchmarks to say (`tests/benchmarks`)."""
    days = list(islice(open_days(), DAYS))
    seen = all_at_once([partial(look, live_site, day) for day in days] * 4)  # a server that has been up for a while
    assert {answer.status for answer in seen} == {200}
    for day in days:
        answers = all_at_once([partial(post, live_site, at(day, "11:00"), number) for number in range(HERD)])
        slowest = max(answer.seconds for answer in answers)
        with capsys.disabled():
            said = dict(Counter(answer.status for answer in answers))
            print(f"\n{HERD} at once over HTTP: {said}, slowest {slowest:.2f} s", end="")
        exactly_one(answers, day)


def exactly_one(answers: list[Answer], day: date) -> None:
    """One got the start, and the Wall with it; the others heard of other times."""
    start = at(day, "11:00")
    assert Counter(answer.status for answer in answers) == {201: 1, 409: HERD - 1}
    losers = [answer.body for answer in answers if answer.status == 409]
    assert {body["code"] for body in losers} == {"start_taken"}
    offered = [[datetime.fromisoformat(each) for each in body["alternatives"]] for body in losers]
    assert all(others and start not in others for others in offered)
    visit = Visit.objects.get(day=day)
    assert Leg.objects.filter(holds=True, lane__space__code="wall", visit__day=day).get().visit == visit


@dataclass(frozen=True)
class Try:
    """What came of asking: whether the start was got, and whether people clashed: a constraint or a deadlock decided, nobody's look."""

    got: bool
    clash: bool = False


def ask(asked: Request, now: datetime) -> Try:
    try:
        bookings.request_visit(asked, now=now)
    except StartTaken as refused:
        return Try(got=False, clash=_caused_by(refused, IntegrityError))
    except Busy:
        return Try(got=False, clash=True)
    return Try(got=True)


def _caused_by(error: BaseException | None, kind: type[BaseException]) -> bool:
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__
    return False


def herd(asking: Ask, day: date, now: datetime, tour: str, number: int) -> list[Try]:
    """So many ask for 11:00 at once, all by the same service that the API calls."""
    asked = [
        asking(at(day, "11:00"), tour=tour, heads=12, email=f"guest{one}@example.org", agreed=True)
        for one in range(number)
    ]
    return all_at_once([partial(ask, each, now) for each in asked])


@pytest.mark.parametrize(("tour", "room"), [("grounds-flowers", 1), ("grounds", 4), ("halls", 4)])
def test_as_many_get_a_start_as_there_is_room_and_nobody_clashes(asking: Ask, tour: str, room: int) -> None:
    """The lock lets each look after the one before: all the room is given away (two halls, two groups in each, either first)."""
    tries = herd(asking, next(open_days()), timezone.now(), tour, 12)
    assert sum(one.got for one in tries) == room
    assert not any(one.clash for one in tries)


def all_look_first(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The moment that a race is about: nobody writes before so many have looked. A second try of one of them waits for nobody."""
    place, turns, looked = placing.place, count(), Barrier(number)

    def once_all_have_looked(*args: Any) -> None:
        if next(turns) < number:
            looked.wait(60)
        place(*args)

    monkeypatch.setattr(placing, "place", once_all_have_looked)


def test_without_the_lock_people_clash_where_there_was_room(asking: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: no lock. Who looked at the same moment chose the same guide and lane, and was refused though there was room."""
    monkeypatch.setattr(locks, "museum_days", lambda days: None)
    now = timezone.now()
    for day in islice(
        open_days(), 10
    ):  # now and then PostgreSQL ends a deadlock so that all get in one after the other
        with monkeypatch.context() as patch:
            all_look_first(patch, 3)
            tries = herd(asking, day, now, "grounds", 3)  # there is room for four
        assert any(one.got for one in tries)  # the database has the last word: one is always in time
        if any(one.clash and not one.got for one in tries):
            return
    pytest.fail("Without the lock the test above holds as well: it does not see the race.")

"""A booking and a closure at once: whichever comes first, no visit is left inside the closure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from itertools import islice
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from scheduler import bookings, closures, locks, placing, queries
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.decisions import Preview
from scheduler.errors import BadWish, Closed, PreviewOutOfDate, StartTaken
from scheduler.models import Closure, Visit
from tests.races.conftest import all_at_once
from tests.races.test_one_start_for_fifty import open_days
from tests.scheduler.conftest import at
from tours.models import Museum

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., Request]
Closes = Callable[[ClosureDraft, Preview, datetime, float], str]
HEAD_STARTS = (-1.5, *(step * 0.008 for step in range(13)), 1.5)
"""Seconds that the office waits for the organisers, and then ever longer the organisers for the office."""
CLOCKS = ("10:00", "12:00", "14:00")


def ask(asked: Request, now: datetime, pause: float) -> str:
    time.sleep(pause)  # so that the rounds meet at different points, and not in order that anything be ready
    try:
        return str(bookings.request_visit(asked, now=now).status)
    except (Closed, StartTaken) as refused:
        return refused.code


def close(draft: ClosureDraft, seen: Preview, now: datetime, pause: float) -> str:
    """As the office does: decide as proposed and publish; where somebody was faster, look again."""
    time.sleep(pause)
    for _attempt in range(20):
        decisions = {hit.visit.code: hit.proposal for hit in seen.hits}
        try:
            locks.door(closures.close)(draft, seal=seen.seal, decisions=decisions, by=None, now=now)
        except PreviewOutOfDate:
            seen = closures.preview(draft, now=now)
            continue
        return "closed it"
    return "gave up"


def left_inside() -> list[Visit]:
    return [
        visit
        for closure in Closure.objects.all()
        for visit in queries.visits_hit_by(closure.spaces.all(), closure.period)
    ]


def days_apart(number: int) -> Iterator[date]:
    """So many open days, each with two between for the visits that had to move."""
    return islice(open_days(), 0, 3 * number, 3)


def race(asking: Ask, day: date, now: datetime, head_start: float = 0.0, closes: Closes = close) -> list[str]:
    """Three organisers and the office at once on one day, the organisers a little later, or, where it is negative, the office."""
    draft = ClosureDraft((), at(day, "00:00"), at(day, "23:55"), "weather", {"en": "Storm"})
    asked = [asking(at(day, clock), email=f"{clock[:2]}@example.org") for clock in CLOCKS]
    seen = closures.preview(draft, now=now)
    organisers = [partial(ask, each, now, max(0, head_start)) for each in asked]
    return all_at_once([*organisers, partial(closes, draft, seen, now, max(0, -head_start))])


@pytest.mark.timeout(300)
def test_a_booking_and_a_closure_at_once_never_leave_a_visit_inside(
    asking: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    now = timezone.now()
    said: list[str] = []
    rounds = len(HEAD_STARTS)
    for day, head_start in zip(days_apart(rounds), HEAD_STARTS, strict=True):
        said += race(asking, day, now, head_start)
        assert left_inside() == []
    with capsys.disabled():
        print(f"\n{rounds} closures against {rounds * len(CLOCKS)} bookings: {dict(Counter(said))}")
    assert said.count("closed it") == rounds
    assert {"confirmed", "closed"} <= set(said)  # both were the faster one at times
    assert Visit.objects.filter(status="confirmed").count() == said.count(
        "confirmed"
    )  # who was, was moved and not lost


def test_without_the_lock_a_visit_can_land_inside_a_closure(asking: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: nobody takes the lock for booking, and who has looked writes once the closure is there. The race can be seen."""
    published, place = Event(), placing.place

    def closes(*given: Any) -> str:
        try:
            return close(*given)
        finally:
            published.set()

    def once_it_is_published(*args: Any) -> None:
        published.wait(60)
        place(*args)

    monkeypatch.setattr(locks, "museum_days", lambda days: None)
    monkeypatch.setattr(placing, "place", once_it_is_published)
    said = race(asking, next(open_days()), timezone.now(), closes=closes)
    assert said[-1] == "closed it"
    assert left_inside() != []


def test_of_two_who_publish_the_same_preview_one_is_told_that_it_is_closed_already(alzhir: Museum) -> None:
    now = timezone.now()
    day = next(open_days())
    draft = ClosureDraft((), at(day, "00:00"), at(day, "23:55"), "weather", {"en": "Storm"})
    seal = closures.preview(draft, now=now).seal

    def publish() -> str:
        try:
            locks.door(closures.close)(draft, seal=seal, decisions={}, by=None, now=now)
        except BadWish as refused:
            return f"closed already by {refused.extra['closure']}"
        return "closed it"

    said = sorted(all_at_once([publish, publish]))
    assert said == [f"closed already by {Closure.objects.get().pk}", "closed it"]
    assert Closure.objects.count() == 1

"""Several calls at once, each in a thread and a transaction of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from scheduler.models import Visit
from tests.scheduler.api.conftest import FAR, NEAR, Booked, Caller, asked, caller_of, sign_in_of
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 8


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment; gives their answers in order."""
    barrier = Barrier(len(calls))

    def make(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))


def test_one_key_makes_one_visit_however_many_send_it_for_whatever_day(stranger: Caller) -> None:
    bodies = [asked(start=at(FAR + timedelta(days=turn % 2), "11:00")) for turn in range(AT_ONCE)]
    answers = at_once(
        [lambda body=body: Caller().at("POST", "visits/", body, HTTP_IDEMPOTENCY_KEY="same") for body in bodies]
    )
    assert Counter(answer.status_code for answer in answers) == {201: AT_ONCE // 2, 422: AT_ONCE // 2}
    assert Visit.objects.count() == 1


def test_a_guide_who_declines_twice_declines_for_nobody_else(booked: Booked) -> None:
    visit = booked(start=at(NEAR, "11:00"))
    party = Visit.objects.get(code=visit["code"]).parties.get()
    assert party.guide is not None
    me = sign_in_of(party.guide.code)
    callers = [caller_of(me) for _click in range(AT_ONCE)]
    answers = at_once(
        [lambda one=one: one.at("POST", f"duties/{party.pk}/decline/", {"reason": "Ill"}) for one in callers]
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[200] == 1
    assert set(statuses) <= {200, 404, 409}
    party.refresh_from_db()
    revision = Visit.objects.get(code=visit["code"]).revision
    assert (party.guide is not None, revision) == (True, visit["revision"] + 1)


def test_two_changes_of_one_revision_are_one_change(booked: Booked) -> None:
    visit = booked()
    answers = at_once(
        [
            lambda turn=turn: Caller(visit["token"]).at(
                "PATCH", f"visits/{visit['code']}/", {"notes": f"Note {turn}", "revision": 1}
            )
            for turn in range(AT_ONCE)
        ]
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: AT_ONCE - 1}

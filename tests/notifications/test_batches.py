"""Many people told at once: the same letters as one by one, whatever happens between working them out and writing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import batches, claims, invitations, outbox
from notifications.invitations import Expected
from notifications.models import Call, OutboxMessage, Thread
from tests.notifications.conftest import ABOUT, NOW, ORGANISER, START, facts, guide, organiser, rows

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
LATER = START + timedelta(hours=2)
STEPS: list[list[Expected]] = [
    [organiser(), guide()],
    [organiser(), guide()],
    [organiser(start=LATER), guide(start=LATER)],
    [organiser(start=LATER)],
    [organiser(start=LATER, to=replace(ORGANISER, email="another@example.org"))],
    [organiser(start=START, to=replace(ORGANISER, email=""))],
    [],
]


def in_two_halves(every: Sequence[Expected], now: Any) -> None:
    batches.write(batches.prepare({ABOUT: list(every)}, now=now), now=now)


def told() -> list[tuple[Any, ...]]:
    """All that was written, but what is drawn by lot."""
    return [
        (row.key, row.kind, row.state, row.status, row.subject, row.method, row.sequence, row.stamp, row.not_before)
        for row in rows()
    ] + [(call.key, call.kind, call.status, call.say) for call in Call.objects.order_by("pk")]


@pytest.mark.parametrize("sent", [True, False], ids=["each sent", "none sent"])
def test_the_same_is_written_as_one_by_one(send: Callable[..., Any], sent: bool) -> None:
    def written(tell: Callable[[Sequence[Expected], Any], None]) -> list[tuple[Any, ...]]:
        for step, every in enumerate(STEPS):
            now = NOW + step * 2 * MINUTE
            tell(every, now)
            if sent:
                send(now + MINUTE)
        found = told()
        for model in (OutboxMessage, Call, Thread):
            model._default_manager.all().delete()
        return found

    apart = written(lambda every, now: invitations.sync(about=ABOUT, expected=every, now=now))
    together = written(in_two_halves)
    assert together == apart
    assert len(apart) > 4


def test_preparing_writes_nothing() -> None:
    batches.prepare({ABOUT: [organiser(), guide()]}, now=NOW)
    assert not rows()
    assert not Thread.objects.exists()


def test_what_was_claimed_meanwhile_is_corrected_and_not_replaced(send: Callable[..., Any]) -> None:
    in_two_halves([organiser()], NOW)
    batch = batches.prepare({ABOUT: [organiser(start=LATER)]}, now=NOW)
    assert claims.claim() is not None  # the first letter may have arrived: its entry has to be moved
    batches.write(batch, now=NOW)
    first, second = rows()
    assert (first.sequence, second.sequence, second.uid) == (0, 1, first.uid)
    assert first.status != "superseded"


def test_what_was_told_meanwhile_is_not_told_again() -> None:
    batch = batches.prepare({ABOUT: [organiser()]}, now=NOW)
    invitations.sync(about=ABOUT, expected=[organiser()], now=NOW)
    batches.write(batch, now=NOW)
    assert [row.kind for row in rows()] == ["confirmed"]


def test_many_cost_as_many_queries_as_one() -> None:
    def counted(number: int) -> int:
        expected = {
            f"visit:{code}": [
                Expected(f"visit:{code}:contact:1", organiser().to, organiser().letter, organiser().entry),
            ]
            for code in (f"A{number}{each}" for each in range(number))
        }
        with CaptureQueriesContext(connection) as seen:
            batches.write(batches.prepare(expected, now=NOW), now=NOW)
        return len(seen)

    assert counted(1) == counted(40)
    assert OutboxMessage.objects.count() == 41


def test_a_letter_that_cannot_be_rendered_is_kept_as_dead() -> None:
    broken = organiser()
    in_two_halves([Expected(broken.thread, broken.to, type(broken.letter)("nonsense", facts()), broken.entry)], NOW)
    assert [row.status for row in rows()] == ["dead"]


def test_a_letter_that_was_written_already_is_an_integrity_error_as_everywhere() -> None:
    thread = Thread.objects.create(key=f"{ABOUT}:contact:12", about=ABOUT)
    (draft,) = invitations.drafts(thread, invitations.steps(thread, organiser(), None, NOW), NOW)
    outbox.write_all([outbox.made(thread, draft)])
    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.write_all([outbox.made(thread, draft)])

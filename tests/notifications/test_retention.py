"""What is forgotten, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from notifications import limits, retention
from notifications.models import Bucket, OutboxMessage, Thread
from tests.notifications.conftest import NOW, START, facts, organiser

pytestmark = pytest.mark.django_db
END = START + timedelta(hours=1)


def written_long_ago() -> None:
    OutboxMessage.objects.update(created_at=NOW - timedelta(days=60))


def test_a_month_after_the_visit_letters_say_nothing_any_more(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    send()
    written_long_ago()
    assert retention.scrub(now=END + timedelta(days=29)) == 0
    assert retention.scrub(now=END + timedelta(days=31)) == 1
    assert retention.scrub(now=END + timedelta(days=31)) == 0
    (row,) = OutboxMessage.objects.values()
    kept = " ".join(str(value) for value in row.values()) + str(Thread.objects.values().get())
    for personal in ("Anna", "anna@", "Bundesrat", "link.invalid", "+7717"):
        assert personal not in kept
    assert (row["status"], row["kind"], row["sent_at"] is not None) == ("sent", "confirmed", True)


def test_what_is_told_of_a_visit_that_lies_ahead_is_kept_and_still_compared(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    send()
    written_long_ago()
    retention.scrub(now=START - timedelta(days=1))
    tell(organiser())
    assert send() == []
    assert Thread.objects.get().told_facts["code"] == facts()["code"]


def test_a_visit_that_is_over_and_forgotten_is_not_told_again(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    send()
    retention.scrub(now=END + timedelta(days=31))
    tell()
    assert send() == []


def test_dead_letters_wait_for_a_person(tell: Callable[..., None]) -> None:
    tell(organiser())
    written_long_ago()
    OutboxMessage.objects.update(status="dead")
    assert retention.scrub(now=END + timedelta(days=100)) == 0


def test_buckets_that_are_full_again_are_thrown_away() -> None:
    limits.allow("a", 10, 3600)
    retention.scrub(now=NOW + timedelta(days=4000))
    assert not Bucket.objects.exists()

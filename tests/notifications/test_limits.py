"""How many of something one key may cause."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from notifications import limits
from notifications.models import Bucket


def in_threads(count: int, work: Callable[[int], bool]) -> list[bool]:
    def alone(number: int) -> bool:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(alone, range(count)))


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_exactly_as_many_as_allowed_come_through() -> None:
    assert in_threads(50, lambda _: limits.allow("form:198.51.100.7", 10, 36_000)).count(True) == 10


@pytest.mark.django_db(transaction=True)
def test_counting_and_then_writing_would_let_more_through() -> None:
    """The twin without the one statement: it proves that the test above can see the race."""
    from threading import Barrier

    together = Barrier(20)

    def look_then_write(number: int) -> bool:
        taken = Bucket.objects.filter(key__startswith="naive").count()
        together.wait(60)
        if taken >= 10:
            return False
        from django.utils import timezone

        Bucket.objects.create(key=f"naive{number}", tokens=1, updated=timezone.now())
        return True

    assert in_threads(20, look_then_write).count(True) > 10


@pytest.mark.django_db
def test_keys_do_not_share_and_are_not_kept_in_clear() -> None:
    assert [limits.allow("a@example.org", 1, 60), limits.allow("a@example.org", 1, 60)] == [True, False]
    assert limits.allow("b@example.org", 1, 60)
    assert not Bucket.objects.filter(key__contains="example").exists()


@pytest.mark.django_db
def test_tokens_come_back_with_time_and_never_more_than_the_most() -> None:
    key = "someone"
    assert [limits.allow(key, 2, 60) for _ in range(3)] == [True, True, False]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_bucket SET updated = updated - interval '31 seconds'")
    assert [limits.allow(key, 2, 60), limits.allow(key, 2, 60)] == [True, False]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_bucket SET updated = updated - interval '1 day'")
    assert [limits.allow(key, 2, 60) for _ in range(3)] == [True, True, False]


@pytest.mark.django_db
def test_a_token_spent_in_vain_is_given_back() -> None:
    with transaction.atomic():
        assert limits.allow("x", 1, 60)
        transaction.set_rollback(True)
    assert limits.allow("x", 1, 60)
    assert not limits.allow("none", 0, 60)

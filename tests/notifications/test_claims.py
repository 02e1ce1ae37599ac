"""Each letter is claimed once, and the letters of one thread in their order, by however many workers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from notifications import claims, delivery, settling
from notifications.models import OutboxMessage
from notifications.outcomes import Outcome
from tests.notifications.conftest import LATER, NOW, START, again, guide, organiser, rows, write
from tests.notifications.smtp import Mailhouse


def claim_all(_: int) -> list[str]:
    try:
        found = []
        while (row := claims.claim()) is not None:
            found.append(str(row.pk))
        return found
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_claim_each_letter_once() -> None:
    write(80)
    with ThreadPoolExecutor(8) as pool:
        claimed = Counter(pk for each in pool.map(claim_all, range(8)) for pk in each)
    assert len(claimed) == 80
    assert set(claimed.values()) == {1}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_workers_claim_the_same_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the test above can see the race."""
    write(1)
    unlocked = claims._CLAIM.replace("FOR NO KEY UPDATE OF m, t SKIP LOCKED", "")
    assert unlocked != claims._CLAIM
    monkeypatch.setattr(
        claims, "_CLAIM", unlocked.replace("m.not_before <=", "pg_sleep(1) IS NOT NULL AND m.not_before <=")
    )
    together = threading.Barrier(4)

    def once(_: int) -> str:
        try:
            connection.ensure_connection()
            together.wait(60)
            row = claims.claim()
            return str(row.pk) if row else ""
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        claimed = Counter(pool.map(once, range(4)))
    claimed.pop("", None)
    assert max(claimed.values()) > 1


@pytest.mark.django_db
def test_a_letter_of_a_worker_that_died_is_claimed_again_after_its_lease(house: Mailhouse) -> None:
    write()
    assert claims.claim() is not None
    assert claims.claim() is None
    OutboxMessage.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert delivery.sweep() == {"sent": 1}
    assert [(row.status, row.attempts) for row in rows()] == [("sent", 2)]


@pytest.mark.django_db
def test_a_worker_that_lost_its_lease_settles_nothing() -> None:
    write()
    slow = claims.claim()
    OutboxMessage.objects.update(lease_until=Now() - timedelta(seconds=1))
    quick = claims.claim()
    assert slow is not None
    assert quick is not None
    settling.settle(slow, Outcome("dead", "550", "no"))
    assert [row.status for row in rows()] == ["queued"]
    settling.settle(quick, Outcome("sent", "250"))
    assert [row.status for row in rows()] == ["sent"]


@pytest.mark.django_db
def test_letters_in_no_hurry_come_last(house: Mailhouse, tell: Callable[..., None]) -> None:
    write(3)
    tell(organiser(), now=NOW + timedelta(days=1))
    delivery.sweep(until=NOW + timedelta(days=2))
    assert next(str(letter["To"]) for letter in house.letters) == "Anna Müller <anna@example.org>"


@pytest.mark.django_db
def test_a_newer_letter_waits_while_an_older_one_is_being_sent(tell: Callable[..., None]) -> None:
    tell(organiser())
    first = claims.claim(until=NOW)
    tell(organiser(start=LATER), now=NOW)
    again_due = NOW + timedelta(days=1)
    assert claims.claim(until=again_due) is None
    assert first is not None
    settling.settle(first, Outcome("sent", "250"))
    second = claims.claim(until=again_due)
    assert second is not None
    assert (second.uid, second.sequence) == (first.uid, 1)


@pytest.mark.django_db
def test_an_older_letter_that_failed_is_never_sent_after_a_newer_one(
    house: Mailhouse, tell: Callable[..., None]
) -> None:
    tell(organiser())
    house.rcpt = lambda address: "451 later"
    delivery.sweep(until=NOW)
    house.rcpt = lambda address: "250 OK"
    tell(organiser(start=LATER), now=NOW)
    delivery.sweep(until=NOW + timedelta(minutes=2))
    assert [row.status for row in rows()] == ["superseded", "sent"]  # at once, not when its next attempt would be due
    again()
    delivery.sweep()
    assert [row.status for row in rows()] == ["superseded", "sent"]
    (letter,) = house.letters
    assert "SEQUENCE:1" in list(letter.walk())[-1].get_payload(decode=True).decode()


@pytest.mark.django_db
def test_an_older_letter_whose_newer_one_went_out_is_put_aside(tell: Callable[..., None]) -> None:
    """However it came about (a row brought back by hand, say): the sequence is looked at under the lock."""
    tell(organiser())
    claims.claim(until=NOW)
    tell(organiser(start=LATER), now=NOW)
    OutboxMessage.objects.filter(sequence=1).update(claimed_at=NOW, status="sent")
    again()
    assert claims.claim() is None
    assert [row.status for row in rows()] == ["superseded", "sent"]


@pytest.mark.django_db(transaction=True)
def test_many_workers_and_a_writer_never_put_revisions_out_of_order(
    house: Mailhouse, tell: Callable[..., None]
) -> None:
    """Four workers send while a writer moves the visit again and again."""
    stop = threading.Event()

    def work(_: int) -> None:
        try:
            while not stop.is_set():
                delivery.sweep(seconds=1, until=NOW + timedelta(days=2))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work, number) for number in range(4)]
        try:
            for step in range(40):
                tell(
                    organiser(start=START + step * timedelta(minutes=15)),
                    guide(),
                    now=NOW + step * timedelta(minutes=2),
                )
        finally:
            stop.set()
        for each in running:
            each.result()
    delivery.sweep(until=NOW + timedelta(days=2))
    told = [letter for letter in house.letters if "anna@" in str(letter["To"])]
    texts = [list(letter.walk())[-1].get_payload(decode=True).decode() for letter in told]
    sequences = [int(text.split("SEQUENCE:")[1].split("\r\n")[0]) for text in texts]
    stamps = [text.split("DTSTAMP:")[1].split("\r\n")[0] for text in texts]
    assert sequences == sorted(set(sequences))
    assert stamps == sorted(set(stamps))
    assert texts[-1].count((START + 39 * timedelta(minutes=15)).strftime("DTSTART:%Y%m%dT%H%M%SZ")) == 1

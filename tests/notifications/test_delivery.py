"""Claim, send, settle: over real SMTP, on a real database, with workers at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from notifications import breaker, claims, dead_letters, delivery, outbox, settling
from notifications.messages import Address, Letter
from notifications.models import Breaker, OutboxMessage, Thread
from notifications.outcomes import Outcome
from tests.notifications.conftest import ABOUT, NOW, START, facts, guide, organiser, rows
from tests.notifications.smtp import Mailhouse, mailhouse

LATER = START + timedelta(hours=2)


@pytest.fixture
def house(settings: Any) -> Iterator[Mailhouse]:
    with mailhouse() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
        yield server


def write(count: int = 1, kind: str = "reminder_day", domain: str = "example.org") -> list[OutboxMessage]:
    """Letters to as many people."""
    written = [
        outbox.enqueue(
            key=f"{kind}:{number}",
            thread=f"{ABOUT}:contact:{number}",
            to=Address(f"Guest {number}", f"guest{number}@{domain}"),
            letter=Letter(kind, facts()),
            not_before=NOW,
            bulk=True,
        )
        for number in range(count)
    ]
    return [row for row in written if row is not None]


def again() -> None:
    """Time passes: whatever waits is due."""
    OutboxMessage.objects.filter(status="queued").update(not_before=NOW, lease_until=None)


# --- Claim -------------------------------------------------------------------------------------------------------------------


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
        claims, "_CLAIM", unlocked.replace("m.not_before <=", "pg_sleep(0.2) IS NOT NULL AND m.not_before <=")
    )
    together = threading.Barrier(4)

    def once(_: int) -> str:
        try:
            together.wait(10)
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


# --- Order of one UID --------------------------------------------------------------------------------------------------------


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


# --- Outcomes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_recipient_refused_for_good_is_dead_at_once_and_the_office_is_told(
    house: Mailhouse, tell: Callable[..., None]
) -> None:
    house.rcpt = lambda address: "550 no such user" if address.startswith("anna") else "250 OK"
    tell(organiser())
    delivery.sweep(until=NOW)
    (dead,) = rows(kind="confirmed")
    assert (dead.status, dead.last_code, dead.last_error, dead.attempts) == ("dead", "550", "no such user", 1)
    assert Thread.objects.get(key=f"{ABOUT}:contact:12").unreachable_at is not None
    assert delivery.sweep() == {"sent": 1}
    (alarm,) = house.letters
    assert alarm["To"].addresses[0].addr_spec == "museum@example.org"
    body = alarm.get_body(("plain",))
    assert body is not None
    assert "anna@example.org" in body.get_content()
    assert "no such user" in body.get_content()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ("451 try later", "queued", "451"),
        ("421 closing", "queued", "421"),
        ("452 full", "queued", "452"),
        ("552 too large", "dead", "552"),
        ("554 no", "dead", "554"),
    ],
)
def test_what_the_server_says_of_a_letter(house: Mailhouse, said: str, status: str, code: str) -> None:
    house.data = lambda letter: said
    write(2)
    delivery.sweep()
    assert [(row.status, row.last_code, row.attempts) for row in rows(kind="reminder_day")] == [(status, code, 1)] * 2
    house.data = lambda letter: "250 OK"
    again()
    delivery.sweep()
    assert {row.status for row in rows(kind="reminder_day")} == {"sent" if status == "queued" else "dead"}


@pytest.mark.django_db
def test_attempts_come_at_1_5_15_60_minutes_and_then_hourly_for_a_day(house: Mailhouse) -> None:
    house.data = lambda letter: "451 later"
    write()
    waits = []
    for _ in range(6):
        delivery.sweep()
        row = OutboxMessage.objects.annotate(wait=F("not_before") - Now()).get()
        waits.append(row.wait.total_seconds() / 60)
        again()
    for wait, planned in zip(waits, (1, 5, 15, 60, 60, 60), strict=True):
        assert 0.85 * planned <= wait <= 1.1 * planned
    OutboxMessage.objects.update(retry_since=Now() - timedelta(hours=23, minutes=30))
    delivery.sweep()
    assert [row.status for row in rows(kind="reminder_day")] == ["dead"]


@pytest.mark.django_db
def test_a_lost_reply_makes_a_second_copy_that_is_the_same_letter(house: Mailhouse, tell: Callable[..., None]) -> None:
    house.data = lambda letter: "drop"
    tell(organiser())
    delivery.sweep(until=NOW)
    assert [row.status for row in rows()] == ["queued"]
    house.data = lambda letter: "250 OK"
    again()
    delivery.sweep()
    first, second = house.letters
    assert first.as_bytes() == second.as_bytes()
    assert [row.status for row in rows()] == ["sent"]


@pytest.mark.django_db
def test_a_mute_server_costs_one_attempt(house: Mailhouse, settings: Any) -> None:
    settings.EMAIL_TIMEOUT, house.delay = 0.5, 3
    house.data = lambda letter: "hang"
    write()
    assert delivery.sweep() == {"retry": 1}
    assert [(row.status, row.last_code) for row in rows()] == [("queued", "connection")]


@pytest.mark.django_db
def test_a_server_that_is_away_burns_no_attempts_and_is_left_in_peace(house: Mailhouse) -> None:
    house.close()
    write(3)
    for _ in range(breaker.FAILURES):
        assert not breaker.is_open()
        assert delivery.sweep() == {}
    assert breaker.is_open()
    assert {(row.status, row.attempts) for row in rows()} == {("queued", 0)}
    house.open()
    assert delivery.sweep() == {}
    Breaker.objects.update(open_until=Now())
    assert delivery.sweep() == {"sent": 3}
    assert not breaker.is_open()
    assert Breaker.objects.get().failures == 0


@pytest.mark.django_db
def test_one_connection_serves_a_whole_sweep(house: Mailhouse) -> None:
    write(30)
    delivery.sweep()
    assert (len(house.letters), house.connections) == (30, 1)


@pytest.mark.django_db
def test_an_address_that_no_header_can_hold_is_dead_at_once_and_the_rest_goes_out(house: Mailhouse) -> None:
    write(3)
    broken = rows()[1]
    OutboxMessage.objects.filter(pk=broken.pk).update(to_email="a@example.org, b@example.org")
    assert delivery.sweep() == {"sent": 3, "dead": 1}  # the third is the alarm
    assert (OutboxMessage.objects.get(pk=broken.pk).status, len(house.letters)) == ("dead", 3)


@pytest.mark.django_db
def test_dead_letters_can_be_sent_again_with_the_same_numbers(house: Mailhouse, tell: Callable[..., None]) -> None:
    house.rcpt = lambda address: "550 no"
    tell(organiser())
    delivery.sweep(until=NOW)
    (dead,) = rows(kind="confirmed")
    house.rcpt = lambda address: "250 OK"
    assert dead_letters.replay(OutboxMessage.objects.all()) == 1
    delivery.sweep()
    letter = next(letter for letter in house.letters if "anna" in str(letter["To"]))
    assert letter["Message-ID"] == dead.message_id
    assert [(row.status, row.sequence) for row in rows(kind="confirmed")] == [("sent", 0)]


# --- Limits ------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_strangers_cause_reaches_one_address_once_a_minute_and_is_put_off_not_dropped(
    house: Mailhouse, settings: Any
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {
        "letter_by_recipient_minute": (1, 60),
        "letter_by_recipient_day": (10, 86_400),
    }
    for number, address in enumerate(["a@example.org", "A@example.org", "b@example.org"]):
        outbox.enqueue(
            key=f"requested:{number}",
            thread=f"visit:{number}:contact:1",
            to=Address("Guest", address),
            letter=Letter("requested", facts()),
            not_before=NOW,
        )
    assert delivery.sweep() == {"sent": 2}
    (late,) = rows(status="queued")
    assert (late.attempts, late.claimed_at, late.to_email) == (0, None, "A@example.org")
    connection.cursor().execute("UPDATE notifications_bucket SET updated = updated - interval '1 minute'")
    again()
    assert delivery.sweep() == {"sent": 1}


@pytest.mark.django_db
def test_guides_and_what_the_office_does_know_no_limit(
    house: Mailhouse, settings: Any, tell: Callable[..., None]
) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (1, 3600))
    tell(organiser(), guide(7), guide(8))
    delivery.sweep(until=NOW + timedelta(days=1))
    tell(organiser("cancelled", by="office"), now=NOW + timedelta(days=1))
    delivery.sweep(until=NOW + timedelta(days=2))
    assert len(house.letters) == 6
    assert {row.status for row in rows()} == {"sent"}


# --- Doors -------------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_nudge_sends_one_letter_if_it_is_due(house: Mailhouse, tell: Callable[..., None]) -> None:
    tell(organiser())
    (row,) = rows()
    assert delivery.deliver(str(row.pk)) == "sent"
    assert delivery.deliver(str(row.pk)) == ""
    assert len(house.letters) == 1


@pytest.mark.django_db(transaction=True)
def test_a_letter_written_in_a_transaction_that_fails_is_never_sent(
    house: Mailhouse, tell: Callable[..., None]
) -> None:
    with transaction.atomic():
        tell(organiser())
        transaction.set_rollback(True)
    assert delivery.sweep() == {}
    assert rows() == []


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=400)])
def test_a_worker_with_a_wrong_clock_sends_no_earlier_and_no_later(house: Mailhouse, wrong: timedelta) -> None:
    """Due times and leases are the database's."""
    soon, due = write(2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    OutboxMessage.objects.filter(pk=soon.pk).update(not_before=now + timedelta(minutes=30))
    with time_machine.travel(now + wrong, tick=True):
        assert delivery.sweep() == {"sent": 1}
    assert [row.pk for row in rows(status="sent")] == [due.pk]
    sent = OutboxMessage.objects.get(pk=due.pk)
    assert abs(sent.sent_at - now) < timedelta(minutes=5)

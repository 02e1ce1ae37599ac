"""Send and settle: over real SMTP, and what each answer of the server means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models.functions import Now

from notifications import breaker, dead_letters, delivery, outbox
from notifications.messages import Address, Letter
from notifications.models import Breaker, OutboxMessage, Thread
from tests.notifications.conftest import ABOUT, NOW, again, facts, guide, organiser, rows, write
from tests.notifications.smtp import Mailhouse


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    assert isinstance(now, datetime)
    return now


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
    for minutes in (1, 5, 15, 60, 60, 60):
        planned, before = timedelta(minutes=minutes), database_now()
        delivery.sweep()
        (row,) = rows(kind="reminder_day")
        assert before + 0.9 * planned <= row.not_before <= database_now() + 1.1 * planned
        again()
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
    settings.EMAIL_TIMEOUT, house.delay = 2, 60
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
    now = database_now()
    OutboxMessage.objects.filter(pk=soon.pk).update(not_before=now + timedelta(minutes=30))
    with time_machine.travel(now + wrong, tick=True):
        assert delivery.sweep() == {"sent": 1}
    assert [row.pk for row in rows(status="sent")] == [due.pk]
    sent = OutboxMessage.objects.get(pk=due.pk)
    assert abs(sent.sent_at - now) < timedelta(minutes=5)

"""F4: a mail server that fails in every way at random; each letter arrives, or is dead with its reason and replayed by one click."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from django.db.models.functions import Now

from notifications import dead_letters, delivery
from notifications.models import Breaker, OutboxMessage
from tests.faults.conftest import Report
from tests.faults.test_killed_workers import write
from tests.notifications.smtp import OK, Mailhouse, mailhouse

LETTERS = int(os.environ.get("FAULT_LETTERS", "100"))


@pytest.fixture
def house(settings: Any) -> Iterator[Mailhouse]:
    with mailhouse() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 30
        settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (100_000, 1))
        yield server


@pytest.mark.django_db
@pytest.mark.timeout(300)
def test_a_mail_server_that_fails_in_every_way(house: Mailhouse, seed: int, report: Report) -> None:
    chance = random.Random(seed)
    dropped = 0
    nobody = set(chance.sample(range(LETTERS), 5))

    def rcpt(address: str) -> str:
        if (found := re.match(r"guest(\d+)@", address)) and int(found[1]) in nobody:
            return "550 5.1.1 no such user"
        return chance.choices([OK, "450 mailbox busy", "421 closing"], [85, 10, 5])[0]

    def data(letter: EmailMessage) -> str:
        nonlocal dropped
        said = chance.choices([OK, "451 later", "452 full", "421 closing", "drop"], [70, 10, 5, 10, 5])[0]
        dropped += said == "drop"
        return said

    house.rcpt, house.data = rcpt, data
    ledger = write(LETTERS)
    rounds = 0
    while OutboxMessage.objects.filter(status="queued").exists() and rounds < 60:
        rounds += 1
        if rounds == 2:
            house.close()
            for _ in range(6):
                delivery.sweep()
            house.open()
        Breaker.objects.update(open_until=None)
        delivery.sweep(seconds=30)
        OutboxMessage.objects.filter(status="queued").update(not_before=Now())
    dead = OutboxMessage.objects.filter(status="dead", kind="confirmed")
    assert {(row.last_code, row.last_error) for row in dead} == {("550", "5.1.1 no such user")}
    assert dead.count() == len(nobody)
    house.rcpt, house.data = (lambda address: OK), (lambda letter: OK)
    assert dead_letters.replay(OutboxMessage.objects.all()) == len(nobody)
    delivery.sweep(seconds=30)
    copies = house.copies
    lost = ledger - set(copies)
    extra = sum(copies.values()) - len(copies)
    report(
        "a mail server that fails in every way",
        seed=seed,
        written=LETTERS,
        acknowledged=len(ledger),
        rounds=rounds,
        replies_dropped=dropped,
        lost=len(lost),
        duplicates=extra,
        bound=dropped,
        dead_and_replayed=len(nobody),
    )
    assert lost == set()
    assert extra <= dropped
    assert not OutboxMessage.objects.exclude(status="sent").exists()

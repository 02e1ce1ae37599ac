"""Workers die by `kill -9` in the middle of sending; the mail server keeps the ledger."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from celery import current_app
from django.db.models.functions import Now

from notifications import outbox
from notifications.messages import Address, Letter
from notifications.models import OutboxMessage
from tests.conftest import worker_command
from tests.faults.conftest import Report
from tests.live import Program, wait_until
from tests.notifications.conftest import facts
from tests.notifications.smtp import Mailhouse, mailhouse

LETTERS = int(os.environ.get("FAULT_LETTERS", "200"))
KILLS = int(os.environ.get("FAULT_KILLS", "2"))

PATIENCE = 200 + 20 * KILLS + LETTERS // 5  # seconds


@pytest.fixture
def house() -> Iterator[Mailhouse]:
    with mailhouse() as server:
        yield server


def write(count: int, **options: Any) -> set[str]:
    """Letters to as many people; the ledger of their Message-IDs."""
    rows = [
        outbox.enqueue(
            key=f"letter:{number}",
            thread=f"visit:{number}:contact:1",
            to=Address(f"Guest {number}", f"guest{number}@example.org"),
            letter=Letter("confirmed", facts()),
            not_before=datetime(2026, 1, 1, tzinfo=UTC),
            **options,
        )
        for number in range(count)
    ]
    return {row.message_id for row in rows if row is not None}


def sweep() -> None:
    """What beat does every fifteen seconds."""
    current_app.send_task("notifications.tasks.sweep", queue="mail")


def kill(worker: Program) -> None:
    with suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)  # parent and child at once: nobody is left to tidy up
    worker.process.wait()


def leases_run_out() -> None:
    """Three minutes pass."""
    OutboxMessage.objects.filter(status="queued", lease_until__isnull=False).update(lease_until=Now())


def times_for_retries_come() -> None:
    OutboxMessage.objects.filter(status="queued").update(not_before=Now())


def sent() -> int:
    return OutboxMessage.objects.filter(status="sent").count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(PATIENCE + 100)
def test_killing_the_worker_again_and_again_loses_nothing(
    house: Mailhouse, start_program: Callable[..., Program], seed: int, report: Report
) -> None:
    chance = random.Random(seed)
    dropped: set[str] = set()
    to_drop = set(chance.sample(range(LETTERS), 5))

    def data(letter: EmailMessage) -> str:
        time.sleep(0.005)  # wide enough a gap to be hit between the letter's arrival and the row's settling
        number = int(str(letter["To"]).split("guest")[1].split("@")[0])
        if number in to_drop and str(letter["Message-ID"]) not in dropped:
            dropped.add(str(letter["Message-ID"]))
            return "drop"
        return "250 OK"

    house.data = data
    ledger = write(LETTERS)
    began, kills = time.monotonic(), 0
    worker = None
    marks = sorted(chance.sample(range(5, LETTERS - 20), KILLS))
    while True:
        if worker is None:
            worker = start_program(
                "worker", [*worker_command("mail"), "-l", "INFO"], EMAIL_URL=f"smtp://127.0.0.1:{house.port}"
            )
            worker.wait_for(lambda worker=worker: " ready." in worker.said())
            leases_run_out()
        times_for_retries_come()
        sweep()
        if marks:
            mark = marks.pop(0)
            wait_until(lambda mark=mark: len(house.letters) >= mark, 60, "letters to arrive")
            time.sleep(chance.uniform(0, 0.03))
            kill(worker)
            worker, kills = None, kills + 1
        else:
            leases_run_out()
            with suppress(AssertionError):
                wait_until(lambda: sent() == LETTERS, 5, "all to be sent")
            if sent() == LETTERS:
                break
            assert time.monotonic() - began < PATIENCE, f"{sent()} of {LETTERS} sent"
    copies = house.copies
    lost = ledger - set(copies)
    extra = sum(copies.values()) - len(copies)
    report(
        "a mail worker killed again and again",
        seed=seed,
        written=LETTERS,
        acknowledged=len(ledger),
        faults=kills,
        replies_dropped=len(dropped),
        lost=len(lost),
        duplicates=extra,
        bound=kills + len(dropped),
        drained_s=round(time.monotonic() - began),
    )
    assert lost == set()
    assert set(copies) == ledger  # no ghosts
    assert extra <= kills + len(dropped)
    assert OutboxMessage.objects.exclude(status="sent").count() == 0

"""`make bench-sending`: letters a minute of one worker, beside a bare SMTP loop that writes nothing down, in the same run.

Rounds of both take turns, so that what else the machine does falls on both; the figure is the median of the rounds' ratios.
`letters=…` and `rounds=…` change how many. Written to `docs/sending.json`.
"""

from __future__ import annotations

import json
import os
import smtplib
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from notifications import delivery, mime
from notifications.models import OutboxMessage, Thread
from tests.faults.test_throughput import write
from tests.live import Program, accepts, free_port

LETTERS = int(os.environ.get("SENDING_LETTERS", "500"))
ROUNDS = int(os.environ.get("SENDING_ROUNDS", "7"))
AIM = 0.6
RESULT = Path(__file__).resolve().parents[2] / "docs" / "sending.json"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]


def bare(port: int, ready: list[mime.Wire]) -> float:
    began = perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as line:
        for each in ready:
            line.sendmail(each.from_email, each.to, each.as_bytes(linesep="\r\n"))
    return perf_counter() - began


def invite() -> None:
    """Make first letters with a calendar part of the reminders: what is told is written down, and turns are looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_outboxmessage SET kind = 'confirmed', state = 'confirmed', revision = 1, method = 'REQUEST',"
            " sequence = 0, uid = gen_random_uuid(), stamp = now(), ics = %s",
            [
                "\r\n".join(
                    [
                        "BEGIN:VCALENDAR",
                        *(f"X-LINE:{number} " + "қазақша " * 8 for number in range(24)),
                        "END:VCALENDAR",
                        "",
                    ]
                )
            ],
        )


def again() -> None:
    """All is to be sent anew, to people who know nothing."""
    OutboxMessage.objects.update(
        status="queued", attempts=0, claim=None, lease_until=None, claimed_at=None, sent_at=None, retry_since=None
    )
    Thread.objects.update(told_revision=0, told_state="")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) notifications_outboxmessage, notifications_thread")


@pytest.mark.parametrize("pipelining", [False, True], ids=["server without pipelining", "with pipelining"])
@pytest.mark.parametrize("kind", ["reminders", "invitations"])
def test_letters_a_minute(
    kind: str, pipelining: bool, start_program: Callable[..., Program], settings: Any, capsys: Any
) -> None:
    port = free_port()
    command = f"from tests.notifications.smtp import serve; serve({port}, {pipelining})"
    start_program("smtp", [sys.executable, "-c", command]).wait_for(lambda: accepts(port))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    write(LETTERS)
    if kind == "invitations":
        invite()
    ready = [mime.wire(row, date=timezone.now()) for row in OutboxMessage.objects.all()]
    alone, ours, busy = [], [], []
    for _ in range(ROUNDS):
        again()
        before = bare(port, ready)
        began, cpu = perf_counter(), process_time()
        assert delivery.sweep(seconds=600) == {"sent": LETTERS}
        ours.append(perf_counter() - began)
        busy.append(process_time() - cpu)
        alone.append((before + bare(port, ready)) / 2)
    row = {
        "letters": kind,
        "pipelining": pipelining,
        "worker_per_minute": round(LETTERS / median(ours) * 60),
        "bare_per_minute": round(LETTERS / median(alone) * 60),
        "ratio": round(median(there / here for there, here in zip(alone, ours, strict=True)), 2),
        "ratio_lowest": round(min(there / here for there, here in zip(alone, ours, strict=True)), 2),
        "worker_cpu_ms_per_letter": round(median(busy) / LETTERS * 1000, 2),
        "rounds": ROUNDS,
        "letters_a_round": LETTERS,
    }
    kept = json.loads(RESULT.read_text()) if RESULT.exists() else []
    kept = [each for each in kept if (each["letters"], each["pipelining"]) != (kind, pipelining)]
    RESULT.write_text(json.dumps([*kept, row], indent=2) + "\n")
    with capsys.disabled():
        print(f"\n{json.dumps(row)}")

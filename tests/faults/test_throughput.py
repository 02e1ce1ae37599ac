"""How fast one worker sends, beside the bare SMTP loop on the same machine in the same run; and ten thousand reminders at once."""

from __future__ import annotations

import os
import smtplib
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from notifications import delivery, mime, outbox
from notifications.messages import Address, Letter
from notifications.models import OutboxMessage
from tests.conftest import worker_command
from tests.live import Program, accepts, free_port, wait_until
from tests.notifications.conftest import facts

LETTERS = int(os.environ.get("THROUGHPUT_LETTERS", "300"))
REMINDERS = int(os.environ.get("THROUGHPUT_REMINDERS", "0"))
ENOUGH = 600  # letters a minute; ten thousand reminders in ten minutes by four workers need 250 of each
SERVER = "from tests.notifications.smtp import serve; serve({port})"


def write(count: int) -> None:
    """Reminders to as many people; rendered once and copied, since writing is not what is measured."""
    first = outbox.enqueue(
        key="reminder:0",
        thread="visit:0:contact:1",
        to=Address("Guest", "guest0@example.org"),
        letter=Letter("reminder_day", facts()),
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        bulk=True,
    )
    assert first is not None
    names = [field.column for field in OutboxMessage._meta.fields]
    quoted = [f'"{name}"' for name in names]
    own = {
        "id": "gen_random_uuid()",
        "key": "'reminder:' || n",
        "thread_id": "t.id",
        "to_email": "'guest' || n || '@example.org'",
        "message_id": "'<' || n || '@example.org>'",
    }
    values = [own.get(name, f'm."{name}"') for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_thread (key, about, revision, told_revision, told_state, told_facts, told_to, answer, created_at)"
            " SELECT 'visit:' || n || ':contact:1', 'visit:' || n, 0, 0, '', '{}', '{}', '', now() FROM generate_series(1, %s) n",
            [count - 1],
        )
        cursor.execute(
            f"INSERT INTO notifications_outboxmessage ({', '.join(quoted)})"
            f" SELECT {', '.join(values)} FROM notifications_outboxmessage m,"
            " generate_series(1, %s) n JOIN notifications_thread t ON t.key = 'visit:' || n || ':contact:1' WHERE m.key = 'reminder:0'",
            [count - 1],
        )
        cursor.execute("ANALYZE notifications_outboxmessage")
        cursor.execute("ANALYZE notifications_thread")


@pytest.fixture
def server_port(start_program: Callable[..., Program]) -> int:
    """A mail server in a process of its own."""
    port = free_port()
    server = start_program("smtp", [sys.executable, "-c", SERVER.format(port=port)])
    server.wait_for(lambda: accepts(port))
    return port


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_one_worker_beside_the_bare_smtp_loop(
    server_port: int, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server_port
    write(LETTERS)
    ready = [mime.wire(row, date=timezone.now()) for row in OutboxMessage.objects.all()]

    def bare() -> float:
        began = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", server_port) as line:
            for each in ready:
                line.sendmail(each.from_email, each.to, each.as_bytes(linesep="\r\n"))
        return time.perf_counter() - began

    before = bare()
    began = time.perf_counter()
    counts = delivery.sweep(seconds=240)
    ours = time.perf_counter() - began
    after = bare()
    share = (before + after) / 2 / ours
    with capsys.disabled():
        print(
            f"\nthroughput: {LETTERS / ours * 60:,.0f} letters/min by one worker, {LETTERS / ((before + after) / 2) * 60:,.0f}"
            f" by a bare loop that writes nothing down: {share:.2f} of it"
        )
    assert counts == {"sent": LETTERS}
    assert LETTERS / ours * 60 > ENOUGH


@pytest.mark.alone
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(700)
@pytest.mark.parametrize("count", [REMINDERS] if REMINDERS else [400])
def test_four_senders_empty_the_queue(
    count: int, server_port: int, start_program: Callable[..., Program], capsys: pytest.CaptureFixture[str]
) -> None:
    """`THROUGHPUT_REMINDERS=10000` is the long form: the queue is empty in ten minutes at most."""
    write(count)
    workers = [
        start_program(
            f"worker{number}",
            [*worker_command("mail")[:-4], "-n", f"mail{number}@%h", "-c", "1", "-l", "INFO"],
            EMAIL_URL=f"smtp://127.0.0.1:{server_port}",
        )
        for number in range(4)
    ]
    for worker in workers:
        worker.wait_for(lambda worker=worker: " ready." in worker.said())
    began = time.monotonic()
    left = count
    while left and time.monotonic() - began < 600:
        for _ in workers:
            current_app.send_task("notifications.tasks.sweep", queue="mail")
        mark = time.monotonic() + 15

        def done(mark: float = mark) -> bool:
            return time.monotonic() > mark or not OutboxMessage.objects.filter(status="queued").exists()

        wait_until(done, 30, "the queue to shrink")
        left = OutboxMessage.objects.filter(status="queued").count()
    with capsys.disabled():
        print(f"\nreminders: {count} due at once, 4 senders: queue empty in {time.monotonic() - began:.0f} s")
    assert OutboxMessage.objects.filter(status="sent", attempts=1).count() == count

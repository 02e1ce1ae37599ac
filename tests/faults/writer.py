"""A client that writes letters and keeps a ledger: `python -m tests.faults.writer COUNT SECONDS [FIRST]`, one line for each."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

import django


def main(count: int, seconds: float, first: int = 0) -> None:
    """COUNT letters, spread evenly over SECONDS. Prints "told <number> <message-id> <seconds>" or "refused <number> <seconds>"."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.db import Error, connection, transaction

    from notifications import outbox
    from notifications.messages import Address, Letter
    from tests.notifications.conftest import facts

    began = time.monotonic()
    for number in range(first, first + count):
        time.sleep(max(0.0, began + (number - first) * seconds / count - time.monotonic()))
        asked = time.monotonic()
        try:
            with transaction.atomic():
                row = outbox.enqueue(
                    key=f"letter:{number}",
                    thread=f"visit:{number}:contact:1",
                    to=Address(f"Guest {number}", f"guest{number}@example.org"),
                    letter=Letter("confirmed", facts()),
                    not_before=datetime(2026, 1, 1, tzinfo=UTC),
                )
            assert row is not None
            print(f"told {number} {row.message_id} {time.monotonic() - asked:.2f}", flush=True)
        except Error:
            connection.close()
            print(f"refused {number} {time.monotonic() - asked:.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:]))

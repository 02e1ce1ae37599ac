"""Sends what is due without a worker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from notifications import delivery


class Command(BaseCommand):
    """What the worker's sweep does, for a timer of the system: letters go out with Redis down, too."""

    help = "Send every letter that is due."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = delivery.sweep() + delivery.sweep_channels()
        self.stdout.write(f"sent {counts['sent']}, to be tried again {counts['retry']}, undeliverable {counts['dead']}")

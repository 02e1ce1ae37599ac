"""A pulse through beat, Redis, worker and database."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

PULSE_SECONDS = 15


def pulse_key(queue: str) -> str:
    """Where in the cache a queue's worker says that it lives."""
    return f"alive-{queue}"


@shared_task(bind=True)
def alive(self: Any) -> None:
    """Say in the database, for `/healthz`, that this queue's ticks arrive."""
    queue = (self.request.delivery_info or {}).get("routing_key") or "mail"
    cache.set(pulse_key(queue), timezone.now().timestamp(), timeout=None)

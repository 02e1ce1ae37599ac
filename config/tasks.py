"""What belongs to no app: a pulse through beat, Redis, worker and database; and sessions that are over."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
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


@shared_task
def forget_sessions() -> None:
    """Delete the sessions that are over, and with them what was typed before a sign-in that never came."""
    SessionStore.clear_expired()

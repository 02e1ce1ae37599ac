"""A pulse through beat, Redis, worker and database."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

PULSE_SECONDS = 15


def pulse_key(queue: str) -> str:
    return f"alive-{queue}"


@shared_task(bind=True)
def alive(self: Any) -> None:
    """Say that this queue's ticks arrive: in the database for `/healthz`, in a file for the container's own check."""
    queue = (self.request.delivery_info or {}).get("routing_key") or "mail"
    cache.set(pulse_key(queue), timezone.now().timestamp(), timeout=None)
    settings.LIVENESS_DIR.mkdir(parents=True, exist_ok=True)
    (settings.LIVENESS_DIR / f"{queue}.alive").touch()

"""Is it well? For a load balancer, a container's check and a monitor."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.tasks import PULSE_SECONDS, pulse_key
from notifications.queries import outbox_state


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "ok"


def _redis() -> str:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping()
    except redis.RedisError:
        return "down"
    return "ok"


def _queue(name: str) -> str:
    try:
        seen = cache.get(pulse_key(name))
    except DatabaseError:
        return "unknown"
    if seen is None:
        return "never"
    return "ok" if timezone.now().timestamp() - seen < 4 * PULSE_SECONDS else "late"


def _outbox() -> dict[str, object]:
    """Whether letters leave in time, and the figures: a metric that no worker, no Redis and no mail server is needed for."""
    try:
        state = outbox_state(now=timezone.now())
    except DatabaseError:
        return {"letters": "unknown"}
    return {
        "letters": "late" if state.is_late else "ok",
        "outbox": {
            "queued": state.queued,
            "due": state.due,
            "dead": state.dead,
            "calls": state.calls,
            "oldest_due_seconds": round(state.oldest_due_seconds),
        },
    }


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """503 if this process cannot serve, that is without a database. With `?all`, 503 if anything at all is not well.

    Booking works while Redis or the workers are down (letters wait in the outbox), so a load balancer must not take the pages away
    then; a monitor asks with `?all`, and hears of letters that are late, too.
    """
    parts = {"database": _database(), "redis": _redis(), "mail": _queue("mail"), "solve": _queue("solve")}
    outbox = _outbox() if "all" in request.GET else {}
    well = all(state == "ok" for state in [*parts.values(), outbox.get("letters", "ok")])
    serves = parts["database"] == "ok"
    status = "ok" if well else "degraded" if serves else "down"
    return JsonResponse(
        {"status": status, **parts, **outbox}, status=200 if well or (serves and "all" not in request.GET) else 503
    )


def door(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer `/healthz` before anything asks for whom: proxy and container come by an inner name, without a session."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return healthz(request) if request.path_info == "/healthz" else get_response(request)

    return middleware

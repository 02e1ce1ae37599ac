"""How many of something one key may cause: exact under concurrency, and it outlives every cache."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.db import connection

# One statement: the row's lock makes askers of one key wait for each other, so that no two spend the same token.
_TAKE = """
INSERT INTO notifications_bucket AS b (key, tokens, updated) VALUES (%(key)s, %(capacity)s - 1, clock_timestamp())
ON CONFLICT (key) DO UPDATE SET
  tokens = LEAST(%(capacity)s, b.tokens + %(rate)s * EXTRACT(epoch FROM clock_timestamp() - b.updated)) - 1,
  updated = clock_timestamp()
WHERE LEAST(%(capacity)s, b.tokens + %(rate)s * EXTRACT(epoch FROM clock_timestamp() - b.updated)) >= 1
RETURNING 1
"""


def allow(key: str, capacity: int, per_seconds: float) -> bool:
    """Spend one of `key`'s tokens, or say no: at most `capacity` at once, refilled at `capacity` in `per_seconds`.

    Commit soon: askers of the same key wait for this transaction. A refusal changes nothing; a token spent in a transaction
    that is rolled back is given back.
    """
    if capacity < 1:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": _kept_as(key), "capacity": float(capacity), "rate": capacity / per_seconds})
        return cursor.fetchone() is not None


def give_back(key: str, capacity: int) -> None:
    """Return one of `key`'s tokens: what it was spent for was not done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_bucket SET tokens = LEAST(%s, tokens + 1) WHERE key = %s",
            [float(capacity), _kept_as(key)],
        )


def _kept_as(key: str) -> str:
    """A keyed hash: the table says nothing about whose address or network it was."""
    return hmac.new(str(settings.SECRET_KEY).encode(), key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def of(name: str) -> tuple[int, int]:
    """The deployment's limit `name`: how many, in how many seconds."""
    count, seconds = settings.RATE_LIMITS[name]
    return int(count), int(seconds)

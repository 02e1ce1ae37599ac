"""The one lock, taken before looking: the calendar, then the museum days.

Bookings, absences, declines, offers and publishing take the calendar *shared* and the keys of their days, sorted; closures, openings
and catalogue edits take the calendar *exclusive*. The keys are advisory and end with the transaction; a wait ends after `lock_timeout`.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg import errors as pg

from scheduler.core.availability import Undecided
from scheduler.errors import Busy, NotKnown
from tours.locks import CALENDAR_KEY
from tours.locks import calendar_exclusive as calendar_exclusive  # the scheduler's writers find both locks here

log = logging.getLogger(__name__)

DAY_KEYS = 0x514F  # the first half of a day's key; the second is the day's ordinal
REQUEST_KEYS = 0x5150
CONTENTION = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)
TRIES = 3
PAUSE_SECONDS = 0.15

P = ParamSpec("P")
R = TypeVar("R")


def museum_days(days: Iterable[date]) -> None:
    """Wait until these days are ours, and no closure or catalogue edit is under way. Raises OperationalError on `lock_timeout`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CALENDAR_KEY])
        for day in sorted(set(days)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [DAY_KEYS, day.toordinal()])


def request(key: str) -> None:
    """Wait until nobody else makes the request of this key, on whatever day; after the days, one in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [REQUEST_KEYS, key])


def raise_versions(days: Iterable[date]) -> None:
    """Say that these days have changed; call it once, holding their lock.

    A version is a moment in microseconds, so that one is never used again for something else, not even after a restore.
    """
    with connection.cursor() as cursor:
        cursor.execute(  # once for all days: the audit trail's wrapper breaks `executemany` within a request
            "INSERT INTO scheduler_dayversion AS there (day, version)"
            " SELECT day, (EXTRACT(epoch FROM clock_timestamp()) * 1000000)::bigint FROM unnest(%s::date[]) AS day"
            " ON CONFLICT (day) DO UPDATE SET version = GREATEST(there.version + 1, EXCLUDED.version)",
            [sorted(set(days))],
        )


def is_contention(error: OperationalError) -> bool:
    """A lock not had in time, a deadlock broken, a serialisation failure: the same call may succeed in a moment."""
    return isinstance(error.__cause__, CONTENTION)


def door(change: Callable[P, R]) -> Callable[P, R]:
    """The outermost wrap of a change: one durable transaction, tried again on contention, then `Busy`.

    Where the exact check ran out of time nothing is changed: `NotKnown`. All that is found quickly was tried by then.
    Views, API, tasks and commands call `door(service)(…)`; services themselves only join the transaction.
    """

    def once_more(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(TRIES):
            try:
                with transaction.atomic(durable=True):
                    return change(*args, **kwargs)
            except Undecided as undecided:
                log.warning("%s: the exact check ran out of time, nothing was changed", change.__qualname__)
                raise NotKnown from undecided
            except OperationalError as error:
                if not is_contention(error):
                    raise
                if attempt + 1 < TRIES:
                    time.sleep(PAUSE_SECONDS * random.uniform(1, 2) * (attempt + 1))  # noqa: S311  # jitter, no secret
        raise Busy(retry_after=2)

    return once_more

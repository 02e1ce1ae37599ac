"""Keeps count of what was asked for in vain, by what was wished and never by whom.

A look is counted once a day for each asker and wish. Who asked is known to Redis alone, as a keyed hash that ends with the day; where
Redis does not answer, nothing is counted rather than too much. What makes a booking or a place on the waiting list fail or follow is
counted here by their doors, after or with the change.
"""

from __future__ import annotations

import logging
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.cache import caches
from django.db import connection
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from scheduler import periods
from scheduler.models import Unserved
from scheduler.starts import Group
from tours import queries as catalogue

log = logging.getLogger(__name__)

IN_VAIN = {"full": Unserved.How.FULL, "not_known": Unserved.How.UNKNOWN}
"""How a look at one day is counted, by what is said of the day (`starts.DayOffer.state`); at any other it was not in vain."""
ONCE_SECONDS = 26 * 3600
INSERT = """
    INSERT INTO scheduler_unserved AS there (asked_on, how, wanted, hour, tour_id, audience_id, language, heads, count)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1)
    ON CONFLICT (asked_on, how, wanted, hour, tour_id, audience_id, language, heads) DO UPDATE SET count = there.count + 1
"""


def note(
    group: Group, *, how: str, who: str, now: datetime, wanted: date | None = None, hour: int | None = None
) -> bool:
    """Count a wish that could not be served, once a day for each asker; whether it was new. `who`: anything that tells askers apart.

    One statement, which joins whatever transaction is open.
    """
    zone = ZoneInfo(catalogue.museum().time_zone)
    today = periods.day_of(now, zone)
    wish = (group.tour.pk, group.language, group.audience.pk, group.heads)
    if not _is_new(f"{today}|{how}|{who}|{wish}"):
        return False
    with connection.cursor() as cursor:
        tour, language, audience, heads = wish
        cursor.execute(INSERT, [today, how, wanted, hour, tour, audience, language, heads])
    return True


def note_taken(group: Group, start: datetime, *, who: str, now: datetime) -> bool:
    """The same for a start that was asked for and could not be had."""
    return _note_start(group, start, Unserved.How.TAKEN, who, now)


def note_unknown(group: Group, start: datetime, *, who: str, now: datetime) -> bool:
    """The same for a start of which it was not known in time whether it could be had."""
    return _note_start(group, start, Unserved.How.UNKNOWN, who, now)


def _note_start(group: Group, start: datetime, how: str, who: str, now: datetime) -> bool:
    local = periods.local(start, ZoneInfo(catalogue.museum().time_zone))
    return note(group, how=how, who=who, now=now, wanted=local.date(), hour=local.hour)


def _is_new(text: str) -> bool:
    key = salted_hmac("scheduler.demand", text, algorithm="sha256").hexdigest()[:40]
    try:
        return bool(caches["answers"].add(f"unserved.{key}", 1, ONCE_SECONDS))
    except RedisError:
        log.warning("what could not be served is not counted: Redis does not answer")
        return False

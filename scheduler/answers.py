"""What days have answered, kept by wish, day and the version of that day, so that in a rush each is worked out once.

A version is raised in the transaction that changes the day, so an answer under the day's present version is true. A decision never
reads what is kept here, and without Redis everything is worked out anew.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.cache import caches
from django.db.models import Exists, OuterRef
from redis.exceptions import RedisError

from scheduler import periods
from scheduler.models import DayVersion, Offer
from tours.models import Museum

log = logging.getLogger(__name__)

KEEP_SECONDS = 24 * 3600


def seals(first: date, last: date, museum: Museum, *, now: datetime) -> Mapping[date, str]:
    """What each day's state is known by, for days that have one: equal seals, equal days. One query.

    A day on which an offer has lapsed that nobody has released yet has none: what is true of it depends on the hour.
    """
    lapsed = Offer.objects.filter(visit__day=OuterRef("day"), outcome=Offer.Outcome.OPEN, answer_by__lte=now)
    rows = DayVersion.objects.filter(day__range=(first, last)).annotate(lapsed=Exists(lapsed))
    states = {day: (version, unsure) for day, version, unsure in rows.values_list("day", "version", "lapsed")}
    prefix = f"{museum.pk}.{museum.catalogue_version}"
    return {
        day: "" if unsure else f"{prefix}.{day.isoformat()}.{version}"
        for day in periods.days_between(first, last)
        for version, unsure in [states.get(day, (0, False))]
    }


def kept(question: object, days: Iterable[date], seals: Mapping[date, str]) -> dict[date, Any]:
    """The answers to a question that are kept for these days."""
    keys = {_key(question, seals[day]): day for day in days if seals[day]}
    try:
        found = caches["answers"].get_many(keys)
    except RedisError:
        log.warning("answers are not kept: Redis does not answer")
        return {}
    return {keys[key]: answer for key, answer in found.items()}


def keep(
    question: object, answers: Mapping[date, Any], seals: Mapping[date, str], *, seconds: int = KEEP_SECONDS
) -> None:
    """Keep the answers (plain JSON) to a question under the seals of their days, so long at most."""
    known = {_key(question, seals[day]): answer for day, answer in answers.items() if seals[day]}
    if not known:
        return
    try:
        caches["answers"].set_many(known, seconds)
    except RedisError:
        log.warning("answers are not kept: Redis does not answer")


def _key(question: object, seal: str) -> str:
    return f"{seal}.{hashlib.sha256(repr(question).encode()).hexdigest()[:32]}"

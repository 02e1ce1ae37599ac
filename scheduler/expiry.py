"""Suggested times that nobody answered. Every writer of a day, after its lock, releases them before it looks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from scheduler import placing, steps
from scheduler.models import Offer, Visit, Wish

SILENCE = "silence"
WAIT_DAYS = 30
"""For how long after the day that was suggested a group goes on waiting, if it named no days itself."""


def release_expired(days: Iterable[date], *, now: datetime) -> int:
    """Let go of what was held for people who did not answer in time; gives how many. The caller holds the lock of the days."""
    late = Offer.objects.filter(outcome=Offer.Outcome.OPEN, answer_by__lte=now, visit__day__in=list(days))
    found = list(late.select_related("visit__tour", "visit__audience").order_by("pk"))
    for offer in found:
        close(offer, Offer.Outcome.EXPIRED, now=now)
        let_go(offer.visit, offer, waits=offer.on_silence == Offer.Silence.WAIT, by=SILENCE, now=now)
    return len(found)


def close(offer: Offer, outcome: str, *, now: datetime) -> None:
    """Write how an offer ended."""
    offer.outcome, offer.decided_at = outcome, now
    offer.save(update_fields=["outcome", "decided_at"])


def withdraw(visit: Visit, *, now: datetime) -> None:
    """An ended visit has nothing more to answer."""
    visit.offers.filter(outcome=Offer.Outcome.OPEN).update(outcome=Offer.Outcome.WITHDRAWN, decided_at=now)


def let_go(visit: Visit, offer: Offer, *, waits: bool, by: str, now: datetime) -> None:
    """Give back a suggested time: the group goes on waiting, or its visit is cancelled."""
    left = visit.day
    assert left is not None  # a suggested time lies on a day
    if waits:
        steps.become(visit, Visit.Status.WAITING)
        declined = [steps.begins_of(visit)[0], *offer.alternatives]
        placing.clear(visit)
        visit.parties.all().delete()
        steps.put_back(visit)
        visit.day = visit.day_bounds = visit.period = None
        _wait_on(visit, left, declined, silent=by == SILENCE, now=now)
    else:
        steps.become(visit, Visit.Status.CANCELLED)
        visit.ended_by = by
        placing.release(visit)
    steps.end_wishes(visit, now=now)
    steps.freed(left, now=now, by=visit if waits else None)
    steps.changed(visit, now=now, also=[left])


def _wait_on(visit: Visit, left: date, declined: list[datetime], *, silent: bool, now: datetime) -> None:
    """Keep a group in the line, or put it there: not for what it declined, and behind all others of its priority where it was silent."""
    wish = Wish.objects.filter(visit=visit).first()
    if wish is None:
        days = [left + timedelta(days=offset) for offset in range(WAIT_DAYS)]
        priority = visit.audience.priority if visit.audience else 0
        Wish.objects.create(visit=visit, days=days, priority=priority, declined=declined, since=now)
        steps.freed_all(days[1:], now=now)  # so that what is free already on another day is offered at once
        return
    wish.declined = sorted({*wish.declined, *declined})
    if silent:
        wish.since = now
    wish.save(update_fields=["declined", "since"])

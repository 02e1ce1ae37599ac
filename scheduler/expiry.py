"""Suggested times that nobody answered. Every writer of a day, after its lock, releases them before it looks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from scheduler import placing, steps
from scheduler.models import Offer, Visit, Wish

WAIT_DAYS = 30
"""For how long after the day that was suggested a group goes on waiting, if it named no days itself."""


def release_expired(days: Iterable[date], *, now: datetime) -> int:
    """Let go of what was held for people who did not answer in time; gives how many. The caller holds the lock of the days."""
    late = Offer.objects.filter(outcome=Offer.Outcome.OPEN, answer_by__lte=now, visit__day__in=list(days))
    found = list(late.select_related("visit__tour", "visit__audience").order_by("pk"))
    for offer in found:
        close(offer, Offer.Outcome.EXPIRED, now=now)
        let_go(offer.visit, waits=offer.on_silence == Offer.Silence.WAIT, by="silence", now=now)
    return len(found)


def close(offer: Offer, outcome: str, *, now: datetime) -> None:
    """Write how an offer ended."""
    offer.outcome, offer.decided_at = outcome, now
    offer.save(update_fields=["outcome", "decided_at"])


def withdraw(visit: Visit, *, now: datetime) -> None:
    """An ended visit has nothing more to answer."""
    visit.offers.filter(outcome=Offer.Outcome.OPEN).update(outcome=Offer.Outcome.WITHDRAWN, decided_at=now)


def let_go(visit: Visit, *, waits: bool, by: str, now: datetime) -> None:
    """Give back a suggested time: the group goes on waiting, or its visit is cancelled."""
    left = visit.day
    assert left is not None  # a suggested time lies on a day
    if waits:
        steps.become(visit, Visit.Status.WAITING)
        placing.clear(visit)
        visit.parties.all().delete()
        steps.put_back(visit)
        visit.day = visit.day_bounds = visit.period = None
        days = [left + timedelta(days=offset) for offset in range(WAIT_DAYS)]
        Wish.objects.get_or_create(visit=visit, defaults={"days": days, "since": now})
    else:
        steps.become(visit, Visit.Status.CANCELLED)
        visit.ended_by = by
        placing.release(visit)
    steps.end_wishes(visit, now=now)
    steps.freed(left, now=now)
    steps.changed(visit, now=now, also=[left])

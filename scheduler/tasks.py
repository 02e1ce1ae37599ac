"""Doors for beat: each does what a command can do by hand, and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from scheduler import (
    arrivals,
    bookings,
    ceremonies,
    forgetting,
    hearing,
    letters,
    mending,
    offers,
    planning,
    reminders,
    waiting,
)


@shared_task
def remind() -> int:
    """Write the reminders that are due."""
    return reminders.due(now=timezone.now())


@shared_task
def promise() -> int:
    """Promise what has come within the horizon."""
    return planning.promise_due(now=timezone.now())


@shared_task
def finish() -> int:
    """Mark what has taken place."""
    return arrivals.finish(now=timezone.now())


@shared_task
def decide_overdue() -> int:
    """Decline what nobody has decided before its start, and alarm the office of what is overdue."""
    return bookings.decide_overdue(now=timezone.now())


@shared_task
def answer_overdue() -> int:
    """Remind of suggested times, and release those that nobody answered."""
    return offers.sweep(now=timezone.now())


@shared_task
def serve_waiting() -> int:
    """Offer what has become free to the groups that wait for it."""
    return waiting.serve_freed(now=timezone.now())


@shared_task
def plan_roster(job_id: int) -> bool:
    """Plan a roster that was asked for."""
    return planning.run(job_id, now=timezone.now())


@shared_task
def plan_waiting() -> int:
    """Plan what was asked for and whose nudge was lost."""
    now = timezone.now()
    return sum(planning.run(job_id, now=now) for job_id in planning.waiting_jobs(now=now))


@shared_task
def take_answers() -> int:
    """Take in the answers that came by mail."""
    return hearing.take_in(now=timezone.now())


@shared_task
def forget_ceremonies() -> int:
    """Delete the plans of ceremonies that are over."""
    return ceremonies.forget(now=timezone.now())


@shared_task
def forget_people() -> int:
    """Leave nothing of who came to visits that were over long ago."""
    return forgetting.due(now=timezone.now())


@shared_task
def compare() -> int:
    """See that everybody knows what is true."""
    return mending.compare(now=timezone.now())


@shared_task
def watch_letters() -> bool:
    """See whether letters are late: on the other queue than theirs, so that a dead mail worker is noticed, too."""
    return letters.watch(now=timezone.now())

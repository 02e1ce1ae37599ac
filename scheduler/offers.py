"""Suggests one time, holds it until `answer_by`, and takes the answer: yes, another one, or no."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduler import bookings, expiry, locks, queries, steps, telling
from scheduler.errors import NotAllowedNow, Refused, StaleForm
from scheduler.models import Offer, Visit
from tours import queries as catalogue

MOST_ALTERNATIVES = 2
REMIND_BEFORE = timedelta(days=1)


class OfferExpired(Refused):
    """The time to answer has passed; the suggested time is not held any more."""

    code = "offer_expired"
    detail = gettext_lazy("The time to answer has passed.")


@transaction.atomic
def offer(
    visit_id: int,
    begins: tuple[datetime, ...],
    *,
    answer_by: datetime,
    alternatives: Sequence[datetime] = (),
    on_silence: str = Offer.Silence.CANCEL,
    because: steps.Cause | None = None,
    now: datetime,
) -> Offer:
    """Hold another time for a visit that was asked for or confirmed, or a first one for a waiting group, and ask. The old time is given up.

    Raises StartTaken where the time cannot be served, NotAllowedNow where the visit is not one to be asked.
    """
    if not now < answer_by <= min(begins):
        raise Refused(_("The time to answer lies ahead, and before the visit."))
    visit = steps.locked(visit_id, steps.day_of(begins[0]))
    left = visit.day
    steps.become(visit, Visit.Status.OFFERED)
    was = visit.period
    visit.promised_at = visit.decide_by = None
    bookings.rebook(visit, begins, visit.heads, now=now, by_office=True)
    made = ask(visit, was=was, answer_by=answer_by, alternatives=alternatives, on_silence=on_silence, now=now)
    if left:
        steps.freed(left, now=now)
    steps.changed(visit, now=now, also=[left] if left else [], because=because)
    return made


@transaction.atomic
def propose(visit_id: int, begins: tuple[datetime, ...], *, now: datetime) -> Offer:
    """The office's third answer to a request, beside yes and no: another time, held for as long as the office itself has to decide."""
    museum = catalogue.museum()
    until = steps.decide_by(min(begins), museum.decide_business_days, now, ZoneInfo(museum.time_zone))
    return offer(visit_id, begins, answer_by=until, now=now)


def ask(
    visit: Visit,
    *,
    was: DateTimeTZRange | None,
    answer_by: datetime,
    alternatives: Sequence[datetime] = (),
    on_silence: str = Offer.Silence.CANCEL,
    now: datetime,
) -> Offer:
    """Write down what the organiser is asked; the visit holds the suggested time already."""
    made = question(visit, was=was, answer_by=answer_by, alternatives=alternatives, on_silence=on_silence, now=now)
    made.save(force_insert=True)
    return made


def question(
    visit: Visit,
    *,
    was: DateTimeTZRange | None,
    answer_by: datetime,
    alternatives: Sequence[datetime] = (),
    on_silence: str = Offer.Silence.CANCEL,
    now: datetime,
) -> Offer:
    """The same, not yet written."""
    return Offer(
        visit=visit,
        answer_by=answer_by,
        alternatives=list(alternatives)[:MOST_ALTERNATIVES],
        on_silence=on_silence,
        was=was,
        made_at=now,
    )


@transaction.atomic
def accept(visit_id: int, *, start: datetime | None = None, now: datetime) -> Visit:
    """Take the suggested time, or `start`, one of the alternatives, if it can be served at this very moment. Twice is once."""
    try:
        visit, made = _asked(visit_id, start, now)
    except (NotAllowedNow, StaleForm):
        if (done := _accepted_just_now(visit_id, start)) is not None:
            return done
        raise
    other = start is not None and start != visit.period.lower
    if other and start not in made.alternatives:
        raise Refused(_("This time was not suggested. Please choose one of those shown."))
    left = visit.day
    steps.become(visit, Visit.Status.CONFIRMED)
    if other and start is not None:
        steps.put_back(visit)
        bookings.rebook(visit, (start,), visit.heads, now=now, by_office=True)
    expiry.close(made, Offer.Outcome.OTHER if other else Offer.Outcome.ACCEPTED, now=now)
    steps.promise_if_near(visit, bookings.promise_days(), now=now)
    if other and left:
        steps.freed(left, now=now)
    steps.changed(visit, now=now, also=[left] if left else [], because=visit.displaced_by or visit.gave_way_to)
    return visit


@transaction.atomic
def give_up(visit_id: int, *, waits: bool = False, now: datetime) -> Visit:
    """Take none of them: wait for another time, or cancel the visit."""
    visit, made = _asked(visit_id, None, now)
    expiry.close(made, Offer.Outcome.GIVEN_UP, now=now)
    expiry.let_go(visit, made, waits=waits, by=bookings.ORGANISER, now=now)
    return visit


def sweep(*, now: datetime) -> int:
    """Remind once of what is to be answered soon, and release what was not answered; gives how many were released."""
    soon = Offer.objects.filter(outcome=Offer.Outcome.OPEN, answer_by__gt=now, answer_by__lte=now + REMIND_BEFORE)
    for pk in list(soon.filter(made_at__lt=now - REMIND_BEFORE).values_list("visit", flat=True)):
        locks.door(_remind)(pk, now=now)
    late = Visit.objects.filter(offers__outcome=Offer.Outcome.OPEN, offers__answer_by__lte=now)
    return sum(locks.door(_release)(pk, now=now) for pk in list(late.values_list("pk", flat=True)))


@transaction.atomic
def _remind(visit_id: int, *, now: datetime) -> None:
    visit = steps.locked(visit_id)
    if visit.status == Visit.Status.OFFERED:  # not answered since we looked
        telling.remind(visit, lead="offered", now=now)


@transaction.atomic
def _release(visit_id: int, *, now: datetime) -> int:
    visit = steps.locked(visit_id)
    return expiry.release_expired([visit.day] if visit.day else [], now=now)


def _accepted_just_now(visit_id: int, start: datetime | None) -> Visit | None:
    """The visit where this very answer was its last change: a second click."""
    visit = steps.locked(visit_id)
    last = visit.offers.order_by("-made_at", "-pk").first()
    if visit.status != Visit.Status.CONFIRMED or last is None or last.decided_at != visit.updated_at:
        return None
    taken = (None, visit.period.lower) if last.outcome == Offer.Outcome.ACCEPTED else (visit.period.lower,)
    return visit if start in taken else None


def _asked(visit_id: int, start: datetime | None, now: datetime) -> tuple[Visit, Offer]:
    """The visit and its open offer, holding the locks of both days."""
    visit = steps.locked(visit_id, *([steps.day_of(start)] if start else []))
    made = queries.open_offer(visit)
    if visit.status != Visit.Status.OFFERED or made is None:
        raise NotAllowedNow
    if made.answer_by <= now:
        raise OfferExpired
    return visit, made

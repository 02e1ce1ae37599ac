"""Carries out what was decided for displaced visits, in the transaction of whoever displaces them and holds the lock of the days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from scheduler import bookings, footprints, offers, periods, placing, queries, snapshot, steps
from scheduler.decisions import ACTIONS, CANCEL, DROP, MOVE, OFFER, REROUTE, Decision, answer_by, may_be_asked
from scheduler.errors import BadWish, Refused, StillHit
from scheduler.models import DayVersion, Leg, Offer, Party, Visit
from scheduler.repairs import Repaired, Step
from tours import queries as catalogue

if TYPE_CHECKING:
    from scheduler.steps import Cause

Versions = dict[date, int]


def refuse_undecided(visits: Sequence[Visit], decisions: Mapping[str, Decision], *, now: datetime) -> None:
    """Raise StillHit where a visit was left undecided, BadWish where a decision says too little, or is for a visit that is not hit."""
    codes = {visit.code for visit in visits}
    if undecided := sorted(codes - decisions.keys()):
        raise StillHit(visits=undecided)
    if strangers := sorted(decisions.keys() - codes):
        raise BadWish(_("These visits are not hit: %(visits)s") % {"visits": ", ".join(strangers)}, visits=strangers)
    for visit in visits:
        with _named(visit):
            _refuse_unclear(visit, decisions[visit.code], now)


def touched(visits: Iterable[Visit], decisions: Mapping[str, Decision]) -> set[date]:
    """The days that the decisions concern: those that visits leave, and those that they go to."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    left = {visit.day for visit in visits if visit.day}
    return left | {periods.day_of(decision.start, zone) for decision in decisions.values() if decision.start}


def versions(days: Iterable[date]) -> Versions:
    """How these days stand."""
    return dict(DayVersion.objects.filter(day__in=list(days)).values_list("day", "version"))


def let_go(visits: Sequence[Visit], decisions: Mapping[str, Decision], *, because: Cause, now: datetime) -> None:
    """Cancel what is cancelled, and let the others go all at once, so that none is in another's way."""
    staying = []
    for visit in visits:
        if decisions[visit.code].action == CANCEL:
            bookings.cancel(visit.pk, by=bookings.OFFICE, now=now, because=because)
        else:
            staying.append(visit.pk)
    Party.objects.filter(visit__in=staying).update(holds=False)
    Leg.objects.filter(visit__in=staying).update(holds=False)


def place_anew(found: Repaired, decisions: Mapping[str, Decision], *, because: Cause, now: datetime) -> None:
    """Write each visit that stays at its new time, tell everybody concerned, and let the waiting list look at what they left."""
    rows = Visit.objects.select_related("tour", "audience").prefetch_related("contacts")
    there = rows.in_bulk([step.visit.pk for step in found.steps])
    left = {visit.day for visit in there.values() if visit.day}
    for event in (step for step in found.steps if step.footprint is not None):
        with _named(event.visit):
            _write_event(there[event.visit.pk], event, found.read, because=because, now=now)
    tours = [step for step in found.steps if step.footprint is None]
    for _day, steps_of_day in groupby(tours, key=lambda step: steps.day_of(step.begins[0], found.read.zone)):
        _write_day(list(steps_of_day), there, decisions, found.read, because=because, now=now)
    for day in sorted(left):
        steps.freed(day, now=now)


@contextmanager
def _named(visit: Visit) -> Iterator[None]:
    """A refusal inside is of this visit: it says so."""
    try:
        yield
    except Refused as refused:
        refused.extra = {**refused.extra, "visit": visit.code}
        raise


def _refuse_unclear(visit: Visit, decision: Decision, now: datetime) -> None:
    if decision.action not in ACTIONS or (decision.action in (MOVE, OFFER) and decision.start is None):
        raise BadWish(_("Please choose another time for the visit, or cancel it: %(visit)s") % {"visit": visit.code})
    if visit.kind != Visit.Kind.TOUR and decision.action in (REROUTE, DROP, OFFER):
        raise BadWish(_("An event or an official visit is moved or cancelled: %(visit)s") % {"visit": visit.code})
    if decision.action == OFFER:
        assert decision.start is not None  # refused above
        if not may_be_asked(visit):
            raise BadWish(_("Only a confirmed visit can be suggested another time: %(visit)s") % {"visit": visit.code})
        until = decision.answer_by or answer_by((decision.start,), now)
        if until is None or not now < until <= decision.start:
            raise BadWish(_("The time to answer lies ahead, and before the visit."))
    if decision.action in (OFFER, DROP) and decision.on_silence not in Offer.Silence.values:
        raise BadWish(_("Please say what happens without an answer."))


def _write_day(
    written: Sequence[Step],
    there: Mapping[int, Visit],
    decisions: Mapping[str, Decision],
    read: snapshot.Range,
    *,
    because: Cause,
    now: datetime,
) -> None:
    """The visits that have their new time on one day: all places and guides at once, then who is told."""
    before = {}
    for step in written:
        visit = there[step.visit.pk]
        before[visit.pk] = (visit.day, visit.period)
        steps.leave_out(visit, step.dropped)
        ticks = sum(stop.ticks for stop in snapshot.core_stops(visit.stops))
        for name, value in steps.when(step.begins, ticks, read.zone).items():
            setattr(visit, name, value)
    placing.place_all([(there[step.visit.pk], step.way) for step in written], read)
    for step in written:
        visit = there[step.visit.pk]
        left, was = before[visit.pk]
        with _named(visit):
            _ask(visit, step, decisions[visit.code], was, now)
            if visit.promised_at is None:
                steps.promise_if_near(visit, read.museum.promise_days, now=now)
            steps.changed(visit, now=now, also=[left] if left else [], because=because)


def _ask(visit: Visit, step: Step, decision: Decision, was: DateTimeTZRange | None, now: datetime) -> None:
    """Ask the organiser, where that was decided and there is time to ask."""
    until = decision.answer_by or answer_by(step.begins, now)
    if decision.action in (OFFER, DROP) and may_be_asked(visit) and until is not None:
        steps.become(visit, Visit.Status.OFFERED)
        visit.promised_at = None
        offers.ask(
            visit,
            was=was,
            answer_by=until,
            alternatives=decision.alternatives if len(step.begins) == 1 else (),
            on_silence=decision.on_silence,
            now=now,
        )
    elif visit.status == Visit.Status.OFFERED:
        _suggest_this_instead(visit)


def _suggest_this_instead(visit: Visit) -> None:
    """A suggestion that has to give way itself: the new time is suggested, and nothing beside it."""
    made = queries.open_offer(visit)
    if made is not None and visit.period is not None:
        made.alternatives, made.answer_by = [], min(made.answer_by, visit.period.lower)
        made.save(update_fields=["alternatives", "answer_by"])


def _write_event(visit: Visit, step: Step, read: snapshot.Range, *, because: Cause, now: datetime) -> None:
    assert step.footprint is not None
    left, day = visit.day, steps.day_of(step.begins[0], read.zone)
    visit.promised_at = None
    footprints.set_time(visit, step.footprint, day, read, now=now)
    footprints.lay_out(visit, step.footprint, step.way, read)
    footprints.settle(visit, now=now, left=left, because=because)

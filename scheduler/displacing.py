"""Carries out what was decided for displaced visits, in the transaction of whoever displaces them and holds the lock of the days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from scheduler import footprints, periods, resettling, snapshot, steps
from scheduler.decisions import ACTIONS, CANCEL, DROP, MOVE, OFFER, REROUTE, Decision, answer_by, may_be_asked, named
from scheduler.errors import BadWish, StillHit
from scheduler.models import DayVersion, Leg, Offer, Party, Visit
from scheduler.repairs import Repaired, Step
from scheduler.resettling import Resettled
from tours import queries as catalogue

if TYPE_CHECKING:
    from scheduler.steps import Cause

Versions = dict[date, int]


@dataclass(frozen=True, slots=True)
class Displaced:
    """What is to be written for displaced visits (`visits`: their ids): events one by one, tours and cancellations all at once."""

    visits: tuple[int, ...]
    events: tuple[Step, ...]
    resettled: Resettled


def refuse_undecided(visits: Sequence[Visit], decisions: Mapping[str, Decision], *, now: datetime) -> None:
    """Raise StillHit where a visit was left undecided, BadWish where a decision says too little, or is for a visit that is not hit."""
    codes = {visit.code for visit in visits}
    if undecided := sorted(codes - decisions.keys()):
        raise StillHit(visits=undecided)
    if strangers := sorted(decisions.keys() - codes):
        raise BadWish(_("These visits are not hit: %(visits)s") % {"visits": ", ".join(strangers)}, visits=strangers)
    for visit in visits:
        with named(visit):
            _refuse_unclear(visit, decisions[visit.code], now)


def touched(visits: Iterable[Visit], decisions: Mapping[str, Decision]) -> set[date]:
    """The days that the decisions concern: those that visits leave, and those that they go to."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    left = {visit.day for visit in visits if visit.day}
    return left | {periods.day_of(decision.start, zone) for decision in decisions.values() if decision.start}


def versions(days: Iterable[date]) -> Versions:
    """How these days stand."""
    return dict(DayVersion.objects.filter(day__in=list(days)).values_list("day", "version"))


def prepare(
    found: Repaired, visits: Sequence[Visit], decisions: Mapping[str, Decision], *, because: Cause, now: datetime
) -> Displaced:
    """Work out what carrying the decisions out comes to; locks and writes nothing, and changes the visits in place.

    `visits`: of `queries.visits()`, those that the steps of `found` are for.
    """
    cancelled = [visit for visit in visits if decisions[visit.code].action == CANCEL]
    tours = [step for step in found.steps if step.footprint is None]
    events = tuple(step for step in found.steps if step.footprint is not None)
    resettled = resettling.prepare(tours, cancelled, decisions, found.read, because=because, now=now)
    return Displaced(tuple(visit.pk for visit in visits), events, resettled)


def let_go(made: Displaced) -> None:
    """Give back all that the displaced visits hold, so that none is in another's way, nor in that of whom they give way to."""
    Party.objects.filter(visit__in=made.visits).update(holds=False)
    Leg.objects.filter(visit__in=made.visits).update(holds=False)


def carry_out(made: Displaced, *, because: Cause, now: datetime) -> None:
    """Write what was prepared, once all were `let_go`, and tell everybody concerned.

    The caller holds the lock of the days, and has seen that they are as they were.
    """
    for event in made.events:
        with named(event.visit):
            _write_event(event, made.resettled.read, because=because, now=now)
    resettling.write(made.resettled, because=because, now=now)


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


def _write_event(step: Step, read: snapshot.Range, *, because: Cause, now: datetime) -> None:
    assert step.footprint is not None
    visit, left, day = step.visit, step.visit.day, steps.day_of(step.begins[0], read.zone)
    visit.promised_at = None
    footprints.set_time(visit, step.footprint, day, read, now=now)
    footprints.lay_out(visit, step.footprint, step.way, read)
    footprints.settle(visit, now=now, left=left, because=because)
    if left:
        steps.freed(left, now=now)

"""The bus is late: what of the visit can still be shown so that nobody behind has to wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import periods, placing, snapshot, starts, steps, telling
from scheduler.core.availability import Day, Way
from scheduler.core.ticks import TICK_MINUTES
from scheduler.errors import BadWish, NotAllowedNow, StartTaken
from scheduler.models import Visit
from tours import queries as catalogue

LATER, SHORTER, FEWER = KINDS = "later", "shorter", "fewer"
SHORTEST_SHARE = 0.5
"""A talk is not made shorter than this share of what was planned."""

Stops = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Reception:
    """One way to receive a late group: the whole visit later, its talks shorter, or some stops left out.

    `dropped`: indexes of the stops that are left out; `lost`: minutes that the group does not get.
    """

    kind: str
    start: datetime
    end: datetime
    stops: Stops
    dropped: tuple[int, ...] = ()
    lost: int = 0


@transaction.atomic
def tell(visit_id: int, *, minutes: int, now: datetime) -> Visit:
    """The group says that it comes so many minutes late: the office is alarmed at once. Raises NotAllowedNow before its day, BadWish."""
    visit = steps.locked(visit_id)
    if not _is_agreed(visit):
        raise NotAllowedNow
    if not may_tell(visit, zone=ZoneInfo(catalogue.museum().time_zone), now=now):
        raise NotAllowedNow(_("On the day of the visit you can tell here that you are late."))
    arrives: datetime = visit.period.lower + timedelta(minutes=minutes)
    if minutes < 1 or not max(now, visit.period.lower) <= arrives < visit.period.upper:
        raise BadWish(_("The group arrives after its start, and before its end."))
    visit.arrives_at = arrives
    visit.save(update_fields=["arrives_at"])
    zone = ZoneInfo(catalogue.museum().time_zone)
    clock = f"{periods.local(arrives, zone):%H:%M}"
    telling.alarm(
        visit,
        kind="office_alarm",
        key=f"late:{visit.code}:{arrives.isoformat()}",
        reason=lambda: _("The group is late; it says that it arrives at: %(clock)s") % {"clock": clock},
        now=now,
    )
    return visit


def receptions(visit_id: int, *, arrives: datetime, now: datetime) -> list[Reception]:
    """Every way to receive the group when it arrives, the one that loses least first; none: it cannot be received any more.

    Others stay where they are told to be; the guide is kept where they can. Raises BadWish, NotAllowedNow.
    """
    visit = Visit.objects.select_related("tour", "audience").get(pk=visit_id)
    _refuse_unless_late(visit, arrives)
    read = snapshot.of_day(steps.day_of(arrives), without=visit, now=now)
    found = [reception for reception in _thinkable(visit, arrives) if _way(visit, reception, read) is not None]
    return sorted(found, key=lambda reception: (reception.lost, reception.end, reception.dropped))


@transaction.atomic
def receive(visit_id: int, *, arrives: datetime, kind: str, dropped: Sequence[int] = (), now: datetime) -> Visit:
    """Do what one of `receptions` says, and tell everybody concerned. Raises StartTaken where that is not possible any more."""
    visit = steps.locked(visit_id)
    _refuse_unless_late(visit, arrives)
    read = snapshot.of_day(steps.day_of(arrives), without=visit)
    chosen = [
        reception
        for reception in _thinkable(visit, arrives)
        if (reception.kind, reception.dropped) == (kind, tuple(sorted(dropped)))
    ]
    way = _way(visit, chosen[0], read) if chosen else None
    if way is None:
        raise StartTaken
    visit.stops, visit.arrives_at = chosen[0].stops, None
    ticks = sum(stop.ticks for stop in snapshot.core_stops(visit.stops))
    for name, value in steps.when((chosen[0].start,), ticks, read.zone).items():
        setattr(visit, name, value)
    placing.place(visit, way, read)
    steps.changed(visit, now=now)
    return visit


def may_tell(visit: Visit, *, zone: ZoneInfo, now: datetime) -> bool:
    """Whether it may be said that the group is late: of a confirmed tour, on its day, until it would end."""
    return _is_agreed(visit) and steps.day_of(now, zone) == visit.day and now < visit.period.upper


def may_be_late(visit: Visit, *, zone: ZoneInfo, now: datetime) -> bool:
    """Whether there may be ways to receive the group all the same: those are worked out for a visit in one wave."""
    return may_tell(visit, zone=zone, now=now) and len(steps.begins_of(visit)) == 1


def _is_agreed(visit: Visit) -> bool:
    return visit.status == Visit.Status.CONFIRMED and visit.kind == Visit.Kind.TOUR and visit.period is not None


def _refuse_unless_late(visit: Visit, arrives: datetime) -> None:
    if not _is_agreed(visit) or len(steps.begins_of(visit)) != 1:
        raise NotAllowedNow
    if not visit.period.lower < arrives < visit.period.upper or steps.day_of(arrives) != visit.day:
        raise BadWish(_("The group arrives after its start, and before its end."))


def _thinkable(visit: Visit, arrives: datetime) -> list[Reception]:
    """Later as a whole; shorter, or with fewer stops, to end when it was to end."""
    start = periods.up_to_tick(arrives)
    left = (visit.period.upper - start) // periods.TICK * TICK_MINUTES
    minutes = _minutes(visit.stops)
    found = [_reception(LATER, start, visit.stops, ())]
    if (shorter := _shortened(visit.stops, left)) is not None:
        found.append(_reception(SHORTER, start, shorter, (), minutes - _minutes(shorter)))
    for number in range(1, len(visit.stops)):
        for dropped in combinations(range(len(visit.stops)), number):
            kept = [stop for index, stop in enumerate(visit.stops) if index not in dropped]
            if _minutes(kept) <= left:
                found.append(_reception(FEWER, start, kept, dropped, minutes - _minutes(kept)))
    return found


def _minutes(stops: Stops) -> int:
    return sum(int(stop["minutes"]) for stop in stops)


def _reception(kind: str, start: datetime, stops: Stops, dropped: tuple[int, ...], lost: int = 0) -> Reception:
    return Reception(kind, start, start + periods.TICK * (_minutes(stops) // TICK_MINUTES), stops, dropped, lost)


def _shortened(stops: Stops, left: int) -> Stops | None:
    """Talks shortened in equal shares, in whole ticks, until all fits; films and ceremonies stay whole. None where that is too little."""
    talks = [stop for stop in stops if stop["kind"] == "talk"]
    whole = _minutes(stops) - _minutes(talks)
    room = (left - whole) // TICK_MINUTES
    planned = [int(stop["minutes"]) // TICK_MINUTES for stop in talks]
    if not planned or room < sum(max(1, ceil(ticks * SHORTEST_SHARE)) for ticks in planned):
        return None
    shares = [ticks * room // sum(planned) for ticks in planned]
    for index in range(room - sum(shares)):
        shares[index % len(shares)] += 1
    given = iter(min(share, ticks) * TICK_MINUTES for share, ticks in zip(shares, planned, strict=True))
    return [{**stop, "minutes": next(given)} if stop["kind"] == "talk" else stop for stop in stops]


def _way(visit: Visit, reception: Reception, read: snapshot.Range) -> Way | None:
    day = steps.day_of(reception.start, read.zone)
    state: Day = replace(read.days[day], grid=1)
    wish = replace(starts.wish_for(visit, visit.heads), stops=snapshot.core_stops(reception.stops))
    keep = frozenset(party.guide.code for party in visit.parties.select_related("guide") if party.guide)
    return starts.way_for(state, wish, (periods.to_tick(reception.start, day, read.zone),), keep=keep)

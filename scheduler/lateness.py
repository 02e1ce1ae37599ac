"""The bus is late: what of the visit can still be shown so that nobody behind has to wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import periods, placing, snapshot, starts, steps, telling
from scheduler.core.availability import WAY_SECONDS, Day, Effort, Undecided, Way
from scheduler.core.ticks import TICK_MINUTES
from scheduler.errors import BadWish, NotAllowedNow, NotKnown, StartTaken
from scheduler.models import Visit
from tours import queries as catalogue

LATER, SHORTER, FEWER = KINDS = "later", "shorter", "fewer"
SHORTEST_SHARE = 0.5
"""A talk is not made shorter than this share of what was planned."""

Stops = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Reception:
    """One way to receive a late group: the whole visit later, its talks shorter, or some stops left out.

    `begins`: when each wave begins; `dropped`: indexes of the stops that are left out; `lost`: minutes that each wave does not get.
    """

    kind: str
    begins: tuple[datetime, ...]
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

    What could not be checked in time is left out. Others stay where they are told to be; the guide is kept where they can.
    Raises BadWish, NotAllowedNow, and NotKnown where nothing could be checked in time.
    """
    visit = Visit.objects.select_related("tour", "audience").get(pk=visit_id)
    _refuse_unless_late(visit, arrives)
    read = snapshot.of_day(steps.day_of(arrives), without=visit, now=now)
    found: dict[tuple[str, tuple[int, ...]], Reception] = {}
    undecided, effort = False, Effort(starts.REQUEST_SECONDS)
    for each in _thinkable(visit, arrives):
        try:
            if (each.kind, each.dropped) not in found and _way(visit, each, read, effort.left) is not None:
                found[each.kind, each.dropped] = each
        except Undecided:
            undecided = True
    if undecided and not found:
        raise NotKnown
    return sorted(found.values(), key=lambda reception: (reception.lost, reception.end, reception.dropped))


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
    ways = ((each, _way(visit, each, read)) for each in chosen)
    done, way = next(((each, way) for each, way in ways if way is not None), (None, None))
    if done is None or way is None:
        raise StartTaken
    visit.stops, visit.arrives_at = done.stops, None
    ticks = sum(stop.ticks for stop in snapshot.core_stops(visit.stops))
    for name, value in steps.when(done.begins, ticks, read.zone).items():
        setattr(visit, name, value)
    placing.place(visit, way, read)
    steps.changed(visit, now=now)
    return visit


def may_tell(visit: Visit, *, zone: ZoneInfo, now: datetime) -> bool:
    """Whether it may be said that the group is late: of a confirmed tour, on its day, until it would end."""
    return _is_agreed(visit) and steps.day_of(now, zone) == visit.day and now < visit.period.upper


def _is_agreed(visit: Visit) -> bool:
    return visit.status == Visit.Status.CONFIRMED and visit.kind == Visit.Kind.TOUR and visit.period is not None


def _refuse_unless_late(visit: Visit, arrives: datetime) -> None:
    if not _is_agreed(visit):
        raise NotAllowedNow
    if not visit.period.lower < arrives < visit.period.upper or steps.day_of(arrives) != visit.day:
        raise BadWish(_("The group arrives after its start, and before its end."))


def _thinkable(visit: Visit, arrives: datetime) -> list[Reception]:
    """Later as a whole; shorter, or with fewer stops, so that its first wave ends when it was to. Each with every time for its waves."""
    start = periods.up_to_tick(arrives)
    minutes = _minutes(visit.stops)
    times = list(_times(steps.begins_of(visit), start))
    left = minutes - (start - visit.period.lower) // periods.TICK * TICK_MINUTES
    found = [_reception(LATER, begins, visit.stops, ()) for begins in times]
    if (shorter := _shortened(visit.stops, left)) is not None:
        found += [_reception(SHORTER, begins, shorter, (), minutes - _minutes(shorter)) for begins in times]
    for number in range(1, len(visit.stops)):
        for dropped in combinations(range(len(visit.stops)), number):
            kept = [stop for index, stop in enumerate(visit.stops) if index not in dropped]
            if _minutes(kept) <= left:
                found += [_reception(FEWER, begins, kept, dropped, minutes - _minutes(kept)) for begins in times]
    return found


def _times(agreed: tuple[datetime, ...], start: datetime) -> Iterator[tuple[datetime, ...]]:
    """When the waves of a group that arrives at `start` may begin: only those later that it has missed, else all by as much."""
    late = start - agreed[0]
    some = tuple(begin + late if begin < start else begin for begin in agreed)
    every = tuple(begin + late for begin in agreed)
    if list(some) == sorted(set(some)):  # none overtakes another
        yield some
    if every != some:
        yield every


def _minutes(stops: Stops) -> int:
    return sum(int(stop["minutes"]) for stop in stops)


def _reception(
    kind: str, begins: tuple[datetime, ...], stops: Stops, dropped: tuple[int, ...], lost: int = 0
) -> Reception:
    end = begins[-1] + periods.TICK * (_minutes(stops) // TICK_MINUTES)
    return Reception(kind, begins, end, stops, dropped, lost)


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


def _way(visit: Visit, reception: Reception, read: snapshot.Range, seconds: float = WAY_SECONDS) -> Way | None:
    day = steps.day_of(reception.begins[0], read.zone)
    state: Day = replace(read.days[day], grid=1)
    wish = replace(starts.wish_for(visit, visit.heads), stops=snapshot.core_stops(reception.stops))
    ticks = tuple(periods.to_tick(begin, day, read.zone) for begin in reception.begins)
    keep = frozenset(party.guide.code for party in visit.parties.select_related("guide") if party.guide)
    return starts.way_for(state, wish, ticks, keep=keep, seconds=min(seconds, WAY_SECONDS))

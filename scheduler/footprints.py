"""What events and official visits take of a day, who is in their way, and moving them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import expiry, periods, placing, snapshot, starts, steps
from scheduler.core import availability, itinerary
from scheduler.core.availability import Day, Opening, Way, Wish
from scheduler.core.itinerary import Space, Stop
from scheduler.core.ticks import Interval
from scheduler.errors import BadWish, Closed, NotAllowedNow, StartTaken
from scheduler.models import Visit
from scheduler.steps import Cause

HEADS_PER_GUIDE = 25
"""People that one guide leads where the kind of group does not say."""
NOWHERE = "~"  # a space that exists only while guides are looked for: the hold has the real ones


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an event or official visit takes of a day: itself, and what it holds with its margins, in ticks."""

    period: Interval
    hold: Interval
    spaces: frozenset[str]


@transaction.atomic
def move(visit_id: int, start: datetime, *, now: datetime, because: Cause | None = None) -> Visit:
    """Another time for an event or official visit: the same spaces, length and margins. Raises as `place` does. Locks both days."""
    day = steps.day_of(start)
    visit = steps.locked(visit_id, day)
    left = visit.day
    steps.refuse_ended(visit)
    if visit.kind == Visit.Kind.TOUR:
        raise NotAllowedNow
    if start <= now:
        raise BadWish(_("This time is past."))
    expiry.release_expired([day], now=now)
    read = snapshot.of_day(day, without=visit)
    wanted = footprint_of(visit, start, day, read)
    refuse_in_the_way(wanted, read.days[day], read)
    way = led(visit, wanted.period, read.days[day])
    if way is None:
        raise StartTaken(_("No guide is free then."), visits=[])
    visit.promised_at = None
    if left:
        steps.freed(left, now=now)
    set_time(visit, wanted, day, read, now=now)
    lay_out(visit, wanted, way, read)
    settle(visit, now=now, left=left, because=because)
    return visit


def footprint_of(visit: Visit, start: datetime, day: date, read: snapshot.Range) -> Footprint:
    """What a placed event or official visit would take if it began at `start` on `day`. Raises BadWish where that is no time for it."""
    assert visit.period is not None  # only what waits has no time, and an event never waits
    hold = visit.hold or visit.period
    holding = (leg.lane.space.code for leg in visit.legs.all() if leg.stop is None)
    return cut(
        start,
        start + (visit.period.upper - visit.period.lower),
        start - (visit.period.lower - hold.lower),
        start + (hold.upper - visit.period.lower),
        frozenset(holding),
        day,
        read,
    )


def in_the_way(wanted: Footprint, state: Day) -> frozenset[str]:
    """The keys of the visits that have any of the wanted spaces then: tours where they walk now, events and holds."""
    found = {use.key for use in state.taken if use.space in wanted.spaces and use.period.overlaps(wanted.hold)}
    for visit in state.visits:
        legs = itinerary.legs(visit, state.spaces) if visit.occupies else ()
        if any(leg.space in wanted.spaces and leg.period.overlaps(wanted.hold) for leg in legs):
            found.add(visit.key)
    return frozenset(found)


def closed_then(wanted: Footprint, state: Day) -> str | None:
    """The key of a closure of any of the wanted spaces then, or None."""
    for closed in state.closed:
        if closed.period.overlaps(wanted.hold) and closed.shuts(wanted.spaces):
            return closed.key
    return None


def led(visit: Visit, period: Interval, state: Day) -> Way | None:
    """Guides for the parties of an event or official visit, in its own words: no legs. None where there are not enough.

    An official visit may begin before the hours of all guides, or end after them; then hours bind nobody.
    """
    if not visit.language:
        return Way((), ())
    own = visit.audience.heads_per_guide if visit.audience else None
    wish = Wish("", visit.language, (Stop(NOWHERE, period.ticks, together=True),), visit.heads, own or HEADS_PER_GUIDE)
    day = replace(
        state,
        opening=(Opening(period.start, period.end, period.start),),
        spaces={**state.spaces, NOWHERE: Space(NOWHERE, visit.heads)},
        closed=(),
        grid=1,
        seal="",
    )
    way = availability.way(day, wish, (period.start,))
    if way is None:
        at_any_hour = tuple(replace(guide, hours=(*guide.hours, period)) for guide in day.guides)
        way = availability.way(replace(day, guides=at_any_hour), wish, (period.start,))
    if way is None:
        return None
    listed = tuple(range(len(visit.stops)))
    return Way(tuple(replace(party, walk=listed) for party in way.parties), (), way.guides)


def cut(
    start: datetime,
    end: datetime,
    first: datetime,
    last: datetime,
    spaces: frozenset[str],
    day: date,
    read: snapshot.Range,
) -> Footprint:
    ticks = periods.ticks_in(day, read.zone)
    try:
        begin, until, hold, rest = (periods.to_tick(moment, day, read.zone) for moment in (start, end, first, last))
    except periods.OffTheTicks as error:
        raise BadWish(str(error)) from error
    if hold < 0 or rest > ticks:
        raise BadWish(_("A visit lies within one day, with the time that it holds before and after."))
    return Footprint(Interval(begin, until), Interval(hold, rest), spaces)


def refuse_if_closed(wanted: Footprint, state: Day, read: snapshot.Range) -> None:
    """Raise Closed where a closure has any of the spaces then."""
    if (key := closed_then(wanted, state)) is not None:
        notice = starts.notice_of(read, key)
        raise Closed(notice, notice=notice)


def refuse_in_the_way(wanted: Footprint, state: Day, read: snapshot.Range) -> None:
    """Raise Closed or StartTaken where the spaces cannot be had then."""
    refuse_if_closed(wanted, state, read)
    if keys := in_the_way(wanted, state):
        visits = Visit.objects.filter(pk__in=map(int, keys)).order_by("period", "pk")
        codes = list(visits.values_list("code", flat=True))
        raise StartTaken(_("The place is taken then by: %(visits)s") % {"visits": ", ".join(codes)}, visits=codes)


def set_time(visit: Visit, wanted: Footprint, day: date, read: snapshot.Range, *, now: datetime) -> None:
    """Say on the row when the visit is, and what an official one holds; saved, not yet laid out."""
    visit.day, visit.day_bounds = day, periods.bounds(day, read.zone)
    visit.period = periods.to_range(wanted.period, day, read.zone)
    visit.hold = periods.to_range(wanted.hold, day, read.zone) if visit.kind == Visit.Kind.PROTOCOL else None
    visit.updated_at = now
    visit.save()


def lay_out(visit: Visit, wanted: Footprint, way: Way, read: snapshot.Range) -> None:
    """Write parties, hold and stops anew."""
    assert visit.day is not None  # set_time
    placing.place(visit, way, read)
    placing.take(visit, sorted(wanted.spaces), periods.to_range(wanted.hold, visit.day, read.zone), read)
    placing.show(visit, wanted.period.start, read)


def settle(visit: Visit, *, now: datetime, left: date | None = None, because: Cause | None = None) -> None:
    """Promise at once, since the core never swaps the guides of what the office has placed, and tell."""
    placing.promise(visit, now=now)
    steps.took_place_if_past(visit, now=now)
    steps.changed(visit, now=now, also=[left] if left else [], because=because)

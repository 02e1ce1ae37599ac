"""Places what is not a tour: events in a hall, and official visits whose hold takes spaces from everybody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import expiry, locks, periods, placing, snapshot, starts, steps
from scheduler.core import availability, itinerary
from scheduler.core.availability import Day, Opening, Way, Wish
from scheduler.core.itinerary import Space, Stop
from scheduler.core.ticks import TICK_MINUTES, Interval
from scheduler.errors import BadWish, Closed, NotAllowedNow, StartTaken
from scheduler.models import Closure, Visit
from scheduler.models.fields import LANGUAGES
from scheduler.steps import Person
from tours import queries as catalogue
from tours.models import Audience, User

ALL = "all"
HEADS_PER_GUIDE = 25
"""People that one guide leads where the kind of group does not say."""
NOWHERE = "~"  # a space that exists only while guides are looked for: the hold has the real ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What the office places. Times in minutes, spaces by their codes, titles by language.

    kind "event": takes every lane of `spaces` for `minutes`. kind "protocol": its own `stops` ({space, minutes, kind, exclusive, together,
    languages}) one after the other; around them, with the margins, its hold takes `closes`: "all" spaces, some, or (None) those of its
    stops. A `language` asks for guides. `waived`: why it is free, where the office has decided so. `agreed`: it may be past.
    """

    kind: str
    start: datetime
    heads: int
    contacts: tuple[Person, ...]
    spaces: tuple[str, ...] = ()
    minutes: int = 0
    stops: tuple[Mapping[str, Any], ...] = ()
    closes: str | tuple[str, ...] | None = None
    margin_before: int = 0
    margin_after: int = 0
    titles: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    audience: Audience | None = None
    adults: int = 0
    ceremony: tuple[str, ...] = ()
    discreet: bool = False
    waived: str = ""
    notes: str = ""
    access_needs: str = ""
    leader_name: str = ""
    leader_phone: str = ""
    agreed: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What an event or official visit takes of a day: itself, and what it holds with its margins, in ticks."""

    period: Interval
    hold: Interval
    spaces: frozenset[str]


@transaction.atomic
def place(event: Event, *, by: User | None, now: datetime) -> Visit:
    """Give an event or official visit its spaces and guides, and tell its contacts. Locks the day.

    Raises BadWish, Closed, or StartTaken: with `visits`, the codes of what is in the way, or without, where guides are missing.
    """
    _refuse_impossible(event, now=now)
    day = steps.day_of(event.start)
    locks.museum_days([day])  # before we look, so that what we see stays true
    expiry.release_expired([day], now=now)
    if (there := steps.already(event.keys)) is not None:
        return there
    read = snapshot.of_day(day)
    wanted = _footprint(event, day, read)
    _refuse_in_the_way(wanted, read.days[day], read)
    amount, free = _price(event)
    visit = Visit(
        code=steps.new_code(),
        kind=event.kind,
        status=Visit.Status.CONFIRMED,
        revision=0,  # `changed` makes it 1
        language=event.language,
        audience=event.audience,
        heads=event.heads,
        adults=event.adults,
        stops=_stops_of(event),
        ceremony=list(event.ceremony),
        discreet=event.discreet,
        notes=event.notes,
        access_needs=event.access_needs,
        leader_name=event.leader_name,
        leader_phone=event.leader_phone,
        price_amount=amount,
        free=free,
        price_reason=event.waived,
        waived_by=by if event.waived else None,
        created_at=now,
        **event.keys,
        **{f"title_{language}": title for language, title in event.titles.items()},
    )
    way = led(visit, wanted.period, read.days[day])
    if way is None:
        raise StartTaken(_("No guide is free then."), visits=[])
    _set_time(visit, wanted, day, read, now=now)
    steps.add_contacts(visit, event.contacts)
    _lay_out(visit, wanted, way, read)
    _settle(visit, now=now)
    return visit


@transaction.atomic
def move(visit_id: int, start: datetime, *, now: datetime, because: Closure | None = None) -> Visit:
    """Another time for an event or official visit: the same spaces, length and margins. Raises as `place` does. Locks both days."""
    left, day = Visit.objects.values_list("day", flat=True).get(pk=visit_id), steps.day_of(start)
    locks.museum_days({day} | ({left} if left else set()))
    visit = steps.locked(visit_id)
    steps.refuse_ended(visit)
    if visit.kind == Visit.Kind.TOUR:
        raise NotAllowedNow
    if start <= now:
        raise BadWish(_("This time is past."))
    expiry.release_expired([day], now=now)
    read = snapshot.of_day(day, without=visit)
    wanted = footprint_of(visit, start, day, read)
    _refuse_in_the_way(wanted, read.days[day], read)
    way = led(visit, wanted.period, read.days[day])
    if way is None:
        raise StartTaken(_("No guide is free then."), visits=[])
    visit.promised_at = None
    if left:
        steps.freed(left, now=now)
    _set_time(visit, wanted, day, read, now=now)
    _lay_out(visit, wanted, way, read)
    _settle(visit, now=now, left=left, because=because)
    return visit


def footprint_of(visit: Visit, start: datetime, day: date, read: snapshot.Range) -> Footprint:
    """What a placed event or official visit would take if it began at `start` on `day`. Raises BadWish where that is no time for it."""
    assert visit.period is not None  # only what waits has no time, and an event never waits
    hold = visit.hold or visit.period
    holding = (leg.lane.space.code for leg in visit.legs.all() if leg.stop is None)
    return _cut(
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
        if closed.period.overlaps(wanted.hold) and (closed.spaces is None or closed.spaces & wanted.spaces):
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


def _refuse_impossible(event: Event, *, now: datetime) -> None:
    """What no day and no hour would change."""
    if event.kind not in (Visit.Kind.EVENT, Visit.Kind.PROTOCOL):
        raise BadWish(_("This is neither an event nor an official visit."))
    if event.start <= now and not event.agreed:
        raise BadWish(_("This time is past."))
    if event.heads < 1:
        raise BadWish(_("There is at least one person in a group."))
    if event.adults > event.heads:
        raise BadWish(_("There cannot be more accompanying adults than people."))
    if not any(person.email or person.phone for person in event.contacts):
        raise BadWish(_("Please give an e-mail address or a telephone number."))
    if event.language and event.language not in dict(LANGUAGES):
        raise BadWish(_("No tour is led in this language."))
    if event.kind == Visit.Kind.EVENT and not (event.spaces and event.minutes):
        raise BadWish(_("Please say in which place the event is, and for how long."))
    if event.kind == Visit.Kind.PROTOCOL and not (event.stops and all(stop["minutes"] for stop in event.stops)):
        raise BadWish(_("Please say where the visit goes, and for how long it stays in each place."))
    lengths = [event.minutes, event.margin_before, event.margin_after, *(stop["minutes"] for stop in event.stops)]
    if any(minutes < 0 or minutes % TICK_MINUTES for minutes in lengths):
        raise BadWish(_("Times are given in steps of five minutes."))
    _refuse_places(event)


def _refuse_places(event: Event) -> None:
    """Places that are not there, or are too small."""
    spaces = {space.code: space for space in catalogue.places()}
    used = [*event.spaces, *(stop["space"] for stop in event.stops)]
    closes = () if event.closes is None or event.closes == ALL else event.closes
    for code in (*used, *closes):
        if code not in spaces:
            raise BadWish(_("There is no such place: %(code)s.") % {"code": code})
    for code in used:
        most = spaces[code].max_heads
        if most is not None and event.heads > most:
            raise BadWish(_("%(place)s: at most %(most)d people.") % {"place": spaces[code].name, "most": most})


def _stops_of(event: Event) -> list[dict[str, Any]]:
    """The programme that the visit keeps. An event has none, unless a guide leads it through its place."""
    if event.kind == Visit.Kind.PROTOCOL:
        return [dict(stop) for stop in event.stops]
    led_through = {"space": event.spaces[0], "minutes": event.minutes, "kind": "talk", "together": True}
    return [led_through] if event.language else []


def _price(event: Event) -> tuple[int, bool]:
    """What it costs, and whether it is free: an event costs nothing unless a kind of group is named."""
    if event.waived or event.audience is None:
        return 0, bool(event.waived)
    quote = catalogue.quote(event.audience, event.heads, event.adults)
    return quote.amount, quote.free


def _footprint(event: Event, day: date, read: snapshot.Range) -> Footprint:
    minutes = event.minutes or sum(stop["minutes"] for stop in event.stops)
    end = event.start + timedelta(minutes=minutes)
    spaces: Iterable[str] = event.spaces or (stop["space"] for stop in event.stops)
    if event.kind == Visit.Kind.PROTOCOL and event.closes is not None:
        spaces = read.days[day].spaces if event.closes == ALL else {*event.closes, *spaces}
    before, after = timedelta(minutes=event.margin_before), timedelta(minutes=event.margin_after)
    return _cut(event.start, end, event.start - before, end + after, frozenset(spaces), day, read)


def _cut(
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


def _refuse_in_the_way(wanted: Footprint, state: Day, read: snapshot.Range) -> None:
    """Raise Closed or StartTaken where the spaces cannot be had then."""
    if (key := closed_then(wanted, state)) is not None:
        notice = starts.notice_of(read, key)
        raise Closed(notice, notice=notice)
    if keys := in_the_way(wanted, state):
        visits = Visit.objects.filter(pk__in=map(int, keys)).order_by("period", "pk")
        codes = list(visits.values_list("code", flat=True))
        raise StartTaken(_("The place is taken then by: %(visits)s") % {"visits": ", ".join(codes)}, visits=codes)


def _set_time(visit: Visit, wanted: Footprint, day: date, read: snapshot.Range, *, now: datetime) -> None:
    visit.day, visit.day_bounds = day, periods.bounds(day, read.zone)
    visit.period = periods.to_range(wanted.period, day, read.zone)
    visit.hold = periods.to_range(wanted.hold, day, read.zone) if visit.kind == Visit.Kind.PROTOCOL else None
    visit.updated_at = now
    visit.save()


def _lay_out(visit: Visit, wanted: Footprint, way: Way, read: snapshot.Range) -> None:
    """Write parties, hold and stops anew."""
    assert visit.day is not None  # _set_time
    placing.place(visit, way, read)
    placing.take(visit, sorted(wanted.spaces), periods.to_range(wanted.hold, visit.day, read.zone), read)
    placing.show(visit, wanted.period.start, read)


def _settle(visit: Visit, *, now: datetime, left: date | None = None, because: Closure | None = None) -> None:
    """Promise at once, since the core never swaps the guides of what the office has placed, and tell."""
    placing.promise(visit, now=now)
    steps.took_place_if_past(visit, now=now)
    steps.changed(visit, now=now, also=[left] if left else [], because=because)

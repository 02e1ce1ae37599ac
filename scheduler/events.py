"""Places what is not a tour: events in a hall, and official visits whose hold takes spaces from everybody else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import displacing, expiry, footprints, locks, periods, queries, repairs, snapshot, starts, steps
from scheduler.core.availability import Way
from scheduler.core.ticks import TICK_MINUTES
from scheduler.decisions import Decision, Preview, as_json
from scheduler.errors import BadWish, PreviewOutOfDate, StartTaken
from scheduler.footprints import Footprint, cut
from scheduler.models import Visit
from scheduler.models.fields import LANGUAGES
from scheduler.steps import Person
from tours import queries as catalogue
from tours.models import Audience, User

ALL = "all"


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


def preview(event: Event, *, now: datetime) -> Preview:
    """Which visits an event or official visit would displace, with a proposal for each; changes nothing.

    Raises BadWish, Closed, or StartTaken where guides are missing.
    """
    _refuse_impossible(event, now=now)
    look = _look(event, now=now)
    if not look.visits:
        return Preview(look.seal, ())
    near = timedelta(days=starts.NEAR_DAYS)
    today = periods.day_of(now, look.zone)
    read = snapshot.of_days(max(look.day - near, today), look.day + near, now=now)
    visit = _unsaved(event, None, now=now)
    found = repairs.repaired(look.visits, read, now=now, newcomer=(visit, look.wanted, look.day))
    return Preview(look.seal, found.hits, found.cost)


@transaction.atomic
def place(
    event: Event,
    *,
    by: User | None,
    now: datetime,
    seal: str = "",
    decisions: Mapping[str, Decision] | None = None,
) -> Visit:
    """Give an event or official visit its spaces and guides, and tell its contacts. Locks the days concerned.

    `seal` and `decisions`: what a preview showed, and what was decided for each visit (by code) that is in the way; without them nobody
    gives way. Raises BadWish, Closed, or StartTaken: with `visits`, the codes of what is in the way, or without, where guides are
    missing; PreviewOutOfDate with a fresh preview, StillHit, and what a decision raises that cannot be carried out.
    """
    _refuse_impossible(event, now=now)
    day = steps.day_of(event.start)
    if seal:
        return _displace(event, day, by=by, now=now, seal=seal, decisions=decisions or {})
    locks.museum_days([day])  # before we look, so that what we see stays true
    expiry.release_expired([day], now=now)
    if (there := steps.already(event.keys)) is not None:
        return there
    read = snapshot.of_day(day)
    wanted = _footprint(event, day, read)
    footprints.refuse_in_the_way(wanted, read.days[day], read)
    visit = _unsaved(event, by, now=now)
    way = footprints.led(visit, wanted.period, read.days[day])
    if way is None:
        raise StartTaken(_("No guide is free then."), visits=[])
    footprints.set_time(visit, wanted, day, read, now=now)
    _lay_out(event, visit, wanted, way, read, now=now)
    return visit


@dataclass(frozen=True, slots=True)
class _Look:
    """What an event takes, who is in its way, and the seal of both."""

    day: date
    zone: ZoneInfo
    wanted: Footprint
    visits: tuple[Visit, ...]
    seal: str


def _look(event: Event, *, now: datetime) -> _Look:
    day = steps.day_of(event.start)
    read = snapshot.of_day(day, now=now)
    wanted = _footprint(event, day, read)
    footprints.refuse_if_closed(wanted, read.days[day], read)
    keys = footprints.in_the_way(wanted, read.days[day])
    visits = tuple(queries.visits().filter(pk__in=map(int, keys)).order_by("period", "pk"))
    asked = [repr(getattr(event, each.name)) for each in fields(event) if each.name not in ("contacts", "keys")]
    looked_at = [
        asked,
        catalogue.museum().catalogue_version,
        [(visit.pk, visit.revision) for visit in visits],
    ]
    return _Look(day, read.zone, wanted, visits, hashlib.sha256(json.dumps(looked_at).encode()).hexdigest()[:32])


def _displace(
    event: Event, day: date, *, by: User | None, now: datetime, seal: str, decisions: Mapping[str, Decision]
) -> Visit:
    """Worked out before the lock, compared after it, written as it was worked out."""
    look = _compare(event, seal, now=now)
    displacing.refuse_undecided(look.visits, decisions, now=now)
    days = displacing.touched(look.visits, decisions) | {day}
    before = displacing.versions(days)
    visit = _unsaved(event, by, now=now)
    read = snapshot.of_days(min(days), max(days), now=now)
    seen = look.visits
    found = repairs.repaired(seen, read, now=now, decided=decisions, newcomer=(visit, look.wanted, day))
    assert found.first is not None  # a newcomer has a way, or was refused
    locks.museum_days(days)
    if (there := steps.already(event.keys)) is not None:
        return there
    look = _compare(event, seal, now=now)
    if displacing.versions(days) != before:
        raise _out_of_date(event, now=now)
    expiry.release_expired(days, now=now)
    footprints.set_time(visit, look.wanted, day, read, now=now)
    moved = displacing.prepare(found, seen, decisions, because=visit, now=now)
    displacing.let_go(moved)
    _lay_out(event, visit, look.wanted, found.first, found.read, now=now)
    displacing.carry_out(moved, because=visit, now=now)
    return visit


def _compare(event: Event, seal: str, *, now: datetime) -> _Look:
    look = _look(event, now=now)
    if look.seal != seal:
        raise _out_of_date(event, now=now)
    return look


def _out_of_date(event: Event, *, now: datetime) -> PreviewOutOfDate:
    zone = ZoneInfo(catalogue.museum().time_zone)
    return PreviewOutOfDate(preview=as_json(preview(event, now=now), zone))


def _unsaved(event: Event, by: User | None, *, now: datetime) -> Visit:
    """The row of an event, without its time."""
    amount, free = _price(event)
    return Visit(
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


def _lay_out(event: Event, visit: Visit, wanted: Footprint, way: Way, read: snapshot.Range, *, now: datetime) -> None:
    steps.add_contacts(visit, event.contacts)
    footprints.lay_out(visit, wanted, way, read)
    footprints.settle(visit, now=now)


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
    return cut(event.start, end, event.start - before, end + after, frozenset(spaces), day, read)

"""What the office has before it: the day by place and time, what needs a person, and the visits it looks for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from notifications.models import OutboxMessage
from scheduler import periods, phones, queries
from scheduler.core.ticks import Interval, gaps
from scheduler.models import Closure, Leg, Party, Visit
from tours import queries as catalogue
from tours.models import Museum, Space

SOME_DIGITS = 4
"""So many digits in a row are enough to look for a telephone number."""
ALIKE = {letter: letters for letters in ("аә", "гғ", "кқ", "нң", "оө", "уұү", "хһ", "иі", "её") for letter in letters}
"""What a keyboard without Kazakh letters is used to write for them, and the other way round."""
HOUR = 12
"""Ticks in an hour: a column of the day's table."""
STAYING = (*Visit.HOLDING, Visit.Status.DONE)
"""The states of a visit that is, or was, somewhere."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a lane in the day's table, `span` ticks long: a visit's, closed (`notice`), or free (neither)."""

    span: int
    leg: Leg | None = None
    title: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A place, with the blocks of each of its lanes."""

    space: Space
    lanes: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class DayTable:
    """Places down, hours across. `hours`: the instant at which each column of an hour begins."""

    hours: tuple[datetime, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Alarms:
    """What nobody must overlook."""

    unled: tuple[Party, ...]
    dead: tuple[OutboxMessage, ...]

    def __bool__(self) -> bool:
        return bool(self.unled or self.dead)


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit somewhere, or with somebody, for a while; `beside`: the guide where places are listed, the place where guides are."""

    visit: Visit
    title: str
    start: datetime
    end: datetime
    beside: str


@dataclass(frozen=True, slots=True)
class Line:
    """A place or a guide: what is there now, and what comes next."""

    name: str
    now: tuple[Stay, ...]
    next: Stay | None


@dataclass(frozen=True, slots=True)
class Happening:
    """What is left of the day, place by place and guide by guide; who has nothing more is left out."""

    at: datetime
    spaces: tuple[Line, ...]
    guides: tuple[Line, ...]


def visits_on(day: date, museum: Museum) -> list[Visit]:
    """The visits that hold or held any time of a day, soonest first, with what lists and the day's table show of them. Three queries."""
    bounds = periods.bounds(day, ZoneInfo(museum.time_zone))
    parties = Party.objects.select_related("guide").order_by("number")
    shown = queries.for_lists().filter(period__overlap=bounds, status__in=(*STAYING, Visit.Status.NO_SHOW))
    shown = shown.select_related("tour").prefetch_related("contacts", Prefetch("parties", parties))
    return list(shown.order_by("period", "pk"))


def happening(museum: Museum, visits: Iterable[Visit], *, now: datetime) -> Happening:
    """What happens now and next, by place and by guide, of a day's `visits` (see `visits_on`). A fixed number of queries."""
    zone = ZoneInfo(museum.time_zone)
    today = periods.bounds(periods.day_of(now, zone), zone)
    places = list(catalogue.places().prefetch_related("lanes"))
    place_of = {lane.pk: space.name for space in places for lane in space.lanes.all()}
    by_space: dict[str, dict[tuple[int, datetime, str], Stay]] = defaultdict(dict)
    by_guide: dict[str, dict[tuple[int, datetime, str], Stay]] = defaultdict(dict)
    for leg in _legs(visits, today):
        if leg.period.upper <= now:
            continue
        visit = leg.visit
        parties = [leg.party] if leg.party else [each for each in visit.parties.all() if each.wave == leg.wave]
        leading = [party.guide.name for party in parties if party.guide]
        place, names = place_of[leg.lane_id], ", ".join(leading)
        title = queries.shown_under(visit) or queries.title_of(visit, open_to_all=False)
        key = (visit.pk, leg.period.lower, names)  # what takes every lane is one thing
        by_space[place][key] = Stay(visit, title, leg.period.lower, leg.period.upper, names)
        for name in leading:
            by_guide[name][(*key[:2], place)] = Stay(visit, title, leg.period.lower, leg.period.upper, place)
    return Happening(
        now,
        tuple(_line(space.name, by_space[space.name].values(), now) for space in places if space.name in by_space),
        tuple(_line(name, by_guide[name].values(), now) for name in sorted(by_guide)),
    )


def _legs(visits: Iterable[Visit], bounds: DateTimeTZRange) -> list[Leg]:
    """Where these visits are within `bounds`, in order, each leg with its visit and sub-group as they were read already. One query."""
    by_pk = {visit.pk: visit for visit in visits if visit.status in STAYING}
    parties = {party.pk: party for visit in by_pk.values() for party in visit.parties.all()}
    found = []
    for leg in Leg.objects.filter(visit__in=by_pk, period__overlap=bounds).order_by("period", "pk"):
        leg.visit = by_pk[leg.visit_id]
        leg.party = parties[leg.party_id] if leg.party_id else None
        if leg.visit.kind != Visit.Kind.PROTOCOL or leg.stop is None:  # its hold has the lanes
            found.append(leg)
    return found


def _line(name: str, stays: Iterable[Stay], now: datetime) -> Line:
    there = sorted(stays, key=lambda stay: (stay.start, stay.title))
    return Line(
        name,
        tuple(stay for stay in there if stay.start <= now),
        next((stay for stay in there if stay.start > now), None),
    )


def day_table(day: date, museum: Museum, visits: Iterable[Visit]) -> DayTable:
    """The day by place and time, from opening to closing and as far beyond as its `visits` (see `visits_on`) reach. Five queries."""
    zone = ZoneInfo(museum.time_zone)
    bounds = periods.bounds(day, zone)
    legs = _legs(visits, bounds)
    in_lane: dict[int, list[Leg]] = defaultdict(list)
    for leg in legs:
        in_lane[leg.lane_id].append(leg)
    closures = list(Closure.objects.filter(lifted_at=None, span__overlap=bounds).prefetch_related("spaces"))
    windows = periods.opened(catalogue.calendar().windows(day), day, zone)
    shown = _shown(windows, legs, day, zone)
    off = [(gap, _("closed")) for gap in gaps(shown, windows)]
    hours = tuple(periods.instant(tick, day, zone) for tick in range(shown.start, shown.end, HOUR))
    rows = []
    for space in catalogue.places().prefetch_related("lanes"):
        closed = [*_closed(space, closures, day, zone), *off]
        lanes = [
            tuple(_blocks(shown, in_lane[lane.pk], closed, day, zone))
            for lane in sorted(space.lanes.all(), key=lambda lane: lane.number)
        ]
        rows.append(Row(space, tuple(lanes)))
    return DayTable(hours, tuple(rows))


def alarms(museum: Museum, *, now: datetime) -> Alarms:
    """Sub-groups that nobody leads though they come soon, and letters that could not be delivered. Two queries."""
    unled = queries.parties_soon(museum, now=now).filter(guide=None)
    dead = OutboxMessage.objects.filter(status=OutboxMessage.Status.DEAD, created_at__gt=now - timedelta(days=30))
    return Alarms(tuple(unled), tuple(dead.select_related("thread").order_by("-created_at")[:50]))


def find(asked: Mapping[str, Any], museum: Museum) -> QuerySet[Visit]:
    """Visits that a search names, the latest first: `q`, `status`, `kind`, `audience`, `first`, `last`, each where it is given."""
    zone = ZoneInfo(museum.time_zone)
    parties = Party.objects.select_related("guide").order_by("number")
    found = queries.for_lists().select_related("tour").prefetch_related("contacts", Prefetch("parties", parties))
    for name, field in (("status", "status"), ("kind", "kind"), ("audience", "audience__code")):
        if asked.get(name):
            found = found.filter(**{field: asked[name]})
    if asked.get("first"):
        found = found.filter(period__endswith__gt=periods.midnight(asked["first"], zone))
    if asked.get("last"):
        found = found.filter(period__startswith__lt=periods.midnight(asked["last"] + timedelta(days=1), zone))
    if text := asked.get("q"):
        found = found.filter(_named(text, museum))
    return found.order_by("-period", "-pk")


def counts() -> dict[str, int]:
    """How many visits there are in each state. One query."""
    return dict(Visit.objects.order_by().values_list("status").annotate(Count("pk")))


def _named(text: str, museum: Museum) -> Q:
    written = _in_either_script(text)
    words = Q(code__istartswith=text) | Q(leader_name__iregex=written)
    for language in ("kk", "ru", "en"):
        words |= Q(**{f"title_{language}__icontains": text})
    people = (
        Q(contacts__name__iregex=written)
        | Q(contacts__organisation__iregex=written)
        | Q(contacts__email__icontains=text)
    )
    try:
        number = phones.normal(text, country=museum.country)
    except phones.NoSuchNumber:
        number = ""
    if number:
        people |= Q(contacts__phone=number) | Q(leader_phone=number)
    digits = "".join(char for char in text if char.isdecimal())
    if len(digits) >= SOME_DIGITS and _is_number(
        text
    ):  # also of what is a number by itself: its end may still be missing
        people |= Q(contacts__phone__contains=digits) | Q(leader_phone__contains=digits)
    return words | Q(pk__in=Visit.objects.filter(people).values("pk"))


def _in_either_script(text: str) -> str:
    """A pattern for this text, written with the Kazakh letters or, as on a keyboard that has none, without them."""
    letters = (f"[{ALIKE[letter]}]" if letter in ALIKE else re.escape(letter) for letter in text.lower())
    return "".join(letters)


def _is_number(text: str) -> bool:
    """Whether somebody means a telephone number, or some of its digits in a row."""
    return all(char.isdecimal() or char in "+-() \u00a0" for char in text)


def _shown(windows: Iterable[Interval], legs: Sequence[Leg], day: date, zone: ZoneInfo) -> Interval:
    """From opening to closing, widened to whole hours and to what is booked."""
    ticks = [edge for window in windows for edge in (window.start, window.end)]
    for leg in legs:
        part = periods.to_interval(leg.period, day, zone)
        ticks += [part.start, part.end] if part else []
    first, last = (min(ticks), max(ticks)) if ticks else (10 * HOUR, 18 * HOUR)
    return Interval(first // HOUR * HOUR, -(-last // HOUR) * HOUR)


def _closed(space: Space, closures: Iterable[Closure], day: date, zone: ZoneInfo) -> Iterator[tuple[Interval, str]]:
    for closure in closures:
        spaces = closure.spaces.all()
        for period in queries.times_of(closure, periods.bounds(day, zone), zone):
            part = periods.to_interval(period, day, zone)
            if part and (not spaces or space in spaces):
                yield part, str(closure)


def _blocks(
    shown: Interval, legs: Iterable[Leg], closed: Sequence[tuple[Interval, str]], day: date, zone: ZoneInfo
) -> Iterator[Block]:
    """One lane from left to right: visits, and between them what is free or closed."""
    at = shown.start
    for leg in legs:
        part = periods.to_interval(leg.period, day, zone)
        if part is None or part.start < at:
            continue
        yield from _gap(at, part.start, closed)
        yield Block(part.end - part.start, leg, queries.title_of(leg.visit, open_to_all=False))
        at = part.end
    yield from _gap(at, shown.end, closed)


def _gap(start: int, end: int, closed: Sequence[tuple[Interval, str]]) -> Iterator[Block]:
    """The ticks between two visits, cut where closures begin and end."""
    edges = {start, end}
    for part, _notice in closed:
        edges |= {edge for edge in (part.start, part.end) if start < edge < end}
    cuts = sorted(edges)
    for first, last in pairwise(cuts):
        notice = next((text for part, text in closed if part.start <= first and last <= part.end), "")
        yield Block(last - first, notice=notice)

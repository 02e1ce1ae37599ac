"""From the database to the core's values: any range of days in a fixed number of queries, whatever the history."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Exists, F, OuterRef, Q, TextField
from django.db.models.functions import Cast, JSONObject

from scheduler import periods, recurring
from scheduler.core.assignment import Guide as CoreGuide
from scheduler.core.availability import Closed, Day, Opening
from scheduler.core.itinerary import Party as CoreParty
from scheduler.core.itinerary import Space as CoreSpace
from scheduler.core.itinerary import Stop, Taken
from scheduler.core.itinerary import Visit as CoreVisit
from scheduler.core.ticks import TICK_MINUTES, Interval
from scheduler.models import Absence, Closure, Leg, Offer, Party, Visit
from tours import queries as catalogue
from tours.days import Calendar, lies_in
from tours.models import Guide, GuideHours, Museum, Qualification, Space


class Shift(NamedTuple):
    """A guide's own hours on a weekday, and from when until when they are valid."""

    weekday: int
    starts: time
    ends: time
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Range:
    """Some days as the core sees them, and what it takes to put them into rows and words; `places`: names in the active language."""

    calendar: Calendar
    zone: ZoneInfo
    days: Mapping[date, Day]
    closures: Mapping[str, Closure]
    guide_ids: Mapping[str, int]
    places: Mapping[str, str]

    @property
    def museum(self) -> Museum:
        return self.calendar.museum


def core_stops(stops: Iterable[Mapping[str, Any]]) -> tuple[Stop, ...]:
    """A visit's kept programme as the core's stops."""
    return tuple(
        Stop(
            space=stop["space"],
            ticks=stop["minutes"] // TICK_MINUTES,
            movable=stop.get("movable", False),
            together=stop.get("together", False),
            exclusive=stop.get("exclusive", False),
        )
        for stop in stops
    )


@lru_cache(maxsize=1024)
def _programme(written: str) -> tuple[Stop, ...]:
    """The same from its JSON: hundreds of visits of a month have one and the same."""
    return core_stops(json.loads(written))


def of_day(day: date, *, without: Visit | None = None, now: datetime | None = None) -> Range:
    """One museum day; see `of_days`."""
    return of_days(day, day, without=without, now=now)


def of_days(
    first: date,
    last: date,
    *,
    without: Visit | None = None,
    now: datetime | None = None,
    seals: Mapping[date, str] = MappingProxyType({}),
    calendar: Calendar | None = None,
) -> Range:
    """The days from `first` to `last`, in a fixed number of queries.

    `without` leaves one visit out, as if it were not booked; `now`, what is held for people who have not answered in time: who
    reads gives it, who writes has released that beforehand (`expiry`). `seals` (see `answers`) let the core keep what it
    works out; `calendar` is taken as it is where the caller has read it.
    """
    calendar = calendar or catalogue.calendar()
    zone = ZoneInfo(calendar.museum.time_zone)
    whole = DateTimeTZRange(periods.bounds(first, zone).lower, periods.bounds(last, zone).upper, "[)")
    places = list(_spaces())
    spaces = {space.code: space for space, _name in places}
    closures = {str(row.pk): row for row in _closures(whole)}
    shut = [
        (row, period) for row in closures.values() for period in recurring.within(row.period, row.rrule, whole, zone)
    ]
    there = _there(without, now)
    visits = _visits((first, last), zone, there)
    taken = _taken((first, last), zone, there)
    guides = list(_guides(whole))
    openings = _openings(first, last, zone, calendar)
    there_then = _core_guides(guides, openings, zone, calendar.museum)
    days = {
        day: Day(
            opening=opening,
            spaces=spaces,
            guides=there_then[day],
            visits=tuple(visits.get(day, ())),
            taken=tuple(taken.get(day, ())),
            closed=tuple(_closed(shut, day, zone)),
            grid=calendar.museum.grid_minutes // TICK_MINUTES,
            seal=seals.get(day, ""),
        )
        for day, opening in openings.items()
    }
    return Range(
        calendar=calendar,
        zone=zone,
        days=days,
        closures=closures,
        guide_ids={guide["code"]: guide["pk"] for guide in guides},
        places={space.code: name for space, name in places},
    )


def guides_of_days(first: date, last: date, calendar: Calendar) -> Mapping[date, tuple[CoreGuide, ...]]:
    """The guides alone of the days from `first` to `last`. One query."""
    zone = ZoneInfo(calendar.museum.time_zone)
    whole = DateTimeTZRange(periods.bounds(first, zone).lower, periods.bounds(last, zone).upper, "[)")
    return _core_guides(list(_guides(whole)), _openings(first, last, zone, calendar), zone, calendar.museum)


def _openings(first: date, last: date, zone: ZoneInfo, calendar: Calendar) -> Mapping[date, tuple[Opening, ...]]:
    return {
        day: tuple(
            Opening(
                periods.wall_tick(window.opens, day, zone),
                periods.wall_tick(window.closes, day, zone),
                periods.wall_tick(window.last_start, day, zone),
            )
            for window in calendar.windows(day)
        )
        for day in periods.days_between(first, last)
    }


def _spaces() -> Iterable[tuple[CoreSpace, str]]:
    """Each space, and its name in the active language."""
    for space in Space.objects.annotate(lane_count=Count("lanes")):
        yield CoreSpace(space.code, space.lane_count, space.max_heads), space.name


def _closures(whole: DateTimeTZRange) -> Iterable[Closure]:
    codes = ArrayAgg("spaces__code", filter=Q(spaces__isnull=False), default=[])
    return Closure.objects.filter(span__overlap=whole, lifted_at=None).annotate(space_codes=codes).order_by("period")


def _closed(shut: Iterable[tuple[Closure, DateTimeTZRange]], day: date, zone: ZoneInfo) -> Iterable[Closed]:
    for closure, period in shut:
        part = periods.to_interval(period, day, zone)
        if part is not None:
            codes: list[str] = closure.space_codes  # type: ignore[attr-defined]  # annotated by _closures
            yield Closed(part, frozenset(codes) or None, str(closure.pk))


def _guides(whole: DateTimeTZRange) -> Iterable[Mapping[str, Any]]:
    qualified = Qualification.objects.filter(guide=OuterRef("pk")).values(
        row=JSONObject(tour=F("tour__code"), language=F("language"))
    )
    hours = GuideHours.objects.filter(guide=OuterRef("pk")).values(
        row=JSONObject(**{name: F(name) for name in Shift._fields})
    )
    away = Absence.objects.filter(guide=OuterRef("pk"), period__overlap=whole).values_list("period")
    return (
        Guide.objects.filter(active=True)
        .order_by("code")
        .annotate(skills=ArraySubquery(qualified), own_hours=ArraySubquery(hours), away=ArraySubquery(away))
        .values("pk", "code", "rest_minutes", "daily_minutes", "daily_duties", "skills", "own_hours", "away")
    )


def _core_guides(
    guides: Iterable[Mapping[str, Any]], openings: Mapping[date, tuple[Opening, ...]], zone: ZoneInfo, museum: Museum
) -> Mapping[date, tuple[CoreGuide, ...]]:
    """The guides on each day. Days on which one is alike share one value: the core need not look at it anew."""
    as_open = {
        day: tuple(Interval(window.opens, window.closes) for window in opening) for day, opening in openings.items()
    }
    by_day: dict[date, list[CoreGuide]] = {day: [] for day in openings}
    for guide in guides:
        always = _core_guide(guide, museum)
        own = [_shift(row) for row in guide["own_hours"]]
        alike: dict[tuple[tuple[Interval, ...], tuple[Interval, ...]], CoreGuide] = {}
        for day, opens in as_open.items():
            hours = opens
            if valid := [shift for shift in own if lies_in(day, shift.valid_from, shift.valid_until)]:
                hours = tuple(
                    Interval(periods.wall_tick(shift.starts, day, zone), periods.wall_tick(shift.ends, day, zone))
                    for shift in valid
                    if shift.weekday == day.weekday()
                )
            parts = (periods.to_interval(period, day, zone) for period in guide["away"])
            away = tuple(part for part in parts if part is not None)
            if (hours, away) not in alike:
                alike[hours, away] = replace(always, hours=hours, away=away)
            by_day[day].append(alike[hours, away])
    return {day: tuple(found) for day, found in by_day.items()}


def _shift(row: Mapping[str, Any]) -> Shift:
    """Hours of a guide's as JSON has them."""
    starts, ends = time.fromisoformat(row["starts"]), time.fromisoformat(row["ends"])
    first, last = (date.fromisoformat(row[name]) if row[name] else None for name in ("valid_from", "valid_until"))
    return Shift(row["weekday"], starts, ends, first, last)


def _core_guide(guide: Mapping[str, Any], museum: Museum) -> CoreGuide:
    """What is true of a guide on every day: their own rest and limits win over the museum's."""
    skills = {(skill["tour"], skill["language"]) for skill in guide["skills"]}

    def own_or(field: str) -> int:
        value = guide[field]
        return int(getattr(museum, field) if value is None else value)

    return CoreGuide(
        code=guide["code"],
        qualifications=frozenset(skills | {("", language) for _tour, language in skills}),
        hours=(),
        away=(),
        rest=-(-own_or("rest_minutes") // TICK_MINUTES),
        daily_ticks=own_or("daily_minutes") // TICK_MINUTES,
        daily_duties=own_or("daily_duties"),
    )


def _there(without: Visit | None, now: datetime | None) -> Q:
    """What parties and legs belong to visits that are not looked past; asked of each row, so that history costs nothing."""
    there = ~Q(visit=without.pk) if without else Q()
    if now:
        lapsed = Offer.objects.filter(visit=OuterRef("visit"), outcome=Offer.Outcome.OPEN, answer_by__lte=now)
        there &= Q(~Exists(lapsed))
    return there


def _visits(days: tuple[date, date], zone: ZoneInfo, there: Q) -> Mapping[date, list[CoreVisit]]:
    """The visits with parties, by day: one query, in plain rows."""
    rows = (
        Party.objects.filter(there, holds=True, visit__day__range=days)
        .order_by("visit_id", "number")
        .values_list(
            *("visit_id", "visit__day", "visit__kind", "visit__tour__code", "visit__language", "visit__promised_at"),
            Cast("visit__stops", TextField()),
            *("pk", "heads", "period__startswith", "wave", "guide__code", "walk"),
        )
    )
    by_day: dict[date, list[CoreVisit]] = defaultdict(list)
    for visit, own in groupby(rows, key=itemgetter(slice(7))):
        pk, day, kind, tour, language, promised_at, stops = visit
        assert day is not None  # a held party's visit has a day: only_waiting_has_no_start
        parties = (
            CoreParty(str(party), heads, periods.to_tick(start, day, zone), wave, guide, tuple(walk))
            for *_visit, party, heads, start, wave, guide, walk in own
        )
        by_day[day].append(
            CoreVisit(
                key=str(pk),
                tour=tour or "",
                language=language,
                stops=_programme(stops),
                parties=tuple(parties),
                promised=promised_at is not None or kind != Visit.Kind.TOUR,
                occupies=kind == Visit.Kind.TOUR,
            )
        )
    return by_day


def _taken(days: tuple[date, date], zone: ZoneInfo, there: Q) -> Mapping[date, list[Taken]]:
    """What events and holds take, by day: each of their legs is one lane."""
    rows = (
        Leg.objects.filter(there, holds=True, visit__day__range=days)
        .exclude(visit__kind=Visit.Kind.TOUR)
        .values_list("visit__day", "visit_id", "lane__space__code", "period", "heads")
        .order_by("pk")
    )
    taken: dict[date, list[Taken]] = defaultdict(list)
    for day, visit_id, space, period, heads in rows:
        assert day is not None  # a visit with legs has a day
        part = periods.to_interval(period, day, zone)
        assert part is not None  # a leg lies within its visit's day
        taken[day].append(Taken(space, part, 1, heads, str(visit_id)))
    return taken

"""Guides or places down, time across, as the office's board and the calendar of closures draw it: what is there, and what may go where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from scheduler import periods, queries, rearranging, snapshot, starts
from scheduler.core import availability
from scheduler.core.assignment import Guide as CoreGuide
from scheduler.core.availability import Day as CoreDay
from scheduler.core.ticks import Interval, gaps
from scheduler.dates import weekday
from scheduler.models import Closure, Leg, Party, Visit
from tours import queries as catalogue
from tours.days import Calendar
from tours.models import Guide, Museum

NOBODY = "nobody"
"""The key of the row of sub-groups that nobody leads."""
SHOWN = (*Visit.HOLDING, Visit.Status.DONE)
WEEK = 7
EMPTY_DAY = (time(10), time(18))
"""From when to when a board is drawn that has nothing on it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Which days a board shows, and by what; `by` is "guides" or "spaces"."""

    day: date
    by: str
    week: bool

    @property
    def first(self) -> date:
        return self.day - timedelta(days=self.day.weekday()) if self.week else self.day

    @property
    def last(self) -> date:
        return self.first + timedelta(days=WEEK - 1) if self.week else self.day

    @property
    def days(self) -> list[date]:
        return list(periods.days_between(self.first, self.last))


@dataclass(frozen=True, slots=True)
class Item:
    """A stretch of a row: a sub-group with its guide, or a visit in a place. `party` is None where the whole visit is meant.

    `heads`: how many of them are there. `promised`: the guide has been told. `movable`: a hand may still give it to another guide, or
    another time.
    """

    key: str
    start: datetime
    end: datetime
    visit: Visit
    party: int | None
    heads: int
    title: str
    about: str
    promised: bool
    movable: bool


@dataclass(frozen=True, slots=True)
class Patch:
    """A stretch of a row in which nothing can be: `kind` is "off" (no working hours), "absent" or "closed"; `text` says what."""

    start: datetime
    end: datetime
    kind: str
    text: str

    @property
    def is_whole_day(self) -> bool:
        """From midnight to midnight, or longer; a day on which clocks are put forward has 23 hours."""
        return self.end - self.start >= timedelta(hours=23)


@dataclass(slots=True)
class Row:
    """A guide or a place; `note` says in a few words what one has to know of it."""

    key: str
    name: str
    note: str = ""
    items: list[Item] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Board:
    """What is shown; `opens` and `closes` are whole hours of the wall clock between which everything lies."""

    shown: Shown
    rows: tuple[Row, ...]
    opens: int
    closes: int
    versions: Mapping[date, str]
    labels: Mapping[date, str]

    @property
    def unled(self) -> int:
        return sum(len(row.items) for row in self.rows if row.key == NOBODY)


def read(shown: Shown, museum: Museum, *, now: datetime, without: Closure | None = None) -> Board:
    """The board of these days. A fixed number of queries. The versions are read first, so that they are never newer than what is shown.

    `without`: a closure that is not shown among the places, since it is about to become another one.
    """
    versions = rearranging.versions(shown.first, shown.last, museum)
    zone = ZoneInfo(museum.time_zone)
    calendar = catalogue.calendar()
    rows = _by_guides(shown, zone, now) if shown.by == "guides" else _by_spaces(shown, calendar, zone, now, without)
    opens, closes = _hours(shown, rows, calendar, zone)
    labels = {day: f"{weekday(day)} {day.day}" for day in shown.days}
    return Board(shown, tuple(rows), opens, closes, versions, labels)


def starts_of(visit: Visit, *, now: datetime) -> list[tuple[datetime, ...]]:
    """The other starts of its own day at which a visit can be served, one for each wave: exactly those that a move accepts."""
    if visit.kind != Visit.Kind.TOUR or visit.day is None or not visit.holds:
        return []
    days = snapshot.of_day(visit.day, without=visit, now=now)
    found = availability.starts(
        days.days[visit.day],
        starts.wish_for(visit, visit.heads),
        earliest=starts.earliest_tick(visit.day, days.zone, now),
    )
    ticks = [(tick,) for tick in found.starts] + [tuple(wave) for wave in found.waves]
    begins = (tuple(periods.instant(tick, visit.day, days.zone) for tick in wave) for wave in ticks)
    here = tuple(sorted({party.period.lower for party in visit.parties.all()}))
    return sorted(each for each in begins if each != here and each[0] > now)


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who hears of a visit's new time; `how` says by what, in the active language."""

    name: str
    how: str


def told_of_move(visit: Visit) -> list[Told]:
    """Who will be told if a visit moves: its contacts, and the guides who know of it already."""
    found = [
        Told(
            contact.name or contact.organisation,
            _("by a letter to %(where)s") % {"where": contact.email}
            if contact.email
            else _("by a call of yours: %(where)s") % {"where": contact.phone},
        )
        for contact in visit.contacts.all()
    ]
    if visit.promised_at is not None and visit.status == Visit.Status.CONFIRMED:
        found += [Told(party.guide.name, _("the guide, by a letter")) for party in visit.parties.all() if party.guide]
    return found


# --- By guides ------------------------------------------------------------------------------------------------------------


def _by_guides(shown: Shown, zone: ZoneInfo, now: datetime) -> list[Row]:
    days = snapshot.of_days(shown.first, shown.last, now=now)
    parties = list(
        Party.objects.filter(visit__day__range=(shown.first, shown.last), visit__status__in=SHOWN)
        .filter(Q(holds=True) | Q(visit__status=Visit.Status.DONE))
        .select_related("visit")
        .defer(*(f"visit__{name}" for name in queries.UNLISTED))
        .prefetch_related("visit__tour", "visit__contacts")
        .order_by("period", "pk")
    )
    led: dict[int | None, list[Party]] = defaultdict(list)
    for party in parties:
        led[party.guide_id].append(party)
    rows = [Row(NOBODY, _("Without a guide"), items=[_duty(party, now) for party in led[None]])]
    guides = Guide.objects.filter(Q(active=True) | Q(pk__in=[pk for pk in led if pk])).order_by("name", "pk")
    by_day = {day: {guide.code: guide for guide in state.guides} for day, state in days.days.items()}
    shut = {day: list(_shut(state, day, zone)) for day, state in days.days.items()}
    for guide in guides:
        row = Row(guide.code, guide.name, items=[_duty(party, now) for party in led[guide.pk]])
        for day in shown.days:
            core = by_day[day].get(guide.code)
            row.patches += shut[day]
            row.patches += _not_there(core, days.days[day], zone, day) if core else ()
        minutes = sum(int((item.end - item.start) / timedelta(minutes=1)) for item in row.items)
        row.note = _note(by_day[shown.day].get(guide.code) if not shown.week else None, minutes, shown.day, zone)
        rows.append(row)
    return rows


def _duty(party: Party, now: datetime) -> Item:
    visit = party.visit
    return Item(
        key=f"p{party.pk}",
        start=party.period.lower,
        end=party.period.upper,
        visit=visit,
        party=party.pk,
        heads=party.heads,
        title=_title(visit),
        about=_about(visit.language.upper(), str(party.heads), queries.title_of(visit, open_to_all=False)),
        promised=visit.promised_at is not None and party.guide_id is not None,
        movable=visit.holds and party.period.lower > now,
    )


def _title(visit: Visit) -> str:
    return queries.shown_under(visit) or queries.title_of(visit, open_to_all=False)


def _about(*said: str) -> str:
    return " · ".join(part for part in said if part)


def _shut(state: CoreDay, day: date, zone: ZoneInfo) -> Iterator[Patch]:
    """When the whole museum takes nobody: all day, or while a closure lasts that names no places."""
    if not state.opening:
        yield _patch(Interval(0, periods.ticks_in(day, zone)), "closed", _("closed"), day, zone)
        return
    for closed in state.closed:
        if closed.spaces is None:
            yield _patch(closed.period, "closed", _("closed"), day, zone)


def _not_there(guide: CoreGuide, state: CoreDay, zone: ZoneInfo, day: date) -> Iterator[Patch]:
    """When a guide does not work while the museum is open, and when they are away."""
    for window in state.opening:
        at = window.opens
        for hours in sorted(guide.hours, key=lambda part: part.start):
            if at < min(hours.start, window.closes):
                yield _patch(Interval(at, min(hours.start, window.closes)), "off", _("does not work"), day, zone)
            at = max(at, hours.end)
        if at < window.closes:
            yield _patch(Interval(at, window.closes), "off", _("does not work"), day, zone)
    for away in guide.away:
        yield _patch(away, "absent", _("away"), day, zone)


def _patch(part: Interval, kind: str, text: str, day: date, zone: ZoneInfo) -> Patch:
    return Patch(periods.instant(part.start, day, zone), periods.instant(part.end, day, zone), kind, text)


def _note(guide: CoreGuide | None, minutes: int, day: date, zone: ZoneInfo) -> str:
    """On one day, a guide's hours; and how long they lead on all the days shown."""
    hours = []
    for part in guide.hours if guide else ():
        ends = (f"{periods.local(periods.instant(tick, day, zone), zone):%H:%M}" for tick in (part.start, part.end))
        hours.append("–".join(ends))
    leads = [_("leads %(time)s") % {"time": f"{minutes // 60}:{minutes % 60:02}"}] if minutes else []
    return " · ".join([*hours, *leads])


# --- By places ------------------------------------------------------------------------------------------------------------


def _by_spaces(shown: Shown, calendar: Calendar, zone: ZoneInfo, now: datetime, without: Closure | None) -> list[Row]:
    days = [periods.bounds(day, zone) for day in shown.days]
    whole = DateTimeTZRange(days[0].lower, days[-1].upper, "[)")
    legs = (
        Leg.objects.filter(period__overlap=whole, visit__status__in=SHOWN)
        .exclude(visit__kind=Visit.Kind.PROTOCOL, stop__isnull=False)  # its hold has the lanes
        .select_related("lane", "party__guide")
        .prefetch_related(Prefetch("visit", queries.for_lists().select_related("tour")), "visit__contacts")
        .order_by("period", "pk")
    )
    items: dict[int, dict[str, Item]] = defaultdict(dict)
    for leg in legs:
        item = _stay(leg, now)
        items[leg.lane.space_id].setdefault(item.key, item)  # what takes every lane is one thing
    closures = Closure.objects.filter(lifted_at=None, span__overlap=whole).prefetch_related("spaces")
    closed = [
        (closure, queries.times_of(closure, whole, zone)) for closure in closures if not without or closure != without
    ]
    shut = [patch for day in shown.days for patch in _not_open(calendar, day, zone)]
    rows = []
    for space in catalogue.places():
        lanes: int = space.lane_count  # type: ignore[attr-defined]  # annotated by catalogue.places
        note = _("groups at once: %(n)d") % {"n": lanes} if lanes > 1 else ""
        row = Row(space.code, space.name, note, list(items[space.pk].values()), list(shut))
        for closure, times in closed:
            spaces = closure.spaces.all()
            if not spaces or space in spaces:
                text = closure.in_language("notice") or _("closed")
                row.patches += [part for period in times for day in days for part in _within(period, day, text)]
        rows.append(row)
    return rows


def _within(period: DateTimeTZRange, day: DateTimeTZRange, text: str) -> Iterator[Patch]:
    """What a closed time takes of a day."""
    start, end = max(period.lower, day.lower), min(period.upper or day.upper, day.upper)
    if start < end:
        yield Patch(start, end, "closed", text)


def _not_open(calendar: Calendar, day: date, zone: ZoneInfo) -> Iterator[Patch]:
    """When the museum is not open on a day."""
    windows = periods.opened(calendar.windows(day), day, zone)
    for gap in gaps(Interval(0, periods.ticks_in(day, zone)), windows):
        yield _patch(gap, "off" if windows else "closed", _("closed"), day, zone)


def _stay(leg: Leg, now: datetime) -> Item:
    visit, party = leg.visit, leg.party
    guide = party.guide.name if party and party.guide else ""
    assert visit.period is not None  # what has legs has a time
    return Item(
        key=f"l{visit.pk}-{party.pk if party else 0}-{leg.stop}-{leg.period.lower:%H%M}",
        start=leg.period.lower,
        end=leg.period.upper,
        visit=visit,
        party=party.pk if party else None,
        heads=leg.heads or visit.heads,
        title=_title(visit),
        about=_about(visit.language.upper(), str(leg.heads or visit.heads), guide),
        promised=visit.promised_at is not None,
        movable=visit.kind == Visit.Kind.TOUR and visit.holds and visit.period.lower > now,
    )


def _hours(shown: Shown, rows: Iterable[Row], calendar: Calendar, zone: ZoneInfo) -> tuple[int, int]:
    """The whole hours of the wall clock between which the opening hours and all items lie."""
    windows = [window for day in shown.days for window in calendar.windows(day)]
    clocks = [clock for window in windows for clock in (window.opens, window.closes)]
    items = [item for row in rows for item in row.items]
    clocks += [periods.local(moment, zone).time() for item in items for moment in (item.start, item.end)]
    first, last = (min(clocks), max(clocks)) if clocks else EMPTY_DAY
    return first.hour, last.hour + (1 if last.minute else 0)

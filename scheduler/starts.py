"""The days and starts that can be offered. Page, API and booking alike ask here: one function shows and decides."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scheduler import answers, dates, periods, reasons, snapshot
from scheduler.core import availability
from scheduler.core.availability import WAY_SECONDS, Day, Effort, Undecided, Way, Wish
from scheduler.errors import BadWish, Closed, TooFar, TooSoon
from scheduler.models import Visit
from tours import queries as catalogue
from tours.days import Calendar
from tours.models import Audience, Museum, Tour

MOST_DAYS = 62
AHEAD_DAYS = 366
"""How far ahead strangers may ask; the office may go further."""
NEAR_DAYS = 14
"""How far from the day asked for other starts are looked for."""
REQUEST_SECONDS = 8.0
"""So much work goes at most into all that one request asks; what that leaves open is said to be not known."""
NOT_KNOWN_SECONDS = 30
"""So long an answer is kept of which something is not known: whoever asks again then has it worked out further."""


@dataclass(frozen=True, slots=True)
class Group:
    """What a group asks for: which tour, in which language, for whom and how many."""

    tour: Tour
    language: str
    audience: Audience
    heads: int


@dataclass(frozen=True, slots=True)
class DayOffer:
    """One day as an organiser sees it. `waves`: starts of two or more waves, only where one cannot hold the group.

    `complete`: whether all starts are known; where none is and some may be, the state is `not_known`.
    """

    day: date
    state: str
    reason: str = ""
    starts: tuple[datetime, ...] = ()
    waves: tuple[tuple[datetime, ...], ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Offered:
    """The days asked for, and the largest group that any of them could receive."""

    museum: Museum
    largest: int
    days: tuple[DayOffer, ...]

    @property
    def complete(self) -> bool:
        """Whether all starts of all days are known."""
        return all(day.complete for day in self.days)


def stops_of(tour: Tour) -> list[dict[str, object]]:
    """A tour's programme as a visit keeps it."""
    return [
        {
            "space": stop.space.code,
            "minutes": stop.minutes,
            "kind": stop.kind,
            "movable": stop.movable,
            "together": stop.together,
            "exclusive": stop.exclusive,
            "languages": list(stop.languages),
        }
        for stop in tour.stops.all()
    ]


def wish_of(group: Group, *, by_office: bool = False) -> Wish:
    """A group's request in the core's words. Raises BadWish where no day could ever serve it; the office may offer any tour to anybody."""
    if not by_office and not catalogue.takes(group.audience, group.tour):
        raise BadWish(_("This tour is not offered to this kind of group. Please call the museum."))
    return Wish(
        tour=group.tour.code,
        language=group.language,
        stops=snapshot.core_stops(stops_of(group.tour)),
        heads=group.heads,
        heads_per_guide=catalogue.heads_per_guide(group.tour, group.audience),
    )


def wish_for(visit: Visit, heads: int) -> Wish:
    """What a booked visit asks for, with the programme that it was booked with."""
    assert visit.tour is not None and visit.audience is not None  # visits of kind tour alone are asked about
    return Wish(
        tour=visit.tour.code,
        language=visit.language,
        stops=snapshot.core_stops(visit.stops),
        heads=heads,
        heads_per_guide=catalogue.heads_per_guide(visit.tour, visit.audience),
    )


def first_day(group: Group, calendar: Calendar, now: datetime) -> date:
    """The first day that this group may ask for: today plus the longest of the lead times, in business days."""
    today = periods.day_of(now, ZoneInfo(calendar.museum.time_zone))
    lead = catalogue.lead_business_days(calendar.museum, group.tour, group.audience)
    return calendar.business_days_after(today, lead) if lead else today


def offered(
    group: Group, first: date, last: date, *, now: datetime, by_office: bool = False, effort: Effort | None = None
) -> Offered:
    """What can be offered on each day from `first` to `last`. The office is not held to lead times. `effort`: of the whole request.

    A fixed number of queries: three, and five more where some day's answer is not kept.
    """
    wish = wish_of(group, by_office=by_office)
    calendar = catalogue.calendar()
    today = periods.day_of(now, ZoneInfo(calendar.museum.time_zone))
    opens = today if by_office else first_day(group, calendar, now)
    end = last if by_office else min(last, today + timedelta(days=AHEAD_DAYS))
    effort = effort or Effort(REQUEST_SECONDS)
    found = _found(wish, max(first, opens), end, calendar, now, effort) if end >= max(first, opens) else {}
    days = [
        DayOffer(day, "past")
        if day < today
        else DayOffer(day, "too_soon", _too_soon(opens))
        if day < opens
        else DayOffer(day, "closed", str(TooFar.detail))
        if day > end
        else found[day][0]
        for day in periods.days_between(first, last)
    ]
    return Offered(calendar.museum, max((largest for _day, largest in found.values()), default=0), tuple(days))


def _found(
    wish: Wish, first: date, last: date, calendar: Calendar, now: datetime, effort: Effort
) -> dict[date, tuple[DayOffer, int]]:
    """Each day's answer and the largest group that it could receive: those kept, and the others worked out and kept."""
    zone = ZoneInfo(calendar.museum.time_zone)
    question = (wish, get_language(), "complete or not")  # the answers' form: other than before, under another name
    sealed = answers.seals(first, last, calendar.museum, now=now)
    today = periods.day_of(now, zone)
    every = list(periods.days_between(first, last))
    known = answers.kept(question, (day for day in every if day != today), sealed)
    found = {day: _from_json(day, answer) for day, answer in known.items()}
    missing = [day for day in every if day not in found]
    if missing:
        read = snapshot.of_days(missing[0], missing[-1], now=now, seals=sealed, calendar=calendar)
        new = {day: _day_offer(day, read.days[day], wish, read, now, effort) for day in missing}
        later = {day: _to_json(*new[day]) for day in missing if day != today}
        answers.keep(question, {day: answer for day, answer in later.items() if new[day][0].complete}, sealed)
        open_yet = {day: answer for day, answer in later.items() if not new[day][0].complete}
        answers.keep(question, open_yet, sealed, seconds=NOT_KNOWN_SECONDS)
        found |= new
    return found


def _to_json(shown: DayOffer, largest: int) -> list[Any]:
    starts = [start.isoformat() for start in shown.starts]
    waves = [[start.isoformat() for start in wave] for wave in shown.waves]
    return [shown.state, shown.reason, starts, waves, largest, shown.complete]


def _from_json(day: date, kept: list[Any]) -> tuple[DayOffer, int]:
    state, reason, starts, waves, largest, complete = kept
    begins = tuple(map(datetime.fromisoformat, starts))
    parts = tuple(tuple(map(datetime.fromisoformat, wave)) for wave in waves)
    return DayOffer(day, state, reason, begins, parts, complete), largest


def _day_offer(
    day: date, state: Day, wish: Wish, read: snapshot.Range, now: datetime, effort: Effort
) -> tuple[DayOffer, int]:
    if not state.opening:
        return DayOffer(day, "closed", _("The museum is closed on this day.")), 0
    seconds = min(availability.SECONDS, effort.left)
    found = availability.starts(state, wish, earliest=earliest_tick(day, read.zone, now), seconds=seconds)
    if found.starts or found.waves:
        starts = tuple(periods.instant(tick, day, read.zone) for tick in found.starts)
        waves = tuple(tuple(periods.instant(tick, day, read.zone) for tick in wave) for wave in found.waves)
        more = _("There may be more times: not all could be checked in time. Choose one of these, or ask again later.")
        return DayOffer(day, "open", more if found.unknown else "", starts, waves, not found.unknown), found.largest
    if found.unknown:
        said = _("The times of this day could not be checked in time. Please ask again in a minute.")
        return DayOffer(day, "not_known", said, complete=False), found.largest
    shut = {key for reason in found.reasons if reason.code == "closed_then" for key in reason.params}
    notices = {key: closure.in_language("notice") for key, closure in read.closures.items()}
    said = reasons.Words(day, read.zone, read.places, notices).sentences(found.reasons)
    return DayOffer(day, "closed" if shut else "full", said), found.largest


def earliest_tick(day: date, zone: ZoneInfo, now: datetime) -> int:
    """The first tick of `day` that is not past."""
    return max(0, -((periods.midnight(day, zone) - now) // periods.TICK))


def notice_of(read: snapshot.Range, key: str) -> str:
    """A closure's notice in the active language."""
    return read.closures[key].in_language("notice") or _("The museum is closed on this day.")


def refuse_unless_open(
    group: Group, begins: Iterable[datetime], wish: Wish, read: snapshot.Range, *, now: datetime, by_office: bool
) -> None:
    """Raise TooSoon, Closed or BadWish where the asked starts are refused before anybody looks for guides and places."""
    first = min(begins)
    day = periods.day_of(first, read.zone)
    if first <= now:
        raise TooSoon(_("This time is past."), earliest=None)
    if not by_office and day > periods.day_of(now, read.zone) + timedelta(days=AHEAD_DAYS):
        raise TooFar
    opens = first_day(group, read.calendar, now)
    if day < opens and not by_office:
        raise TooSoon(_too_soon(opens), earliest=opens.isoformat())
    state = read.days[day]
    if not state.opening:
        raise Closed(_("The museum is closed on this day."), notice="")
    needed = {stop.space for stop in wish.stops}
    for begin in begins:
        tick = (begin - periods.midnight(day, read.zone)) // periods.TICK
        for closed in state.closed:
            everywhere = closed.spaces is None or needed <= closed.spaces  # else the group may begin where it is open
            if everywhere and closed.period.start <= tick < closed.period.end:
                notice = notice_of(read, closed.key)
                raise Closed(notice, notice=notice)


def refuse_if_closed(state: Day, wish: Wish, ticks: tuple[int, ...], read: snapshot.Range) -> None:
    """Raise Closed where it is a closure that leaves no way to serve a wish at these wave starts."""
    for reason in availability.refusal(state, wish, ticks):
        if reason.code == "closed_then":
            notice = " ".join(dict.fromkeys(notice_of(read, str(key)) for key in reason.params))
            raise Closed(notice, notice=notice)


def way_for(
    state: Day, wish: Wish, ticks: tuple[int, ...], *, keep: frozenset[str] = frozenset(), seconds: float = WAY_SECONDS
) -> Way | None:
    """The way to serve a wish at these wave starts, with those of the guides in `keep` who may lead it, where that is possible.

    Raises Undecided where so many seconds of work did not suffice to know.
    """
    skill, effort = (wish.tour, wish.language), Effort(seconds)
    able = {guide.code for guide in state.guides if guide.code in keep and skill in guide.qualifications}
    if able:
        kept = replace(wish, tour=f"{wish.tour}*")
        guides = tuple(
            replace(guide, qualifications=guide.qualifications | {(kept.tour, kept.language)})
            if guide.code in able
            else guide
            for guide in state.guides
        )
        with suppress(Undecided):  # then whoever may lead it
            way = availability.way(replace(state, guides=guides), kept, ticks, seconds=seconds / 2)
            if way is not None:
                return way
    return availability.way(state, wish, ticks, seconds=effort.left)


def most_at(read: snapshot.Range, wish: Wish, begins: tuple[datetime, ...]) -> int:
    """The most people of whom it is known that they could come at these starts instead of so many as wished, in whole sub-groups."""
    day = periods.day_of(begins[0], read.zone)
    ticks = tuple(periods.to_tick(begin, day, read.zone) for begin in begins)
    parties, effort = -(-wish.heads // wish.heads_per_guide) - 1, Effort(WAY_SECONDS)
    for number in range(parties, 0, -1):
        heads = number * wish.heads_per_guide
        with suppress(Undecided):
            if way_for(read.days[day], replace(wish, heads=heads), ticks, seconds=effort.left) is not None:
                return heads
    return 0


@dataclass(frozen=True, slots=True)
class Near:
    """Starts near one that cannot be had, and the largest group of the kind that its day could receive."""

    starts: tuple[datetime, ...]
    largest: int


def near(group: Group, start: datetime, *, now: datetime, count: int = 3, by_office: bool = False) -> Near:
    """Starts near the one asked for that can be served: of the same day first, then of the days after it."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    day, today = periods.day_of(start, zone), periods.day_of(now, zone)
    effort = Effort(REQUEST_SECONDS)
    same = offered(group, day, day, now=now, by_office=by_office, effort=effort)
    found = _closest(same.days, start)
    if len(found) < count and day + timedelta(days=NEAR_DAYS) >= today:
        first = max(day + timedelta(days=1), today)
        last = day + timedelta(days=NEAR_DAYS)
        found += _closest(offered(group, first, last, now=now, by_office=by_office, effort=effort).days, start)
    return Near(tuple(found[:count]), same.largest)


def _closest(days: Iterable[DayOffer], start: datetime) -> list[datetime]:
    """The starts of these days but for `start` itself, day by day, the closest in time first."""
    found: list[datetime] = []
    for shown in days:
        begins = shown.starts or tuple(wave[0] for wave in shown.waves)
        found += sorted((begin for begin in begins if begin != start), key=lambda begin: abs(begin - start))
    return found


def _too_soon(opens: date) -> str:
    return _("The first day that can be asked for is %(day)s.") % {"day": dates.plain_day(opens)}

"""The month with its free days, and the times of one of them: the part that asking, moving and the telephone share."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone

from scheduler import periods, reasons, showcase, starts
from scheduler.core.availability import Effort
from scheduler.errors import Refused
from scheduler.forms.fields import near, near_day
from scheduler.models import Visit
from scheduler.showcase import Closed
from scheduler.starts import DayOffer, Group
from tours import queries as catalogue
from tours.models import Museum

FURTHER_DAYS = 61
"""How far the first free day is looked for where the month shown has none."""
NEAREST_DAYS = 3
MOST_CLOSED = 4
"""How many times of a closure that repeats stand beside its notice."""


@dataclass(frozen=True, slots=True)
class Time:
    """A time that can be chosen; `value` is what the form sends. `begins`: one start for each wave."""

    value: str
    begins: tuple[datetime, ...]
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the month, as the calendar shows it."""

    day: date
    state: str
    reason: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month's weeks, Monday first; None stands for days of other months."""

    first: date
    weeks: tuple[tuple[Cell | None, ...], ...]
    before: date | None
    after: date | None
    further: date | None
    """The first free day after this month, where it has none."""

    @property
    def has_free(self) -> bool:
        return any(cell is not None and cell.state == "open" for week in self.weeks for cell in week)


@dataclass(frozen=True, slots=True)
class When:
    """What can be chosen. `here`: the address that days and months link to; None where they are buttons of a form."""

    month: Month
    offer: DayOffer | None
    times: tuple[Time, ...]
    waves: tuple[Time, ...]
    largest: int
    here: str | None = None
    keep: str = ""
    """What else the links hold, as "move=1&"."""
    too_large: str = ""
    """Where no day looked at is free and the group is larger than the museum can receive: how many it can."""
    not_known: bool = False
    """Whether some starts of the days looked at could not be checked in time."""
    nearest: tuple[date, ...] = ()
    """Free days of the month nearest to the chosen one that is not."""
    closed: tuple[Closed, ...] = ()
    """What is closed in the month, for its notices."""
    lost: bool = False
    """Whether a time of this day was chosen that is not among the free ones."""

    @property
    def weekdays(self) -> list[date]:
        """Seven dates, Monday first, for the head of the month."""
        return list(Calendar().monthdatescalendar(self.month.first.year, self.month.first.month)[0])

    @property
    def is_open(self) -> bool:
        return bool(self.times or self.waves)


def look(
    group: Group,
    asked: QueryDict,
    *,
    now: datetime,
    by_office: bool = False,
    here: str | None = None,
    keep: str = "",
    soonest: bool = False,
) -> When:
    """The month and day that the query names (`month`, `day`, `start`), or the first month with a free day. Raises BadWish.

    `soonest`: where no day is named, the first free one of the month is chosen.
    """
    museum = catalogue.museum()
    zone = ZoneInfo(museum.time_zone)
    today = periods.day_of(now, zone)
    chosen = asked.get("start", "")
    day = near_day(asked.get("day", "")) or near_day(asked.get("chosen_day", "")) or near_day(chosen[:10])
    earliest = today if by_office else starts.first_day(group, catalogue.calendar(), now)
    first = (near_day(f"{asked.get('month', '')}-01") or day or earliest).replace(day=1)
    last = _after(first) - timedelta(days=1)
    effort = Effort(starts.REQUEST_SECONDS)
    offered = starts.offered(group, first, last, now=now, by_office=by_office, effort=effort)
    free, further, complete = _free(offered.days), None, offered.complete
    if not free:
        later = max(last + timedelta(days=1), earliest)
        further, known = _further(group, later, now, by_office, effort)
        complete = complete and known
    if soonest and day is None and free:
        day = free[0]
    offers = {offer.day: offer for offer in offered.days}
    offer = offers.get(day) if day else None
    times = tuple(_time((start,), zone, chosen) for start in offer.starts) if offer else ()
    waves = tuple(_time(wave, zone, chosen) for wave in offer.waves) if offer else ()
    is_too_large = complete and group.heads > offered.largest > 0 and not free and not further
    return When(
        month=_month(first, offers, day, today=today, further=further),
        offer=offer,
        times=times,
        waves=waves,
        largest=offered.largest,
        here=here,
        keep=keep,
        too_large=reasons.too_large(offered.largest) if is_too_large else "",
        not_known=not complete,
        nearest=_nearest(free, offer.day) if offer and offer.state != "open" else (),
        closed=_closed(first, last, museum, now=now),
        lost=bool(chosen and day == near_day(chosen[:10]) and not any(time.chosen for time in times or waves)),
    )


def group_of(visit: Visit) -> Group | None:
    """The group of a booked visit, as if it asked anew; None for what the office alone can move."""
    if visit.kind != Visit.Kind.TOUR or visit.tour is None or visit.audience is None:
        return None
    return Group(visit.tour, visit.language, visit.audience, visit.heads)


def for_visit(asked: QueryDict, visit: Visit, *, here: str, by_office: bool = False) -> When | None:
    """Other times for a booked visit; None where there are none to choose from."""
    group = group_of(visit)
    if group is None or not visit.holds:
        return None
    try:
        return look(group, asked, now=timezone.now(), by_office=by_office, here=here, keep="move=1&")
    except Refused:  # its tour is not offered to this kind of group any more: the museum is called
        return None


def suggestions(refused: Any) -> tuple[Time, ...]:
    """The other times that a refusal brings along: one start each, on the museum's wall clock."""
    extra = getattr(refused, "extra", {})
    return tuple(Time(text, (datetime.fromisoformat(text),)) for text in extra.get("alternatives", ()))


def _free(offered: Iterable[DayOffer]) -> list[date]:
    return [offer.day for offer in offered if offer.state == "open"]


def _nearest(free: Iterable[date], day: date) -> tuple[date, ...]:
    """Some free days around one that is not, in order."""
    return tuple(sorted(sorted(free, key=lambda one: abs((one - day).days))[:NEAREST_DAYS]))


def _closed(first: date, last: date, museum: Museum, *, now: datetime) -> tuple[Closed, ...]:
    """What is closed on these days; of a closure that repeats a few times stand for all."""
    found = showcase.closures_within(first, last, museum, now=now)
    return tuple(Closed(each.closure, each.times[:MOST_CLOSED]) for each in found)


def _time(begins: tuple[datetime, ...], zone: ZoneInfo, chosen: str) -> Time:
    value = ",".join(periods.local(begin, zone).isoformat(timespec="minutes") for begin in begins)
    return Time(value, begins, value == chosen)


def _after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _further(group: Group, first: date, now: datetime, by_office: bool, effort: Effort) -> tuple[date | None, bool]:
    """The first free day from `first` on, and whether all starts of the days looked at are known."""
    last = first + timedelta(days=FURTHER_DAYS)
    found = starts.offered(group, first, last, now=now, by_office=by_office, effort=effort)
    return next(iter(_free(found.days)), None), found.complete


def _month(
    first: date, offers: dict[date, DayOffer], chosen: date | None, *, today: date, further: date | None
) -> Month:
    """The month of `first` with links to those before and after it that can be asked about."""
    return Month(
        first=first,
        weeks=_weeks(first, offers, chosen),
        before=_before(first) if first > today.replace(day=1) else None,
        after=_after(first) if near(_after(first)) else None,
        further=further,
    )


def _weeks(first: date, offers: dict[date, DayOffer], chosen: date | None) -> tuple[tuple[Cell | None, ...], ...]:
    """The weeks, without those that are over: on a phone the free days would stand below three empty lines."""
    weeks = tuple(
        tuple(
            Cell(day, offers[day].state, offers[day].reason, day == chosen) if day in offers else None for day in week
        )
        for week in Calendar().monthdatescalendar(first.year, first.month)
    )
    return tuple(week for week in weeks if any(cell and cell.state != "past" for cell in week)) or weeks

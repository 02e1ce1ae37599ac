"""A month to choose a day from, with what already stands on each: for what the office places itself, whatever the lead times."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import QueryDict

from scheduler import desk, periods, queries, showcase
from scheduler.forms.fields import near, near_day
from scheduler.showcase import Closed
from tours import queries as catalogue
from tours.days import Calendar as Hours
from tours.models import Museum


@dataclass(frozen=True, slots=True)
class Cell:
    """A day. `state`: "past", "closed" (all day: the museum is not open, or closed as a whole), "part" (some of it is closed) or "open"."""

    day: date
    visits: int
    state: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Planner:
    """A month's weeks, those that are over left out unless all are; Monday first (None: days of other months); the chosen day's table."""

    first: date
    weeks: tuple[tuple[Cell | None, ...], ...]
    before: date | None
    after: date | None
    chosen: date | None
    table: desk.DayTable | None

    @property
    def weekdays(self) -> list[date]:
        """Seven dates, Monday first, for the head of the month."""
        return Calendar().monthdatescalendar(self.first.year, self.first.month)[0]


def look(asked: QueryDict, museum: Museum, *, now: datetime) -> Planner:
    """The month that `to_month` names, else that of the day (`to_day`, `day`), else the present one. A fixed number of queries."""
    zone = ZoneInfo(museum.time_zone)
    today = periods.day_of(now, zone)
    chosen = near_day(asked.get("to_day", "")) or near_day(asked.get("day", ""))
    first = (near_day(f"{asked.get('to_month', '')}-01") or chosen or today).replace(day=1)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    last = max(day for day in weeks[-1] if day.month == first.month)
    closed = showcase.closures_within(first, last, museum, now=periods.midnight(first, zone))
    visits, calendar = queries.visits_by_day(first, last), catalogue.calendar()
    cells = tuple(
        tuple(
            Cell(day, visits.get(day, 0), _state(day, closed, calendar, today, zone), day == chosen)
            if day.month == first.month
            else None
            for day in week
        )
        for week in weeks
        if week[-1] >= today or last < today
    )
    before, after = first - timedelta(days=1), last + timedelta(days=1)
    return Planner(
        first,
        cells,
        before.replace(day=1) if before >= today else None,
        after if near(after) else None,
        chosen,
        desk.day_table(chosen, museum, desk.visits_on(chosen, museum)) if chosen else None,
    )


def _state(day: date, closed: Sequence[Closed], calendar: Hours, today: date, zone: ZoneInfo) -> str:
    if day < today:
        return "past"
    whole = [each.times for each in closed if not each.closure.spaces.all()]
    if not showcase.receives(day, calendar, whole, zone):
        return "closed"
    parts = (periods.to_interval(time, day, zone) for each in closed for time in each.times)
    return "part" if any(parts) else "open"

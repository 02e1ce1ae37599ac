"""A guide's own work: the tours of some days, what a month has come to, and when they work. It reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import ExtractIsoWeekDay

from scheduler import periods, queries
from scheduler.models import Leg, Party, Visit
from tours.days import lies_in
from tours.models import Guide, Opening

AGREED = (Visit.Status.CONFIRMED, Visit.Status.DONE)
HOUR = timedelta(hours=1)
LENGTH = ExpressionWrapper(F("period__endswith") - F("period__startswith"), output_field=DurationField())
SATURDAY = 6
"""The first of the weekend, as ISO 8601 counts the days of a week."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A tour of this guide, as their pages show it; one that is not told yet may still go to somebody else."""

    party: Party
    title: str
    organisation: str
    legs: tuple[Leg, ...]
    told: bool
    over: bool
    is_today: bool

    @property
    def receives(self) -> bool:
        """The guide may note now that the group has come."""
        return self.told and self.is_today


@dataclass(frozen=True, slots=True)
class Month:
    """What a guide has led in a month until now, and what of it is agreed with them and still ahead; hours, to a tenth."""

    first: date
    tours: int
    hours: float
    weekend_days: int
    tours_ahead: int
    hours_ahead: float
    weekend_days_ahead: int


@dataclass(frozen=True, slots=True)
class Work:
    """A window of a weekday (Monday is 0) in which a guide works."""

    weekday: int
    starts: time
    ends: time

    @property
    def a_day(self) -> date:
        """Some day with this weekday, for the name of it."""
        return date(2024, 1, 1 + self.weekday)  # a Monday


@dataclass(frozen=True, slots=True)
class Hours:
    """When a guide works from a day on, until others are valid; `own`: these are not merely the museum's."""

    first: date
    work: tuple[Work, ...]
    own: bool


def leads_of(guide: Guide, first: date, end: date, *, now: datetime, zone: ZoneInfo) -> list[Lead]:
    """A guide's tours of the days in [first, end), soonest first, with all that a page shows of them. A fixed number of queries."""
    today = periods.day_of(now, zone)
    duties = queries.duties_of(guide, periods.midnight(first, zone), periods.midnight(end, zone))
    return [lead_of(duty, today, now=now) for duty in duties]


def lead_of(duty: Party, today: date, *, now: datetime) -> Lead:
    """One duty, read by `queries.duties`, as a page shows it."""
    told = duty.visit.promised_at is not None
    hidden = duty.visit.discreet and not told  # it may yet be somebody else's to know
    return Lead(
        party=duty,
        title=queries.title_of(duty.visit, open_to_all=not told),
        organisation="" if hidden else queries.shown_under(duty.visit),
        legs=tuple(queries.legs_of(duty)),
        told=told,
        over=duty.period.upper <= now,
        is_today=duty.visit.day == today,
    )


def month_of(guide: Guide, day: date, *, now: datetime) -> Month:
    """What the month of a day has come to for a guide. A group that did not come is not counted. One query."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    led, ahead = Q(period__endswith__lte=now), Q(period__endswith__gt=now, visit__promised_at__isnull=False)
    weekend = Q(weekday__gte=SATURDAY)
    mine = Party.objects.filter(guide=guide, visit__status__in=AGREED, visit__day__gte=first, visit__day__lt=following)
    found = mine.annotate(weekday=ExtractIsoWeekDay("visit__day")).aggregate(
        tours=Count("pk", filter=led),
        length=Sum(LENGTH, filter=led),
        weekend_days=Count("visit__day", filter=led & weekend, distinct=True),
        tours_ahead=Count("pk", filter=ahead),
        length_ahead=Sum(LENGTH, filter=ahead),
        weekend_days_ahead=Count("visit__day", filter=ahead & weekend, distinct=True),
    )
    return Month(
        first,
        found["tours"],
        _hours(found["length"]),
        found["weekend_days"],
        found["tours_ahead"],
        _hours(found["length_ahead"]),
        found["weekend_days_ahead"],
    )


def hours_of(guide: Guide, today: date) -> list[Hours]:
    """When a guide works now, and from which days on otherwise. Two queries."""
    rows = list(guide.hours.order_by("weekday", "starts"))
    museum = tuple(Work(row.weekday, row.opens, row.closes) for row in Opening.objects.order_by("weekday", "opens"))
    begins = {row.valid_from for row in rows if row.valid_from}
    begins |= {row.valid_until + timedelta(days=1) for row in rows if row.valid_until}
    found: list[Hours] = []
    for day in [today, *sorted(day for day in begins if day > today)]:
        valid = [row for row in rows if lies_in(day, row.valid_from, row.valid_until)]
        own = tuple(Work(row.weekday, row.starts, row.ends) for row in valid)
        if not found or (found[-1].work, found[-1].own) != (own or museum, bool(own)):
            found.append(Hours(day, own or museum, own=bool(own)))
    return found


def _hours(length: timedelta | None) -> float:
    return round(length / HOUR, 1) if length else 0.0

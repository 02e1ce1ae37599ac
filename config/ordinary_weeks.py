"""The demonstration's ordinary weeks: groups of the last weeks and of these days, so that its pages have something to show.

Nothing of it was reported by the museum, and all names are invented. What is over has taken place; what is still to come is
told as any visit is.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count

from scheduler import arrivals, bookings, demand, periods, roster
from scheduler.bookings import Request
from scheduler.errors import Refused
from scheduler.models import Party, Unserved, Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tours import queries as catalogue
from tours.models import Audience, Guide, Tour, User

WEEKS_BEFORE = 5
DAYS_AHEAD = 6
"""Up to the season, which is placed from 7 days on."""
WEEK = (  # weekday (0 is Monday), time, tour, language, kind of group, people, days asked ahead, who
    (1, "10:00", "halls", "kk", "school", 28, 9, "School No. 12 of Astana"),
    (1, "14:00", "grounds", "ru", "general", 12, 3, "Travel club “Saryarqa”"),
    (2, "11:00", "halls-film", "ru", "soldiers", 45, 12, "Military Unit 5573"),
    (2, "15:00", "grounds", "en", "general", 9, 2, "Steppe Tours"),
    (3, "10:30", "halls", "ru", "school", 24, 16, "Lyceum No. 3"),
    (3, "14:00", "grounds", "kk", "preschool", 18, 5, "Kindergarten “Balapan”"),
    (4, "11:00", "grounds-flowers", "en", "delegation", 11, 23, "Embassy of the Republic of Poland"),
    (4, "15:00", "halls", "kk", "descendants", 6, 6, "Family of a prisoner"),
    (5, "10:00", "full", "kk", "veterans", 20, 19, "Council of veterans"),
    (5, "12:30", "halls-film", "ru", "general", 32, 4, "Trade union of railway workers"),
    (5, "15:00", "grounds", "en", "general", 15, 1, "Nomad Travel"),
    (6, "11:00", "halls", "ru", "general", 22, 7, "A family club"),
)
IN_VAIN = (  # weekday asked for, hour, tour, language, people
    (5, 11, "halls", "en", 18),
    (5, 12, "halls-film", "en", 30),
    (6, 14, "grounds", "en", 14),
)


@transaction.atomic
def fill(*, by: User, now: datetime) -> int:
    """Book the ordinary weeks around `now`; what cannot be had on a day is left out. Gives how many visits there are."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    today = periods.day_of(now, zone)
    tours = {tour.code: tour for tour in Tour.objects.all()}
    audiences = {audience.code: audience for audience in Audience.objects.all()}
    booked = 0
    for day in periods.days_between(today - timedelta(weeks=WEEKS_BEFORE), today + timedelta(days=DAYS_AHEAD)):
        week = day.toordinal() // 7
        for turn, (weekday, clock, tour, language, audience, heads, ahead, who) in enumerate(WEEK):
            if weekday != day.weekday() or (week + turn) % 7 == 0:  # no week is like the other
                continue
            group = Group(tours[tour], language, audiences[audience], heads + (week * 5 + turn * 3) % 7 - 3)
            contact = Person(who, email="visitor@example.org", organisation=who)
            asked = Request(group, (_at(day, clock, zone),), (contact,), agreed=True)
            with suppress(Refused):
                visit = bookings.book(asked, now=now)
                booked += 1
                if visit.status == Visit.Status.DONE:
                    _took_place(visit, timedelta(days=ahead), week + turn, now=now)
                else:
                    _share(visit, by=by, now=now)
        for weekday, hour, tour, language, heads in IN_VAIN:
            if weekday == day.weekday() and day < today:
                group = Group(tours[tour], language, audiences["general"], heads)
                asked_at = _at(day - timedelta(days=4), "12:00", zone)
                demand.note(group, how=Unserved.How.TAKEN, who=f"{day}", now=asked_at, wanted=day, hour=hour)
    return booked


def _took_place(visit: Visit, ahead: timedelta, number: int, *, now: datetime) -> None:
    """As if it had been asked for so long ahead: most of the group came, and now and then nobody did."""
    assert visit.period is not None  # it is over
    asked_at = visit.period.lower - ahead
    for party in visit.parties.all():
        guide = next(guide for guide in _by_hours(visit) if not _leads(guide, party.period))
        Party.objects.filter(pk=party.pk).update(guide=guide)
    Visit.objects.filter(pk=visit.pk).update(created_at=asked_at)
    for name, field in (("VisitEvent", "pgh_obj"), ("PartyEvent", "visit")):
        apps.get_model("scheduler", name).objects.filter(**{field: visit.pk}).update(pgh_created_at=asked_at)
    if number % 17 == 0:
        arrivals.did_not_come(visit.pk, now=now)
    else:
        arrivals.arrive(visit.pk, heads=max(1, visit.heads - number % 4), now=now)


def _share(visit: Visit, *, by: User, now: datetime) -> None:
    """Whoever has led least leads what is to come, where they can."""
    for party in visit.parties.all():
        with suppress(Refused):
            roster.assign(party.pk, _by_hours(visit)[0].code, by=by, now=now)


def _by_hours(visit: Visit) -> list[Guide]:
    """The guides who may lead a visit, those who have led least first."""
    may = Guide.objects.filter(qualifications__tour=visit.tour, qualifications__language=visit.language)
    return list(may.annotate(led=Count("parties")).order_by("led", "code"))


def _leads(guide: Guide, period: DateTimeTZRange) -> bool:
    return Party.objects.filter(guide=guide, period__overlap=period).exists()


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone)

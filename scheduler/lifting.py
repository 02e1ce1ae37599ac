"""Opens again what a closure closed: shown first, with who waits for it and who could come back to the time they had."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from scheduler import announcing, locks, periods, queries, snapshot, starts, steps, waiting
from scheduler.core import availability
from scheduler.core.day import Day, booked
from scheduler.errors import NotAllowedNow
from scheduler.models import Closure, Visit, Wish
from scheduler.starts import Group
from tours import queries as catalogue
from tours import services
from tours.models import User

MOST_LOOKED_AT = 40
"""Of so many groups each it is said exactly whether a time fits; those beyond are only counted."""

SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Fits:
    """A visit, and the start of each wave at which it could be."""

    visit: Visit
    begins: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Lifting:
    """What lifting a closure would do. `days`: those that it gives back, as far ahead as anybody may wait.

    `waiting`: who waits for one of them, in line; `served`: those of them who would be offered a time, and which, one after the other.
    `returning`: visits that the closure moved and that could be at their old time again, each for itself; a person decides about them.
    `beyond`: how many more were not looked at.
    """

    seal: str
    days: tuple[date, ...]
    waiting: tuple[Visit, ...]
    served: tuple[Fits, ...] = ()
    returning: tuple[Fits, ...] = ()
    beyond: int = 0


def preview(closure_id: int, *, now: datetime) -> Lifting:
    """What lifting would do; changes nothing. Raises NotAllowedNow once it was lifted."""
    closure = Closure.objects.get(pk=closure_id)
    refuse_lifted(closure)
    days = tuple(days_of(closure, now=now))
    seal = _seal(closure)
    wishes = list(waiting.line().filter(days__overlap=list(days))) if days else []
    moved = _moved_by(closure, now=now)
    if not days or not (wishes or moved):
        return Lifting(seal, days, tuple(wish.visit for wish in wishes))
    read = _read(closure, days, [begins[0] for begins in moved.values()], now=now)
    looked, visits = wishes[:MOST_LOOKED_AT], list(moved)[:MOST_LOOKED_AT]
    return Lifting(
        seal,
        days,
        tuple(wish.visit for wish in wishes),
        tuple(_served(looked, days, read, now=now)),
        tuple(Fits(visit, moved[visit]) for visit in visits if _could_return(visit, moved[visit], read)),
        len(wishes) - len(looked) + len(moved) - len(visits),
    )


@transaction.atomic
def lift(closure_id: int, *, by: User | None, now: datetime, seal: str = "") -> Closure:
    """Open again what a closure closed; its times are offered to whoever waits. Visits that it moved stay where they are.

    `seal`: of its preview; NotAllowedNow where the closure is another by now.
    """
    locks.calendar_exclusive()
    closure = Closure.objects.select_for_update().get(pk=closure_id)
    refuse_lifted(closure)
    if seal and _seal(closure) != seal:
        raise NotAllowedNow(_("This closure has changed in the meantime. Please look at it again."))
    closure.lifted_at = now
    closure.save(update_fields=["lifted_at"])
    free(closure, now=now)
    services.raise_catalogue_version()
    announcing.closure_lifted(closure, now=now)
    return closure


def refuse_lifted(closure: Closure) -> None:
    """Raise NotAllowedNow where a closure closes nothing any more."""
    if closure.lifted_at is not None:
        raise NotAllowedNow(_("This closure has been lifted already."))


def free(closure: Closure, *, now: datetime) -> None:
    """Let the waiting list look at the days of a closure that ends or changes."""
    steps.freed_all(days_of(closure, now=now), now=now)


def days_of(closure: Closure, *, now: datetime) -> Iterator[date]:
    """The days on which a closure closes anything, from today and as far ahead as anybody may wait for."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    today = periods.day_of(now, zone)
    ahead = DateTimeTZRange(
        periods.midnight(today, zone), periods.midnight(today + timedelta(days=starts.MOST_DAYS + 1), zone), "[)"
    )
    for time in queries.times_of(closure, ahead, zone):
        until = ahead.upper if time.upper is None else min(time.upper, ahead.upper)
        first, last = max(time.lower, ahead.lower), until - periods.TICK
        yield from periods.days_between(periods.day_of(first, zone), periods.day_of(last, zone))


def _seal(closure: Closure) -> str:
    return hashlib.sha256(repr((closure.pk, closure.period, closure.rrule)).encode()).hexdigest()[:32]


def _moved_by(closure: Closure, *, now: datetime) -> dict[Visit, tuple[datetime, ...]]:
    """The tours that have their present time for this closure, soonest first, each with the starts that it had before.

    Whatever else has changed of them since, and whether they were moved or took what was suggested.
    """
    history: Any = apps.get_model("scheduler", "VisitEvent").objects
    hit = history.filter(displaced_by=closure.pk).values("pgh_obj")
    visits = {
        visit.pk: visit
        for visit in queries.visits().filter(
            pk__in=hit, kind=Visit.Kind.TOUR, status__in=Visit.HOLDING, period__startswith__gt=now
        )
    }
    fields = ("pgh_obj", "revision", "displaced_by", "period")
    rows = history.filter(pgh_obj__in=list(visits)).order_by("pgh_id").values_list(*fields)
    whole = {
        (pk, revision): rest for pk, revision, *rest in reversed(list(rows))
    }  # of each revision the first: the rest are half a change
    before, given = {}, {}
    for (pk, _revision), (displaced_by, period) in sorted(whole.items()):
        if displaced_by == closure.pk:
            given[pk] = period
        elif pk not in given:
            before[pk] = period
    found = {}
    for pk, visit in sorted(visits.items(), key=lambda each: (each[1].period.lower, each[0])):
        was = before.get(pk) if given[pk] == visit.period else None
        if was is not None and was.lower > now and (was != visit.period or visit.left_out):
            now_begins = steps.begins_of(visit)
            found[visit] = tuple(was.lower + (begin - now_begins[0]) for begin in now_begins)
    return found


def _read(closure: Closure, days: Sequence[date], others: Sequence[datetime], *, now: datetime) -> snapshot.Range:
    """All these days as they would be without the closure."""
    wanted = [*days, *(steps.day_of(start) for start in others)]
    read = snapshot.of_days(min(wanted), max(wanted), now=now)
    key = str(closure.pk)
    opened = {
        day: replace(state, closed=tuple(each for each in state.closed if each.key != key), seal="")
        for day, state in read.days.items()
    }
    return replace(read, days=opened)


def _served(wishes: Sequence[Wish], days: Sequence[date], read: snapshot.Range, *, now: datetime) -> Iterator[Fits]:
    """Who would be offered a time: day by day, the first in line first, each beside those before it, as the waiting list does it."""
    state, done = dict(read.days), set[int]()
    for day in sorted(days):
        for wish in wishes:
            if wish.pk in done or day not in wish.days:
                continue
            found = _fitting(wish, state[day], day, read, now=now)
            if found is not None:
                begins, state[day] = found
                done.add(wish.pk)
                yield Fits(wish.visit, begins)


def _fitting(
    wish: Wish, state: Day, day: date, read: snapshot.Range, *, now: datetime
) -> tuple[tuple[datetime, ...], Day] | None:
    """The first start that fits a group that waits, and the day with the group at it; None where there is none."""
    visit = wish.visit
    if visit.tour is None or visit.audience is None:
        return None
    group = Group(visit.tour, visit.language, visit.audience, visit.heads)
    if day < starts.first_day(group, read.calendar, now):
        return None
    asked = starts.wish_for(visit, visit.heads)
    found = availability.starts(state, asked, earliest=starts.earliest_tick(day, read.zone, now), seconds=SECONDS)
    for ticks in [(start,) for start in found.starts] or found.waves:
        begins = tuple(periods.instant(tick, day, read.zone) for tick in ticks)
        if waiting.suits(wish, begins, read.zone) and begins[0] - timedelta(hours=1) > now:
            way = availability.way(state, asked, ticks, seconds=SECONDS)
            if way is not None:
                return begins, booked(state, f"wait-{visit.pk}", asked, way)
    return None


def _could_return(visit: Visit, begins: Sequence[datetime], read: snapshot.Range) -> bool:
    """Whether a visit could have its old time and its whole programme again, everybody else being where they are."""
    day = steps.day_of(begins[0], read.zone)
    whole = Visit(stops=list(visit.stops), left_out=visit.left_out)
    steps.put_back(whole)
    asked = replace(starts.wish_for(visit, visit.heads), stops=snapshot.core_stops(whole.stops))
    state = read.days[day]
    state = replace(state, visits=tuple(other for other in state.visits if other.key != str(visit.pk)), seal="")
    ticks = tuple(periods.to_tick(begin, day, read.zone) for begin in begins)
    try:
        return availability.way(state, asked, ticks, seconds=SECONDS) is not None
    except availability.Undecided:
        return False


def as_json(seen: Lifting) -> Mapping[str, Any]:
    """A preview as the API gives it, with the museum's offset."""
    zone = ZoneInfo(catalogue.museum().time_zone)

    def fits(every: Sequence[Fits]) -> list[dict[str, Any]]:
        return [{"visit": each.visit.code, "start": periods.local(each.begins[0], zone).isoformat()} for each in every]

    return {
        "seal": seen.seal,
        "days": [day.isoformat() for day in seen.days],
        "waiting": len(seen.waiting),
        "offered": fits(seen.served),
        "returning": fits(seen.returning),
        "not_looked_at": seen.beyond,
    }

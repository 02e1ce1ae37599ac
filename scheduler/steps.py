"""What every change of a visit is made of: its lock, a step of the NEXT table, the save that tells everybody."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from scheduler import announcing, locks, periods, placing, telling
from scheduler.errors import BadWish, KeyReused, NotAllowedNow, StaleForm
from scheduler.models import ChangeRequest, Closure, Contact, Freed, Visit
from scheduler.snapshot import Range
from tours import queries as catalogue

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that are read as another
CODE_LENGTH = 7
OFFICE_HOURS = time(9), time(18)
"""When the office is there on a business day on which the museum is closed."""
Cause = Closure | Visit
"""What a visit had to give way to: a closure, or an event or official visit."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be told: by e-mail, or by a call."""

    name: str
    email: str = ""
    phone: str = ""
    organisation: str = ""
    locale: str = "kk"
    channel: str = ""


def locked(visit_id: int, *also: date) -> Visit:
    """The visit as it is once the locks of its day, and of the days that it may go to, are ours.

    Raises Visit.DoesNotExist, StaleForm where somebody else has moved it in this very moment, and NotAllowedNow where it is forgotten.
    """
    day = Visit.objects.values_list("day", flat=True).get(pk=visit_id)
    locks.museum_days([*also, day] if day else also)
    visit = Visit.objects.select_related("tour", "audience").get(pk=visit_id)
    if visit.day != day:  # moved between our look and our lock
        raise StaleForm(revision=visit.revision)
    if visit.forgotten_at:
        raise NotAllowedNow
    return visit


def become(visit: Visit, status: str) -> None:
    """Take a step of the NEXT table, or raise NotAllowedNow."""
    if not visit.may_become(status):
        raise NotAllowedNow
    visit.status = status


def changed(visit: Visit, *, now: datetime, also: Sequence[date] = (), because: Cause | None = None) -> None:
    """Save a change, say that its days have changed, and tell everybody concerned and why. The last call of every service."""
    marked(visit, now=now, because=because)
    visit.save()
    locks.raise_versions([day for day in (visit.day, *also) if day])
    telling.sync(visit, now=now)
    announcing.visit_changed(visit, now=now)


def marked(visit: Visit, *, now: datetime, because: Cause | None = None) -> None:
    """Say of a visit that it is another one now, and what for."""
    visit.displaced_by, visit.gave_way_to = cause_of(because)
    visit.revision += 1
    visit.updated_at = now


def cause_of(because: Cause | None) -> tuple[Closure | None, Visit | None]:
    """What a visit had to give way to, as its two fields have it."""
    return because if isinstance(because, Closure) else None, because if isinstance(because, Visit) else None


def end_wishes(visit: Visit, *, now: datetime) -> None:
    """What was still asked for of a visit ends with it."""
    wishes = visit.change_requests.filter(status=ChangeRequest.Status.OPEN)
    wishes.update(status=ChangeRequest.Status.VOID, decided_at=now)


def freed(day: date, *, now: datetime, by: Visit | None = None) -> None:
    """Write down that something has become free on a day, for the waiting list to look at after the commit.

    `by`: whoever gave it back and goes on waiting.
    """
    freed_all([day], now=now, by=by)


def freed_all(days: Iterable[date], *, now: datetime, by: Visit | None = None) -> None:
    """The same for many days."""
    today = day_of(now)
    Freed.objects.bulk_create(Freed(day=day, at=now, by=by) for day in sorted(set(days)) if day >= today)


def add_contacts(visit: Visit, people: Sequence[Person]) -> None:
    """Keep who is to be told, in order."""
    for position, person in enumerate(people):
        add_contact(visit, person, position)


def add_contact(visit: Visit, person: Person, position: int) -> Contact:
    """Keep one person who is to be told."""
    return Contact.objects.create(
        visit=visit,
        position=position,
        name=person.name,
        organisation=person.organisation,
        email=person.email,
        phone=person.phone,
        locale=person.locale,
        channel=person.channel,
    )


def promise_if_near(visit: Visit, horizon_days: int, *, now: datetime) -> None:
    """A visit confirmed inside the horizon is promised at once; the others by the nightly run."""
    if is_near(visit, horizon_days, now=now):
        placing.promise(visit, now=now)


def is_near(visit: Visit, horizon_days: int, *, now: datetime) -> bool:
    """Whether a visit is confirmed and lies inside the horizon."""
    horizon = now + timedelta(days=horizon_days)
    return visit.status == Visit.Status.CONFIRMED and visit.period is not None and visit.period.lower <= horizon


def took_place_if_past(visit: Visit, *, now: datetime) -> None:
    """What is over when it is written down has taken place, with the guides that it had; nobody is told of it."""
    if visit.status == Visit.Status.CONFIRMED and visit.period and visit.period.upper <= now:
        placing.promise(visit, now=now)
        visit.status = Visit.Status.DONE


def decide_by(start: datetime, business_days: int, now: datetime, zone: ZoneInfo) -> datetime:
    """Until when the office has to decide: so many business days from now at the same hour, or the nearest at which it is there, and
    before the visit starts.
    """
    calendar = catalogue.calendar()
    last = calendar.business_days_after(periods.day_of(now, zone), business_days)
    there = calendar.windows(last)
    opens, closes = (there[0].opens, there[-1].closes) if there else OFFICE_HOURS
    clock = periods.local(periods.down_to_tick(now), zone).time()
    hour = periods.wall_tick(min(max(clock, opens), closes), last, zone)
    return min(periods.instant(hour, last, zone), start)


def when(begins: Sequence[datetime], ticks: int, zone: ZoneInfo) -> dict[str, Any]:
    """The fields of a visit that say when it is: `ticks` long from its first wave's start to its last wave's end."""
    first, last = min(begins), max(begins)
    day = periods.day_of(first, zone)
    return {
        "day": day,
        "day_bounds": periods.bounds(day, zone),
        "period": DateTimeTZRange(first, last + ticks * periods.TICK, "[)"),
    }


def new_code() -> str:
    """A visit's public code, easy to say on the telephone."""
    return "".join(secrets.choice(CODE_LETTERS) for _place in range(CODE_LENGTH))


def leave_out(visit: Visit, positions: Iterable[int]) -> None:
    """Take stops out of a visit's programme; it keeps them, each with its position."""
    gone = set(positions)
    if not gone:
        return
    visit.left_out = [{**stop, "position": index} for index, stop in enumerate(visit.stops) if index in gone]
    visit.stops = [stop for index, stop in enumerate(visit.stops) if index not in gone]


def put_back(visit: Visit) -> None:
    """Give a visit its whole programme again, before it gets another time."""
    for stop in sorted(visit.left_out, key=lambda stop: stop["position"]):
        visit.stops.insert(stop["position"], {name: value for name, value in stop.items() if name != "position"})
    visit.left_out = []


def refuse_ended(visit: Visit) -> None:
    """Raise NotAllowedNow where the visit holds no time any more."""
    if not visit.holds:
        raise NotAllowedNow


def already(keys: Mapping[str, str]) -> Visit | None:
    """The visit that the same request has made before; the same key with another request is refused. Locks the key."""
    for name in ("request_key", "season_key"):
        if key := keys.get(name):
            locks.request(key)
            there = Visit.objects.filter(**{name: key}).first()
            if there is not None and name == "request_key" and there.request_print != keys.get("request_print", ""):
                raise KeyReused
            if there is not None:
                return there
    return None


def day_of(instant: datetime, zone: ZoneInfo | None = None) -> date:
    """The museum's date at an instant."""
    return periods.day_of(instant, zone or ZoneInfo(catalogue.museum().time_zone))


def ticks_of(begins: Sequence[datetime], read: Range) -> tuple[date, tuple[int, ...]]:
    """The day of these starts, and the tick of each. Raises BadWish where they are of several days, or off the museum's grid."""
    day = day_of(begins[0], read.zone)
    if any(day_of(begin, read.zone) != day for begin in begins):
        raise BadWish(_("All sub-groups of a visit come on the same day."))
    try:
        ticks = tuple(periods.to_tick(begin, day, read.zone) for begin in begins)
    except periods.OffTheTicks as error:
        raise BadWish(str(error)) from error
    if any(tick % read.days[day].grid for tick in ticks):
        raise BadWish(_("A visit cannot start at this minute."))
    return day, ticks


def begins_of(visit: Visit) -> tuple[datetime, ...]:
    """The start of each wave of a visit; none where it has no time."""
    if visit.period is None:
        return ()
    return tuple(sorted({party.period.lower for party in visit.parties.all()})) or (visit.period.lower,)

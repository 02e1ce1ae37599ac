"""The day itself: who came, announced or not, who did not, what has taken place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import bookings, expiry, locks, periods, placing, queries, snapshot, starts, steps
from scheduler.bookings import Request
from scheduler.core.availability import Effort, Way, Wish
from scheduler.errors import BadWish, NotAllowedNow, StartTaken
from scheduler.models import Visit
from scheduler.starts import Group
from tours import queries as catalogue
from tours.models import User

WAIT_AT_THE_DOOR = timedelta(minutes=30)
"""For how long a group that nobody expected may be asked to wait, unless it chooses to."""
MANY_MORE = 50
"""So many more than were booked, or twice as many, may have come; above that it is a slip of the finger."""


@transaction.atomic
def arrive(visit_id: int, *, heads: int, guide_id: int | None = None, now: datetime) -> Visit:
    """The group has come: how many they really were. Takes back that it did not come. Raises NotAllowedNow before
    its day, BadWish where the number cannot be meant.

    `guide_id`: which guide says so, of a group that they lead and on its day; raises NotAllowedNow where it has gone to another meanwhile.
    """
    visit = steps.locked(visit_id)
    if guide_id is not None and not _receives(guide_id, visit, now):
        raise NotAllowedNow
    if visit.status not in (Visit.Status.CONFIRMED, Visit.Status.DONE, Visit.Status.NO_SHOW):
        raise NotAllowedNow
    if visit.day is None or steps.day_of(now) < visit.day:
        raise NotAllowedNow(_("The visit's day has not come."))
    if not 0 < heads <= max(2 * visit.heads, visit.heads + MANY_MORE):
        raise BadWish(_("Please check the number of people who came."))
    if visit.status == Visit.Status.NO_SHOW:  # it was said too soon, or of another group
        steps.become(visit, Visit.Status.DONE)
    visit.arrived_heads = heads
    visit.save(update_fields=["status", "arrived_heads"])
    return visit


def _receives(guide_id: int, visit: Visit, now: datetime) -> bool:
    """A guide notes who came on the day, while everybody remembers; afterwards the office does."""
    return visit.day == steps.day_of(now) and visit.parties.filter(guide=guide_id, holds=True).exists()


@transaction.atomic
def did_not_come(visit_id: int, *, now: datetime) -> Visit:
    """The group did not come; nobody is told, the office keeps count."""
    visit = steps.locked(visit_id)
    if visit.period is None or visit.period.lower > now:
        raise NotAllowedNow(_("The visit has not begun."))
    steps.become(visit, Visit.Status.NO_SHOW)
    visit.save(update_fields=["status"])
    return visit


@dataclass(frozen=True, slots=True)
class Instead:
    """What could be had today in place of what a group at the door asks for, and from when."""

    group: Group
    start: datetime


@transaction.atomic
def walk_in(asked: Request, *, by: User | None, now: datetime) -> Visit:
    """Receive a group that has come unannounced: now, or at the first minute at which it can be served; or at the start that `asked` names.

    No contact is needed. Raises StartTaken where it would wait for longer than `WAIT_AT_THE_DOOR`: `instead` says what is possible.
    Nobody who is expected has to wait: unpromised guides may be swapped, times never.
    """
    if asked.adults > asked.group.heads or asked.group.heads < 1:
        raise BadWish(_("There cannot be more accompanying adults than people."))
    day = steps.day_of(now)
    locks.museum_days([day])
    expiry.release_expired([day], now=now)
    if (there := steps.already(asked.keys)) is not None:
        return there
    read = snapshot.of_day(day)
    wish = starts.wish_of(asked.group, by_office=True)
    start, way = _soonest(wish, read, asked.starts, now=now)
    visit = bookings.write_down(
        asked, status=Visit.Status.CONFIRMED, now=now, **steps.when((start,), wish.ticks, read.zone)
    )
    visit.arrived_heads = visit.heads
    placing.place(visit, way, read)
    steps.promise_if_near(visit, read.museum.promise_days, now=now)
    steps.changed(visit, now=now)
    return visit


def instead(group: Group, *, now: datetime) -> list[Instead]:
    """What can still be had today: the same later, in another language, another tour, for fewer people; the soonest of each."""
    day = steps.day_of(now)
    fewer = [size for size in _sizes(group) if size < group.heads]
    thinkable = [
        group,
        *(replace(group, language=code) for code, _name in queries.language_names() if code != group.language),
        *(replace(group, tour=tour) for tour in catalogue.offered_tours() if tour != group.tour),
        *(replace(group, heads=size) for size in fewer[:1]),
    ]
    found, effort = [], Effort(starts.REQUEST_SECONDS)
    for each in thinkable:
        shown = starts.offered(each, day, day, now=now, by_office=True, effort=effort).days[0]
        if shown.starts:
            found.append(Instead(each, shown.starts[0]))
    return found


def _sizes(group: Group) -> list[int]:
    """Numbers of people that whole sub-groups would make, the largest first."""
    most = catalogue.heads_per_guide(group.tour, group.audience)
    return [number * most for number in range(-(-group.heads // most) - 1, 0, -1)]


def _soonest(wish: Wish, read: snapshot.Range, chosen: tuple[datetime, ...], *, now: datetime) -> tuple[datetime, Way]:
    """The first start, on any tick, at which the group can be served, and how; only the chosen one, where there is one."""
    begin = periods.up_to_tick(now)
    tries = [begin + number * periods.TICK for number in range(WAIT_AT_THE_DOOR // periods.TICK + 1)]
    day = steps.day_of(begin, read.zone)
    state = replace(read.days[day], grid=1)
    for start in chosen or tries:
        if start < begin or steps.day_of(start, read.zone) != day:
            continue
        way = starts.way_for(state, wish, (periods.to_tick(start, day, read.zone),))
        if way is not None:
            return start, way
    raise StartTaken(_("Now, or within half an hour, this group cannot be served."))


def finish(*, now: datetime) -> int:
    """Mark what has taken place; gives how many visits that were."""
    return Visit.objects.filter(status=Visit.Status.CONFIRMED, period__endswith__lte=now).update(
        status=Visit.Status.DONE
    )

"""The waiting list, for groups: when something becomes free, the first group that fits exactly is offered it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from scheduler import bookings, demand, locks, offers, periods, reasons, snapshot, starts, steps
from scheduler.bookings import Request
from scheduler.core import availability
from scheduler.core.availability import Day, Effort
from scheduler.errors import BadWish, GroupTooLarge, StartTaken
from scheduler.models import Freed, Offer, Unserved, Visit, Wish
from scheduler.starts import Group
from tours import queries as catalogue

ANSWER_WITHIN = timedelta(days=2)
MOST_DAYS = starts.MOST_DAYS


@dataclass(frozen=True, slots=True)
class Hours:
    """When a visit may begin, by the museum's clock; None: at any time."""

    earliest: time | None = None
    latest: time | None = None


@transaction.atomic
def wait(asked: Request, days: Sequence[date], hours: Hours, *, now: datetime) -> Visit:
    """Put a group on the list; it holds nothing. Raises BadWish or GroupTooLarge where none of the days could ever serve it."""
    bookings.refuse_impossible(asked)
    starts.wish_of(asked.group)
    calendar = catalogue.calendar()
    today = periods.day_of(now, ZoneInfo(calendar.museum.time_zone))
    wanted = sorted({day for day in days if day >= today})
    if not wanted or len(wanted) > MOST_DAYS:
        raise BadWish(_("Please name at least one day to come, and at most %(most)d.") % {"most": MOST_DAYS})
    wanted = [day for day in wanted if calendar.windows(day)]
    if not wanted:
        raise BadWish(_("The museum is closed on all of these days."))
    if hours.earliest and hours.latest and hours.latest < hours.earliest:
        raise BadWish(_("The latest start lies before the earliest."))
    if (there := steps.already(asked.keys)) is not None:
        return there
    _refuse_too_large(asked.group, wanted)
    visit = bookings.write_down(asked, status=Visit.Status.WAITING, now=now)
    Wish.objects.create(
        visit=visit,
        days=wanted,
        earliest=hours.earliest,
        latest=hours.latest,
        priority=asked.group.audience.priority,
        since=now,
    )
    hour = hours.earliest.hour if hours.earliest else None
    demand.note(asked.group, how=Unserved.How.WAITING, who=visit.code, now=now, wanted=wanted[0], hour=hour)
    steps.changed(visit, now=now)
    for day in wanted:
        steps.freed(day, now=now)  # so that what is free already is offered at once
    return visit


def _refuse_too_large(group: Group, days: Sequence[date]) -> None:
    """Raise GroupTooLarge where each of the days, were it empty, would be too small; looks no further than the first that is not."""
    wish, largest, effort = starts.wish_of(group), 0, Effort(starts.REQUEST_SECONDS)
    for state in _states(days):
        largest = max(largest, availability.largest(state, wish))
        found = availability.starts(state, wish, seconds=min(availability.SECONDS, effort.left))
        if group.heads <= largest or "too_large" not in {reason.code for reason in found.reasons}:
            return
    raise GroupTooLarge(reasons.too_large(largest), largest=largest, alternatives=[])


def _states(days: Sequence[date]) -> Iterator[Day]:
    """The days, in order: the first alone, which is enough for most groups, then all others in as many queries once more."""
    first, *others = days
    yield snapshot.of_day(first).days[first]
    if others:
        read = snapshot.of_days(others[0], others[-1]).days
        yield from (read[day] for day in others)


def place_in_line(visit: Visit) -> int:
    """How many groups that wait for one of the same days come before this one, and itself: 1 is next."""
    mine = visit.wish
    return 1 + sum(other.pk != mine.pk and _before(other, mine) for other in line().filter(days__overlap=mine.days))


def serve_freed(*, now: datetime) -> int:
    """Look at every day on which something became free; gives how many groups were offered a time."""
    rows = list(Freed.objects.values_list("pk", "day", "by"))
    served = 0
    for day in sorted({day for _pk, day, _by in rows}):
        gave_back = {by for _pk, each, by in rows if each == day}
        served += locks.door(serve)(day, but=gave_back if None not in gave_back else (), now=now)
    Freed.objects.filter(pk__in=[pk for pk, _day, _by in rows]).delete()
    lapse(now=now)
    return served


@transaction.atomic
def serve(day: date, *, but: Collection[int] = (), now: datetime) -> int:
    """Offer the day's free times to the groups that wait for it, the first in line first, each exactly what fits it then.

    `but`: visits that have just given back all that became free, and are not asked again about the same.
    """
    locks.museum_days([day])
    served = 0
    for wish in line().filter(days__contains=[day]).exclude(visit__in=but):
        try:
            begins = _fitting(wish, day, now)
        except BadWish:  # its tour is not offered to it any more: it is the office's to ring, and in nobody's way
            continue
        if not begins:
            continue
        answer_by = min(now + ANSWER_WITHIN, begins[0][0] - timedelta(hours=1))
        if answer_by <= now:
            continue
        others = [each[0] for each in begins[1:] if len(each) == 1]
        try:
            offers.offer(
                wish.visit_id,
                begins[0],
                answer_by=answer_by,
                alternatives=others[: offers.MOST_ALTERNATIVES],
                on_silence=Offer.Silence.WAIT,
                now=now,
            )
        except StartTaken:  # fits by the books, and not by a constraint: the next in line may
            continue
        served += 1
    return served


def lapse(*, now: datetime) -> int:
    """Cancel what has waited past its last day; gives how many."""
    today = periods.day_of(now, ZoneInfo(catalogue.museum().time_zone))
    over = [wish.visit_id for wish in line() if max(wish.days) < today]
    return sum(locks.door(_lapse)(visit_id, now=now) for visit_id in over)


@transaction.atomic
def _lapse(visit_id: int, *, now: datetime) -> bool:
    if (
        steps.locked(visit_id).status != Visit.Status.WAITING
    ):  # it was offered a time, or cancelled, in this very moment
        return False
    bookings.cancel(visit_id, by="silence", now=now)
    return True


def line() -> QuerySet[Wish]:
    """Who waits, the first to be served first."""
    waiting = Wish.objects.filter(visit__status=Visit.Status.WAITING)
    return waiting.select_related("visit__tour", "visit__audience").order_by("-priority", "since", "pk")


def _before(one: Wish, other: Wish) -> bool:
    return (-one.priority, one.since, one.pk) < (-other.priority, other.since, other.pk)


def _fitting(wish: Wish, day: date, now: datetime) -> list[tuple[datetime, ...]]:
    """The starts of a day that can be served and suit the group, soonest first: one instant each, or one for each wave."""
    visit = wish.visit
    assert visit.tour is not None and visit.audience is not None  # only tours are waited for
    group = starts.Group(visit.tour, visit.language, visit.audience, visit.heads)
    shown = starts.offered(group, day, day, now=now).days[0]
    zone = ZoneInfo(catalogue.museum().time_zone)
    every: list[tuple[datetime, ...]] = [(start,) for start in shown.starts] or list(shown.waves)
    return [begins for begins in every if suits(wish, begins, zone)]


def suits(wish: Wish, begins: Sequence[datetime], zone: ZoneInfo) -> bool:
    """Whether these starts lie within the hours that a group named, and are not what it declined."""
    if begins[0] in wish.declined:
        return False
    clocks = [periods.local(begin, zone).time() for begin in begins]
    early_enough = wish.latest is None or max(clocks) <= wish.latest
    return early_enough and (wish.earliest is None or min(clocks) >= wish.earliest)

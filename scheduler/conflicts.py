"""Everything that is not as it was promised, each with what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, F, OuterRef, Q

from notifications.models import Call, OutboxMessage
from scheduler import bookings, periods, queries
from scheduler.models import ChangeRequest, Closure, Contact, Leg, Offer, Party, Visit
from tours.days import lies_in
from tours.models import GuideHours
from tours.queries import museum

TIME_TO_ANSWER = timedelta(days=2)
"""So long a group that got the question in writing may take to answer it; a group that has to be rung is asked with that call."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing to mend. `remedy`: what the office can do: "move", "assign", "ring", "decide", "correct".

    `kind`: inside_closure, no_guide, outside_hours (the guide who is to lead does not work then), not_answered,
    offer_unanswered, heads_unconfirmed, untold, undelivered (a letter that could not be
    delivered), undecided (a request past its `decide_by`), late_wish (a change asked for after the deadline).
    """

    kind: str
    visit: Visit
    remedy: str
    party: Party | None = None
    closure: Closure | None = None
    call: Call | None = None
    letter: OutboxMessage | None = None
    wish: ChangeRequest | None = None


def every(*, now: datetime) -> list[Conflict]:
    """All that is to be mended, the soonest visit first. A fixed number of queries."""
    found = [
        *_inside_closures(now),
        *_without_guide(now),
        *_outside_hours(now),
        *_unanswered_duties(now),
        *_unanswered_offers(now),
        *_unconfirmed_heads(now),
        *_untold(now),
        *_undelivered(now),
        *_undecided(now),
        *_late_wishes(),
    ]
    return sorted(found, key=lambda each: (each.visit.period is None, each.visit.period and each.visit.period.lower))


def _inside_closures(now: datetime) -> Iterator[Conflict]:
    """Visits that old data, or a hand in the database, left inside a closure."""
    closed = [(closure, {space.pk for space in closure.spaces.all()}) for closure in queries.closures_from(now)]
    last = queries.last_booked_day() if closed else None
    if last is None:
        return
    zone = ZoneInfo(museum().time_zone)
    booked = DateTimeTZRange(now, periods.bounds(last, zone).upper, "[)")
    hit = Q()
    for closure, spaces in closed:
        if times := queries.times_of(closure, booked, zone):
            here = Q(queries.meets(times))
            hit |= here & Q(lane__space__in=spaces) if spaces else here
    legs = Leg.objects.filter(hit, holds=True, visit__status__in=Visit.HOLDING) if hit else Leg.objects.none()
    legs = legs.exclude(visit__kind=Visit.Kind.PROTOCOL).select_related("visit__tour", "lane__space").order_by("period")
    seen: set[tuple[int, int]] = set()
    for leg in legs:
        for closure, spaces in closed:
            if (spaces and leg.lane.space_id not in spaces) or (leg.visit_id, closure.pk) in seen:
                continue
            if queries.times_of(closure, leg.period, zone):
                seen.add((leg.visit_id, closure.pk))
                yield Conflict("inside_closure", leg.visit, "move", closure=closure)


def _without_guide(now: datetime) -> Iterator[Conflict]:
    """Parties of confirmed visits within the horizon that nobody leads."""
    for party in queries.parties_soon(museum(), now=now).filter(guide=None):
        yield Conflict("no_guide", party.visit, "assign", party=party)


def _outside_hours(now: datetime) -> Iterator[Conflict]:
    """Parties within the horizon whose guide does not work then any more, by hours of their own that were set after it was agreed."""
    house = museum()
    zone = ZoneInfo(house.time_zone)
    led = queries.parties_soon(house, now=now).filter(Exists(GuideHours.objects.filter(guide=OuterRef("guide"))))
    for party in led.prefetch_related("guide__hours"):
        starts, ends = (periods.local(edge, zone) for edge in (party.period.lower, party.period.upper))
        day = starts.date()
        hours = party.guide.hours.all() if party.guide else ()
        valid = [row for row in hours if lies_in(day, row.valid_from, row.valid_until)]
        there = any(
            row.weekday == day.weekday() and row.starts <= starts.time() and ends.time() <= row.ends for row in valid
        )
        if valid and not there:
            yield Conflict("outside_hours", party.visit, "assign", party=party)


def _unanswered_duties(now: datetime) -> Iterator[Conflict]:
    """Told guides who have not answered a day before."""
    near = queries.parties_soon(museum(), now=now).filter(
        guide__isnull=False, answer=Party.Answer.PENDING, visit__promised_at__isnull=False
    )
    for party in near.filter(period__startswith__lte=now + timedelta(days=1)):
        yield Conflict("not_answered", party.visit, "ring", party=party)


def _unanswered_offers(now: datetime) -> Iterator[Conflict]:
    asked = Visit.objects.filter(status=Visit.Status.OFFERED, offers__outcome=Offer.Outcome.OPEN)
    asked = asked.select_related("tour").prefetch_related("contacts")
    for visit in asked.annotate(answer_by=F("offers__answer_by")).order_by("answer_by"):
        yield Conflict("offer_unanswered", visit, "ring")


def _unconfirmed_heads(now: datetime) -> Iterator[Conflict]:
    """Groups that were asked whether they still come, and have not said so: at once where only a call asks them, so that the answer can be
    noted while they are on the telephone.
    """
    asked = now + bookings.RECONFIRM_BEFORE
    visits = Visit.objects.filter(status=Visit.Status.CONFIRMED, kind=Visit.Kind.TOUR, reconfirmed_at=None)
    visits = visits.filter(period__startswith__gt=now, period__startswith__lte=asked)
    visits = visits.filter(created_at__lt=F("period__startswith") - bookings.RECONFIRM_BEFORE)
    written_to = Contact.objects.filter(visit=OuterRef("pk")).exclude(email="", channel="")
    visits = visits.filter(Q(period__startswith__lte=asked - TIME_TO_ANSWER) | ~Exists(written_to))
    for visit in visits.select_related("tour").prefetch_related("contacts"):
        yield Conflict("heads_unconfirmed", visit, "ring")


def _untold(now: datetime) -> Iterator[Conflict]:
    """People whom nobody has rung yet."""
    calls = list(Call.objects.filter(status=Call.Status.OPEN, not_before__lte=now).select_related("thread"))
    visits = _visits_of(call.thread.about for call in calls)
    for call in calls:
        if visit := visits.get(call.thread.about.removeprefix("visit:")):
            yield Conflict("untold", visit, "ring", call=call)


def _undelivered(now: datetime) -> Iterator[Conflict]:
    """Letters of this month that no server took, of visits that are still to come: their reader knows nothing."""
    dead = OutboxMessage.objects.filter(status=OutboxMessage.Status.DEAD, created_at__gt=now - timedelta(days=30))
    letters = list(dead.select_related("thread").order_by("created_at"))
    visits = _visits_of(letter.thread.about for letter in letters)
    for letter in letters:
        visit = visits.get(letter.thread.about.removeprefix("visit:"))
        if visit is not None and (visit.status == Visit.Status.WAITING or (visit.period and visit.period.upper > now)):
            yield Conflict("undelivered", visit, "correct", letter=letter)


def _undecided(now: datetime) -> Iterator[Conflict]:
    """Requests that were to be decided already."""
    late = Visit.objects.filter(status=Visit.Status.REQUESTED, decide_by__lte=now)
    for visit in late.select_related("tour").order_by("decide_by"):
        yield Conflict("undecided", visit, "decide")


def _late_wishes() -> Iterator[Conflict]:
    """Changes that somebody waits to hear about."""
    for wish in queries.open_changes():
        yield Conflict("late_wish", wish.visit, "decide", wish=wish)


def _visits_of(subjects: Iterable[str]) -> dict[str, Visit]:
    """The visits that these threads are about, by their codes."""
    codes = {about.removeprefix("visit:") for about in subjects if about.startswith("visit:")}
    return {visit.code: visit for visit in Visit.objects.filter(code__in=codes).select_related("tour")}

"""Asks for, decides, moves, changes and ends visits. One door for each change: lock, look, change, tell; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import ceremonies, demand, expiry, locks, periods, placing, snapshot, starts, steps, telling
from scheduler.core.availability import Way, Wish
from scheduler.errors import BadWish, GroupTooLarge, NotAllowedNow, NotKnown, StaleForm, StartTaken, TooManyThen
from scheduler.models import Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tours import queries as catalogue
from tours.models import User

ORGANISER, OFFICE = "organiser", "office"
ALARM_BEFORE = timedelta(hours=4)
"""How long before its `decide_by` the office is reminded of a request."""
RECONFIRM_BEFORE = timedelta(days=7)
"""How long before a visit its organiser is asked whether the group still comes."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an organiser, or the office for one, asks for. `starts`: one instant, or one for each wave."""

    group: Group
    starts: tuple[datetime, ...]
    contacts: tuple[Person, ...]
    adults: int = 0
    ceremony: tuple[str, ...] = ()
    ceremony_plan: ceremonies.Plan | None = None
    notes: str = ""
    access_needs: str = ""
    leader_name: str = ""
    leader_phone: str = ""
    discreet: bool = False
    agreed: bool = False
    """Agreed with the office beforehand (a season's import): no lead time, no review; what is past has taken place."""
    keys: dict[str, str] = field(default_factory=dict)
    """What makes a repeated request the same one: `request_key` and `request_print`, or `season_key`."""


def request_visit(asked: Request, *, now: datetime, by: User | None = None) -> Visit:
    """Hold the time and tell the organiser, or raise `Refused` with other starts and change nothing.

    The outermost door: opens the transaction, tries again on contention. `by` is the member of the office who books for a
    group: lead times do not bind them, and no review follows.
    """
    who = next((person.email or person.phone for person in asked.contacts), "")
    try:
        return locks.door(book)(asked, now=now, by=by)
    except NotKnown:
        demand.note_unknown(asked.group, asked.starts[0], who=who, now=now)
        raise
    except StartTaken as taken:
        demand.note_taken(asked.group, asked.starts[0], who=who, now=now)
        raise with_others(asked.group, asked.starts[0], now=now, by_office=by is not None) from taken


def with_others(group: Group, start: datetime, *, now: datetime, by_office: bool = False) -> StartTaken | GroupTooLarge:
    """What to answer to whom a start was refused: other starts near it, and the largest group that the day could receive. No locks."""
    near = starts.near(group, start, now=now, by_office=by_office)
    zone = ZoneInfo(catalogue.museum().time_zone)
    alternatives = [periods.local(other, zone).isoformat() for other in near.starts]
    too_large = group.heads > near.largest > 0
    return (GroupTooLarge if too_large else StartTaken)(alternatives=alternatives, largest=near.largest)


@transaction.atomic
def book(asked: Request, *, now: datetime, by: User | None = None) -> Visit:
    """`request_visit` inside a transaction that somebody else has opened. Locks the day."""
    refuse_impossible(asked)
    if not asked.starts:
        raise BadWish(_("Please choose a time."))
    day = steps.day_of(asked.starts[0])
    locks.museum_days([day])  # before we look, so that what we see stays true
    expiry.release_expired([day], now=now)
    if (there := steps.already(asked.keys)) is not None:
        return there
    by_office = by is not None or asked.agreed
    wish = starts.wish_of(asked.group, by_office=by_office)
    read = snapshot.of_day(day)
    asked_at = min(now, min(asked.starts) - periods.TICK) if asked.agreed else now
    starts.refuse_unless_open(asked.group, asked.starts, wish, read, now=asked_at, by_office=by_office)
    way = _way_or_taken(wish, asked.starts, read)
    museum = read.museum
    review = not by_office and catalogue.needs_review(asked.group.tour, asked.group.audience)
    visit = write_down(
        asked,
        status=Visit.Status.REQUESTED if review else Visit.Status.CONFIRMED,
        now=now,
        decide_by=steps.decide_by(asked.starts[0], museum.decide_business_days, now, read.zone) if review else None,
        **steps.when(asked.starts, wish.ticks, read.zone),
    )
    placing.place(visit, way, read)
    steps.promise_if_near(visit, museum.promise_days, now=now)
    steps.took_place_if_past(visit, now=now)
    steps.changed(visit, now=now)
    if review:
        telling.alarm(visit, kind="office_request", key=f"request:{visit.code}", now=now)
    return visit


def write_down(asked: Request, *, status: str, now: datetime, **more: Any) -> Visit:
    """The row of what was asked for, with its contacts and its price; `more` are its fields that say when it is."""
    quote = catalogue.quote(asked.group.audience, asked.group.heads, asked.adults)
    visit = Visit.objects.create(
        code=steps.new_code(),
        kind=Visit.Kind.TOUR,
        status=status,
        revision=0,  # `changed` makes it 1
        tour=asked.group.tour,
        language=asked.group.language,
        audience=asked.group.audience,
        heads=asked.group.heads,
        adults=asked.adults,
        stops=starts.stops_of(asked.group.tour),
        ceremony=list(asked.ceremony),
        discreet=asked.discreet,
        notes=asked.notes,
        access_needs=asked.access_needs,
        leader_name=asked.leader_name,
        leader_phone=asked.leader_phone,
        price_amount=quote.amount,
        free=quote.free,
        created_at=now,
        updated_at=now,
        **asked.keys,
        **more,
    )
    steps.add_contacts(visit, asked.contacts)
    ceremonies.note(visit, asked.ceremony_plan)
    return visit


@transaction.atomic
def confirm(visit_id: int, *, now: datetime) -> Visit:
    """The office says yes to a request."""
    visit = steps.locked(visit_id)
    steps.become(visit, Visit.Status.CONFIRMED)
    visit.decide_by = None
    steps.promise_if_near(visit, promise_days(), now=now)
    steps.changed(visit, now=now)
    return visit


def decline(visit_id: int, *, reason: str, now: datetime) -> Visit:
    """The office says no to a request; the asker is told why."""
    return _end(visit_id, Visit.Status.DECLINED, reason=reason, by=OFFICE, now=now)


def cancel(visit_id: int, *, reason: str = "", by: str, now: datetime, because: steps.Cause | None = None) -> Visit:
    """Give the visit up and free what it held; everybody who was told is told. Deadlines are `changes`' to hold.

    `because`: what leaves it no time; a closure's notice is the reason that each reader is given in their language.
    """
    return _end(visit_id, Visit.Status.CANCELLED, reason=reason, by=by, now=now, because=because)


@transaction.atomic
def move(
    visit_id: int,
    begins: tuple[datetime, ...],
    *,
    now: datetime,
    by_office: bool = False,
    because: steps.Cause | None = None,
) -> Visit:
    """Another time for a visit, with its guides where they can; raises StartTaken where the time cannot be served. Locks both days.

    The time that it has asks for another walk, another lane or another guide. `because`: what it gives way to.
    """
    visit = steps.locked(visit_id, steps.day_of(begins[0]))
    left = visit.day
    steps.refuse_ended(visit)
    rebook(visit, begins, visit.heads, now=now, by_office=by_office)
    visit.arrives_at = None
    if left:
        steps.freed(left, now=now)
    steps.changed(visit, now=now, also=[left] if left else [], because=because)
    return visit


@transaction.atomic
def change(
    visit_id: int,
    *,
    now: datetime,
    heads: int | None = None,
    adults: int | None = None,
    notes: str | None = None,
    leader_name: str | None = None,
    leader_phone: str | None = None,
    revision: int | None = None,
    by_office: bool = False,
) -> Visit:
    """Change what a visit says of its people; more or fewer heads are placed anew at the same time, exactly.

    Raises StaleForm where `revision` is not the visit's any more, TooManyThen where so many heads cannot be served then.
    """
    visit = steps.locked(visit_id)
    steps.refuse_ended(visit)
    if revision is not None and revision != visit.revision:
        raise StaleForm(revision=visit.revision)
    visit.adults = visit.adults if adults is None else adults
    visit.notes = visit.notes if notes is None else notes
    visit.leader_name = visit.leader_name if leader_name is None else leader_name
    visit.leader_phone = visit.leader_phone if leader_phone is None else leader_phone
    if visit.adults > (visit.heads if heads is None else heads):
        raise BadWish(_("There cannot be more accompanying adults than people."))
    if heads is not None and heads != visit.heads:
        if visit.kind == Visit.Kind.TOUR:
            fewer = heads < visit.heads
            _for_so_many(visit, heads, now=now, by_office=by_office)
            if fewer and visit.day:
                steps.freed(visit.day, now=now)
        visit.heads = heads
    price_anew(visit)
    steps.changed(visit, now=now)
    return visit


def price_anew(visit: Visit) -> None:
    """What the visit costs with the people that it has now, unless the office has waived it."""
    if visit.audience is not None and not visit.price_reason:
        quote = catalogue.quote(visit.audience, visit.heads, visit.adults)
        visit.price_amount, visit.free = quote.amount, quote.free


def _for_so_many(visit: Visit, heads: int, *, now: datetime, by_office: bool) -> None:
    """Place a visit anew at its own time for so many; raises TooManyThen with the most that could come then."""
    begins = steps.begins_of(visit)
    try:
        with transaction.atomic():
            rebook(visit, begins, heads, now=now, by_office=by_office)
    except StartTaken as taken:
        read = snapshot.of_day(steps.day_of(begins[0]), without=visit)
        raise TooManyThen(starts.most_at(read, starts.wish_for(visit, heads), begins)) from taken


@transaction.atomic
def reconfirm(visit_id: int, *, heads: int | None = None, now: datetime, by_office: bool = False) -> Visit:
    """The organiser says that the group is still coming and, where the number is another, how many they are."""
    visit = steps.locked(visit_id)
    if visit.status != Visit.Status.CONFIRMED:
        raise NotAllowedNow
    if heads is not None and heads != visit.heads:
        visit = change(visit_id, heads=heads, now=now, by_office=by_office)
    visit.reconfirmed_at = now
    visit.save(update_fields=["reconfirmed_at"])
    return visit


def is_asked_whether_they_come(visit: Visit, *, now: datetime) -> bool:
    """Whether a group is to say that it still comes: from a week before its start until then, booked earlier, and not said so yet."""
    if visit.status != Visit.Status.CONFIRMED or visit.kind != Visit.Kind.TOUR or visit.reconfirmed_at is not None:
        return False
    start: datetime = visit.period.lower
    return visit.created_at < start - RECONFIRM_BEFORE <= now < start


@transaction.atomic
def waive(visit_id: int, *, reason: str, by: User | None, now: datetime) -> Visit:
    """The office lets a group come free; the visit keeps who and why."""
    visit = steps.locked(visit_id)
    if not reason.strip():
        raise BadWish(_("Please say why the visit is free."))
    visit.price_amount, visit.free, visit.price_reason, visit.waived_by = 0, True, reason, by
    steps.changed(visit, now=now)
    return visit


def decide_overdue(*, now: datetime) -> int:
    """Alarm the office, and its deputy, of requests whose `decide_by` is near or has passed; decline, in words, those that have begun.

    The deputy hears earlier: once the museum's share of the time to decide has gone by in silence. Gives how many were declined. One
    transaction for each visit.
    """
    open_ = Visit.objects.filter(status=Visit.Status.REQUESTED)
    share = catalogue.museum().deputy_after_percent / 100
    for pk, asked_at, decide in list(
        open_.filter(decide_by__isnull=False, period__startswith__gt=now).values_list("pk", "created_at", "decide_by")
    ):
        assert decide is not None  # filtered
        silent = asked_at + (decide - asked_at) * share <= now
        if silent or decide <= now + ALARM_BEFORE:
            locks.door(_alarm_of_request)(pk, silent=silent, now=now)
    over = list(open_.filter(period__startswith__lte=now).values_list("pk", flat=True))
    return sum(locks.door(_decline_undecided)(pk, now=now) for pk in over)


@transaction.atomic
def _alarm_of_request(visit_id: int, *, silent: bool, now: datetime) -> None:
    visit = steps.locked(visit_id)
    if visit.status != Visit.Status.REQUESTED or visit.decide_by is None:
        return
    late = visit.decide_by <= now
    if late or visit.decide_by <= now + ALARM_BEFORE:
        key = f"decide-{'late' if late else 'soon'}:{visit.code}"
        telling.alarm(visit, kind="office_request", key=key, now=now)
    if silent:
        key = f"decide-{'late' if late else 'silent'}:{visit.code}"
        telling.alarm(visit, kind="office_request", key=key, now=now, readers=telling.deputies())


@transaction.atomic
def _decline_undecided(visit_id: int, *, now: datetime) -> bool:
    if steps.locked(visit_id).status != Visit.Status.REQUESTED:  # the office decided in this very moment
        return False
    decline(visit_id, reason=_("The museum could not decide in time. Please ask for another time."), now=now)
    return True


@transaction.atomic
def _end(
    visit_id: int, status: str, *, reason: str, by: str, now: datetime, because: steps.Cause | None = None
) -> Visit:
    visit = steps.locked(visit_id)
    steps.become(visit, status)
    visit.reason, visit.ended_by, visit.decide_by = reason, by, None
    expiry.withdraw(visit, now=now)
    placing.release(visit)
    steps.end_wishes(visit, now=now)
    if visit.day:
        steps.freed(visit.day, now=now)
    steps.changed(visit, now=now, because=because)
    return visit


def rebook(visit: Visit, begins: tuple[datetime, ...], heads: int, *, now: datetime, by_office: bool) -> None:
    """Place a visit anew at these starts with so many heads, as if it had not been booked; raises StartTaken, with other starts."""
    if visit.kind != Visit.Kind.TOUR or visit.tour is None or visit.audience is None:
        raise NotAllowedNow(_("Only the office moves this visit, in its own form."))
    group = Group(visit.tour, visit.language, visit.audience, heads)
    wish = starts.wish_for(visit, heads)
    read = snapshot.of_day(steps.day_of(begins[0]), without=visit)
    if begins != steps.begins_of(visit):
        starts.refuse_unless_open(group, begins, wish, read, now=now, by_office=by_office)
    keep = frozenset(party.guide.code for party in visit.parties.select_related("guide") if party.guide)
    way = _way_or_taken(wish, begins, read, keep=keep)
    for name, value in steps.when(begins, wish.ticks, read.zone).items():
        setattr(visit, name, value)
    visit.heads = heads
    visit.save()
    placing.place(visit, way, read)
    if visit.promised_at is None:
        steps.promise_if_near(visit, read.museum.promise_days, now=now)


def _way_or_taken(
    wish: Wish, begins: Sequence[datetime], read: snapshot.Range, keep: frozenset[str] = frozenset()
) -> Way:
    day, ticks = steps.ticks_of(begins, read)
    way = starts.way_for(read.days[day], wish, ticks, keep=keep)
    if way is None:
        starts.refuse_if_closed(read.days[day], wish, ticks, read)
        raise StartTaken
    return way


def promise_days() -> int:
    """How many days ahead guides and walks are promised."""
    return catalogue.museum().promise_days


def refuse_impossible(asked: Request) -> None:
    """What no day and no swap would change."""
    if asked.group.heads < 1:
        raise BadWish(_("There is at least one person in a group."))
    if asked.adults > asked.group.heads:
        raise BadWish(_("There cannot be more accompanying adults than people."))
    if not asked.contacts or not any(person.email or person.phone for person in asked.contacts):
        raise BadWish(_("Please give an e-mail address or a telephone number."))

"""A group in two parts: some of its people come at another time, as a visit with a code and a link of its own."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduler import bookings, expiry, snapshot, starts, steps
from scheduler.bookings import Request
from scheduler.errors import BadWish, NotAllowedNow
from scheduler.models import Visit
from scheduler.starts import Group
from scheduler.steps import Person

TOO_MANY = gettext_lazy("Some of the group come at the other time, and some as agreed.")
MAY_SPLIT = (Visit.Status.REQUESTED, Visit.Status.CONFIRMED)


@transaction.atomic
def split(
    visit_id: int,
    begins: tuple[datetime, ...],
    *,
    heads: int,
    adults: int = 0,
    now: datetime,
    by_office: bool = False,
) -> Visit:
    """Let `heads` of a group, `adults` of them accompanying, come at `begins`; gives their visit. The others keep their time.

    All or nothing, and exact for both: raises StartTaken, TooSoon, Closed where the new part cannot be served. It stands as the whole did:
    what the office has confirmed is not decided anew. Locks both days.
    """
    visit = steps.locked(visit_id, steps.day_of(begins[0]))
    left = visit.day
    refuse_impossible(visit, begins, heads=heads, adults=adults)
    expiry.release_expired([steps.day_of(begins[0])], now=now)
    visit.adults -= adults
    bookings.rebook(visit, steps.begins_of(visit), visit.heads - heads, now=now, by_office=by_office)
    bookings.price_anew(visit)
    part = _part(visit, begins, heads=heads, adults=adults, now=now, by_office=by_office)
    if left:
        steps.freed(left, now=now)
    steps.changed(visit, now=now, because=visit.displaced_by or visit.gave_way_to)
    steps.changed(part, now=now)
    return part


def refuse_impossible(visit: Visit, begins: tuple[datetime, ...], *, heads: int, adults: int) -> None:
    """Raise NotAllowedNow where a visit is not one to be split, BadWish where the parts are none."""
    if visit.kind != Visit.Kind.TOUR or visit.status not in MAY_SPLIT:
        raise NotAllowedNow
    if not 0 < heads < visit.heads:
        raise BadWish(TOO_MANY)
    if not 0 <= adults <= heads:
        raise BadWish(_("There cannot be more accompanying adults than people."))
    if not 0 <= visit.adults - adults <= visit.heads - heads:
        raise BadWish(_("Please check how many accompanying adults come with each part."))
    if begins == steps.begins_of(visit):
        raise BadWish(_("This is the time that the group has already."))


def _part(
    visit: Visit, begins: tuple[datetime, ...], *, heads: int, adults: int, now: datetime, by_office: bool
) -> Visit:
    """The part that comes at another time, placed: with the whole programme, the same contacts and the same price rules."""
    assert visit.tour is not None and visit.audience is not None  # only tours are split
    group = Group(visit.tour, visit.language, visit.audience, heads)
    contacts = tuple(
        Person(each.name, each.email, each.phone, each.organisation, each.locale, each.channel)
        for each in visit.contacts.all()
    )
    asked = Request(
        group=group,
        starts=begins,
        contacts=contacts,
        adults=adults,
        ceremony=tuple(visit.ceremony),
        notes=visit.notes,
        access_needs=visit.access_needs,
        leader_name=visit.leader_name,
        leader_phone=visit.leader_phone,
        discreet=visit.discreet,
    )
    whole = Visit(stops=[dict(stop) for stop in visit.stops], left_out=[dict(stop) for stop in visit.left_out])
    steps.put_back(whole)
    read = snapshot.of_day(steps.day_of(begins[0]))
    ticks = sum(stop.ticks for stop in snapshot.core_stops(whole.stops))
    part = bookings.write_down(
        asked,
        status=visit.status,
        now=now,
        decide_by=min(visit.decide_by, begins[0]) if visit.decide_by else None,
        split_from=visit,
        **steps.when(begins, ticks, read.zone),
    )
    part.stops = whole.stops
    if visit.price_reason:
        part.price_amount, part.free = visit.price_amount, visit.free
        part.price_reason, part.waived_by = visit.price_reason, visit.waived_by
    wish = starts.wish_for(part, heads)
    starts.refuse_unless_open(group, begins, wish, read, now=now, by_office=by_office)
    bookings.rebook(part, begins, heads, now=now, by_office=by_office)
    return part

"""Reads with a name and a promise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import BooleanField, Count, F, Func, Max, Model, Prefetch, Q, QuerySet, Value
from django.utils.translation import gettext as _
from psycopg.types.multirange import TimestamptzMultirange

from scheduler import recurring
from scheduler.models import Absence, ChangeRequest, Closure, Leg, Offer, Party, Visit
from scheduler.models.fields import LANGUAGES
from tours.models import Guide, Museum, Space, User

UNLISTED = ("stops", "left_out", "ceremony", "day_bounds", "hold", "notes", "access_needs")
"""The columns of a visit that take longest to read, and that no list shows."""


def visits() -> QuerySet[Visit]:
    """Visits with all that a page, a letter or an answer of the API shows of them, in a fixed number of queries."""
    legs = Leg.objects.select_related("lane__space").order_by("period", "pk")
    parties = Party.objects.select_related("guide").prefetch_related(Prefetch("legs", legs)).order_by("number")
    return Visit.objects.select_related("tour", "audience", "displaced_by").prefetch_related(
        "contacts", Prefetch("parties", parties), Prefetch("legs", legs)
    )


def for_lists() -> QuerySet[Visit]:
    """Visits without what no list shows of them."""
    return Visit.objects.defer(*UNLISTED)


def visits_for(user: User | AnonymousUser) -> QuerySet[Visit]:
    """The visits that a person may see: the office all, a guide those with a duty of theirs that they were told of, a stranger none."""
    if not isinstance(user, User) or not user.is_active:
        return Visit.objects.none()
    if user.is_staff:
        return visits()
    return visits().filter(parties__guide__user=user, promised_at__isnull=False, status__in=Visit.HOLDING).distinct()


def duties() -> QuerySet[Party]:
    """Duties with all that a page or a feed shows of them, in a fixed number of queries."""
    legs = Leg.objects.select_related("lane__space").order_by("period", "pk")
    return Party.objects.select_related("visit__tour", "visit__audience", "guide").prefetch_related(
        Prefetch("legs", legs), Prefetch("visit__legs", legs), "visit__contacts"
    )


def duties_of(guide: Guide, first: datetime, last: datetime) -> QuerySet[Party]:
    """A guide's duties that begin in [first, last), soonest first: promised ones, and those that may still change."""
    return (
        duties()
        .filter(guide=guide, holds=True, visit__status__in=[Visit.Status.CONFIRMED, Visit.Status.DONE])
        .filter(period__startswith__gte=first, period__startswith__lt=last)
        .order_by("period")
    )


def duty_for(user: User | AnonymousUser, pk: int) -> Party | None:
    """A told duty of this guide (the office: any), or None: a former guide and a stranger see the same."""
    told = Party.objects.select_related("visit", "guide").filter(pk=pk, holds=True, visit__promised_at__isnull=False)
    if not isinstance(user, User):
        return None
    return told.first() if user.is_staff else told.filter(guide__user=user).first()


def parties_soon(museum: Museum, *, now: datetime) -> QuerySet[Party]:
    """Parties of confirmed visits that begin within the promise horizon, soonest first."""
    horizon = now + timedelta(days=museum.promise_days)
    parties = Party.objects.filter(holds=True, visit__status=Visit.Status.CONFIRMED)
    soon = parties.filter(period__startswith__gt=now, period__startswith__lte=horizon)
    return soon.select_related("visit__tour", "guide").order_by("period", "pk")


def visits_on(first: datetime, last: datetime) -> QuerySet[Visit]:
    """Visits that hold or held any time in [first, last), soonest first."""
    shown = (*Visit.HOLDING, Visit.Status.DONE, Visit.Status.NO_SHOW)
    return (
        visits().filter(period__overlap=DateTimeTZRange(first, last, "[)"), status__in=shown).order_by("period", "pk")
    )


def visits_by_day(first: date, last: date) -> dict[date, int]:
    """How many visits hold or held each of these days; days without any are left out."""
    held = Visit.objects.filter(day__range=(first, last), status__in=(*Visit.HOLDING, Visit.Status.DONE)).order_by()
    return dict(held.values_list("day").annotate(Count("pk")))


def visits_hit_by(spaces: Iterable[Space], *times: DateTimeTZRange) -> QuerySet[Visit]:
    """Visits that are in any of `spaces` (none named: all) during any part of any of `times`, soonest first."""
    legs = Leg.objects.filter(visit__status__in=Visit.HOLDING)
    legs = legs.exclude(visit__kind=Visit.Kind.PROTOCOL, stop=None)  # a hold only keeps others away
    chosen = list(spaces)
    if chosen:
        legs = legs.filter(lane__space__in=chosen)
    hit = legs.filter(meets(times)).values("visit")
    return visits().filter(pk__in=hit).order_by("period", "pk")


def last_booked_day() -> date | None:
    """The last day on which anything is booked."""
    found: date | None = Visit.objects.filter(status__in=Visit.HOLDING).aggregate(last=Max("day"))["last"]
    return found


def to_decide() -> QuerySet[Visit]:
    """Requests that wait for the office, the most pressing first."""
    return visits().filter(status=Visit.Status.REQUESTED).order_by("decide_by", "period")


def open_changes() -> QuerySet[ChangeRequest]:
    """Late changes that wait for the office, the oldest first."""
    return (
        ChangeRequest.objects.filter(status=ChangeRequest.Status.OPEN)
        .select_related("visit__tour")
        .order_by("asked_at")
    )


def open_offer(visit: Visit) -> Offer | None:
    """The suggested time that the organiser has still to answer."""
    return next((offer for offer in visit.offers.all() if offer.outcome == Offer.Outcome.OPEN), None)


def closures_from(moment: datetime) -> QuerySet[Closure]:
    """Closures in force or still to come, soonest first; one that recurs until its last time is over."""
    return (
        Closure.objects.filter(lifted_at=None)
        .filter(Q(span__endswith__gt=moment) | Q(span__upper_inf=True))
        .prefetch_related("spaces")
        .order_by("period")
    )


def times_of(closure: Closure, window: DateTimeTZRange, zone: ZoneInfo) -> list[DateTimeTZRange]:
    """When a closure closes within a bounded window, soonest first: one time, or each on which it recurs."""
    return recurring.within(closure.period, closure.rrule, window, zone)


def meets(times: Iterable[DateTimeTZRange]) -> Func:
    """A condition on rows: their `period` overlaps one of these times, however many there are."""
    every = Value(TimestamptzMultirange(times))
    return Func(F("period"), every, template="%(expressions)s", arg_joiner=" && ", output_field=BooleanField())


def next_times_of(closure: Closure, moment: datetime, zone: ZoneInfo, count: int = 3) -> list[DateTimeTZRange]:
    """The times of a closure that are not over at a moment, at most so many."""
    return recurring.following(closure.period, closure.rrule, moment, zone, count)


def absences_of(guide: Guide, moment: datetime) -> QuerySet[Absence]:
    """A guide's absences that are not over, soonest first."""
    return Absence.objects.filter(guide=guide).filter(Q(period__endswith__gt=moment) | Q(period__upper_inf=True))


def away_on(bounds: DateTimeTZRange) -> QuerySet[Absence]:
    """Who is away at some time of a day, by name."""
    away = Absence.objects.filter(period__overlap=bounds, guide__active=True)
    return away.select_related("guide").order_by("guide__name", "period")


def title_of(visit: Visit, *, open_to_all: bool) -> str:
    """What a visit is called, in the active language. A discreet one is an official event to all but the office and its guide."""
    if visit.discreet and open_to_all:
        return _("Official event")
    if visit.tour is not None:
        return str(visit.tour.name)
    return visit.in_language("title") or str(visit.get_kind_display())


def reason_of(visit: Visit, places: Mapping[str, Space] | None = None) -> str:
    """Why a visit ended, or is when and as it is, in the active language: a closure's notice, or what was given as the reason.

    `places`: by their codes, where many visits are looked at.
    """
    said = ""
    if visit.displaced_by is not None:
        said = visit.displaced_by.in_language("notice")
    elif visit.gave_way_to_id is not None:
        said = _("Official event")
    elif visit.status in (Visit.Status.DECLINED, Visit.Status.CANCELLED):
        said = visit.reason
    if visit.left_out and visit.holds:
        said = f"{said} {_('Left out of the programme: %(places)s.') % {'places': ', '.join(left_out(visit, places))}}"
    return said.strip()


def left_out(visit: Visit, places: Mapping[str, Space] | None = None) -> list[str]:
    """The places that a visit's programme has lost, by their names in the active language."""
    if visit.left_out and places is None:
        places = {space.code: space for space in Space.objects.all()}
    return [
        places[stop["space"]].name if places and stop["space"] in places else stop["space"] for stop in visit.left_out
    ]


def other_parts_of(visit: Visit) -> list[Visit]:
    """The other parts of a group that comes in several: what it was split from, and what was split off it. One query, or two."""
    parts = sorted(visit.split_off.all(), key=lambda part: (part.created_at, part.pk))
    return [visit.split_from, *parts] if visit.split_from else parts


def organisation_of(visit: Visit) -> str:
    """The organisation that comes: its first contact's; "" where none was given."""
    return next((contact.organisation for contact in visit.contacts.all()), "")


def shown_under(visit: Visit) -> str:
    """What a visit is listed under: its organisation, else its first contact's name."""
    return organisation_of(visit) or contact_name_of(visit)


def contact_name_of(visit: Visit) -> str:
    """The person to speak to about a visit."""
    return next((contact.name for contact in visit.contacts.all()), "")


def on_the_day(visit: Visit) -> tuple[str, str]:
    """Name and telephone of whom to reach on the day: the leader; the first contact where none is named, or one without a number."""
    contact = next(iter(visit.contacts.all()), None)
    if visit.leader_phone or contact is None:
        return visit.leader_name, visit.leader_phone
    if visit.leader_name and contact.phone and contact.name != visit.leader_name:
        return f"{visit.leader_name} ({contact.name})", contact.phone
    return visit.leader_name or contact.name, contact.phone


def places_of(visit: Visit) -> list[str]:
    """Where an event is, in the active language; nothing for what leads through places one after the other."""
    if visit.kind != Visit.Kind.EVENT:
        return []
    legs = visit.legs.select_related("lane__space").order_by("lane__space__position")
    return list(dict.fromkeys(leg.lane.space.name for leg in legs))


def price_of(visit: Visit, museum: Museum) -> dict[str, Any]:
    """What a visit costs and, where it is free, why, in the active language."""
    reason = ""
    if visit.free:
        waived = visit.waived_by_id is not None or visit.price_reason
        reason = visit.price_reason if waived else (visit.audience.name if visit.audience else "")
    return {"amount": visit.price_amount, "currency": museum.currency, "free": visit.free, "reason": reason}


def parties_of(visit: Visit) -> list[Party]:
    """A visit's parties in order, each with its guide."""
    return list(visit.parties.select_related("guide").prefetch_related("legs__lane__space").order_by("number"))


def hold(row: Visit | Party, **rows: Iterable[Model]) -> None:
    """Let a row answer with these, as `prefetch_related` would: of what is about to be written, or was read with much else."""
    held = row.__dict__.setdefault("_prefetched_objects_cache", {})
    for name, these in rows.items():
        answer = getattr(row, name).all()
        answer._result_cache, answer._prefetch_done = list(these), True  # noqa: SLF001  # Django has no other door
        held[name] = answer


def legs_of(party: Party) -> list[Leg]:
    """Where a party is when: its own legs with those of its whole visit among them, one for each stop."""
    shared = [
        leg
        for leg in party.visit.legs.all()
        if leg.party_id is None and leg.wave == party.wave and leg.stop is not None
    ]
    once = {leg.stop: leg for leg in reversed(shared)}
    return sorted([*party.legs.all(), *once.values()], key=lambda leg: leg.period.lower)


def language_names() -> list[tuple[str, str]]:
    """The languages that tours are led in, by their code."""
    return [(code, str(name)) for code, name in LANGUAGES]

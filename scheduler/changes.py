"""What an organiser changes: at once until the audience's deadline; after it the visit stays as it is until the office decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from scheduler import bookings, dates, footprints, periods, splitting, starts, steps, telling
from scheduler.errors import BadWish, GroupTooLarge, NotAllowedNow
from scheduler.models import ChangeRequest, Visit
from tours import queries as catalogue
from tours.models import User


@transaction.atomic
def move(visit_id: int, begins: tuple[datetime, ...], *, now: datetime) -> ChangeRequest | None:
    """The organiser moves the visit; gives the late change where it is too late for that. Locks both days."""
    visit = steps.locked(visit_id, steps.day_of(begins[0]))
    if visit.kind != Visit.Kind.TOUR:
        raise NotAllowedNow(_("Only the office moves this visit, in its own form."))
    if visit.status == Visit.Status.CONFIRMED and tuple(sorted(begins)) == steps.begins_of(visit):
        raise BadWish(_("This is your time already. Please choose another one."))
    if may_still_change(visit, now=now):
        bookings.move(visit_id, begins, now=now)
        return None
    if len(begins) > 1:
        raise BadWish(_("It is too late to move a visit in several waves here. Please call the museum."))
    return ask_for_change(visit_id, kind=ChangeRequest.Kind.MOVE, start=begins[0], now=now)


@transaction.atomic
def change(
    visit_id: int, *, now: datetime, heads: int | None = None, revision: int | None = None, **others: Any
) -> ChangeRequest | None:
    """The organiser changes what `bookings.change` takes; where it is too late for other `heads` gives the late change, does the rest.

    Whoever says how many they are says that they still come.
    """
    visit = steps.locked(visit_id)
    late = heads not in (None, visit.heads) and not may_still_change(visit, now=now)
    if late and (others.get("adults") or 0) > visit.heads:
        del others["adults"]  # they come with the heads, if the office grants those
    bookings.change(visit_id, now=now, heads=None if late else heads, revision=revision, **others)
    if heads is not None and visit.status == Visit.Status.CONFIRMED:
        bookings.reconfirm(visit_id, now=now)
    return ask_for_change(visit_id, kind=ChangeRequest.Kind.HEADS, heads=heads, now=now) if late else None


@transaction.atomic
def cancel(visit_id: int, *, reason: str = "", now: datetime) -> ChangeRequest | None:
    """The organiser cancels the visit; gives the late change where it is too late for that."""
    if may_still_cancel(steps.locked(visit_id), now=now):
        bookings.cancel(visit_id, reason=reason, by=bookings.ORGANISER, now=now)
        return None
    return ask_for_change(visit_id, kind=ChangeRequest.Kind.CANCEL, reason=reason, now=now)


@transaction.atomic
def split(
    visit_id: int, begins: tuple[datetime, ...], *, heads: int, adults: int = 0, now: datetime
) -> Visit | ChangeRequest:
    """The organiser lets a part of the group come at another time; gives its visit, or the late change. Locks both days."""
    visit = steps.locked(visit_id, steps.day_of(begins[0]))
    if may_still_change(visit, now=now):
        return splitting.split(visit_id, begins, heads=heads, adults=adults, now=now)
    splitting.refuse_impossible(visit, begins, heads=heads, adults=adults)
    if len(begins) > 1:
        raise BadWish(_("It is too late to move a visit in several waves here. Please call the museum."))
    return ask_for_change(visit_id, kind=ChangeRequest.Kind.SPLIT, start=begins[0], heads=heads, adults=adults, now=now)


@transaction.atomic
def still_coming(visit_id: int, *, heads: int | None = None, now: datetime) -> ChangeRequest | None:
    """The organiser says that the group comes: as many as agreed, or another number; gives the late change where that is too late."""
    if heads is None:
        bookings.reconfirm(visit_id, now=now)
        return None
    return change(visit_id, heads=heads, now=now)


def move_for_office(visit_id: int, begins: tuple[datetime, ...], *, now: datetime) -> Visit:
    """The office gives a visit another time, whatever it is: a tour is served anew, an event takes its places along. Raises as both do."""
    kind = Visit.objects.values_list("kind", flat=True).get(pk=visit_id)
    if kind == Visit.Kind.TOUR:
        return bookings.move(visit_id, begins, now=now, by_office=True)
    if len(begins) > 1:
        raise BadWish(_("An event or an official visit has one start."))
    return footprints.move(visit_id, begins[0], now=now)


@transaction.atomic
def ask_for_change(
    visit_id: int,
    *,
    kind: str,
    now: datetime,
    start: datetime | None = None,
    heads: int | None = None,
    adults: int = 0,
    reason: str = "",
) -> ChangeRequest:
    """After the deadline: the visit stays as it is until the office decides. A newer wish takes the place of an open one of its kind."""
    visit = steps.locked(visit_id)
    steps.refuse_ended(visit)
    if heads is not None and kind == ChangeRequest.Kind.HEADS:
        _refuse_impossible(visit, heads, now=now)
    asked, _created = ChangeRequest.objects.update_or_create(
        visit=visit,
        kind=kind,
        status=ChangeRequest.Status.OPEN,
        defaults={"start": start, "heads": heads, "adults": adults, "reason": reason, "asked_at": now},
    )
    key = f"change:{asked.pk}:{now.isoformat()}"
    telling.tell_contacts(visit, kind="change_asked", key=key, now=now)
    telling.alarm(visit, kind="office_request", key=key, reason=partial(_in_words, asked), now=now)
    return asked


@transaction.atomic
def decide_change(change_id: int, *, grant: bool, by: User, now: datetime) -> ChangeRequest:
    """The office grants a late change, which is then made exactly as if asked in time, or refuses it."""
    asked = ChangeRequest.objects.get(pk=change_id)
    steps.locked(asked.visit_id, *([steps.day_of(asked.start)] if asked.start else []))
    asked = ChangeRequest.objects.select_for_update().get(pk=change_id)
    if asked.status != ChangeRequest.Status.OPEN:
        raise NotAllowedNow(_("This has been decided already."))
    if grant and asked.kind == ChangeRequest.Kind.CANCEL:
        bookings.cancel(asked.visit_id, reason=asked.reason, by=bookings.ORGANISER, now=now)
    elif grant and asked.kind == ChangeRequest.Kind.MOVE and asked.start:
        bookings.move(asked.visit_id, (asked.start,), now=now, by_office=True)
    elif grant and asked.kind == ChangeRequest.Kind.SPLIT and asked.start and asked.heads:
        splitting.split(asked.visit_id, (asked.start,), heads=asked.heads, adults=asked.adults, now=now, by_office=True)
    elif grant and asked.heads:
        bookings.change(asked.visit_id, heads=asked.heads, now=now, by_office=True)
    asked.status = ChangeRequest.Status.GRANTED if grant else ChangeRequest.Status.REFUSED
    asked.decided_by, asked.decided_at = by, now
    asked.save(update_fields=["status", "decided_by", "decided_at"])
    if not grant:
        telling.tell_contacts(asked.visit, kind="change_refused", key=f"change:{asked.pk}:refused", now=now)
    return asked


def _refuse_impossible(visit: Visit, heads: int, *, now: datetime) -> None:
    """Raise GroupTooLarge where no day could receive so many: nobody could grant that."""
    if visit.tour is None or visit.audience is None or visit.day is None:
        return
    group = starts.Group(visit.tour, visit.language, visit.audience, heads)
    largest = starts.offered(group, visit.day, visit.day, now=now, by_office=True).largest
    if heads > largest:
        raise GroupTooLarge(largest=largest)


def _in_words(asked: ChangeRequest) -> str:
    """What is asked for, in the active language."""
    kind = str(asked.get_kind_display())
    if asked.kind == ChangeRequest.Kind.SPLIT:
        kind += f": {asked.heads} / {asked.visit.heads}"
    elif asked.heads is not None:
        kind += f": {asked.visit.heads} → {asked.heads}"
    if asked.start is not None:
        start = periods.local(asked.start, ZoneInfo(catalogue.museum().time_zone))
        kind += f": {dates.plain_day(start)}, {start:%H:%M}"
    return f"{kind}. {asked.reason}" if asked.reason else kind


def change_by(visit: Visit) -> datetime | None:
    """Until when the organiser may move the visit or change its heads without the office; None while it has no time."""
    return _deadline(visit, visit.audience.change_days if visit.audience else 0)


def cancel_by(visit: Visit) -> datetime | None:
    """Until when the organiser may cancel without the office; None while it has no time."""
    return _deadline(visit, visit.audience.cancel_days if visit.audience else 0)


def may_still_change(visit: Visit, *, now: datetime) -> bool:
    """Whether the organiser may move the visit or change its heads without the office."""
    deadline = change_by(visit)
    return deadline is None or now <= deadline


def may_still_cancel(visit: Visit, *, now: datetime) -> bool:
    """Whether the organiser may cancel without the office."""
    deadline = cancel_by(visit)
    return deadline is None or now <= deadline


def _deadline(visit: Visit, days: int) -> datetime | None:
    if visit.period is None:
        return None
    start: datetime = visit.period.lower
    return start - timedelta(days=days)

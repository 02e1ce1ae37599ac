"""What a hand does on the board: another guide, another time, and back again. Refused where somebody else was faster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from scheduler import bookings, roster, steps
from scheduler.errors import NotAllowedNow, Refused
from scheduler.models import DayVersion, Party
from tours import queries as catalogue
from tours.models import Museum, User

Seen = Mapping[date, str]
"""Days as somebody saw them: each with the version that it had."""


class DayChanged(Refused):
    """The day is not any more what was seen; nothing was written."""

    code = "changed_meanwhile"
    detail = _("Somebody has changed this day in the meantime. Nothing was done; here is the day as it is now.")


class CannotUndo(Refused):
    """What would be undone has been changed again since."""

    code = "cannot_undo"
    detail = _("This cannot be undone any more: it has been changed again since.")


@dataclass(frozen=True, slots=True)
class Given:
    """A sub-group that went from one guide to another, by code; "" is nobody."""

    party: int
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A visit that went from some starts to others, one for each wave."""

    visit: int
    was: tuple[datetime, ...]
    becomes: tuple[datetime, ...]


def versions(first: date, last: date, museum: Museum) -> dict[date, str]:
    """What each day from `first` to `last` is known by: equal versions, equal days. One query; days never touched are left out."""
    rows = DayVersion.objects.filter(day__range=(first, last)).values_list("day", "version")
    return {day: f"{museum.catalogue_version}.{version}" for day, version in rows}


@transaction.atomic
def give(party_id: int, guide_code: str, *, seen: Seen, by: User, now: datetime) -> Given:
    """Give a duty to a guide, on a day that is still as it was seen. Raises DayChanged, GuideCannot, NotAllowedNow."""
    party = _held(party_id)
    _refuse_unless_seen([party.visit.day], seen)
    was = party.guide.code if party.guide else ""
    if guide_code != was:
        roster.assign(party_id, guide_code, by=by, now=now)
    return Given(party_id, was, guide_code)


@transaction.atomic
def move(visit_id: int, begins: tuple[datetime, ...], *, seen: Seen, now: datetime) -> Moved:
    """Move a visit to another time, on days that are still as they were seen. Raises DayChanged, and what `bookings.move` raises."""
    there = steps.day_of(begins[0])
    visit = steps.locked(visit_id, there)
    _refuse_unless_seen([visit.day, there], seen)
    was = steps.begins_of(visit)
    bookings.move(visit_id, begins, now=now, by_office=True)
    return Moved(visit_id, was, begins)


@transaction.atomic
def undo(step: Given | Moved, *, by: User, now: datetime) -> None:
    """The reverse of a step, checked like any change. Raises CannotUndo where the step is not what stands any more, and what it meets."""
    if isinstance(step, Moved):
        visit = steps.locked(step.visit, steps.day_of(step.was[0]))
        if not visit.holds or steps.begins_of(visit) != tuple(sorted(step.becomes)):
            raise CannotUndo
        bookings.move(step.visit, step.was, now=now, by_office=True)
        return
    party = _held(step.party)
    if (party.guide.code if party.guide else "") != step.becomes:
        raise CannotUndo
    if step.was:
        roster.assign(step.party, step.was, by=by, now=now)
        return
    party.guide, party.answer = None, Party.Answer.PENDING
    party.save(update_fields=["guide", "answer"])
    steps.changed(party.visit, now=now)


def _held(party_id: int) -> Party:
    """The sub-group once its day is ours. Raises NotAllowedNow where its visit holds no time any more."""
    visit = steps.locked(Party.objects.values_list("visit", flat=True).get(pk=party_id))
    if not visit.holds:
        raise NotAllowedNow
    return Party.objects.select_related("visit__tour", "visit__audience", "guide").get(pk=party_id)


def _refuse_unless_seen(days: list[date | None], seen: Seen) -> None:
    asked = sorted({day for day in days if day})
    now = versions(asked[0], asked[-1], catalogue.museum())
    if any(now.get(day, "") != seen.get(day, "") for day in asked):
        raise DayChanged

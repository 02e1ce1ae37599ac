"""Calendars to subscribe to: what stands in a guide's, a visit's and the museum's. How they are written is `notifications.ical`'s."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications import links
from notifications.ical import FeedEntry, FeedState
from notifications.messages import Entry
from scheduler import entries, periods, queries
from scheduler.models import Closure, Party, Visit
from tours.models import Guide, Museum

KEEP_CANCELLED = timedelta(days=30)
KEEP_PAST = timedelta(days=90)
AHEAD = timedelta(days=366)
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://qonaq.invalid/calendars")
"""Entries of feeds have UIDs of their own: those of invitations are each recipient's."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar: its name, what its bytes depend on, and its own address. Its entries are read only when they are asked for."""

    name: str
    state: FeedState
    source: str


def of_guide(guide: Guide, museum: Museum, *, now: datetime) -> Feed:
    """The tours that a guide has been told to lead. Two queries."""
    rows = _told(guide, now).values_list("pk", "visit__updated_at")
    entries = [(_uid("duty", guide.pk, pk), changed) for pk, changed in rows]
    if moved := _last_given_or_taken(guide):  # what went to somebody else is not among the rows any more
        entries.append(("moved", moved))
    name = _("Tours: %(guide)s") % {"guide": guide.name}
    return Feed(
        name,
        FeedState(name, tuple(entries), _version(museum, guide)),
        links.url("guide_calendar", str(guide.pk), guide.link_version),
    )


def guide_entries(guide: Guide, museum: Museum, *, now: datetime) -> Iterator[FeedEntry]:
    """Each of those tours, in the active language. A fixed number of queries."""
    zone = ZoneInfo(museum.time_zone)
    told = queries.duties().filter(pk__in=_told(guide, now).values("pk")).order_by("period", "pk")
    for duty in told:
        visit = duty.visit
        cancelled = visit.status == Visit.Status.CANCELLED
        entry = Entry(
            start=duty.period.lower,
            end=duty.period.upper,
            summary=f"{queries.title_of(visit, open_to_all=False)} · {_people(duty.heads)}",
            location=", ".join(dict.fromkeys(leg.lane.space.name for leg in queries.legs_of(duty))) or museum.name,
            description="" if cancelled else entries.for_the_guide(duty, zone),
            cancelled=cancelled,
            geo=entries.geo(museum),
        )
        yield FeedEntry(_uid("duty", guide.pk, duty.pk), entry, visit.updated_at, visit.created_at)


def of_visit(visit: Visit, museum: Museum, *, now: datetime) -> Feed:
    """One visit, for whoever holds its link; empty once it has been cancelled for long, or while it waits for a time."""
    name = f"{queries.title_of(visit, open_to_all=True)} · {museum.name}"
    shown = ((_uid("visit", visit.pk), visit.updated_at),) if _is_shown(visit, now) else ()
    return Feed(
        name,
        FeedState(name, shown, _version(museum)),
        links.url("visit_calendar", visit.code, visit.link_version),
    )


def visit_entries(visit: Visit, museum: Museum, *, now: datetime) -> Iterator[FeedEntry]:
    """That visit, in the active language."""
    if _is_shown(visit, now):
        entry = entries.of_visit(visit, queries.title_of(visit, open_to_all=True), museum)
        yield FeedEntry(_uid("visit", visit.pk), entry, visit.updated_at, visit.created_at)


def of_closures(museum: Museum, language: str, *, now: datetime) -> Feed:
    """When the museum, or a part of it, is closed; what has no end yet is told of for a day at a time. Two queries."""
    rows = list(_closures(now))
    name = _("Closed: %(museum)s") % {"museum": museum.name}
    zone = ZoneInfo(museum.time_zone)
    times = {row.pk: list(_times(row, now, zone)) for row in rows}
    said = repr([(row.pk, times[row.pk], [space.pk for space in row.spaces.all()], row.lifted_at) for row in rows])
    return Feed(
        name,
        FeedState(
            name,
            tuple((_uid("closure", row.pk), _changed(row)) for row in rows),
            f"{_version(museum)} {hashlib.sha256(said.encode()).hexdigest()}",
        ),
        f"{settings.BASE_URL}/calendar/closures.ics?lang={language}",
    )


def closure_entries(museum: Museum, *, now: datetime) -> Iterator[FeedEntry]:
    """Each closure, in the active language."""
    zone = ZoneInfo(museum.time_zone)
    for row in _closures(now):
        places = ", ".join(space.name for space in row.spaces.all())
        for start, end in _times(row, now, zone):
            entry = Entry(
                start=start,
                end=end,
                summary=_("Closed: %(museum)s") % {"museum": places or museum.name},
                location=", ".join(part for part in (museum.name, museum.address) if part),
                description=row.in_language("notice"),
                cancelled=row.lifted_at is not None,
                geo=entries.geo(museum),
            )
            uid = _uid("closure", row.pk, *([int(start.timestamp())] if row.rrule else []))
            yield FeedEntry(uid, entry, _changed(row), row.created_at)


def _times(row: Closure, now: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The times of a closure as entries: each of one that recurs, up to a year ahead; one without an end until tomorrow."""
    if not row.rrule:
        yield row.period.lower, row.period.upper or _until_tomorrow(row.period.lower, now, zone)
        return
    today = periods.midnight(periods.day_of(now, zone), zone)  # so that the bytes are the same all day
    for period in queries.times_of(row, DateTimeTZRange(today - KEEP_PAST, today + AHEAD, "[)"), zone):
        yield period.lower, period.upper


def _told(guide: Guide, now: datetime) -> QuerySet[Party]:
    """What the guide has been told of: what holds, and for a while what was cancelled or is past."""
    lately = Q(visit__status=Visit.Status.CANCELLED, visit__updated_at__gt=now - KEEP_CANCELLED)
    held = Q(visit__status__in=[Visit.Status.CONFIRMED, Visit.Status.DONE])
    return Party.objects.filter(
        lately | held, guide=guide, visit__promised_at__isnull=False, period__endswith__gt=now - KEEP_PAST
    )


def _last_given_or_taken(guide: Guide) -> datetime | None:
    """When last anything changed of a sub-group that this guide leads or has led."""
    events = apps.get_model("scheduler", "PartyEvent").objects
    theirs = events.filter(guide=guide.pk).values("pgh_obj")
    latest: datetime | None = events.filter(pgh_obj__in=theirs).aggregate(at=Max("pgh_created_at"))["at"]
    return latest


def _is_shown(visit: Visit, now: datetime) -> bool:
    if visit.period is None or visit.status == Visit.Status.WAITING:
        return False
    over = visit.status in entries.ENDED
    return not over or visit.updated_at > now - KEEP_CANCELLED


def _closures(now: datetime) -> QuerySet[Closure]:
    lately = Q(lifted_at=None) | Q(lifted_at__gt=now - KEEP_CANCELLED)
    current = Q(span__endswith__gt=now - KEEP_PAST) | Q(span__upper_inf=True)
    found = Closure.objects.filter(lately, current).prefetch_related("spaces").order_by("period", "pk")
    return found.annotate(changed_at=Max("events__pgh_created_at"))


def _changed(closure: Closure) -> datetime:
    """When a closure last changed: the audit trail knows."""
    changed: datetime | None = getattr(closure, "changed_at", None)
    return changed or closure.created_at


def _until_tomorrow(start: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """The end of today, or of the first day: a calendar knows no entry without an end."""
    end: datetime = periods.bounds(periods.day_of(max(start, now), zone), zone).upper
    return end


def _people(heads: int) -> str:
    return ngettext("%(heads)d person", "%(heads)d people", heads) % {"heads": heads}


def _uid(kind: str, *ids: int) -> str:
    return str(uuid.uuid5(NAMESPACE, ":".join(map(str, (kind, *ids)))))


def _version(museum: Museum, guide: Guide | None = None) -> str:
    """What else the bytes show: the catalogue's texts, and the address itself."""
    return f"{museum.catalogue_version} {guide.link_version if guide else ''}"

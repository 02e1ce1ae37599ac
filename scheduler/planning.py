"""Plans the roster of some days as a job, shows what would change, and publishes it: computed from a seal, applied only if it holds."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from celery import current_app
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from scheduler import answers, expiry, locks, periods, placing, roster, snapshot, steps
from scheduler.core import planning
from scheduler.core.planning import Load, Shift, Watch
from scheduler.errors import BadWish, NotAllowedNow, Refused
from scheduler.models import Party, RosterJob, Visit
from tours import queries as catalogue
from tours.days import Calendar
from tours.models import Guide, User

log = logging.getLogger(__name__)

MOST_DAYS = 62
NIGHT_SECONDS = 10
"""For one day's roster by night."""
WEEKS_BEFORE = 4
SATURDAY = 5
FIRST_SHARE = 0.6
"""Of the time, for the plan that changes least; the rest is for the one beside it."""
LONGEST = timedelta(minutes=5)
"""No job runs so long: its worker was ended before."""
TASK = "scheduler.tasks.plan_roster"


class PlanOutOfDate(Refused):
    """Some day has changed since the roster was planned; nothing was written."""

    code = "plan_out_of_date"

    def __init__(self) -> None:
        super().__init__(_("Some day has changed since this roster was planned. Please plan it again."))


@dataclass(frozen=True, slots=True)
class Change:
    """A duty that a plan gives to somebody else; a guide's code is None where nobody leads it. `told`: who led it knows that they do."""

    party: Party
    was: str | None
    becomes: str | None
    told: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What a guide leads, in hours: in the four weeks `before` the days of a plan, on those days as it stands `now`, and by the plan."""

    guide: str
    before: float
    now: float
    planned: float


@transaction.atomic
def ask(
    first: date, last: date, *, by: User | None, quiet: bool = False, seconds: int = 30, now: datetime
) -> RosterJob:
    """Ask for a roster; a worker plans it, and the job says how far it is. Raises BadWish."""
    if last < first or (last - first).days >= MOST_DAYS:
        raise BadWish(
            _("Please choose from one to %(most)d days, the last not before the first.") % {"most": MOST_DAYS}
        )
    if not 1 <= seconds <= 100:
        raise BadWish(_("Planning may take from 1 to 100 seconds."))
    job = RosterJob.objects.create(first=first, last=last, quiet=quiet, seconds=seconds, asked_by=by, asked_at=now)
    # no partial: where the broker is gone Django names the function in the log, and a partial has no name
    transaction.on_commit(lambda: current_app.send_task(TASK, [job.pk], queue="solve"), robust=True)
    return job


def waiting_jobs(*, now: datetime) -> list[int]:
    """Jobs that no worker has begun, or whose worker has died: what the sweep looks for, since a nudge may be lost."""
    dead = RosterJob.objects.filter(status=RosterJob.Status.RUNNING, begun_at__lt=now - LONGEST)
    dead.update(status=RosterJob.Status.QUEUED, begun_at=None, progress=0)
    return list(RosterJob.objects.filter(status=RosterJob.Status.QUEUED).values_list("pk", flat=True))


def stop(job_id: int) -> None:
    """Ask a job to stop; what it has found by then is kept."""
    RosterJob.objects.filter(pk=job_id).exclude(status__in=RosterJob.ENDED).update(stop_asked=True)


def run(job_id: int, *, now: datetime) -> bool:
    """Plan what a job asks for; says whether this call did. Claimed once, reads a snapshot, holds no lock."""
    begun = {"status": RosterJob.Status.RUNNING, "begun_at": now}
    if not RosterJob.objects.filter(pk=job_id, status=RosterJob.Status.QUEUED).update(**begun):
        return False
    job = RosterJob.objects.get(pk=job_id)
    seals, shifts, before = _read(job, now)
    told = _told(job, now)
    quiet = job.quiet or bool(told)  # what was promised is not turned over for fairness' sake
    two = quiet and job.asked_by_id is not None  # by night nobody is there to choose
    share = FIRST_SHARE if two else 1.0
    found = planning.plan(
        shifts, before=before, quiet=quiet, seconds=job.seconds * share, watch=_watch(job_id, 0, share)
    )
    plan = _kept(found)
    if two and not found.stopped:
        left = 1 - share
        other = _better(found, shifts, before, told, job.seconds * left, _watch(job_id, share, left))
        plan |= {"other": _kept(other)} if other else {}
    status = RosterJob.Status.STOPPED if found.stopped else RosterJob.Status.READY
    return _ended(job_id, now, status, plan=plan, seals=seals, progress=100)


def changes(job: RosterJob, *, other: bool = False) -> list[Change]:
    """What the plan, or the other one beside it, would change, by time. Duties that have gone in the meantime are left out."""
    guides: Mapping[str, str | None] = _plan(job, other=other).get("guides", {})
    parties = Party.objects.filter(pk__in=list(guides)).select_related("guide", "visit__tour").order_by("period", "pk")
    found = [
        Change(
            party,
            party.guide.code if party.guide else None,
            guides[str(party.pk)],
            party.visit.promised_at is not None and party.guide is not None,
        )
        for party in parties
    ]
    return [change for change in found if change.was != change.becomes]


def unassigned(job: RosterJob, *, other: bool = False) -> QuerySet[Party]:
    """The duties that nobody can lead by the plan, or by the other one beside it, by time."""
    guides: Mapping[str, str | None] = _plan(job, other=other).get("guides", {})
    alone = [key for key, guide in guides.items() if guide is None]
    return Party.objects.filter(pk__in=alone, holds=True).select_related("visit").order_by("period", "pk")


def newly_firm(job: RosterJob, *, other: bool = False, now: datetime) -> int:
    """How many visits publishing the plan would promise: guides and groups are told. One query."""
    guides: Mapping[str, str | None] = _plan(job, other=other).get("guides", {})
    parties = Party.objects.filter(visit__in=_agreed(job, now).filter(promised_at=None))
    led: dict[int, bool] = {}
    for visit, party, guide in parties.values_list("visit", "pk", "guide__code"):
        led[visit] = led.get(visit, True) and guides.get(str(party), guide) is not None
    return sum(led.values())


def shares(job: RosterJob, *, other: bool = False) -> list[Share]:
    """How the plan moves the guides' hours: everybody who is there or leads anything, by name. Two queries."""
    guides: Mapping[str, str | None] = _plan(job, other=other).get("guides", {})
    zone = ZoneInfo(catalogue.museum().time_zone)
    first = periods.midnight(job.first, zone)
    since = periods.midnight(job.first - timedelta(weeks=WEEKS_BEFORE), zone)
    parties = Party.objects.filter(period__startswith__gte=since, visit__day__lte=job.last)
    parties = parties.filter(visit__status__in=[*Visit.HOLDING, Visit.Status.DONE])
    hours: dict[str | None, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for pk, guide, period in parties.values_list("pk", "guide__code", "period"):
        length = (period.upper - period.lower) / timedelta(hours=1)
        if period.lower < first:
            hours[guide][0] += length
        else:
            hours[guide][1] += length
            hours[guides.get(str(pk), guide)][2] += length
    known = Guide.objects.order_by("name").values_list("code", "name", "active")
    return [Share(name, *hours[code]) for code, name, active in known if active or any(hours[code])]


def guide_names() -> dict[str | None, str]:
    """The name of each guide by code; of nobody, too."""
    names: dict[str | None, str] = dict(Guide.objects.values_list("code", "name"))
    return {**names, None: _("nobody")}


@transaction.atomic
def publish(job_id: int, *, other: bool = False, now: datetime) -> int:
    """Write the plan, promise every confirmed visit of its days that is led, and tell everybody; gives how many duties changed.

    `other`: the plan beside it, which does better and changes more. Raises PlanOutOfDate, NotAllowedNow. Locks all its days.
    """
    job = RosterJob.objects.select_for_update().get(pk=job_id)
    if job.status not in (RosterJob.Status.READY, RosterJob.Status.STOPPED) or not _plan(job, other=other):
        raise NotAllowedNow(_("This roster is not ready."))
    days = list(periods.days_between(job.first, job.last))
    locks.museum_days(days)
    expiry.release_expired(days, now=now)
    museum = catalogue.museum()
    if {
        day.isoformat(): seal for day, seal in answers.seals(job.first, job.last, museum, now=now).items()
    } != job.seals:
        raise PlanOutOfDate
    swaps = {str(change.party.pk): change.becomes for change in changes(job, other=other)}
    read = snapshot.of_days(job.first, job.last)
    with placing.constraints_deferred():
        placing.swap({key: guide for key, guide in swaps.items() if guide is not None}, read)
        Party.objects.filter(pk__in=[key for key, guide in swaps.items() if guide is None]).update(guide=None)
    for visit in _agreed(job, now).select_related("tour", "audience").order_by("period", "pk"):
        newly = placing.promise(visit, now=now)
        if newly or visit.parties.filter(pk__in=list(swaps)).exists():
            steps.changed(visit, now=now)
    job.status, job.ended_at = RosterJob.Status.PUBLISHED, now
    job.save(update_fields=["status", "ended_at"])
    return len(swaps)


def promise_due(*, now: datetime) -> int:
    """The nightly run: plan the days that have come within the horizon, promise and tell them; gives how many visits were promised.

    What changes while a day is planned is left for the next run; what nobody can lead alarms the office.
    """
    days = list(roster.due(now=now).values_list("day", flat=True))
    for day in sorted({day for day in days if day}):
        job = locks.door(ask)(day, day, by=None, seconds=NIGHT_SECONDS, now=now)
        run(job.pk, now=now)
        try:
            locks.door(publish)(job.pk, now=now)
        except (PlanOutOfDate, NotAllowedNow):
            log.info("a day was not promised as planned", extra={"day": day.isoformat()})
    return len(days) - roster.due(now=now).count() + roster.promise_due(now=now)


def _agreed(job: RosterJob, now: datetime) -> QuerySet[Visit]:
    """The confirmed visits of the job's days that have not begun: they are promised with its plan."""
    days = (job.first, job.last)
    return Visit.objects.filter(day__range=days, status=Visit.Status.CONFIRMED, period__startswith__gt=now)


def _plan(job: RosterJob, *, other: bool) -> Mapping[str, Any]:
    plan: Mapping[str, Any] = job.plan.get("other", {}) if other else job.plan
    return plan


def _kept(plan: planning.Plan) -> dict[str, Any]:
    return {"guides": dict(plan.guides), "reached": [[each.aim, each.value, each.bound] for each in plan.reached]}


def _told(job: RosterJob, now: datetime) -> set[str]:
    """The duties of the days whose guides have been told, and which a person may still give to others."""
    parties = Party.objects.filter(visit__day__range=(job.first, job.last), holds=True, guide__isnull=False)
    parties = parties.filter(visit__promised_at__isnull=False, period__startswith__gt=now)
    return {str(pk) for pk in parties.values_list("pk", flat=True)}


def _better(
    quiet: planning.Plan,
    shifts: Sequence[Shift],
    before: Mapping[str, Load],
    told: Collection[str],
    seconds: float,
    watch: Watch,
) -> planning.Plan | None:
    """A plan that covers more by changing what was promised; else one that is fairer; None where neither is.

    A person chooses between the two, so what was told is counted among the changes and as few as possible of it is touched.
    """
    if quiet.value("covered") and told:
        freed = [
            replace(shift, duties=tuple(replace(d, promised=d.promised and d.key not in told) for d in shift.duties))
            for shift in shifts
        ]
        found = planning.plan(freed, before=before, quiet=True, seconds=seconds, watch=watch, until="unchanged")
        if found.value("covered") < quiet.value("covered"):
            return found
    found = planning.plan(shifts, before=before, seconds=seconds, watch=watch)
    return found if found.value("fair") < quiet.value("fair") else None


def _read(job: RosterJob, now: datetime) -> tuple[dict[str, str], list[Shift], dict[str, Load]]:
    """The seals of the days, taken before looking; the days; and what each guide led in the weeks before."""
    calendar = catalogue.calendar()
    seals = answers.seals(job.first, job.last, calendar.museum, now=now)
    read = snapshot.of_days(job.first, job.last, now=now)
    shifts = [Shift(state.guides, state.duties, day.weekday() >= SATURDAY) for day, state in read.days.items()]
    return {day.isoformat(): seal for day, seal in seals.items()}, shifts, loads(job.first, calendar)


def loads(first: date, calendar: Calendar) -> dict[str, Load]:
    """What each guide led in the four weeks before a day, and how long they were there then, by code. Three queries.

    Who has never led before those weeks is new: they count as there from their first duty on.
    """
    zone = ZoneInfo(calendar.museum.time_zone)
    begin = first - timedelta(weeks=WEEKS_BEFORE)
    since = periods.midnight(begin, zone)
    parties = Party.objects.filter(
        guide__isnull=False, period__startswith__gte=since, period__startswith__lt=periods.midnight(first, zone)
    )
    parties = parties.filter(visit__status__in=[Visit.Status.CONFIRMED, Visit.Status.DONE])
    ticks: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    began: dict[str, date] = {}
    for code, period in parties.values_list("guide__code", "period"):
        length, day = (period.upper - period.lower) // periods.TICK, periods.day_of(period.lower, zone)
        ticks[code][0] += length
        ticks[code][1] += length * (day.weekday() >= SATURDAY)
        began[code] = min(day, began.get(code, day))
    known = Guide.objects.filter(Exists(Party.objects.filter(guide=OuterRef("pk"), period__startswith__lt=since)))
    began |= dict.fromkeys(known.values_list("code", flat=True), begin)
    there: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for day, guides in snapshot.guides_of_days(begin, first - timedelta(days=1), calendar).items():
        for guide in guides:
            length = guide.there.bit_count() if began.get(guide.code, first) <= day else 0
            there[guide.code][0] += length
            there[guide.code][1] += length * (day.weekday() >= SATURDAY)
    return {code: Load(*ticks[code], *there[code]) for code in ticks.keys() | there.keys()}


def _watch(job_id: int, begin: float, part: float) -> Watch:
    """Tells the job how far it is, this being so great a part of it, and asks whether to stop."""

    def tell(share: float) -> None:
        RosterJob.objects.filter(pk=job_id).update(progress=round(100 * (begin + part * share)))

    return Watch(tell, partial(_stopped, job_id))


def _stopped(job_id: int) -> bool:
    return RosterJob.objects.filter(pk=job_id, stop_asked=True).exists()


def _ended(job_id: int, now: datetime, status: str, **fields: Any) -> bool:
    RosterJob.objects.filter(pk=job_id).update(status=status, ended_at=now, **fields)
    return True

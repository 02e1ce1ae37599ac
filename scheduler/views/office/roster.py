"""The roster: planned as a job, looked at, published; and all that is not as it was promised."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import locks, periods, planning
from scheduler.forms.rosters import PlanForm
from scheduler.models import RosterJob
from scheduler.views.access import office_only, staff
from scheduler.views.pages import show, tried
from tours import queries as catalogue

SHOWN_JOBS = 10


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def rosters(request: HttpRequest) -> HttpResponse:
    """What was planned lately, and a form to plan some days; by itself, the days after what is promised already."""
    museum = catalogue.museum()
    ahead = periods.day_of(timezone.now(), ZoneInfo(museum.time_zone)) + timedelta(days=museum.promise_days)
    form = PlanForm(request.POST or None, initial={"first": ahead, "last": ahead + timedelta(days=6)})
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        job = locks.door(planning.ask)(
            asked["first"], asked["last"], by=staff(request), quiet=asked["quiet"], now=timezone.now()
        )
        return redirect("office_roster_job", pk=job.pk)
    jobs = RosterJob.objects.filter(asked_by__isnull=False).select_related("asked_by")[:SHOWN_JOBS]
    status = 422 if form.is_bound else 200
    return show(request, "scheduler/office/rosters.html", {"form": form, "jobs": jobs}, status=status)


@require_safe
@office_only
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a plan is and, once it is ready, what it would change; with htmx, the part that changes."""
    found = get_object_or_404(RosterJob.objects.select_related("asked_by"), pk=pk)
    ready = found.status in (RosterJob.Status.READY, RosterJob.Status.STOPPED)
    plans = [_plan(found, other=False), *([_plan(found, other=True)] if "other" in found.plan else [])]
    context = {"job": found, "running": found.status not in RosterJob.ENDED, "ready": ready, "plans": plans}
    part = "scheduler/office/roster_job.html" + ("#state" if getattr(request, "htmx", False) else "")
    return show(request, part, context)


def _plan(job: RosterJob, *, other: bool) -> dict[str, Any]:
    """What the page says of a plan: how good it is, aim by aim, and what it would change."""
    names = planning.guide_names()
    changes = planning.changes(job, other=other) if job.status != RosterJob.Status.PUBLISHED else []
    plan = job.plan.get("other", {}) if other else job.plan
    reached = {
        aim: {
            "value": value,
            "bound": bound,
            "proven": bound >= value,
            "within": round(100 * (1 - bound / value)) if 0 < bound < value else None,
        }
        for aim, value, bound in plan.get("reached", [])
    }
    return {
        "other": other,
        "reached": reached,
        "alone": planning.unassigned(job, other=other),
        "told": sum(change.told for change in changes),
        "firm": planning.newly_firm(job, other=other, now=timezone.now()),
        "shares": planning.shares(job, other=other) if job.status != RosterJob.Status.PUBLISHED else [],
        "changes": [(each.party, names[each.was], names[each.becomes], each.told) for each in changes],
    }


@require_POST
@office_only
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the best so far."""
    planning.stop(get_object_or_404(RosterJob, pk=pk).pk)
    return redirect("office_roster_job", pk=pk)


@require_POST
@office_only
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the plan and tell the guides, or say why not."""
    found = get_object_or_404(RosterJob, pk=pk)
    changed, refused = tried(
        lambda: locks.door(planning.publish)(found.pk, other="other" in request.POST, now=timezone.now())
    )
    if refused is not None:
        messages.warning(request, refused.detail)
    else:
        said = ngettext(
            "Published: %(n)d tour has another guide.", "Published: %(n)d tours have another guide.", changed or 0
        )
        messages.success(request, said % {"n": changed or 0})
    return redirect("office_roster_job", pk=pk)

"""The office's day: what happens where, what needs a decision, who has come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import calls
from scheduler import arrivals, bookings, changes, desk, locks, periods, queries, showcase
from scheduler.errors import Refused
from scheduler.forms.coming import DoorForm
from scheduler.forms.fields import near_day
from scheduler.forms.office import ArriveForm, ReasonForm
from scheduler.models import ChangeRequest, Visit
from scheduler.views.access import office_only, staff
from scheduler.views.pages import show, status_of, tried, visit_named
from tours import queries as catalogue
from tours.errors import CatalogueError


@require_safe
@office_only
def day(request: HttpRequest) -> HttpResponse:
    """A day by place and time, with everything that waits for the office."""
    return page(request)


@require_POST
@office_only
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Yes to a request."""
    visit = get_object_or_404(Visit, code=code)
    done = _("Accepted. The organiser gets a letter.")
    return _answer(request, lambda: bookings.confirm(visit.pk, now=timezone.now()), done)


@require_POST
@office_only
def refuse(request: HttpRequest, code: str) -> HttpResponse:
    """No to a request; the organiser reads why."""
    visit = get_object_or_404(Visit, code=code)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page(request, refusing=visit.code, reason_form=form, status=422)
    reason = form.cleaned_data["reason"]
    return _answer(
        request,
        lambda: bookings.decline(visit.pk, reason=reason, now=timezone.now()),
        _("Refused. The organiser gets a letter with your reason."),
    )


@require_POST
@office_only
def decide_change(request: HttpRequest, pk: int, *, grant: bool) -> HttpResponse:
    """Grant or refuse a late change."""
    asked = get_object_or_404(ChangeRequest, pk=pk)
    by = staff(request)
    done = _("Granted.") if grant else _("Refused. The visit stays as it is.")
    return _answer(request, lambda: changes.decide_change(asked.pk, grant=grant, by=by, now=timezone.now()), done)


@require_POST
@office_only
def arrive(request: HttpRequest, code: str) -> HttpResponse:
    """The group is here."""
    visit = get_object_or_404(Visit, code=code)
    form = ArriveForm(request.POST)
    if not form.is_valid():
        return page(request, arriving=visit.code, arrive_form=form, status=422)
    heads = form.cleaned_data["heads"]
    return _answer(request, lambda: arrivals.arrive(visit.pk, heads=heads, now=timezone.now()), _("Noted."))


@require_POST
@office_only
def no_show(request: HttpRequest, code: str) -> HttpResponse:
    """The group did not come."""
    visit = get_object_or_404(Visit, code=code)
    return _answer(request, lambda: arrivals.did_not_come(visit.pk, now=timezone.now()), _("Noted."))


def back(request: HttpRequest) -> HttpResponse:
    """To the page that the form stood on: a visit's own, or a day's."""
    shown = near_day(request.POST.get("day", ""))
    if visit := visit_named(request.POST):
        return redirect("office_visit", code=visit.code)
    return redirect(f"{reverse('office_day')}?day={shown.isoformat()}" if shown else reverse("office_day"))


def page(
    request: HttpRequest,
    *,
    refused: Refused | CatalogueError | None = None,
    status: int | None = None,
    **forms: Any,
) -> HttpResponse:
    """The day that the address or the form names; today otherwise."""
    now = timezone.now()
    museum = catalogue.museum()
    zone = ZoneInfo(museum.time_zone)
    today = periods.day_of(now, zone)
    shown = near_day(request.GET.get("day", "") or request.POST.get("day", "")) or today
    visits = desk.visits_on(shown, museum)
    closed = showcase.closures_on(shown, museum)
    shut = showcase.shut_on(shown, closed, museum)
    context = {
        "here": f"{reverse('office_day')}?day={shown.isoformat()}",
        "now": now,
        "day": shown,
        "today": today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "requests": queries.to_decide(),
        "changes": queries.open_changes(),
        "alarms": desk.alarms(museum, now=now),
        "calls": calls.to_make(now=now).count(),
        "visits": [(visit, queries.title_of(visit, open_to_all=False)) for visit in visits],
        "table": desk.day_table(shown, museum, visits),
        "happening": desk.happening(museum, visits, now=now) if shown == today else None,
        "closures": closed,
        "shut": shut,
        "refused": refused,
        "reason_form": ReasonForm(),
        "door_form": DoorForm() if shown == today and not shut else None,
        **forms,
    }
    return show(request, "scheduler/office/day.html", context, status=status or status_of(refused))


def _answer(request: HttpRequest, change: Callable[[], Any], done: str) -> HttpResponse:
    _made, refused = tried(lambda: locks.door(change)())
    if refused:
        return page(request, refused=refused)
    messages.success(request, done)
    return back(request)

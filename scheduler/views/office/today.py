"""The day itself, for the office: what happens now and next, a group at the door, a late bus."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from scheduler import arrivals, desk, lateness, locks, periods, queries
from scheduler.errors import StartTaken
from scheduler.forms.coming import DoorForm
from scheduler.forms.office import ReceiveForm
from scheduler.views.access import office_only, staff
from scheduler.views.office import day, visit_page
from scheduler.views.pages import show, status_of, tried
from tours import queries as catalogue


@require_safe
@office_only
def happening(request: HttpRequest) -> HttpResponse:
    """What happens now and next: the part of the day's page that keeps itself up to date."""
    museum, now = catalogue.museum(), timezone.now()
    today = periods.day_of(now, ZoneInfo(museum.time_zone))
    current = desk.happening(museum, desk.visits_on(today, museum), now=now)
    return show(request, "scheduler/parts/now_next.html", {"happening": current})


@require_POST
@office_only
def door(request: HttpRequest) -> HttpResponse:
    """A group that nobody expected: served now or in a few minutes; else the page says what is possible today."""
    form = DoorForm(request.POST)
    if not form.is_valid():
        return day.page(request, door_form=form, status=422)
    now, by = timezone.now(), staff(request)
    visit, refused = tried(lambda: locks.door(arrivals.walk_in)(form.request(), by=by, now=now))
    if visit is None:
        possible = None
        if isinstance(refused, StartTaken):
            possible, _wrong = tried(lambda: arrivals.instead(form.group(), now=now))
        status = status_of(refused)
        return day.page(request, door_form=form, door_refused=refused, instead=possible or [], status=status)
    messages.success(request, _("Booked: %(code)s") % {"code": visit.code})
    return redirect("office_visit", code=visit.code)


@require_POST
@office_only
def receive(request: HttpRequest, code: str) -> HttpResponse:
    """Do what was proposed for a late group; everybody concerned is told."""
    found = get_object_or_404(queries.visits(), code=code)
    form = ReceiveForm(request.POST)
    if not form.is_valid():
        return visit_page.page(request, found, status=422)
    said, now = form.cleaned_data, timezone.now()
    return visit_page.answer(
        request,
        found,
        lambda: lateness.receive(
            found.pk, arrives=said["arrives"][0], kind=said["kind"], dropped=said["dropped"], now=now
        ),
        _("Done. The guide and the group are told."),
    )

"""A guide's own pages: the week, answers, who came, absences, the calendar's address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import links
from scheduler import arrivals, leading, locks, periods, queries, roster
from scheduler.errors import Refused
from scheduler.forms.fields import near_day
from scheduler.forms.guiding import AbsenceForm, DeclineForm, MessagesForm
from scheduler.forms.office import ArriveForm
from scheduler.leading import Lead
from scheduler.models import Absence, Party
from scheduler.views import diaries
from scheduler.views.access import guide_only
from scheduler.views.pages import show, status_of, tried
from tours import queries as catalogue
from tours import services
from tours.errors import CatalogueError
from tours.models import Guide

AHEAD_DAYS = 60
"""How far beyond the week shown the list of what is planned reaches."""


@dataclass(frozen=True, slots=True)
class DayOfWeek:
    """One day of the week shown, with its tours."""

    day: date
    is_today: bool
    leads: tuple[Lead, ...]


@require_safe
@guide_only
def week(request: HttpRequest, guide: Guide) -> HttpResponse:
    """Today first, then the week, then what is planned."""
    return _page(request, guide)


@require_POST
@guide_only
def accept(request: HttpRequest, guide: Guide, pk: int) -> HttpResponse:
    """The guide leads it."""
    duty = _mine(request, pk)
    return _answer(
        request,
        guide,
        lambda: roster.accept(duty.pk, guide_id=guide.pk, now=timezone.now()),
        _("Thank you. You lead this tour."),
    )


@require_POST
@guide_only
def decline(request: HttpRequest, guide: Guide, pk: int) -> HttpResponse:
    """The guide cannot: somebody else is found, or the office is told."""
    duty = _mine(request, pk)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, guide, declining=duty.pk, decline_form=form, status=422)
    reason = form.cleaned_data["reason"]
    return _answer(
        request,
        guide,
        lambda: roster.decline(duty.pk, reason=reason, guide_id=guide.pk, now=timezone.now()),
        _("Thank you for saying so. The tour is not yours any more."),
    )


@require_POST
@guide_only
def arrive(request: HttpRequest, guide: Guide, pk: int) -> HttpResponse:
    """The group is here, and how many they are."""
    duty = _mine(request, pk)
    form = ArriveForm(request.POST)
    arriving: dict[str, Any] = {"arriving": duty.pk, "arrive_form": form}
    if not form.is_valid():
        return _page(request, guide, status=422, **arriving)
    heads = form.cleaned_data["heads"]
    return _answer(
        request,
        guide,
        lambda: arrivals.arrive(duty.visit_id, heads=heads, guide_id=guide.pk, now=timezone.now()),
        _("Noted."),
        **arriving,
    )


@require_POST
@guide_only
def add_absence(request: HttpRequest, guide: Guide) -> HttpResponse:
    """The guide is away; their tours of that time go to others."""
    form = AbsenceForm(request.POST)
    if not form.is_valid():
        return _page(request, guide, absence_form=form, status=422)
    (start, end), reason, now = form.period(), form.cleaned_data["reason"], timezone.now()
    _made, refused = tried(lambda: locks.door(roster.add_absence)(guide.pk, start, end, reason=reason, now=now))
    if isinstance(refused, roster.AbsenceOver):  # what is wrong is a field's, and said beside it
        form.add_error("last" if form.cleaned_data["last"] else "first", str(refused.detail))
        return _page(request, guide, absence_form=form, status=422)
    if refused:
        return _page(request, guide, refused=refused, absence_form=form)
    messages.success(request, _("Your absence is noted."))
    return redirect("guide_week")


@require_POST
@guide_only
def remove_absence(request: HttpRequest, guide: Guide, pk: int) -> HttpResponse:
    """The guide is there after all."""
    absence = Absence.objects.filter(pk=pk, guide=guide).first()
    if absence is None:
        raise Http404
    return _answer(
        request,
        guide,
        lambda: roster.remove_absence(absence.pk, now=timezone.now()),
        _("The absence is removed."),
    )


@require_POST
@guide_only
def choose_channel(request: HttpRequest, guide: Guide) -> HttpResponse:
    """By short messages as well, or not any more."""
    form = MessagesForm(request.POST)
    if not form.any:
        raise Http404
    if not form.is_valid():
        return _page(request, guide, messages_form=form, status=422)
    services.reach_by(guide, form.reached_by())
    messages.success(request, _("Noted.") if form.reached_by() else _("Noted: no short messages any more."))
    return redirect("guide_week")


@require_POST
@guide_only
def renew_calendar(request: HttpRequest, guide: Guide) -> HttpResponse:
    """A new address for the guide's calendar; the old one, and the links of older letters, open nothing any more."""
    services.renew_calendar_address(guide)
    messages.success(request, _("Your calendar has a new address. Please subscribe to it anew."))
    return redirect("guide_week")


def _mine(request: HttpRequest, pk: int) -> Party:
    duty = queries.duty_for(request.user, pk)
    if duty is None:
        raise Http404
    return duty


def _answer(request: HttpRequest, guide: Guide, change: Callable[[], Any], done: str, **forms: Any) -> HttpResponse:
    _made, refused = tried(lambda: locks.door(change)())
    if refused:
        return _page(request, guide, refused=refused, **forms)
    messages.success(request, done)
    return redirect("guide_week")


def _page(
    request: HttpRequest,
    guide: Guide,
    *,
    refused: Refused | CatalogueError | None = None,
    status: int | None = None,
    **forms: Any,
) -> HttpResponse:
    now = timezone.now()
    zone = ZoneInfo(catalogue.museum().time_zone)
    today = periods.day_of(now, zone)
    first = near_day(request.GET.get("from", "")) or today
    days = [first + timedelta(days=offset) for offset in range(7)]
    end = days[-1] + timedelta(days=1)
    leads = leading.leads_of(guide, first, end + timedelta(days=AHEAD_DAYS), now=now, zone=zone)
    by_day = {day: tuple(lead for lead in leads if lead.party.visit.day == day) for day in days}
    address = links.url("guide_calendar", str(guide.pk), guide.link_version)
    context = {
        "here": request.get_full_path() if request.method == "GET" else reverse("guide_week"),
        "guide": guide,
        "now": now,
        "days": [DayOfWeek(day, day == today, by_day[day]) for day in days],
        "planned": [lead for lead in leads if lead.party.visit.day and lead.party.visit.day >= end],
        "next_up": next((lead for lead in leads if lead.told and not lead.over), None) if first == today else None,
        "before": first - timedelta(days=7),
        "after": first + timedelta(days=7),
        "is_this_week": first == today,
        "absences": queries.absences_of(guide, now),
        "month": leading.month_of(guide, today, now=now),
        "hours": leading.hours_of(guide, today),
        "calendar": address,
        "google": diaries.google_subscription(address),
        "refused": refused,
        "decline_form": DeclineForm(),
        "absence_form": AbsenceForm(),
        "messages_form": _messages_form(guide),
        **forms,
    }
    return show(request, "scheduler/guide.html", context, status=status or status_of(refused))


def _messages_form(guide: Guide) -> MessagesForm:
    name, _colon, number = guide.channel.partition(":")
    return MessagesForm(initial={"channel": name, "phone": number or guide.phone})

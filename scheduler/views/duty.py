"""One tour to lead, behind the link of its letter: no sign-in, and only while it is this guide's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from scheduler import arrivals, leading, locks, periods, roster
from scheduler.errors import Refused
from scheduler.forms.guiding import DeclineForm
from scheduler.forms.office import ArriveForm
from scheduler.models import Party
from scheduler.views.access import duty_behind
from scheduler.views.pages import show, status_of, tried
from tours import queries as catalogue
from tours.errors import CatalogueError


@require_safe
def duty(request: HttpRequest, token: str) -> HttpResponse:
    """Who comes, when and where; with the two answers."""
    return _page(request, token, duty_behind(token))


@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """The guide leads it."""
    found = duty_behind(token)
    return _answer(
        request,
        token,
        found,
        lambda: roster.accept(found.pk, guide_id=found.guide_id, now=timezone.now()),
        _("Thank you. You lead this tour."),
    )


@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """The guide cannot: somebody else is found, and this link opens nothing any more."""
    found = duty_behind(token)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, form=form, status=422)
    reason = form.cleaned_data["reason"]
    _party, refused = tried(
        lambda: locks.door(roster.decline)(found.pk, reason=reason, guide_id=found.guide_id, now=timezone.now())
    )
    if refused:
        return _page(request, token, found, form=form, refused=refused)
    return redirect("duty_declined")


@require_POST
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """The group is here, and how many they are."""
    found = duty_behind(token)
    form = ArriveForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, arrive_form=form, status=422)
    heads = form.cleaned_data["heads"]
    return _answer(
        request,
        token,
        found,
        lambda: arrivals.arrive(found.visit_id, heads=heads, guide_id=found.guide_id, now=timezone.now()),
        _("Noted."),
        arrive_form=form,
    )


@require_safe
def declined(request: HttpRequest) -> HttpResponse:
    """Thanks for having said so."""
    return show(request, "scheduler/duty_declined.html")


def _answer(
    request: HttpRequest, token: str, found: Party, change: Callable[[], Any], done: str, **forms: Any
) -> HttpResponse:
    _party, refused = tried(lambda: locks.door(change)())
    if refused:
        return _page(request, token, found, refused=refused, **forms)
    messages.success(request, done)
    return redirect("duty", token=token)


def _page(
    request: HttpRequest,
    token: str,
    found: Party,
    *,
    form: DeclineForm | None = None,
    arrive_form: ArriveForm | None = None,
    refused: Refused | CatalogueError | None = None,
    status: int | None = None,
) -> HttpResponse:
    now = timezone.now()
    lead = leading.lead_of(found, periods.day_of(now, ZoneInfo(catalogue.museum().time_zone)), now=now)
    context = {
        "here": reverse("duty", kwargs={"token": token}),
        "now": now,
        "duty": found,
        "visit": found.visit,
        "lead": lead,
        "title": lead.title,
        "organisation": lead.organisation,
        "legs": lead.legs,
        "token": token,
        "form": form or DeclineForm(),
        "prepared": request.GET.get("answer", ""),  # by the letter's button; opening it says nothing yet
        "arrive_form": arrive_form,
        "arriving": found.pk if arrive_form else None,
        "refused": refused,
    }
    return show(request, "scheduler/duty.html", context, status=status or status_of(refused))

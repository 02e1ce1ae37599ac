"""All that is not as it was promised, each with its remedy as a button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import replies
from notifications.models import Reply
from scheduler import bookings, conflicts, locks, offers, queries, roster, starts
from scheduler.conflicts import Conflict
from scheduler.errors import Refused
from scheduler.forms.coming import ComingForm
from scheduler.models import Visit
from scheduler.views import choosing
from scheduler.views.access import office_only, staff
from scheduler.views.pages import show, tried
from tours.models import Guide

A_PAGE = 30
MOST_WORKED_OUT = 8
"""For so many of the soonest of a page a guide or another time is looked for at once; for the others behind a link."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A conflict, with what the page offers to do: a guide who can lead, another start, whom to ring."""

    conflict: Conflict
    guide: Guide | None = None
    start: datetime | None = None
    whom: tuple[str, str] = ("", "")


@require_safe
@office_only
def mend(request: HttpRequest) -> HttpResponse:
    """Everything that is not as it was promised, the soonest first, some a page, each with what can be done."""
    now = timezone.now()
    found = conflicts.every(now=now)
    unread = list(replies.for_a_person())
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    worked_out = [_remedy(each, now=now, look=index < MOST_WORKED_OUT) for index, each in enumerate(page)]
    context = {"remedies": worked_out, "page": page, "unread": unread, "now": now}
    return show(request, "scheduler/office/conflicts.html", context)


@require_POST
@office_only
def they_come(request: HttpRequest, code: str) -> HttpResponse:
    """The organiser said by telephone that they come, and how many they are."""
    visit = get_object_or_404(Visit, code=code)
    form = ComingForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please check the number of people who came."))
        return redirect("office_conflicts")
    heads, now = form.cleaned_data["heads"], timezone.now()
    done = _("Noted: they come.")
    return _answer(request, lambda: bookings.reconfirm(visit.pk, heads=heads, now=now, by_office=True), done)


@require_POST
@office_only
def answered(request: HttpRequest, code: str) -> HttpResponse:
    """The organiser said by telephone what they make of the suggested time: yes, wait for another, or no."""
    visit = get_object_or_404(Visit, code=code)
    now = timezone.now()
    if "accept" in request.POST:
        return _answer(request, lambda: offers.accept(visit.pk, now=now), _("Noted: they take it."))
    waits = "wait" in request.POST
    done = _("Noted: they wait for another time.") if waits else _("Noted: they do not come.")
    return _answer(request, lambda: offers.give_up(visit.pk, waits=waits, now=now), done)


@require_POST
@office_only
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has read a letter that came in and done what it asks for: it need not be shown any more."""
    get_object_or_404(Reply, pk=pk)
    if replies.mark_seen(pk, by=staff(request), now=timezone.now()):
        messages.success(request, _("Noted."))
    return redirect("office_conflicts")


def _answer(request: HttpRequest, change: Callable[[], Any], done: str) -> HttpResponse:
    _made, refused = tried(lambda: locks.door(change)())
    if refused:
        messages.error(request, str(refused.detail))
    else:
        messages.success(request, done)
    return redirect("office_conflicts")


def _remedy(conflict: Conflict, *, now: datetime, look: bool) -> Remedy:
    visit = conflict.visit
    if conflict.kind == "no_guide" and look and conflict.party is not None:
        free = (each.guide for each in roster.candidates(conflict.party.pk) if not each.reasons)
        return Remedy(conflict, guide=next(free, None))
    if conflict.kind == "inside_closure" and look:
        return Remedy(conflict, start=_other_start(visit, now))
    if conflict.kind == "not_answered" and conflict.party is not None and conflict.party.guide is not None:
        return Remedy(conflict, whom=(conflict.party.guide.name, conflict.party.guide.phone))
    if conflict.remedy == "ring":
        return Remedy(conflict, whom=_whom(visit))
    return Remedy(conflict)


def _whom(visit: Visit) -> tuple[str, str]:
    """Whom to ring about a visit: its first contact with a telephone, else whoever leads it on the day."""
    for contact in visit.contacts.all():
        if contact.phone:
            return contact.name, contact.phone
    return queries.on_the_day(visit)


def _other_start(visit: Visit, now: datetime) -> datetime | None:
    """The nearest start at which the visit can be served; None where there is none, or where it is not a tour."""
    group = choosing.group_of(visit)
    if group is None or visit.period is None:
        return None
    try:
        near = starts.near(group, visit.period.lower, now=now, count=1, by_office=True)
    except Refused:
        return None
    return near.starts[0] if near.starts else None

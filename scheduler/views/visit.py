"""Your visit, behind its link: what it is, and what may still be changed of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import links
from scheduler import bookings, changes, lateness, locks, offers, queries
from scheduler.errors import BadWish, Refused, StartTaken
from scheduler.forms.asking import CancelForm, ChangeForm, MoveForm, TakeForm
from scheduler.forms.coming import ComingForm, LateForm, SplitForm
from scheduler.models import ChangeRequest, Visit
from scheduler.views import choosing, coming
from scheduler.views.access import visit_behind
from scheduler.views.pages import show, status_of, tried
from scheduler.views.programme import programme_of, stops_of
from scheduler.views.standing import shown_of
from tours import queries as catalogue
from tours.errors import CatalogueError
from tours.models import Museum

SETTLED = (Visit.Status.CONFIRMED, Visit.Status.DONE)


@require_safe
def visit(request: HttpRequest, token: str) -> HttpResponse:
    """The visit as it stands. A GET changes nothing, so that a mail scanner that opens every link does no harm."""
    return _page(request, token, visit_behind(token))


@require_POST
def change(request: HttpRequest, token: str) -> HttpResponse:
    """Another number of people, another leader, notes; after the deadline the heads become a late change."""
    found = visit_behind(token)
    form = ChangeForm(request.POST, hidden=found.discreet)
    if not form.is_valid():
        return _page(request, token, found, change_form=form, status=422)
    said, now = form.cleaned_data, timezone.now()
    return _answer(
        request, token, found, lambda: changes.change(found.pk, now=now, **said), _("Saved."), change_form=form
    )


@require_POST
def move(request: HttpRequest, token: str) -> HttpResponse:
    """Another time; after the deadline it becomes a late change."""
    found = visit_behind(token)
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, move_form=form, status=422)
    begins, now = form.cleaned_data["start"], timezone.now()
    return _answer(
        request,
        token,
        found,
        lambda: changes.move(found.pk, begins, now=now),
        _("The visit has its new time."),
        move_form=form,
    )


@require_POST
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Give the visit up; after the deadline it becomes a late change."""
    found = visit_behind(token)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, cancel_form=form, status=422)
    reason, now = form.cleaned_data["reason"], timezone.now()
    return _answer(
        request,
        token,
        found,
        lambda: changes.cancel(found.pk, reason=reason, now=now),
        _("The visit is cancelled. Thank you for telling us."),
        cancel_form=form,
    )


@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Yes to the suggested time, or to one of the other times suggested with it."""
    found = visit_behind(token)
    form = TakeForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, refused=BadWish(_("Please choose a time.")))
    start = form.cleaned_data["start"][0] if form.cleaned_data["start"] else None
    return _answer(
        request,
        token,
        found,
        lambda: offers.accept(found.pk, start=start, now=timezone.now()),
        _("Thank you. Your visit is confirmed."),
        take_form=form,
    )


@require_POST
def give_up(request: HttpRequest, token: str) -> HttpResponse:
    """No to the suggested times: wait for others, or let it be."""
    found = visit_behind(token)
    waits = "wait" in request.POST
    done = _("You are on the waiting list. We write as soon as something is free.") if waits else _("Thank you.")
    return _answer(request, token, found, lambda: offers.give_up(found.pk, waits=waits, now=timezone.now()), done)


@require_POST
def come(request: HttpRequest, token: str) -> HttpResponse:
    """The group still comes: as many as agreed, with one click, or another number."""
    found = visit_behind(token)
    form = ComingForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, coming_form=form, status=422)
    heads, now = form.cleaned_data["heads"], timezone.now()
    done = _("Thank you. We are looking forward to seeing you.")
    return _answer(
        request, token, found, lambda: changes.still_coming(found.pk, heads=heads, now=now), done, coming_form=form
    )


@require_POST
def late(request: HttpRequest, token: str) -> HttpResponse:
    """The group is late; the museum sees it at once, and decides what is still shown."""
    found = visit_behind(token)
    form = LateForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, late_form=form, status=422)
    minutes, now = form.cleaned_data["minutes"], timezone.now()
    return _answer(
        request,
        token,
        found,
        lambda: lateness.tell(found.pk, minutes=minutes, now=now),
        _("The museum knows that you are late, and shows you as much as the time allows."),
        late_form=form,
    )


@require_POST
def split(request: HttpRequest, token: str) -> HttpResponse:
    """A part of the group comes at another time, as a visit of its own; after the deadline it becomes a late change."""
    found = visit_behind(token)
    form = SplitForm(request.POST)
    if not form.is_valid():
        return _page(request, token, found, split_form=form, status=422)
    said, now = form.cleaned_data, timezone.now()
    made, refused = tried(
        lambda: locks.door(changes.split)(found.pk, said["start"], heads=said["heads"], adults=said["adults"], now=now)
    )
    if not isinstance(made, Visit):
        return _answered(request, token, found, made, refused, "", split_form=form)
    codes = {"one": found.code, "other": made.code}
    messages.success(
        request, _("The group comes in two parts now: %(one)s and %(other)s. This is the new one.") % codes
    )
    return redirect("visit", token=links.token("visit", made.code, made.link_version))


def _answer(
    request: HttpRequest, token: str, found: Visit, change: Callable[[], Any], done: str, **forms: Any
) -> HttpResponse:
    """Make a change through its door, then show the page anew; a refusal is shown beside what was typed."""
    made, refused = tried(lambda: locks.door(change)())
    return _answered(request, token, found, made, refused, done, **forms)


def _answered(
    request: HttpRequest,
    token: str,
    found: Visit,
    made: Any,
    refused: Refused | CatalogueError | None,
    done: str,
    **forms: Any,
) -> HttpResponse:
    if refused:
        if isinstance(refused, StartTaken) and "move_form" in forms:
            refused = _with_other_times(refused, found, forms["move_form"])
        elif isinstance(refused, StartTaken) and "split_form" in forms:
            said = forms["split_form"].cleaned_data
            refused = _with_other_times(refused, found, forms["split_form"], heads=said["heads"])
        return _page(request, token, visit_behind(token), refused=refused, **forms)
    late = isinstance(made, ChangeRequest)
    messages.success(
        request, _("The museum has your wish and will answer. Until then the visit stays as it is.") if late else done
    )
    return redirect("visit", token=token)


def _with_other_times(
    taken: StartTaken, found: Visit, form: MoveForm | SplitForm, *, heads: int | None = None
) -> Refused:
    """The refusal with times near the one that was taken, for so many of the group."""
    group = choosing.group_of(found)
    group = replace(group, heads=heads) if group and heads else group
    return bookings.with_others(group, form.cleaned_data["start"][0], now=timezone.now()) if group else taken


def _page(
    request: HttpRequest,
    token: str,
    found: Visit,
    *,
    refused: Refused | CatalogueError | None = None,
    status: int | None = None,
    **forms: Any,
) -> HttpResponse:
    now, museum, spaces = timezone.now(), catalogue.museum(), list(catalogue.places())
    zone = ZoneInfo(museum.time_zone)
    here = reverse("visit", kwargs={"token": token})
    programme = programme_of(found) if found.promised_at and found.status in SETTLED else None
    may = _may(found, now)
    moving = may["open"] and ("move" in request.GET or "move_form" in forms)
    context = {
        "here": here,
        "token": token,
        **_facts(found, museum),
        "programme": programme,
        "stops": stops_of(found, spaces),
        **may,
        "waiting": found.change_requests.filter(status=ChangeRequest.Status.OPEN) if may["open"] else (),
        "when": choosing.for_visit(request.GET, found, here=here) if moving else None,
        "split_url": reverse("visit_split", kwargs={"token": token}),
        **coming.shown(found, request.GET, here=here, zone=zone, now=now, **forms),
        "calendar": links.url("visit_calendar", found.code, found.link_version),
        "zone": zone,
        **shown_of(found, museum=museum, parts=programme, spaces=spaces, prepared=request.GET.get("answer", "")),
        "refused": refused,
        "suggestions": choosing.suggestions(refused),
        **_fresh_forms(found),
        **forms,
    }
    return show(request, "scheduler/visit.html", context, status=status or status_of(refused))


def _facts(found: Visit, museum: Museum) -> dict[str, Any]:
    """What the visit is, as whoever holds its link may know it."""
    return {
        "visit": found,
        "title": queries.title_of(found, open_to_all=True),
        "hidden": found.discreet,
        "organisation": queries.organisation_of(found),
        "price": queries.price_of(found, museum),
        "reason": queries.reason_of(found),
        "places": queries.places_of(found),
        "offer": queries.open_offer(found) if found.status == Visit.Status.OFFERED else None,
        "ended": found.status in (Visit.Status.DECLINED, Visit.Status.CANCELLED),
    }


def _may(found: Visit, now: datetime) -> dict[str, Any]:
    """What may still be done with it, and until when."""
    begun = found.period is not None and found.period.lower <= now
    open_ = found.holds and not begun
    return {
        "begun": begun,
        "open": open_,
        "can_move": open_ and choosing.group_of(found) is not None,
        "may_change": changes.may_still_change(found, now=now),
        "change_until": changes.change_by(found),
        "may_cancel": changes.may_still_cancel(found, now=now),
        "cancel_until": changes.cancel_by(found),
    }


def _fresh_forms(found: Visit) -> dict[str, Any]:
    names = ("heads", "adults", "leader_name", "leader_phone", "notes", "revision")
    return {
        "coming_form": ComingForm(initial={"heads": found.heads}),
        "change_form": ChangeForm(initial={name: getattr(found, name) for name in names}, hidden=found.discreet),
        "move_form": MoveForm(),
        "cancel_form": CancelForm(),
    }

"""New visits by telephone: tours as organisers ask for them, events and official visits as the office places them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notifications import calls
from scheduler import bookings, events, locks
from scheduler.decisions import Decision
from scheduler.errors import PreviewOutOfDate, Refused, StartTaken
from scheduler.forms.asking import WishForm
from scheduler.forms.closing import decisions_of
from scheduler.forms.events import EventForm, People, initial_of
from scheduler.forms.fields import near_day
from scheduler.forms.office import TelephoneForm
from scheduler.models import Offer, Visit
from scheduler.views import noticing
from scheduler.views.access import office_only, staff
from scheduler.views.asking import form_page, in_another_language, is_whole, looked_at, unjudged
from scheduler.views.office import hits, planner
from scheduler.views.pages import remember_language, show, status_of, tried
from tours import queries as catalogue
from tours.errors import CatalogueError


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def new_visit(request: HttpRequest) -> HttpResponse:
    """A tour for somebody on the telephone: no lead time, no decision to wait for."""
    asked: QueryDict = request.POST if request.method == "POST" else request.GET

    def again(contact: TelephoneForm, *, looked: bool = True, status: int = 200, **more: Any) -> HttpResponse:
        return _page(request, form_page(asked, wish, contact, looked=looked, by_office=True, **more), status=status)

    if request.method != "POST":
        wish = (
            WishForm(asked)
            if is_whole(asked)
            else WishForm(initial={"adults": 0, "language": get_language()} | asked.dict())
        )
        return again(TelephoneForm(), looked=wish.is_bound)
    if "to_language" in asked:
        asked = in_another_language(request.POST)
        wish = WishForm(asked) if is_whole(asked) else WishForm(initial=asked.dict())
        return remember_language(again(unjudged(asked, TelephoneForm), looked=wish.is_bound))
    wish, contact = WishForm(asked), TelephoneForm(asked)
    if "book" not in asked:
        return again(unjudged(asked, TelephoneForm))
    if not (wish.is_valid() & contact.is_valid()):
        return again(contact, booking=True, status=422)
    by = staff(request)
    visit, refused = tried(lambda: bookings.request_visit(contact.request(wish), now=timezone.now(), by=by))
    if visit is None:
        return again(contact, booking=True, refused=refused, status=status_of(refused))
    messages.success(request, _("Booked: %(code)s") % {"code": visit.code})
    return redirect("office_visit", code=visit.code)


@require_safe
@office_only
def new_visit_starts(request: HttpRequest) -> HttpResponse:
    """The part of the form that depends on the wish."""
    context = looked_at(request.GET, WishForm(request.GET), by_office=True) | {"contact": TelephoneForm()}
    noticing.full_day(request, context)
    return show(request, "scheduler/parts/looked_alone.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def new_event(request: HttpRequest) -> HttpResponse:
    """An event in a hall, or an official visit that keeps places free for itself."""
    if request.method != "POST":
        official = request.GET.get("kind") == Visit.Kind.PROTOCOL
        return _event_page(
            request,
            EventForm(
                initial={
                    "kind": Visit.Kind.PROTOCOL if official else Visit.Kind.EVENT,
                    "day": near_day(request.GET.get("day", "")),
                }
            ),
            People(),
        )
    if "to_day" in request.POST or "to_month" in request.POST:  # the month's buttons: nothing is judged yet
        typed = request.POST.copy()
        typed["day"] = typed.get("to_day") or typed.get("day", "")
        return _event_page(request, EventForm(initial=initial_of(typed)), People.unjudged(typed))
    form, people = EventForm(request.POST), People(request.POST)
    if not (form.is_valid() & people.is_valid()):
        return _event_page(request, form, people, status=422)
    event, by, now = form.event(people), staff(request), timezone.now()
    decided, unclear = decisions_of(request.POST)
    if unclear:
        return _event_page(request, form, people, **_impact(request, event, decided, unclear, now=now), status=422)
    seal = request.POST.get("seal", "") if "publish" in request.POST else ""
    visit, refused = tried(lambda: locks.door(events.place)(event, by=by, now=now, seal=seal, decisions=decided))
    if visit is not None:
        messages.success(request, _("Booked: %(code)s") % {"code": visit.code})
        return redirect("office_visit", code=visit.code)
    status = status_of(refused)
    if seal or (isinstance(refused, StartTaken) and refused.extra.get("visits")):
        more = _impact(request, event, decided, refused, now=now)
        return _event_page(request, form, people, status=status, **more)
    return _event_page(request, form, people, refused=refused, status=status)


def _impact(
    request: HttpRequest,
    event: events.Event,
    decided: dict[str, Decision],
    refused: Refused | CatalogueError | None,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Who would have to give way, what is proposed for each, and what was decided already; why nothing was booked."""
    seen, wrong = tried(lambda: events.preview(event, now=now))
    if seen is None:
        return {"refused": wrong}
    zone = ZoneInfo(catalogue.museum().time_zone)
    fresh = isinstance(refused, PreviewOutOfDate)
    return {
        "previewed": bool(seen.hits),
        "refused": None if isinstance(refused, StartTaken) and "visits" in refused.extra else refused,
        "seal": seen.seal,
        "cost": seen.cost,
        "silences": Offer.Silence.choices,
        "on_silence": request.POST.get("on_silence") or Offer.Silence.WAIT,
        "struck": hits.struck(seen, {} if fresh else decided, now=now, zone=zone, posted=request.POST),
        "undecided": hits.named(refused),
    }


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context["calls"] = calls.to_make(now=timezone.now())
    return show(request, "scheduler/office/new_visit.html", context, status=status)


def _event_page(
    request: HttpRequest, form: EventForm, people: People, *, status: int = 200, **more: Any
) -> HttpResponse:
    month = planner.look(request.POST or request.GET, catalogue.museum(), now=timezone.now())
    context = {"form": form, "people": people, "forms": (form, *people.typed), "planner": month, **more}
    return show(request, "scheduler/office/new_event.html", context, status=status)

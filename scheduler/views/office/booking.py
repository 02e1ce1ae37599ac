"""New visits by telephone: tours as organisers ask for them, events and official visits as the office places them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scheduler import bookings, events, locks
from scheduler.forms.asking import WishForm
from scheduler.forms.events import EventForm, People
from scheduler.forms.office import TelephoneForm
from scheduler.models import Visit
from scheduler.views.access import office_only, staff
from scheduler.views.asking import form_page, in_another_language, is_whole, looked_at, unjudged
from scheduler.views.pages import remember_language, show, status_of, tried


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def new_visit(request: HttpRequest) -> HttpResponse:
    """A tour for somebody on the telephone: no lead time, no decision to wait for."""
    asked: QueryDict = request.POST if request.method == "POST" else request.GET

    def again(contact: TelephoneForm, *, looked: bool = True, status: int = 200, **more: Any) -> HttpResponse:
        return _page(request, form_page(asked, wish, contact, looked=looked, by_office=True, **more), status=status)

    if request.method != "POST":
        wish = WishForm(asked) if is_whole(asked) else WishForm(initial={"adults": 0} | asked.dict())
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
    context = looked_at(request.GET, WishForm(request.GET), by_office=True)
    response = show(request, "scheduler/parts/looked.html", context)
    response.headers["HX-Replace-Url"] = context["here"]
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def new_event(request: HttpRequest) -> HttpResponse:
    """An event in a hall, or an official visit that keeps places free for itself."""
    if request.method != "POST":
        official = request.GET.get("kind") == Visit.Kind.PROTOCOL
        return _event_page(
            request, EventForm(initial={"kind": Visit.Kind.PROTOCOL if official else Visit.Kind.EVENT}), People()
        )
    form, people = EventForm(request.POST), People(request.POST)
    if not (form.is_valid() & people.is_valid()):
        return _event_page(request, form, people, status=422)
    by = staff(request)
    visit, refused = tried(lambda: locks.door(events.place)(form.event(people), by=by, now=timezone.now()))
    if visit is None:
        codes = refused.extra.get("visits", []) if refused else []
        there = Visit.objects.filter(code__in=codes)
        return _event_page(request, form, people, refused=refused, in_the_way=there, status=status_of(refused))
    messages.success(request, _("Booked: %(code)s") % {"code": visit.code})
    return redirect("office_visit", code=visit.code)


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return show(request, "scheduler/office/new_visit.html", context, status=status)


def _event_page(
    request: HttpRequest, form: EventForm, people: People, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"form": form, "people": people, "forms": (form, *people.typed), **more}
    return show(request, "scheduler/office/new_event.html", context, status=status)

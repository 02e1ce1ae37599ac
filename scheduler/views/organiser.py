"""What anybody may do without an account: look, ask, and get a lost link again."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notifications import links
from scheduler import bookings, limits, locks, lost_links, periods, showcase
from scheduler.errors import BadWish
from scheduler.forms.asking import ContactForm, LostLinkForm, WishForm
from scheduler.views import noticing
from scheduler.views.asking import form_page, in_another_language, is_whole, looked_at, unjudged, was_sent_before
from scheduler.views.pages import remember_language, show, status_of, tried
from tours import queries as catalogue
from tours.errors import NoMuseum


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is offered, what is closed, and the next free times."""
    try:
        museum = catalogue.museum()
    except NoMuseum:
        return render(request, "scheduler/no_museum.html", status=NoMuseum.status)
    now, calendar = timezone.now(), catalogue.calendar()
    audiences, tours = list(catalogue.offered_audiences()), showcase.tours()
    return show(
        request,
        "scheduler/home.html",
        {
            "tours": tours,
            "audiences": audiences,
            "prices": showcase.prices(audiences),
            "closures": showcase.closures(museum, now=now),
            "opening": showcase.opening_hours(calendar),
            "single": showcase.single_openings(calendar, periods.day_of(now, ZoneInfo(museum.time_zone))),
            "usual_heads": showcase.USUAL_HEADS,
            "next_free": showcase.next_free(tours, audiences, now=now),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The request form. Posted without `book` it only looks again; with it, the time is held or the page says why not."""
    if request.method != "POST":
        wish = _wish(request.GET)
        return _page(request, form_page(request.GET, wish, ContactForm(), looked=wish.is_bound))
    if "to_language" in request.POST:
        typed = in_another_language(request.POST)
        wish = _wish(typed)
        context = form_page(typed, wish, unjudged(typed, ContactForm), looked=wish.is_bound)
        return remember_language(_page(request, context))
    wish, contact = WishForm(request.POST), ContactForm(request.POST)
    if "book" not in request.POST:
        return _page(request, form_page(request.POST, wish, unjudged(request.POST, ContactForm), looked=True))
    if not (wish.is_valid() & contact.is_valid()):
        return _page(request, form_page(request.POST, wish, contact, looked=True, booking=True), status=422)
    visit, refused = tried(lambda: _book(request, wish, contact))
    if visit is not None:
        return redirect("visit", token=links.token("visit", visit.code, visit.link_version))
    if was_sent_before(refused):
        contact = unjudged(request.POST, ContactForm)
        contact.initial["request_key"] = ContactForm().initial["request_key"]
        refused = BadWish(_("This form has been sent already. Send it again only if a second group is coming."))
    context = form_page(request.POST, wish, contact, looked=True, booking=True, refused=refused)
    return _page(request, context, status=status_of(refused))


@require_safe
def ask_starts(request: HttpRequest) -> HttpResponse:
    """The part of the request form that depends on the wish: what it costs, the month, the times."""
    context = looked_at(request.GET, WishForm(request.GET)) | {"contact": ContactForm()}
    noticing.full_day(request, context)
    return show(request, "scheduler/parts/looked_alone.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def lost_link(request: HttpRequest) -> HttpResponse:
    """Sends the link to the address that it was sent to before; the answer is the same for everybody."""
    form = LostLinkForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "sent": "sent" in request.GET}
        return show(request, "scheduler/lost_link.html", context, status=422 if form.errors else 200)
    email = form.cleaned_data["email"]
    _done, refused = tried(
        lambda: limits.refuse_too_often("lost_link", client=request.META["REMOTE_ADDR"], addresses=[email])
    )
    if refused:
        return show(request, "scheduler/lost_link.html", {"form": form, "refused": refused}, status=status_of(refused))
    if not form.cleaned_data["website"]:
        locks.door(lost_links.send_again)(email, now=timezone.now())
    return redirect(f"{reverse('lost_link')}?sent=1")


def _book(request: HttpRequest, wish: WishForm, contact: ContactForm) -> Any:
    asked = contact.request(wish)
    with limits.request_counted(asked.keys, client=request.META["REMOTE_ADDR"], addresses=contact.addresses()):
        return bookings.request_visit(asked, now=timezone.now())


def _wish(asked: QueryDict) -> WishForm:
    return WishForm(asked) if is_whole(asked) else WishForm(initial={"adults": 0} | asked.dict())


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    noticing.full_day(request, context)
    return show(request, "scheduler/ask.html", context, status=status)

"""Waiting for a time, where none is free: the wish is taken along, and the days and hours that would suit are asked for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications import links
from scheduler import limits, locks, waiting
from scheduler.errors import BadWish, Refused
from scheduler.forms.coming import WaitForm, WaitWishForm
from scheduler.models import Visit
from scheduler.views.asking import in_another_language, unjudged, was_sent_before
from scheduler.views.pages import remember_language, show, status_of, tried
from tours.errors import CatalogueError


@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest) -> HttpResponse:
    """The form of the waiting list; sent, the group stands in the line and its page says at which place."""
    if request.method != "POST":
        asked = request.GET
        day = asked.get("day") or asked.get("chosen_day") or None
        return _page(request, WaitWishForm(initial=asked.dict()), WaitForm(initial={"first": day, "last": day}))
    if "to_language" in request.POST:
        typed = in_another_language(request.POST)
        wish = WaitWishForm(initial=typed.dict())
        return remember_language(_page(request, wish, WaitForm(initial=_typed(typed))))
    wish, contact = WaitWishForm(request.POST), WaitForm(request.POST)
    if not (wish.is_valid() & contact.is_valid()):
        return _page(request, wish, contact, status=422)
    visit, refused = tried(lambda: _stand_in_line(request, wish, contact))
    if visit is not None:
        return redirect("visit", token=links.token("visit", visit.code, visit.link_version))
    if was_sent_before(refused):
        contact = unjudged(request.POST, WaitForm)
        contact.initial["request_key"] = WaitForm().initial["request_key"]
        refused = BadWish(_("This form has been sent already. Send it again only if a second group is coming."))
    return _page(request, wish, contact, refused=refused, status=status_of(refused))


def _stand_in_line(request: HttpRequest, wish: WaitWishForm, contact: WaitForm) -> Visit:
    asked = contact.request(wish)
    with limits.request_counted(asked.keys, client=request.META["REMOTE_ADDR"], addresses=contact.addresses()):
        return locks.door(waiting.wait)(asked, contact.days(), contact.hours(), now=timezone.now())


def _typed(posted: QueryDict) -> dict[str, Any]:
    """What was typed so far; of the weekdays each."""
    typed: dict[str, Any] = {name: value for name, value in posted.items() if name in WaitForm.base_fields}
    return typed | {"weekdays": posted.getlist("weekdays")}


def _page(
    request: HttpRequest,
    wish: WaitWishForm,
    contact: WaitForm,
    *,
    refused: Refused | CatalogueError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "wish": wish,
        "contact": contact,
        "forms": (wish, contact),
        "missing": status == 422 and refused is None,
        "refused": refused,
        "keeps": "wait",
        "here": reverse("wait"),
    }
    return show(request, "scheduler/wait.html", context, status=status)

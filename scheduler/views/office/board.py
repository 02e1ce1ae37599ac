"""The office's board: who leads what, and who is where, moved by hand. Every change names the days as they were seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import board, locks, periods, queries, rearranging, roster
from scheduler.board import Shown
from scheduler.errors import Refused
from scheduler.forms.boards import GiveForm, ShiftForm, UndoForm
from scheduler.forms.fields import near_day
from scheduler.models import Party, Visit
from scheduler.rearranging import Given, Moved
from scheduler.views.access import office_only, staff
from scheduler.views.office.drawing import as_json, floating, offset_of, seen_of, value_of
from scheduler.views.pages import data, show, tried
from tours import queries as catalogue
from tours.errors import CatalogueError
from tours.models import Guide, Museum

SALT = "office.board.step"


@require_safe
@office_only
def page(request: HttpRequest) -> HttpResponse:
    """The board; asked by its own script, the list of what it shows, or the panel of one visit."""
    return _page(request)


@require_safe
@office_only
def events(request: HttpRequest) -> HttpResponse:
    """What the board draws, as JSON. Its ETag is made of the days' versions: asked again for what has not changed, two queries and 304."""
    museum = catalogue.museum()
    shown = _shown(request.GET, museum)
    tag = _tag(shown, rearranging.versions(shown.first, shown.last, museum), museum.catalogue_version)
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        found = board.read(shown, museum, now=timezone.now())
        tag = _tag(shown, found.versions, museum.catalogue_version)
        response = data(request, as_json(found, ZoneInfo(museum.time_zone)))
    response.headers["ETag"] = tag
    return response


@require_safe
@office_only
def guides(request: HttpRequest, pk: int) -> HttpResponse:
    """Who may lead a sub-group, and why the others cannot."""
    party = get_object_or_404(Party, pk=pk)
    found = {
        each.guide.code: {"may": not each.reasons, "why": " ".join(each.reasons)}
        for each in roster.candidates(party.pk)
    }
    return JsonResponse({"guides": found})


@require_safe
@office_only
def other_starts(request: HttpRequest, code: str) -> HttpResponse:
    """When a visit may begin on its day."""
    visit = get_object_or_404(queries.visits(), code=code)
    zone = ZoneInfo(catalogue.museum().time_zone)
    found = board.starts_of(visit, now=timezone.now())
    return JsonResponse({"starts": {floating(begins[0], zone): value_of(begins, zone) for begins in found}})


@require_POST
@office_only
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Another guide for a sub-group."""
    party = get_object_or_404(Party.objects.select_related("visit"), pk=pk)
    form = GiveForm(request.POST)
    if not form.is_valid():
        return _refused(request, Refused(_first_error(form)), 422)
    asked, by = form.cleaned_data, staff(request)
    guide = get_object_or_404(Guide, code=asked["guide"])
    said = (_("%(guide)s leads the group now.") % {"guide": guide.name}).replace(
        "..", "."
    )  # a name may end in an initial
    return _change(
        request,
        lambda: rearranging.give(party.pk, guide.code, seen=asked["seen"], by=by, now=timezone.now()),
        f"{party.visit.code}: {said}",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def move(request: HttpRequest, code: str) -> HttpResponse:
    """Another time for a visit: first who will be told, then done."""
    visit = get_object_or_404(queries.visits(), code=code)
    form = ShiftForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return _refused(request, Refused(_first_error(form)), 422)
    begins, seen = form.cleaned_data["start"], form.cleaned_data["seen"]
    if request.method == "POST":
        return _change(
            request,
            lambda: rearranging.move(visit.pk, begins, seen=seen, now=timezone.now()),
            f"{visit.code}: {_('Moved. Everybody concerned gets a letter.')}",
        )
    museum = catalogue.museum()
    shown = _shown(request.GET, museum)
    context = {
        "visit": visit,
        "title": queries.title_of(visit, open_to_all=False),
        "begins": begins,
        "value": value_of(begins, ZoneInfo(museum.time_zone)),
        "told": board.told_of_move(visit),
        "shown": shown,
        "keep": _keep(shown),
        "seen": seen_of(rearranging.versions(shown.first, shown.last, museum)),
    }
    part = "scheduler/office/board_move.html" + ("#part" if _by_script(request) else "")
    return show(request, part, context)


@require_POST
@office_only
def undo(request: HttpRequest) -> HttpResponse:
    """Take a step back, if what it did still stands."""
    form = UndoForm(request.POST)
    step = _step(request.POST.get("step", "")) if form.is_valid() else None
    if step is None:
        return _refused(request, Refused(_("Please load the page again.")), 422)
    by = staff(request)
    return _change(request, lambda: rearranging.undo(step, by=by, now=timezone.now()), _("Undone."))


# --- What the board says --------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, refused: Refused | CatalogueError | None = None, status: int = 200) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    now = timezone.now()
    museum = catalogue.museum()
    zone = ZoneInfo(museum.time_zone)
    shown = _shown(asked, museum)
    context: dict[str, Any] = {
        "shown": shown,
        "here": _address(shown),
        "keep": _keep(shown),
        "today": periods.day_of(now, zone),
        "before": shown.first - timedelta(days=7 if shown.week else 1),
        "after": shown.last + timedelta(days=1),
        "offset": offset_of(shown.first, zone),
        "grid": museum.grid_minutes,
        "refused": refused,
        "step": asked.get("undo", "") if _step(asked.get("undo", "")) else "",
    }
    part = ""
    if (code := asked.get("visit", "")) and "\x00" not in code:  # PostgreSQL takes no NUL
        context |= _panel(get_object_or_404(queries.visits(), code=code), asked.get("party", ""), shown, museum)
        part = "#panel"
    if not (part and _by_script(request)):
        found = board.read(shown, museum, now=now)
        context = {
            "board": found,
            "seen": seen_of(found.versions),
            **context,
        }  # a panel keeps the older versions that it has seen
        part = "#list"
    return show(request, "scheduler/office/board.html" + (part if _by_script(request) else ""), context, status=status)


def _panel(visit: Visit, party: str, shown: Shown, museum: Museum) -> dict[str, Any]:
    now = timezone.now()
    zone = ZoneInfo(museum.time_zone)
    seen = rearranging.versions(shown.first, shown.last, museum)  # before anything is looked at
    parties = list(visit.parties.all())
    chosen = next((each for each in parties if str(each.pk) == party), parties[0] if parties else None)
    candidates = roster.candidates(chosen.pk) if chosen and visit.holds else []
    may = [each for each in candidates if not each.reasons and chosen and each.guide.pk != chosen.guide_id]
    return {
        "visit": visit,
        "title": queries.title_of(visit, open_to_all=False),
        "parties": parties,
        "chosen": chosen,
        "may": may,
        "swap": roster.by_swapping(chosen.pk) if chosen and visit.holds and not may else None,
        "may_not": [each for each in candidates if each.reasons],
        "starts": [(begins, value_of(begins, zone)) for begins in board.starts_of(visit, now=now)],
        "seen": seen_of(seen),
    }


# --- What the board does --------------------------------------------------------------------------------------------------


def _change(request: HttpRequest, change: Callable[[], Given | Moved | None], done: str) -> HttpResponse:
    made, refused = tried(lambda: locks.door(change)())
    if refused is not None:
        return _refused(request, refused, refused.status)
    step = signing.dumps(_plain(made), salt=SALT, compress=True) if made is not None else ""
    if _wants_json(request):
        return JsonResponse({"said": done, "undo": step})
    messages.success(request, done)
    shown = _shown(request.POST, catalogue.museum())
    return redirect(_address(shown, undo=step) if step else _address(shown))


def _refused(request: HttpRequest, refused: Refused | CatalogueError, status: int) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"refused": str(refused.detail)}, status=status)
    return _page(request, refused, status)


def _plain(step: Given | Moved) -> list[Any]:
    if isinstance(step, Given):
        return ["given", step.party, step.was, step.becomes]
    return ["moved", step.visit, [each.isoformat() for each in step.was], [each.isoformat() for each in step.becomes]]


def _step(signed: str) -> Given | Moved | None:
    """A step that this museum's board made, or None."""
    try:
        kind, pk, was, becomes = signing.loads(signed, salt=SALT)
    except signing.BadSignature:
        return None
    if kind == "given":
        return Given(pk, was, becomes)
    return Moved(pk, tuple(map(datetime.fromisoformat, was)), tuple(map(datetime.fromisoformat, becomes)))


# --- Small print ----------------------------------------------------------------------------------------------------------


def _shown(asked: Mapping[str, Any], museum: Museum) -> Shown:
    day = near_day(asked.get("day", "")) or periods.day_of(timezone.now(), ZoneInfo(museum.time_zone))
    by = "spaces" if asked.get("by") == "spaces" else "guides"
    return Shown(day, by, week=by == "guides" and asked.get("span") == "week")


def _keep(shown: Shown) -> dict[str, str]:
    """The board's address in parts."""
    return {"day": shown.day.isoformat(), "by": shown.by, "span": "week" if shown.week else "day"}


def _address(shown: Shown, **more: str) -> str:
    return f"{reverse('office_board')}?{urlencode(_keep(shown) | more)}"


def _tag(shown: Shown, versions: Mapping[date, str], catalogue_version: int) -> str:
    known = json.dumps([_keep(shown), seen_of(versions), catalogue_version, get_language()])
    return f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}"'


def _first_error(form: Any) -> str:
    return str(next(iter(form.errors.values()))[0])


def _by_script(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"

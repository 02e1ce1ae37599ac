"""A closure is made: places and time chosen on the calendar or typed, looked at, decided for each visit that is hit, published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from scheduler import board, closures, drafts, locks, periods, queries
from scheduler.board import Shown
from scheduler.dates import long_day, short_day
from scheduler.decisions import Decision
from scheduler.errors import PreviewOutOfDate, Refused
from scheduler.forms.closing import ClosureForm, asked_of, decisions_of, form_of, typed_of
from scheduler.forms.drafts import initial_of
from scheduler.forms.fields import near_day
from scheduler.models import Closure, KeptDraft, Offer
from scheduler.views.access import office_only, staff
from scheduler.views.office import hits
from scheduler.views.office.drawing import as_json, floating, offset_of
from scheduler.views.pages import data, show, status_of, tried
from tours import queries as catalogue
from tours.errors import CatalogueError

PAGE = "scheduler/office/closure.html"
QUICK = "quick"
"""What the page's script asks first, as soon as places and time are chosen: only how many visits are hit."""


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def new_closure(request: HttpRequest) -> HttpResponse:
    """Typed, previewed, decided, published: each step is this page with what was typed in it. Or kept, and published later."""
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def edit_closure(request: HttpRequest, pk: int) -> HttpResponse:
    """Another time, other places or another notice for a closure that stands."""
    return _edit(request, get_object_or_404(Closure.objects.prefetch_related("spaces"), pk=pk, lifted_at=None))


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def edit_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """What was kept, to go on with; it is gone once it is published."""
    draft = get_object_or_404(KeptDraft.objects.select_related("closure"), pk=pk)
    return _edit(request, draft.closure, draft)


@require_safe
@office_only
def calendar(request: HttpRequest) -> HttpResponse:
    """What lies where on a day or in its week, as JSON that the page's calendar draws; without the closure that is being changed.

    `times`: when the closure that is typed so far closes on these days, where the address says so much of it.
    """
    museum = catalogue.museum()
    zone = ZoneInfo(museum.time_zone)
    now = timezone.now()
    shown = Shown(
        near_day(request.GET.get("day", "")) or periods.day_of(now, zone), "spaces", request.GET.get("span") == "week"
    )
    changed = request.GET.get("closure", "")
    without = Closure.objects.filter(pk=int(changed)).first() if changed.isdecimal() and len(changed) < 10 else None
    found = board.read(shown, museum, now=now, without=without)
    title = f"{short_day(shown.first)} – {short_day(shown.last)}" if shown.week else long_day(shown.day)
    said = {
        "title": title[:1].upper() + title[1:],
        "days": [day.isoformat() for day in shown.days],
        "names": {day.isoformat(): short_day(day) for day in shown.days},
        "offset": offset_of(shown.first, zone),
        "times": _times(request, shown, zone),
    }
    drawn = as_json(found, zone) | said
    for item in drawn["items"]:
        item.pop("startEditable", None)  # here a hand chooses ground, and moves nothing that stands on it
    return data(request, drawn)


def _times(request: HttpRequest, shown: Shown, zone: ZoneInfo) -> list[tuple[str, str | None]]:
    """Starts and ends by the wall clock; nothing while places and time are not clear."""
    form = asked_of(request.GET)
    if form is None or not form.has_place_and_time():
        return []
    said = form.draft()
    found, _refused = tried(lambda: closures.times_within(said, shown.first, shown.last))
    return [(floating(each.lower, zone), floating(each.upper, zone) if each.upper else None) for each in found or ()]


def _edit(request: HttpRequest, closure: Closure | None, draft: KeptDraft | None = None) -> HttpResponse:
    if request.method != "POST":
        return _fresh(request, closure, draft)
    if "keep" in request.POST:
        return _keep(request, closure, draft)
    form = ClosureForm(request.POST)
    whole = form.is_valid()
    if "look" in request.POST:
        return _looked(request, closure, form)
    if "publish" in request.POST and form.has_place_and_time():
        return _publish(request, closure, form, draft, whole=whole)
    return _page(request, closure, form, draft=draft, preview=whole, status=None if whole else 422)


def _fresh(request: HttpRequest, closure: Closure | None, draft: KeptDraft | None) -> HttpResponse:
    """The page before anything is sent: empty, as it was kept, as the closure is, or filled from its address."""
    asked = asked_of(request.GET) if closure is None and draft is None else None
    if asked is None:
        initial = initial_of(closure) if closure else {}
        return _page(request, closure, form_of(draft) if draft else ClosureForm(initial=initial), draft=draft)
    if asked.has_place_and_time():
        _hit, refused = tried(lambda: closures.hit_by(asked.draft(), now=timezone.now()))
        said = isinstance(refused, Refused) and asked.refuse(refused)
        return _page(request, None, asked, refused=None if said else refused, status=422 if said else None)
    return _page(request, None, asked, status=422 if asked.errors else None)


def _publish(
    request: HttpRequest, closure: Closure | None, form: ClosureForm, draft: KeptDraft | None, *, whole: bool
) -> HttpResponse:
    """Do what the preview showed; else show it again with what was decided, and say what is wrong."""
    decisions, unclear = decisions_of(request.POST)
    if unclear or not whole:
        return _page(
            request,
            closure,
            form,
            draft=draft,
            preview=True,
            decided=decisions,
            refused=unclear,
            status=None if whole else 422,
        )
    said, by, now = form.draft(), staff(request), timezone.now()
    seal = request.POST.get("seal", "")
    which = {"draft_id": draft.pk if draft else None, "closure_id": closure.pk if closure else None}
    _made, refused = tried(
        lambda: locks.door(drafts.publish)(said, **which, seal=seal, decisions=decisions, by=by, now=now)
    )
    if refused:
        return _page(request, closure, form, draft=draft, preview=True, decided=decisions, refused=refused)
    messages.success(request, _("Published. Everybody concerned gets a letter."))
    return redirect("office_closures")


def _keep(request: HttpRequest, closure: Closure | None, draft: KeptDraft | None) -> HttpResponse:
    """Put what was typed aside, whole or not."""
    which = {"draft_id": draft.pk if draft else None, "closure_id": closure.pk if closure else None}
    locks.door(drafts.keep)(typed_of(request.POST), **which, by=staff(request), now=timezone.now())
    messages.success(request, _("The draft is kept. It closes nothing until it is published."))
    return redirect("office_closures")


# --- What would be hit ----------------------------------------------------------------------------------------------------


def _looked(request: HttpRequest, closure: Closure | None, form: ClosureForm) -> HttpResponse:
    """The part of the page that depends on places and time alone, for its script: first how many are hit, then what may become of each."""
    context: dict[str, Any] = {"form": form, "live": True}
    if not form.has_place_and_time():
        context["wrong"] = form.typed_errors()
    elif request.POST["look"] == QUICK:
        found, refused = tried(lambda: closures.hit_by(form.draft(), now=timezone.now(), closure=closure))
        context |= {"refused": refused} if found is None else {"counted": True, "heard": hits.heard(found)}
    else:
        context |= _impact(request, closure, form, None, None)
    return show(request, f"{PAGE}#impact", context)


def _page(
    request: HttpRequest,
    closure: Closure | None,
    form: ClosureForm,
    *,
    draft: KeptDraft | None = None,
    preview: bool = False,
    decided: dict[str, Decision] | None = None,
    refused: Refused | CatalogueError | None = None,
    status: int | None = None,
) -> HttpResponse:
    now, museum = timezone.now(), catalogue.museum()
    zone = ZoneInfo(museum.time_zone)
    context: dict[str, Any] = {
        "form": form,
        "closure": closure,
        "draft": draft,
        "refused": refused,
        "today": periods.day_of(now, zone),
        "next": _next_day(closure, zone, now=now),
    }
    if preview:
        context |= _impact(request, closure, form, decided, refused)
        refused = context["refused"]
        if isinstance(refused, Refused) and form.refuse(refused):
            context["refused"] = None
    return show(request, PAGE, context, status=status or status_of(refused))


def _impact(
    request: HttpRequest,
    closure: Closure | None,
    form: ClosureForm,
    decided: dict[str, Decision] | None,
    refused: Refused | CatalogueError | None,
) -> dict[str, Any]:
    """Which visits are hit, what is proposed for each and what was decided already; or why this cannot be closed."""
    now, zone = timezone.now(), ZoneInfo(catalogue.museum().time_zone)
    seen, wrong = tried(lambda: closures.preview(form.draft(), now=now, closure=closure, notice_later=True))
    if seen is None:
        return {"refused": wrong}
    if decided is None and request.POST.get("seal") == seen.seal:  # the same is looked at again
        decided, refused = decisions_of(request.POST)
    kept = {} if isinstance(refused, PreviewOutOfDate) else (decided or {})
    struck = hits.struck(seen, kept, now=now, zone=zone, posted=request.POST)
    minutes, left = hits.total(struck)
    return {
        "refused": refused,
        "previewed": True,
        "counted": True,
        "heard": hits.heard([hit.visit for hit in seen.hits]),
        "seal": seen.seal,
        "cost": seen.cost,
        "silences": Offer.Silence.choices,
        "on_silence": request.POST.get("on_silence") or Offer.Silence.WAIT,
        "struck": struck,
        "decided_cost": minutes if kept else None,
        "decided_left": left,
        "undecided": hits.named(refused),
    }


# --- Small print ----------------------------------------------------------------------------------------------------------


def _next_day(closure: Closure | None, zone: ZoneInfo, *, now: datetime) -> date | None:
    """The day on which a closure that stands closes next, where its calendar opens; the present one while it lasts."""
    times = queries.next_times_of(closure, now, zone, 1) if closure else []
    return periods.day_of(max(times[0].lower, now), zone) if times else None

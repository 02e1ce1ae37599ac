"""Closures: shown before they are made, with a decision for each visit that they hit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import closures, drafts, lifting, locks, periods, queries, showcase
from scheduler.decisions import Decision
from scheduler.errors import PreviewOutOfDate, Refused
from scheduler.forms.closing import ClosureForm, choice_of, decisions_of, form_of, typed_of
from scheduler.models import Closure, KeptDraft, Offer
from scheduler.views.access import office_only, staff
from scheduler.views.office import hits
from scheduler.views.pages import show, status_of, tried
from tours import queries as catalogue
from tours.errors import CatalogueError


@require_safe
@office_only
def closure_list(request: HttpRequest) -> HttpResponse:
    """Closures in force and to come, and what is kept to be published later; below, those of the last months."""
    now = timezone.now()
    museum = catalogue.museum()
    over = Closure.objects.prefetch_related("spaces").filter(period__startswith__gt=now - timedelta(days=200))
    past = over.exclude(pk__in=queries.closures_from(now).values("pk")).order_by("-period")[:30]
    drafts = [Kept(draft, form_of(draft)) for draft in KeptDraft.objects.select_related("closure", "kept_by")]
    context = {"closures": showcase.closures(museum, now=now), "past": past, "drafts": drafts}
    return show(request, "scheduler/office/closures.html", context)


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


@require_POST
@office_only
def discard_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away what was kept."""
    locks.door(drafts.discard)(get_object_or_404(KeptDraft, pk=pk).pk)
    messages.success(request, _("The draft is gone."))
    return redirect("office_closures")


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Shown: who would be offered a time, who could return. Posted: open again; visits that were moved stay where they are."""
    closure = get_object_or_404(Closure.objects.prefetch_related("spaces"), pk=pk)
    by, now = staff(request), timezone.now()
    if request.method != "POST":
        seen, refused = tried(lambda: lifting.preview(closure.pk, now=now))
        context = {"closure": closure, "seen": seen, "refused": refused}
        return show(request, "scheduler/office/lift.html", context, status=status_of(refused))
    seal = request.POST.get("seal", "")
    _lifted, refused = tried(lambda: locks.door(lifting.lift)(closure.pk, by=by, now=now, seal=seal))
    if refused:
        messages.error(request, str(refused.detail))
    else:
        messages.success(request, _("The closure is lifted."))
    return redirect("office_closures")


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft, and its form filled with what was typed."""

    draft: KeptDraft
    form: ClosureForm

    @property
    def notice(self) -> str:
        """The notice that was typed, in the reader's language where there is one."""
        codes = ((get_language() or "kk")[:2], "kk", "ru", "en")
        return next((text for code in codes if (text := self.form[f"notice_{code}"].value())), "")

    @property
    def first(self) -> date | None:
        """The first day that was typed, where it is one."""
        try:
            return ClosureForm.base_fields["first"].to_python(self.form["first"].value())
        except ValidationError:
            return None


def _edit(request: HttpRequest, closure: Closure | None, draft: KeptDraft | None = None) -> HttpResponse:
    if request.method != "POST":
        filled = form_of(draft) if draft else ClosureForm(initial=_initial(closure) if closure else {})
        return _page(request, closure, filled, draft=draft)
    form = ClosureForm(request.POST)
    if "keep" in request.POST:
        return _keep(request, closure, draft)
    if not form.is_valid():
        return _page(request, closure, form, draft=draft, status=422)
    if "publish" not in request.POST:
        return _page(request, closure, form, draft=draft, preview=True)
    said, by, now = form.draft(), staff(request), timezone.now()
    decisions, unclear = decisions_of(request.POST)
    if unclear:
        return _page(request, closure, form, draft=draft, preview=True, decided=decisions, refused=unclear)
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
    context: dict[str, Any] = {"form": form, "closure": closure, "draft": draft, "previewed": False, "refused": refused}
    if preview:
        now = timezone.now()
        seen, wrong = tried(lambda: closures.preview(form.draft(), now=now, closure=closure))
        if seen is None:
            context["refused"] = refused = wrong
        else:
            zone = ZoneInfo(catalogue.museum().time_zone)
            if decided is None and request.POST.get("seal") == seen.seal:  # the same is looked at again
                decided, refused = decisions_of(request.POST)
                context["refused"] = refused
            kept = {} if isinstance(refused, PreviewOutOfDate) else (decided or {})
            struck = hits.struck(seen, kept, now=now, zone=zone, posted=request.POST)
            minutes, left = hits.total(struck)
            context |= {
                "previewed": True,
                "seal": seen.seal,
                "cost": seen.cost,
                "silences": Offer.Silence.choices,
                "on_silence": request.POST.get("on_silence") or Offer.Silence.WAIT,
                "struck": struck,
                "decided_cost": minutes if kept else None,
                "decided_left": left,
            }
            context["undecided"] = hits.named(refused)
    return show(request, "scheduler/office/closure.html", context, status=status or status_of(refused))


def _initial(closure: Closure) -> dict[str, Any]:
    zone = ZoneInfo(catalogue.museum().time_zone)
    start = periods.local(closure.period.lower, zone)
    initial: dict[str, Any] = {
        "spaces": [space.code for space in closure.spaces.all()],
        "first": start.date(),
        "starts": start.time(),
        "open_end": closure.period.upper is None,
        **choice_of(closure.rrule),
        "kind": closure.kind,
        **{f"notice_{code}": getattr(closure, f"notice_{code}") for code in ("kk", "ru", "en")},
    }
    if closure.period.upper is not None:
        end = periods.local(closure.period.upper, zone)
        whole = end.hour == end.minute == 0
        initial |= {"last": end.date() - timedelta(days=whole), "ends": None if whole else end.time()}
    return initial

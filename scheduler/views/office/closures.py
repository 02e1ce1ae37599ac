"""The closures that stand, are kept to be published, or are over; and what lifting one would give back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import drafts, lifting, locks, periods, queries, showcase
from scheduler.forms.closing import ClosureForm, form_of
from scheduler.forms.fields import near_day
from scheduler.models import Closure, KeptDraft
from scheduler.views.access import office_only, staff
from scheduler.views.office import strip
from scheduler.views.pages import show, status_of, tried
from tours import queries as catalogue


@require_safe
@office_only
def closure_list(request: HttpRequest) -> HttpResponse:
    """Five weeks as a strip; closures in force and to come, and what is kept to be published later; below, those of the last months."""
    now = timezone.now()
    museum = catalogue.museum()
    over = Closure.objects.prefetch_related("spaces").filter(period__startswith__gt=now - timedelta(days=200))
    past = over.exclude(pk__in=queries.closures_from(now).values("pk")).order_by("-period")[:30]
    drafts = [Kept(draft, form_of(draft)) for draft in KeptDraft.objects.select_related("closure", "kept_by")]
    today = periods.day_of(now, ZoneInfo(museum.time_zone))
    context = {
        "closures": showcase.closures(museum, now=now),
        "strip": strip.weeks_from(near_day(request.GET.get("from", "")) or today, museum),
        "today": today,
        "past": past,
        "drafts": drafts,
    }
    return show(request, "scheduler/office/closures.html", context)


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

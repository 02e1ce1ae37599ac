"""The office's third answer to a request, beside yes and no: another time."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from scheduler import locks, offers, queries
from scheduler.errors import NotAllowedNow
from scheduler.forms.asking import MoveForm
from scheduler.models import Visit
from scheduler.views import choosing
from scheduler.views.access import office_only
from scheduler.views.pages import show, status_of, tried


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Another time for what was asked for: chosen here, held, and put to the organiser."""
    visit = get_object_or_404(queries.visits(), code=code, kind=Visit.Kind.TOUR)
    if visit.status != Visit.Status.REQUESTED:  # somebody else has answered meanwhile
        messages.error(request, str(NotAllowedNow.detail))
        return redirect("office_visit", code=code)
    here = reverse("office_propose", kwargs={"code": code})
    form, refused = MoveForm(request.POST or None), None
    asked = request.GET.copy()
    if visit.day and "month" not in asked:
        asked.setdefault("day", visit.day.isoformat())  # another time of the day asked for is the nearest
    if request.method == "POST" and form.is_valid():
        begins = form.cleaned_data["start"]
        _made, refused = tried(lambda: locks.door(offers.propose)(visit.pk, begins, now=timezone.now()))
        if refused is None:
            messages.success(request, _("The time is held, and the organiser is asked."))
            return redirect("office_day")
    context = {
        "here": here,
        "visit": visit,
        "title": queries.title_of(visit, open_to_all=False),
        "when": choosing.for_visit(asked, visit, here=here, by_office=True),
        "form": form,
        "refused": refused,
    }
    wrong = form.is_bound and not form.is_valid()
    return show(request, "scheduler/office/propose.html", context, status=422 if wrong else status_of(refused))

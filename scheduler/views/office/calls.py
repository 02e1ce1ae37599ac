"""The call list: who has to be rung, and what to say."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import calls
from notifications.models import Call, Thread
from scheduler import locks
from scheduler.views.access import office_only, staff
from scheduler.views.pages import show, visit_named


@require_safe
@office_only
def call_list(request: HttpRequest) -> HttpResponse:
    """What is to be said to whom, the oldest first; below, what was said lately."""
    now = timezone.now()
    rung = Call.objects.filter(status=Call.Status.RUNG).select_related("rang_by").order_by("-rang_at")[:20]
    return show(request, "scheduler/office/calls.html", {"calls": calls.to_make(now=now), "rung": rung})


@require_POST
@office_only
def rang(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody rang and said it."""
    try:
        call = locks.door(calls.rang)(pk, by=staff(request), now=timezone.now())
    except Thread.DoesNotExist as error:
        raise Http404 from error
    if call is None:
        messages.warning(request, _("Somebody else has rung already, or there is something newer to say."))
    else:
        messages.success(request, _("Noted: told by telephone."))
    if visit := visit_named(request.POST):  # said from its own page
        return redirect("office_visit", code=visit.code)
    return redirect("office_calls")

"""The office's letters: queued, sent, dead, each as it went out; sent again, one or all of an outage, or to another address."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from notifications import dead_letters, queries
from notifications.models import Call, OutboxMessage
from scheduler import letters, locks
from scheduler.forms.letters import AddressForm, LettersForm
from scheduler.views.access import office_only
from scheduler.views.pages import show, status_of, tried

A_PAGE = 50


@require_safe
@office_only
def letter_list(request: HttpRequest) -> HttpResponse:
    """The letters that the address asks for, fifty a page, and how the outbox stands."""
    return _list(request)


def _list(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    form = LettersForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    status_asked, blame, words = (asked.get(name, "") for name in ("status", "blame", "q"))
    found = queries.letters(status=status_asked, blame=blame, words=words, about=f"visit:{words.upper()}")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    rest = request.GET.copy()
    rest.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "rest": rest.urlencode(),
        "state": queries.outbox_state(now=now),
        "replayable": dead_letters.of_outages(until=now, now=now).count(),
        "shown_at": now.isoformat(),
    }
    return show(request, "scheduler/office/letters.html", context, status=status)


@require_safe
@office_only
def letter(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One letter as it went out."""
    return _page(request, _letter(pk))


@require_safe
@office_only
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """What is, or was, to be said to somebody on the telephone."""
    row = Call.objects.select_related("thread", "rang_by").filter(pk=pk).first()
    if row is None:
        raise Http404
    return show(request, "scheduler/office/call.html", {"call": row})


@require_POST
@office_only
def send_again(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A new window of attempts for one dead letter."""
    row = _letter(pk)
    count = locks.door(dead_letters.replay)(OutboxMessage.objects.filter(pk=pk))
    if count:
        messages.success(request, _("The letter goes out again."))
    else:
        messages.warning(request, _("This letter cannot be sent again: it is on its way, or it still cannot be made."))
    return redirect("office_letter", pk=row.pk)


@require_POST
@office_only
def readdress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """This letter, and what follows it to a visit's contact, goes to another address."""
    row = _letter(pk)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form=form, status=422)
    done, refused = tried(
        lambda: locks.door(letters.readdress)(pk, email=form.cleaned_data["email"], now=timezone.now())
    )
    if refused:
        return _page(request, row, form=form, refused=refused, status=status_of(refused))
    if done:
        messages.success(request, _("Sent to the other address."))
    else:
        messages.warning(request, _("This letter cannot be sent again: it is on its way, or it still cannot be made."))
    return redirect("office_letter", pk=row.pk)


@require_POST
@office_only
def replay(request: HttpRequest) -> HttpResponse:
    """All letters that a failing mail server left behind, as many as the page had counted: later ones wait for another look."""
    now = timezone.now()
    until = _moment(request.POST.get("until", ""))
    if until is None:  # nobody has seen how many they are
        return _list(request, status=422)
    count = locks.door(dead_letters.replay)(dead_letters.of_outages(until=min(until, now), now=now))
    said = ngettext("%(count)d letter goes out again.", "%(count)d letters go out again.", count) % {"count": count}
    messages.success(request, said)
    return redirect("office_letters")


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _letter(pk: uuid.UUID) -> OutboxMessage:
    row = OutboxMessage.objects.annotate(blame=dead_letters.blamed()).select_related("thread").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _page(
    request: HttpRequest,
    row: OutboxMessage,
    *,
    form: AddressForm | None = None,
    refused: object = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "letter": row,
        "form": form or AddressForm(),
        "refused": refused,
        "contact": letters.contact_of(row) if row.status == OutboxMessage.Status.DEAD else None,
    }
    return show(request, "scheduler/office/letter.html", context, status=status)

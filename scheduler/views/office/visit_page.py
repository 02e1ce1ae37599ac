"""The office's page of one visit: what it is, what may be done with it, who knows, and what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from notifications import queries as letters
from notifications.models import Call
from scheduler import bookings, locks, queries, roster, telling
from scheduler.errors import Refused, StartTaken
from scheduler.forms.asking import MoveForm
from scheduler.forms.events import PersonForm
from scheduler.forms.office import AtForm, NotesForm, ReasonForm, WaiveForm
from scheduler.models import Contact, Visit
from scheduler.views import choosing, coming
from scheduler.views.access import staff
from scheduler.views.office import late, story
from scheduler.views.office.knowing import who_knows
from scheduler.views.pages import show, status_of, tried
from scheduler.views.programme import programme_of, stops_of
from scheduler.views.standing import ceremony_plan_for
from tours import queries as catalogue
from tours.errors import CatalogueError
from tours.models import Museum


def answer(request: HttpRequest, found: Visit, change: Callable[[], Any], done: str, **forms: Any) -> HttpResponse:
    """Make a change through its door, then show the page anew; a refusal is shown beside what was typed."""
    _made, refused = tried(lambda: locks.door(change)())
    if refused is None:
        messages.success(request, done)
        return redirect("office_visit", code=found.code)
    form = forms.get("move_form") or forms.get("split_form")
    if isinstance(refused, StartTaken) and form and (group := choosing.group_of(found)):
        start, heads = form.cleaned_data["start"][0], form.cleaned_data.get("heads", group.heads)
        group = replace(group, heads=heads)
        refused = bookings.with_others(group, start, now=timezone.now(), by_office=True)
    return page(request, get_object_or_404(queries.visits(), code=found.code), refused=refused, **forms)


def page(
    request: HttpRequest,
    found: Visit,
    *,
    refused: Refused | CatalogueError | None = None,
    status: int | None = None,
    choosing_guide: int | None = None,
    corrected: PersonForm | None = None,
    **forms: Any,
) -> HttpResponse:
    """The page. `choosing_guide`: the sub-group whose guides are shown; `corrected` and `forms`: what was sent and not taken."""
    museum, now = catalogue.museum(), timezone.now()
    zone = ZoneInfo(museum.time_zone)
    here = reverse("office_visit", kwargs={"code": found.code})
    moving = "move" in request.GET or "move_form" in forms
    context = {
        "here": here,
        **_facts(found, museum),
        "ceremony_plan": ceremony_plan_for(staff(request), found),
        **_people(found, corrected),
        **_leading(found, choosing_guide or request.GET.get("guide", ""), now),
        **_past(found, zone),
        "when": choosing.for_visit(request.GET, found, here=here, by_office=True) if moving else None,
        "split_url": reverse("office_split", kwargs={"code": found.code}),
        "may_change": True,
        "may_correct": found.holds or found.status == Visit.Status.WAITING,
        **coming.parts(found, request.GET, here=here, now=now, sent=forms.get("split_form"), by_office=True),
        **late.shown(found, request.GET, zone=zone, now=now),
        "refused": refused,
        "suggestions": choosing.suggestions(refused),
        **_fresh_forms(found),
        **forms,
    }
    return show(request, "scheduler/office/visit.html", context, status=status or status_of(refused))


def _facts(found: Visit, museum: Museum) -> dict[str, Any]:
    """What the visit is."""
    return {
        "visit": found,
        "title": queries.title_of(found, open_to_all=False),
        "price": queries.price_of(found, museum),
        "reason": queries.reason_of(found),
        "programme": programme_of(found),
        "stops": stops_of(found),
        "places": queries.places_of(found),
        "offer": queries.open_offer(found),
        "other_parts": queries.other_parts_of(found),
    }


def _people(found: Visit, corrected: PersonForm | None) -> dict[str, Any]:
    """Whom it concerns, each with a form to put them right, and one for somebody more."""
    contacts = list(found.contacts.all())
    locale = contacts[0].locale if contacts else "kk"
    return {
        "people": [
            (contact, corrected if corrected and corrected.prefix == str(contact.pk) else _person_form(contact))
            for contact in contacts
        ],
        "new_contact": PersonForm(prefix="new", initial={"locale": locale}),
    }


def _person_form(contact: Contact) -> PersonForm:
    names = ("name", "organisation", "email", "phone", "locale")
    initial = {name: getattr(contact, name) for name in names} | {"channel": contact.channel.partition(":")[0]}
    return PersonForm(prefix=str(contact.pk), initial=initial)


def _leading(found: Visit, asked: int | str, now: datetime) -> dict[str, Any]:
    """Who could lead the sub-group asked for; where nobody is free for it, who might swap; where nobody leads it, what would help."""
    party = next((each for each in found.parties.all() if str(each.pk) == str(asked)), None)
    if party is None or not found.holds:
        return {"choosing_guide": party.pk if party else None, "candidates": [], "swap": None, "helps": []}
    candidates = roster.candidates(party.pk)
    is_free = any(not each.reasons and each.guide.pk != party.guide_id for each in candidates)
    return {
        "choosing_guide": party.pk,
        "candidates": candidates,
        "swap": roster.by_swapping(party.pk) if candidates and not is_free else None,
        "helps": [] if party.guide_id else roster.what_would_help(party.pk, now=now),
    }


def _past(found: Visit, zone: ZoneInfo) -> dict[str, Any]:
    """What was wished, who knows, what is still to be said by telephone, and the whole story."""
    about = telling.about(found)
    wishes = list(found.change_requests.select_related("decided_by"))
    calls = list(Call.objects.filter(about=about).select_related("rang_by").order_by("created_at"))
    return {
        "changes": wishes,
        "knowing": who_knows(found),
        "to_say": [call for call in calls if call.status == Call.Status.OPEN],
        "story": story.story(found, wishes, letters.letters_about(about), calls, zone),
    }


def _fresh_forms(found: Visit) -> dict[str, Any]:
    names = ("heads", "adults", "leader_name", "leader_phone", "notes", "revision")
    return {
        "notes_form": NotesForm(initial={name: getattr(found, name) for name in names}),
        "reason_form": ReasonForm(),
        "cancel_form": ReasonForm(),
        "move_form": MoveForm(),
        "at_form": AtForm(),
        "waive_form": WaiveForm(),
    }

"""Visits: the list that is searched, and one of them with its whole story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import segno
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from notifications import queries as letters
from notifications.models import Call
from scheduler import bookings, changes, contacts, desk, locks, lost_links, queries, roster, splitting, telling
from scheduler.errors import Refused, StartTaken
from scheduler.forms.asking import MoveForm
from scheduler.forms.coming import SplitForm
from scheduler.forms.events import PersonForm
from scheduler.forms.office import AssignForm, AtForm, NotesForm, ReasonForm, SearchForm, WaiveForm
from scheduler.models import Contact, Party, Visit
from scheduler.views import choosing, coming
from scheduler.views.access import office_only, staff
from scheduler.views.office import late, story
from scheduler.views.office.knowing import who_knows
from scheduler.views.pages import show, status_of, tried
from scheduler.views.programme import programme_of, stops_of
from scheduler.views.standing import ceremony_plan_for
from tours import queries as catalogue
from tours.errors import CatalogueError

A_PAGE = 50


@require_safe
@office_only
def visits(request: HttpRequest) -> HttpResponse:
    """The visits that the address asks for, fifty a page."""
    form = SearchForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    found = Paginator(desk.find(asked, catalogue.museum()), A_PAGE).get_page(request.GET.get("page"))
    rest = request.GET.copy()
    rest.pop("page", None)
    listed = [(visit, queries.title_of(visit, open_to_all=False), queries.shown_under(visit)) for visit in found]
    context = {"form": form, "page": found, "visits": listed, "rest": rest.urlencode()}
    return show(request, "scheduler/office/visits.html", context)


@require_safe
@office_only
def visit(request: HttpRequest, code: str) -> HttpResponse:
    """One visit: what it is, what may be done, every letter as it was sent, and what happened."""
    return page(request, get_object_or_404(queries.visits(), code=code))


@require_POST
@office_only
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Put heads, leader or notes right."""
    found = get_object_or_404(queries.visits(), code=code)
    form = NotesForm(request.POST)
    if not form.is_valid():
        return page(request, found, notes_form=form, status=422)
    said = form.cleaned_data | {"adults": form.cleaned_data["adults"] or 0}
    return answer(
        request,
        found,
        lambda: bookings.change(found.pk, now=timezone.now(), by_office=True, **said),
        _("Saved."),
        notes_form=form,
    )


@require_POST
@office_only
def move(request: HttpRequest, code: str) -> HttpResponse:
    """Another time; lead times do not bind the office."""
    found = get_object_or_404(queries.visits(), code=code)
    form = MoveForm(request.POST) if choosing.group_of(found) else AtForm(request.POST)
    forms: dict[str, Any] = {"move_form" if isinstance(form, MoveForm) else "at_form": form}
    if not form.is_valid():
        return page(request, found, status=422, **forms)
    now = timezone.now()
    begins = form.cleaned_data["start"] if isinstance(form, MoveForm) else (form.start(),)
    done = _("Moved. Everybody concerned gets a letter.")
    return answer(request, found, lambda: changes.move_for_office(found.pk, begins, now=now), done, **forms)


@require_POST
@office_only
def split(request: HttpRequest, code: str) -> HttpResponse:
    """A part of the group comes at another time, as a visit with a code of its own."""
    found = get_object_or_404(queries.visits(), code=code)
    form = SplitForm(request.POST)
    if not form.is_valid():
        return page(request, found, split_form=form, status=422)
    said, now = form.cleaned_data, timezone.now()
    return answer(
        request,
        found,
        lambda: splitting.split(
            found.pk, said["start"], heads=said["heads"], adults=said["adults"], now=now, by_office=True
        ),
        _("The group comes in two parts now. Each has a letter of its own."),
        split_form=form,
    )


@require_POST
@office_only
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Cancel for the museum; everybody told is told, with the reason."""
    found = get_object_or_404(queries.visits(), code=code)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return page(request, found, cancel_form=form, status=422)
    reason = form.cleaned_data["reason"]
    return answer(
        request,
        found,
        lambda: bookings.cancel(found.pk, reason=reason, by=bookings.OFFICE, now=timezone.now()),
        _("Cancelled. Everybody concerned gets a letter."),
        cancel_form=form,
    )


@require_POST
@office_only
def waive(request: HttpRequest, code: str) -> HttpResponse:
    """Let a group come free; the visit keeps who and why."""
    found = get_object_or_404(queries.visits(), code=code)
    form = WaiveForm(request.POST)
    if not form.is_valid():
        return page(request, found, waive_form=form, status=422)
    reason, by = form.cleaned_data["reason"], staff(request)
    return answer(
        request,
        found,
        lambda: bookings.waive(found.pk, reason=reason, by=by, now=timezone.now()),
        _("The visit is free of charge now."),
        waive_form=form,
    )


@require_POST
@office_only
def assign(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Give a sub-group to a guide."""
    found = get_object_or_404(queries.visits(), code=code)
    party = get_object_or_404(Party, pk=pk, visit=found)
    form = AssignForm(request.POST)
    if not form.is_valid():
        return page(request, found, choosing_guide=party.pk, status=422)
    guide, by = form.cleaned_data["guide"], staff(request)
    return answer(
        request,
        found,
        lambda: roster.assign(party.pk, guide, by=by, now=timezone.now()),
        _("The guide is assigned and gets a letter."),
        choosing_guide=party.pk,
    )


@require_POST
@office_only
def add_contact(request: HttpRequest, code: str) -> HttpResponse:
    """One more person to be told."""
    found = get_object_or_404(queries.visits(), code=code)
    form = PersonForm(request.POST, prefix="new")
    if not form.is_valid():
        return page(request, found, new_contact=form, status=422)
    return answer(
        request,
        found,
        lambda: contacts.add(found.pk, form.person(), now=timezone.now()),
        _("Added. They get a letter, or a call."),
        new_contact=form,
    )


@require_POST
@office_only
def correct_contact(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Put right who is told, or where."""
    found = get_object_or_404(queries.visits(), code=code)
    contact = get_object_or_404(Contact, pk=pk, visit=found)
    form = PersonForm(request.POST, prefix=str(contact.pk))
    if not form.is_valid():
        return page(request, found, corrected=form, status=422)
    return answer(
        request,
        found,
        lambda: contacts.correct(found.pk, contact.pk, form.person(), now=timezone.now()),
        _("Saved."),
        corrected=form,
    )


@require_POST
@office_only
def new_link(request: HttpRequest, code: str) -> HttpResponse:
    """A new link to the visit, shown here and never again; the audit trail keeps who made it."""
    found = get_object_or_404(queries.visits(), code=code)
    address = locks.door(lost_links.make_anew)(found.pk, now=timezone.now())
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2, light="#fff")
    return page(request, get_object_or_404(queries.visits(), code=code), link=address, qr=picture)


def _person_form(contact: Contact) -> PersonForm:
    names = ("name", "organisation", "email", "phone", "locale")
    initial = {name: getattr(contact, name) for name in names} | {"channel": contact.channel.partition(":")[0]}
    return PersonForm(prefix=str(contact.pk), initial=initial)


def answer(request: HttpRequest, found: Visit, change: Callable[[], Any], done: str, **forms: Any) -> HttpResponse:
    _made, refused = tried(lambda: locks.door(change)())
    if refused:
        form = forms.get("move_form") or forms.get("split_form")
        if isinstance(refused, StartTaken) and form and (group := choosing.group_of(found)):
            start, heads = form.cleaned_data["start"][0], form.cleaned_data.get("heads", group.heads)
            group = replace(group, heads=heads)
            refused = bookings.with_others(group, start, now=timezone.now(), by_office=True)
        return page(request, get_object_or_404(queries.visits(), code=found.code), refused=refused, **forms)
    messages.success(request, done)
    return redirect("office_visit", code=found.code)


def page(
    request: HttpRequest,
    found: Visit,
    *,
    refused: Refused | CatalogueError | None = None,
    status: int | None = None,
    **more: Any,
) -> HttpResponse:
    museum, now = catalogue.museum(), timezone.now()
    asked = more.pop("choosing_guide", None) or request.GET.get("guide", "")
    party = next((each for each in found.parties.all() if str(each.pk) == str(asked)), None)
    about = telling.about(found)
    wishes = list(found.change_requests.select_related("decided_by"))
    calls = list(Call.objects.filter(about=about).select_related("rang_by").order_by("created_at"))
    candidates = roster.candidates(party.pk) if party and found.holds else []
    free = [each for each in candidates if not each.reasons and party and each.guide.pk != party.guide_id]
    moving = "move" in request.GET or "move_form" in more
    here = reverse("office_visit", kwargs={"code": found.code})
    names = ("heads", "adults", "leader_name", "leader_phone", "notes", "revision")
    corrected = more.pop("corrected", None)
    people = {str(contact.pk): contact for contact in found.contacts.all()}
    context = {
        "here": here,
        "people": [
            (contact, corrected if corrected and corrected.prefix == key else _person_form(contact))
            for key, contact in people.items()
        ],
        "new_contact": PersonForm(prefix="new", initial={"locale": next((p.locale for p in people.values()), "kk")}),
        "other_parts": queries.other_parts_of(found),
        "split_url": reverse("office_split", kwargs={"code": found.code}),
        "may_change": True,
        **coming.parts(found, request.GET, here=here, now=now, sent=more.get("split_form"), by_office=True),
        **late.shown(found, request.GET, zone=ZoneInfo(museum.time_zone), now=now),
        "may_correct": found.holds or found.status == Visit.Status.WAITING,
        "visit": found,
        "title": queries.title_of(found, open_to_all=False),
        "price": queries.price_of(found, museum),
        "reason": queries.reason_of(found),
        "ceremony_plan": ceremony_plan_for(staff(request), found),
        "programme": programme_of(found),
        "stops": stops_of(found),
        "places": queries.places_of(found),
        "changes": wishes,
        "offer": queries.open_offer(found),
        "when": choosing.for_visit(request.GET, found, here=here, by_office=True) if moving else None,
        "choosing_guide": party.pk if party else None,
        "candidates": candidates,
        "swap": roster.by_swapping(party.pk) if party and candidates and not free else None,
        "helps": roster.what_would_help(party.pk, now=now) if party and found.holds and not party.guide_id else [],
        "knowing": who_knows(found),
        "to_say": [call for call in calls if call.status == Call.Status.OPEN],
        "story": story.story(found, wishes, letters.letters_about(about), calls, ZoneInfo(museum.time_zone)),
        "refused": refused,
        "suggestions": choosing.suggestions(refused),
        "notes_form": NotesForm(initial={name: getattr(found, name) for name in names}),
        "reason_form": ReasonForm(),
        "cancel_form": ReasonForm(),
        "move_form": MoveForm(),
        "at_form": AtForm(),
        "waive_form": WaiveForm(),
        **more,
    }
    return show(request, "scheduler/office/visit.html", context, status=status or status_of(refused))

"""Visits: the list that is searched, and what the office changes of one of them."""

from __future__ import annotations

from typing import Any

import segno
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from scheduler import bookings, changes, contacts, desk, locks, lost_links, queries, roster, splitting
from scheduler.forms.asking import MoveForm
from scheduler.forms.coming import SplitForm
from scheduler.forms.events import PersonForm
from scheduler.forms.office import AssignForm, AtForm, NotesForm, ReasonForm, SearchForm, WaiveForm
from scheduler.models import Contact, Party
from scheduler.views import choosing
from scheduler.views.access import office_only, staff
from scheduler.views.office.visit_page import answer, page
from scheduler.views.pages import show
from tours import queries as catalogue

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
    return answer(
        request,
        found,
        lambda: bookings.change(found.pk, now=timezone.now(), by_office=True, **form.cleaned_data),
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
    found = get_object_or_404(queries.visits(), code=code, forgotten_at=None)
    address = locks.door(lost_links.make_anew)(found.pk, now=timezone.now())
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2, light="#fff")
    return page(request, get_object_or_404(queries.visits(), code=code), link=address, qr=picture)

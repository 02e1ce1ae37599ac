"""One person's data: shown, written into a file, erased. Nobody's address stands in a page's address: logs would keep it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from scheduler import locks, permissions, persons, queries
from scheduler.errors import Refused
from scheduler.forms.persons import EraseForm, PersonSoughtForm
from scheduler.views.access import office_only, staff
from scheduler.views.pages import show, status_of, tried
from tours.errors import CatalogueError
from tours.sign_in import proven_anew

PAGE = "office_settings_person"
proven = partial(proven_anew, back_to=PAGE)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
@proven
def person(request: HttpRequest) -> HttpResponse:
    """What there is of a person. Posted, it looks and changes nothing."""
    if request.method != "POST":
        return _page(request, PersonSoughtForm())
    form = PersonSoughtForm(request.POST)
    return _page(request, form, status=200 if form.is_valid() else 422)


@require_POST
@office_only
@proven
def download(request: HttpRequest) -> HttpResponse:
    """All of it as a JSON file that a person can read."""
    form = PersonSoughtForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    plans = permissions.sees_ceremony_plans(staff(request))
    found = persons.file_of(form.cleaned_data["who"], plans=plans, now=timezone.now())
    as_text = {"indent": 2, "ensure_ascii": False}
    headers = {"Content-Disposition": 'attachment; filename="person.json"'}
    return JsonResponse(found, json_dumps_params=as_text, headers=headers)


@require_POST
@office_only
@proven
def erase(request: HttpRequest) -> HttpResponse:
    """Forget them at once, in all visits that are over."""
    form = EraseForm(request.POST)
    if not form.is_valid():
        return _page(request, PersonSoughtForm(request.POST), erasing=form, status=422)
    done, refused = tried(lambda: locks.door(persons.erase)(form.cleaned_data["who"], now=timezone.now()))
    if refused is not None:
        return _page(request, PersonSoughtForm(request.POST), refused=refused)
    count = done or 0
    said = ngettext("Erased, in %(count)d visit.", "Erased, in %(count)d visits.", count) % {"count": count}
    messages.success(request, said if count else _("Erased: letters that belong to no visit."))
    return redirect(PAGE)


def _page(
    request: HttpRequest,
    form: PersonSoughtForm,
    *,
    erasing: EraseForm | None = None,
    refused: Refused | CatalogueError | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "refused": refused}
    if form.is_bound and form.is_valid():
        who = form.cleaned_data["who"]
        visits = list(persons.visits_of(who))
        context |= {
            "who": who,
            "visits": [(visit, queries.title_of(visit, open_to_all=False)) for visit in visits],
            "strays": persons.strays_of(who).count(),
            "ahead": persons.ahead(visits, now=timezone.now()),
            "erasing": erasing or EraseForm(initial={"who": who}),
        }
    return show(request, "scheduler/office/person.html", context, status=status_of(refused) if refused else status)

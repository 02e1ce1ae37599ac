"""The settings: the catalogue without the admin. Shown before it is saved, refused with reasons, kept and undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scheduler import affected, locks
from scheduler.errors import Refused
from scheduler.views.access import office_only, staff
from scheduler.views.office import changed_rows
from scheduler.views.office.editors import EDITORS, Editor, MuseumEditor, OpeningEditor, named
from scheduler.views.pages import show, status_of, tried
from tours import editing, exporting
from tours import queries as catalogue
from tours.editing import Edit
from tours.errors import CatalogueError, Impossible
from tours.models import CatalogueEdit, Language
from tours.yaml_files import Fault

LAST_EDITS = 30


@require_safe
@office_only
def index(request: HttpRequest) -> HttpResponse:
    """What can be set, what is not translated, and what was changed lately."""
    data = exporting.catalogue()
    last = list(CatalogueEdit.objects.select_related("by")[:LAST_EDITS])
    undone = {edit.undoes_id for edit in last}
    shown = [(edit, changed_rows.titles(edit.rows), edit.pk in undone) for edit in last]
    context = {"missing": len(changed_rows.untranslated(data)), "edits": shown}
    return show(request, "scheduler/office/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def part(request: HttpRequest, part: str) -> HttpResponse:
    """The rows of one part, in the order in which everybody sees them; a button moves one of them up or down."""
    if part not in EDITORS:
        raise Http404
    if request.method == "POST" and part in editing.IN_ORDER:
        way, _dash, key = request.POST.get("do", "").partition("-")
        if way not in ("up", "down") or editing.row_of(exporting.catalogue(), part, key) is None:
            raise Http404
        locks.door(editing.move)(part, key, up=way == "up")
        return redirect(f"{reverse('office_settings_part', kwargs={'part': part})}#row-{key}")
    rows = exporting.catalogue()[part]
    listed = [(row["code"], named(row), row.get("active", True), _line(part, row)) for row in rows]
    context: dict[str, Any] = {"part": part, "title": changed_rows.part_title(part), "rows": listed}
    context |= {"in_order": part in editing.IN_ORDER}
    return show(request, "scheduler/office/settings_part.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def row(request: HttpRequest, part: str, key: str = "") -> HttpResponse:
    """One row, or a new one."""
    data = exporting.catalogue()
    if part not in EDITORS or (key and editing.row_of(data, part, key) is None):
        raise Http404
    editor = EDITORS[part](data, key, _posted(request))
    back = reverse("office_settings_part", kwargs={"part": part})
    return _edit(request, editor, title=editor.name, back=(back, changed_rows.part_title(part)))


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def museum(request: HttpRequest) -> HttpResponse:
    """Name, colours, deputy, and what holds where nothing else is said."""
    editor = MuseumEditor(exporting.catalogue(), "", _posted(request))
    return _edit(request, editor, title=_("The museum"))


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def opening(request: HttpRequest) -> HttpResponse:
    """Opening hours and holidays."""
    editor = OpeningEditor(exporting.catalogue(), "", _posted(request))
    return _edit(request, editor, title=_("Opening hours and holidays"))


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def matrix(request: HttpRequest) -> HttpResponse:
    """Who leads which tour in which language: one table, one save."""
    data = exporting.catalogue()
    ticked = {
        (guide["code"], tour, language)
        for guide in data["guides"]
        for tour, languages in guide["leads"].items()
        for language in languages
    }
    edits: list[Edit] = []
    if request.method == "POST":
        ticked = {
            (guide["code"], tour["code"], language)
            for guide in data["guides"]
            for tour in data["tours"]
            for language in request.POST.getlist(f"{guide['code']}:{tour['code']}")
            if language in Language.values
        }
        edits = editing.leading(data, ticked)
    lines = [
        (
            guide["code"],
            named(guide),
            [
                (
                    tour["code"],
                    named(tour),
                    [(code, (guide["code"], tour["code"], code) in ticked) for code in Language.values],
                )
                for tour in data["tours"]
                if tour.get("active", True)
            ],
        )
        for guide in data["guides"]
        if guide.get("active", True)
    ]
    tours = [(row["code"], named(row)) for row in data["tours"] if row.get("active", True)]
    context = {"lines": lines, "tours": tours}
    return preview_or_save(request, data, edits, "scheduler/office/settings_matrix.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def translations(request: HttpRequest) -> HttpResponse:
    """Texts that are missing in some language, a field beside each."""
    data = exporting.catalogue()
    missing = changed_rows.untranslated(data)
    typed = (
        {text.field: request.POST.get(text.field, "").strip() for text in missing} if request.method == "POST" else {}
    )
    edits = editing.worded(data, {text.place: typed.get(text.field, "") for text in missing})
    context = {
        "texts": [(text, typed.get(text.field, "")) for text in missing],
        "languages": dict(django_settings.LANGUAGES),
    }
    return preview_or_save(request, data, edits, "scheduler/office/settings_translations.html", context)


@require_POST
@office_only
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring back what a change replaced."""
    edit = get_object_or_404(CatalogueEdit, pk=pk)
    by = staff(request)
    _done, refused = tried(lambda: locks.door(editing.undo)(edit.pk, by=by, now=timezone.now()))
    if refused is None:
        messages.success(request, _("The former values are back."))
    else:
        messages.error(request, _why(refused))
    return redirect("office_settings")


def _why(refused: Refused | CatalogueError) -> str:
    if isinstance(refused, Impossible):
        return f"{refused.detail} {'; '.join(str(fault.reason) for fault in refused.faults)}"
    return str(refused.detail)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _edit(request: HttpRequest, editor: Editor, *, title: str, back: tuple[str, str] | None = None) -> HttpResponse:
    context = {"editor": editor, "form": editor.form, "title": title, "back": back}
    if request.method != "POST" or editor.moved:
        if editor.moved:
            editor.form.errors.clear()
        return show(request, editor.template, context)
    if not editor.is_valid():
        return show(request, editor.template, context, status=422)
    return preview_or_save(request, editor.data, editor.edits(), editor.template, context, editor=editor)


def preview_or_save(
    request: HttpRequest,
    data: Mapping[str, Any],
    asked: Sequence[Edit],
    template: str,
    context: dict[str, Any],
    *,
    editor: Editor | None = None,
) -> HttpResponse:
    """What would change and whom it concerns; or, sent again with the seal of that, the change itself."""
    if request.method != "POST":
        return show(request, template, context)
    edits = [edit for edit in asked if editing.row_of(data, edit.part, edit.key) != edit.row]
    refused: Refused | CatalogueError | None = None
    if "save" in request.POST and edits:
        by, seen = staff(request), request.POST.get("seal", "")
        _done, refused = tried(lambda: locks.door(editing.save)(edits, seen=seen, by=by, now=timezone.now()))
        if refused is None:
            messages.success(request, _("Saved. It holds for everything that is asked for from now on."))
            return redirect(
                request.path if editor is None or editor.key or editor.part == "museum" else "office_settings"
            )
    faults: Sequence[Fault] = editing.faults(data, editing.edited(data, edits))
    if faults:
        general = _beside(editor, faults)
        return show(request, template, {**context, "general": general, "refused": refused}, status=422)
    context = {
        **context,
        "previewed": True,
        "refused": refused,
        "changes": changed_rows.changes(data, edits, editor.form.labels if editor else {}),
        "effects": affected.effects(data, edits, catalogue.museum(), now=timezone.now()),
        "seal": editing.seal(data, edits),
    }
    return show(request, template, context, status=status_of(refused))


def _beside(editor: Editor | None, faults: Sequence[Fault]) -> list[str]:
    """Each fault beside its field; those that have none are given back."""
    if editor is None:
        return [str(fault.reason) for fault in faults]
    editor.put(faults)
    return editor.general


def _line(part: str, row: Mapping[str, Any]) -> str:
    """What else a list says of a row."""
    match part:
        case "tours":
            minutes = sum(stop["minutes"] for stop in row["stops"])
            return _("%(minutes)d minutes, %(stops)d stops") % {"minutes": minutes, "stops": len(row["stops"])}
        case "audiences":
            return _("Free of charge") if row["free"] else ""
        case "spaces":
            return _("Groups at once: %(n)d") % {"n": row["lanes"]}
        case _:
            return ", ".join(row["languages"]) if row["leads"] else _("leads no tour")

"""The museum's own lines in letters, each shown just as the letter will be rendered before it is saved."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from scheduler.forms.settings.letters import LinesForm, kinds, sample
from scheduler.views.access import office_only
from scheduler.views.office.settings import preview_or_save
from scheduler.views.pages import show
from tours import exporting
from tours import queries as catalogue
from tours.editing import Edit


@require_safe
@office_only
def letters(request: HttpRequest) -> HttpResponse:
    """Which letters there are, and which have lines of the museum's own."""
    there = catalogue.museum().letters
    listed = [(kind, name, bool(there.get(kind))) for kind, name in kinds().items()]
    return show(request, "scheduler/office/settings_letters.html", {"kinds": listed})


@require_http_methods(["GET", "HEAD", "POST"])
@office_only
def letter(request: HttpRequest, kind: str) -> HttpResponse:
    """The lines of one letter in three languages, with the letter beneath."""
    if kind not in kinds():
        raise Http404
    data = exporting.catalogue()
    texts = data["museum"].get("letters", {}).get(kind, {})
    form = LinesForm(request.POST or None, texts=texts)
    context = {"form": form, "title": kinds()[kind], "kind": kind}
    template = "scheduler/office/settings_letter.html"
    if request.method == "POST" and not form.is_valid():
        return show(request, template, context, status=422)
    typed = form.texts() if form.is_bound else texts
    context["samples"] = sample(kind, typed, catalogue.museum(), now=timezone.now())
    lines = {name: words for name, words in {**data["museum"].get("letters", {}), kind: typed}.items() if words}
    row = {key: value for key, value in {**data["museum"], "letters": lines or None}.items() if value is not None}
    return preview_or_save(request, data, [Edit("museum", "", row)], template, context)

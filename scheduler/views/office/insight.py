"""Insight: what the office can learn of its visits, looked at, downloaded."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scheduler import insight, periods
from scheduler.forms.insight import SpanForm
from scheduler.insight import Span, charts, files
from scheduler.views.access import office_only
from scheduler.views.pages import show
from tours import queries as catalogue
from tours.models import Museum


@require_safe
@office_only
def page(request: HttpRequest, section: str = "overview") -> HttpResponse:
    """One section over the days that the address names; what is wrong in it is said beside the field."""
    if section not in insight.SECTIONS:
        raise Http404
    museum = catalogue.museum()
    span, form = _asked(request.GET, museum)
    found = insight.section(section, span, museum)
    context = {
        "form": form,
        "span": span,
        "before": span.before,
        "section": found,
        "sections": _sections(),
        "asked": f"from={span.first.isoformat()}&to={span.last.isoformat()}",
        "here": reverse("office_insight", kwargs={"section": section}),
        "tables": [(table, charts.drawn(table), charts.heat_maps(table)) for table in found.tables],
        "levels": range(1, charts.LEVELS + 1),
    }
    return show(request, "scheduler/office/insight.html", context, status=200 if not form.errors else 422)


@require_safe
@office_only
def download(request: HttpRequest, section: str, table: str, kind: str) -> HttpResponse:
    """One table as a file."""
    if section not in insight.SECTIONS:
        raise Http404
    museum = catalogue.museum()
    span, form = _asked(request.GET, museum)
    found = next((each for each in insight.section(section, span, museum).tables if each.key == table), None)
    if found is None or form.errors:
        raise Http404
    name = f"{section}-{table}-{span.first.isoformat()}-{span.last.isoformat()}.{kind}"
    if kind == "csv":
        content, media = files.as_csv(found), files.CSV
    else:
        content, media = files.as_xlsx(found, made=timezone.now().replace(tzinfo=None)), files.XLSX
    return HttpResponse(content, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _asked(asked: QueryDict, museum: Museum) -> tuple[Span, SpanForm]:
    """The days of the address, or the usual ones where it names none or wrong ones."""
    usual = insight.usual_span(periods.day_of(timezone.now(), ZoneInfo(museum.time_zone)))
    if "from" in asked or "to" in asked:
        form = SpanForm(asked)
        return (form.get_span() if form.is_valid() else usual), form
    return usual, SpanForm(initial={"from": usual.first, "to": usual.last})


def _sections() -> list[tuple[str, str]]:
    return [
        ("overview", _("Overview")),
        ("groups", _("Who came")),
        ("guides", _("Guides")),
        ("places", _("Places")),
        ("refused", _("Asked in vain")),
        ("timing", _("Lead times and no-shows")),
    ]

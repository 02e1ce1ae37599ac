"""The figures of the office's insight pages, for programs."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import insight, periods
from scheduler.api import access
from scheduler.api.access import call
from scheduler.api.answers import Answer
from scheduler.api.fields import checked
from scheduler.api.problems import problems
from scheduler.forms.insight import EARLIEST, LATEST
from scheduler.insight import Span, Table
from tours import queries as catalogue


def any_day(help_text: str) -> serializers.DateField:
    """A date of this century."""
    return serializers.DateField(required=False, help_text=help_text)


class InsightQuery(serializers.Serializer[Any]):
    """Which days, and which of the figures."""

    section = serializers.ChoiceField(insight.SECTIONS, default="overview", help_text="Which figures.")

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {
            "from": any_day("The first day; with `to` not given either, twelve months that end with this one."),
            "to": any_day("The last day, at most three years later."),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both days or neither, in order, and not too far apart."""
        first, last = attrs.get("from"), attrs.get("to")
        if (first is None) != (last is None):
            raise serializers.ValidationError(
                {"to" if last is None else "from": [_("Give both days, or neither.")]}, code="required"
            )
        if first is not None and last is not None:
            if last < first:
                raise serializers.ValidationError({"to": [_("This is before the first day.")]}, code="order")
            if (last - first).days >= insight.MOST_DAYS:
                raise serializers.ValidationError({"to": [_("At most three years at once.")]}, code="far")
            if not (first >= EARLIEST and last <= LATEST):
                raise serializers.ValidationError({"from": [_("This date is too far away.")]}, code="far")
        return attrs


class SpanAnswer(Answer):
    """Days, both included."""

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(), "to": serializers.DateField(), **super().get_fields()}


class TileAnswer(Answer):
    """One figure, and that of the period before."""

    key = serializers.CharField()
    title = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    before = serializers.FloatField(allow_null=True)


class ColumnAnswer(Answer):
    """A column: `key` names it in the rows."""

    key = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(["text", "month", "number", "percent", "hours", "days"])


class TableAnswer(Answer):
    """A table, each row by the keys of its columns."""

    key = serializers.CharField()
    title = serializers.CharField()
    note = serializers.CharField()
    columns = ColumnAnswer(many=True)
    rows = serializers.ListField(child=serializers.DictField(child=serializers.JSONField(allow_null=True)))


class InsightAnswer(Answer):
    """The figures of one section."""

    section = serializers.ChoiceField(insight.SECTIONS)
    days = SpanAnswer()
    before = SpanAnswer(help_text="The period that it is compared with.")
    tiles = TileAnswer(many=True)
    tables = TableAnswer(many=True)


@extend_schema(
    operation_id="insight",
    summary="Figures of a period against the one before",
    description="Visits and people, guides' hours, places, what was asked for in vain, lead times. Texts in the asker's language;"
    " discreet visits count and are not named.",
    tags=["Insight"],
    parameters=[InsightQuery],
    responses={200: InsightAnswer, **problems(400, 403)},
)
@call("GET")
def figures(request: Request) -> Response:
    access.office(request)
    query = checked(InsightQuery, request.query_params)
    museum = catalogue.museum()
    span = insight.usual_span(periods.day_of(timezone.now(), ZoneInfo(museum.time_zone)))
    if query.get("from"):
        span = Span(query["from"], query["to"])
    section = insight.section(query["section"], span, museum)
    return Response(
        {
            "section": section.key,
            "days": _span(span),
            "before": _span(span.before),
            "tiles": [
                {"key": tile.key, "title": tile.title, "value": tile.value, "before": tile.before}
                for tile in section.tiles
            ],
            "tables": [_table(table) for table in section.tables],
        }
    )


def _span(span: Span) -> dict[str, str]:
    return {"from": span.first.isoformat(), "to": span.last.isoformat()}


def _table(table: Table) -> dict[str, Any]:
    keys = [column.key for column in table.columns]
    return {
        "key": table.key,
        "title": table.title,
        "note": table.note,
        "columns": [{"key": column.key, "title": column.title, "kind": column.kind} for column in table.columns],
        "rows": [dict(zip(keys, row, strict=True)) for row in table.rows],
    }

"""Who led how much, and how evenly it was shared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import ExtractIsoWeekDay
from django.utils.translation import gettext as _

from scheduler.insight.frames import COUNTED, Bars, Column, Section, Span, Table, Tile
from scheduler.models import Party
from tours.models import Guide

FOUR_WEEKS = 28
HOUR = timedelta(hours=1)
LENGTH = ExpressionWrapper(F("period__endswith") - F("period__startswith"), output_field=DurationField())


def guides(span: Span) -> Section:
    """Tours and hours of each guide, in the period and in its last four weeks, weekends apart. Two queries."""
    then = Q(visit__day__range=span.pair)
    lately = then & Q(visit__day__gt=span.last - timedelta(days=FOUR_WEEKS))
    before = Q(visit__day__range=span.before.pair)
    weekend = Q(weekday__gte=6)
    led = Party.objects.filter(visit__status__in=COUNTED, visit__day__range=(span.before.first, span.last))
    rows = (
        led.order_by()
        .annotate(weekday=ExtractIsoWeekDay("visit__day"))
        .values("guide")
        .annotate(
            tours=Count("pk", filter=then),
            length=Sum(LENGTH, filter=then),
            lately=Sum(LENGTH, filter=lately),
            length_before=Sum(LENGTH, filter=before),
            weekends=Count("pk", filter=then & weekend),
            weekend_days=Count("visit__day", filter=then & weekend, distinct=True),
        )
    )
    found: dict[Any, dict[str, Any]] = {row["guide"]: dict(row) for row in rows}
    table = _table(found, span)
    hours = [value for value in table.column("hours") if isinstance(value, float)]
    unled = found.get(None)
    return Section(
        "guides",
        _("Guides"),
        tiles=(
            Tile("most", _("Most hours of one guide"), max(hours, default=None), None, "hours"),
            Tile("average", _("Hours on average"), _average(hours), None, "hours"),
            Tile("least", _("Fewest hours of one guide"), min(hours, default=None), None, "hours"),
            Tile("unled", _("Sub-groups that nobody leads"), unled["tours"] if unled else 0, None),
        ),
        tables=(table,),
    )


def _table(found: dict[Any, dict[str, Any]], span: Span) -> Table:
    rows: list[tuple[Any, ...]] = []
    for guide in Guide.objects.order_by("name", "code"):
        row = found.get(guide.pk)
        if row is None and not guide.active:
            continue
        hours = _hours(row, "length")
        rows.append(
            (
                guide.name,
                row["tours"] if row else 0,
                hours,
                _hours(row, "length_before"),
                round(hours * FOUR_WEEKS / span.days, 1),
                _hours(row, "lately"),
                row["weekends"] if row else 0,
                row["weekend_days"] if row else 0,
            )
        )
    rows.sort(key=lambda row: (-row[2], row[0]))
    return Table(
        "guides",
        _("By guide"),
        (
            Column("guide", _("Guide"), "text"),
            Column("tours", _("Tours led")),
            Column("hours", _("Hours"), "hours"),
            Column("hours_before", _("Hours in the period before"), "hours"),
            Column("hours_four_weeks", _("Hours per four weeks"), "hours"),
            Column("hours_lately", _("Hours in the last four weeks"), "hours"),
            Column("weekend_tours", _("Tours at weekends")),
            Column("weekend_days", _("Days at weekends")),
        ),
        tuple(rows),
        note=_("Tours that took place or are agreed. The period's last four weeks may lie ahead."),
        bars=Bars("guide", "hours", "hours_before"),
    )


def _hours(row: dict[str, Any] | None, name: str) -> float:
    return round(row[name] / HOUR, 1) if row and row[name] else 0.0


def _average(hours: list[float]) -> float | None:
    return round(sum(hours) / len(hours), 1) if hours else None

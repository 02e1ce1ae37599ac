"""How long ahead groups ask, and who did not come."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Func, IntegerField, Q, Sum, Value
from django.db.models.functions import Coalesce, Greatest, TruncDate
from django.utils.translation import gettext as _

from scheduler.insight.frames import COUNTED, Bars, Column, Section, Span, Table, Tile, middle, share
from scheduler.models import Visit
from tours.models import Audience, Museum

STEPS = (0, 1, 3, 7, 14, 30, 60, 120)
"""The last day of each step of lead time; beyond it: more."""


def timing(span: Span, museum: Museum) -> Section:
    """Lead times and no-shows, by kind of group. Three queries."""
    audiences = {row.pk: row.name for row in Audience.objects.all()}
    leads = _leads(span, museum)
    then = [(row["lead"], row["visits"]) for row in leads if row["visits"]]
    before = [(row["lead"], row["visits_before"]) for row in leads if row["visits_before"]]
    missed = list(_missed(span))
    came, stayed_away = (sum(row[name] for row in missed) for name in ("took_place", "no_show"))
    return Section(
        "timing",
        _("Lead times and no-shows"),
        tiles=(
            Tile("median", _("Asked so many days ahead (median)"), middle(then), middle(before), "days"),
            Tile("no_show", _("Did not come, %"), share(stayed_away, came + stayed_away), None, "percent"),
        ),
        tables=(_steps(leads), _by_audience(leads, audiences), _no_shows(missed, audiences)),
    )


def _leads(span: Span, museum: Museum) -> list[dict[str, Any]]:
    """By kind of group and whole days between asking and coming: how many. A season that was loaded says nothing of it."""
    asked = TruncDate("created_at", tzinfo=ZoneInfo(museum.time_zone))
    lead = Func(F("day"), asked, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())
    rows = (
        Visit.objects.filter(status__in=(*COUNTED, Visit.Status.NO_SHOW), season_key=None)
        .filter(day__range=(span.before.first, span.last))
        .order_by()
        .values("audience", lead=Greatest(lead, Value(0)))
        .annotate(
            visits=Count("pk", filter=Q(day__range=span.pair)),
            visits_before=Count("pk", filter=Q(day__range=span.before.pair)),
        )
    )
    return [dict(row) for row in rows]


def _missed(span: Span) -> Any:
    over = Visit.objects.filter(day__range=span.pair, status__in=(Visit.Status.DONE, Visit.Status.NO_SHOW))
    counted = Q(status=Visit.Status.DONE, arrived_heads__isnull=False)
    return (
        over.order_by()
        .values("audience")
        .annotate(
            took_place=Count("pk", filter=Q(status=Visit.Status.DONE)),
            no_show=Count("pk", filter=Q(status=Visit.Status.NO_SHOW)),
            booked=Coalesce(Sum("heads", filter=counted), 0),
            arrived=Coalesce(Sum("arrived_heads", filter=counted), 0),
        )
    )


def _steps(leads: list[dict[str, Any]]) -> Table:
    sums = [[0, 0] for _step in range(len(STEPS) + 1)]
    for row in leads:
        step = next((at for at, last in enumerate(STEPS) if row["lead"] <= last), len(STEPS))
        sums[step] = [sums[step][0] + row["visits"], sums[step][1] + row["visits_before"]]
    firsts = [0, *(last + 1 for last in STEPS)]
    names = [str(last) if first == last else f"{first}–{last}" for first, last in zip(firsts, STEPS, strict=False)]
    return Table(
        "leads",
        _("Days between asking and coming"),
        (
            Column("days", _("Days"), "text"),
            Column("visits", _("Visits")),
            Column("visits_before", _("Visits in the period before")),
        ),
        tuple((name, *values) for name, values in zip([*names, f"> {STEPS[-1]}"], sums, strict=True)),
        bars=Bars("days", "visits", "visits_before"),
    )


def _by_audience(leads: list[dict[str, Any]], audiences: dict[int, str]) -> Table:
    counts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in leads:
        if row["visits"]:
            counts[audiences.get(row["audience"], _("Without a kind of group"))].append((row["lead"], row["visits"]))
    return Table(
        "leads_by_audience",
        _("Days ahead, by kind of group"),
        (
            Column("name", _("Kind of group"), "text"),
            Column("visits", _("Visits")),
            Column("median", _("Days ahead (median)"), "days"),
        ),
        tuple((name, sum(count for _lead, count in each), middle(each)) for name, each in sorted(counts.items())),
    )


def _no_shows(missed: list[dict[str, Any]], audiences: dict[int, str]) -> Table:
    rows: list[tuple[Any, ...]] = [
        (
            audiences.get(row["audience"], _("Without a kind of group")),
            row["took_place"],
            row["no_show"],
            share(row["no_show"], row["took_place"] + row["no_show"]),
            row["booked"],
            row["arrived"],
        )
        for row in missed
    ]
    rows.sort(key=lambda row: (-row[2], row[0]))
    return Table(
        "no_shows",
        _("Who did not come"),
        (
            Column("name", _("Kind of group"), "text"),
            Column("took_place", _("Took place")),
            Column("no_show", _("Did not come")),
            Column("share", _("Did not come, %"), "percent"),
            Column("booked", _("People booked")),
            Column("arrived", _("People who came")),
        ),
        tuple(rows),
        note=_("People are compared for visits whose group was counted on arrival."),
        bars=Bars("name", "no_show"),
    )

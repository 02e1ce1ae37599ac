"""How many came: by month, by kind of group, language and tour; what was free of charge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.utils.translation import gettext as _

from scheduler import queries
from scheduler.insight.frames import COUNTED, Bars, Column, Section, Span, Table, Tile, share
from scheduler.models import Unserved, Visit
from tours.models import Audience, Tour

HEADS = Coalesce("arrived_heads", "heads")
"""How many came; how many are expected, where nobody has counted them."""
CAME = Q(status__in=COUNTED)


def overview(span: Span) -> Section:
    """The whole against the period before, and month by month. Three queries."""
    return Section("overview", _("Overview"), tiles=_tiles(span), tables=(_months(span),))


def _tiles(span: Span) -> tuple[Tile, ...]:
    def figures(days: Span, name: str) -> dict[str, Any]:
        then = Q(day__range=days.pair)
        return {
            f"visits{name}": Count("pk", filter=then & CAME),
            f"heads{name}": Coalesce(Sum(HEADS, filter=then & CAME), 0),
            f"free{name}": Count("pk", filter=then & CAME & Q(free=True)),
            f"no_show{name}": Count("pk", filter=then & Q(status=Visit.Status.NO_SHOW)),
            f"cancelled{name}": Count("pk", filter=then & Q(status=Visit.Status.CANCELLED)),
            f"declined{name}": Count("pk", filter=then & Q(status=Visit.Status.DECLINED)),
        }

    whole = Visit.objects.filter(day__range=(span.before.first, span.last)).order_by()
    found = whole.aggregate(**figures(span, "_now"), **figures(span.before, "_before"))
    vain = _unserved(span)
    titles = {
        "visits": _("Visits"),
        "heads": _("People"),
        "free": _("Free of charge"),
        "no_show": _("Did not come"),
        "cancelled": _("Cancelled"),
        "declined": _("Declined"),
    }
    tiles = [Tile(key, title, found[f"{key}_now"], found[f"{key}_before"]) for key, title in titles.items()]
    return (*tiles, Tile("unserved", _("Asked in vain"), *vain))


def _unserved(span: Span) -> tuple[int, int]:
    """How many groups asked in vain, in this period and in the one before. One query."""
    when = Coalesce("wanted", "asked_on")
    found = (
        Unserved.objects.order_by()
        .annotate(when=when)
        .filter(when__range=(span.before.first, span.last))
        .aggregate(
            now=Coalesce(Sum("count", filter=Q(when__range=span.pair)), 0),
            before=Coalesce(Sum("count", filter=Q(when__range=span.before.pair)), 0),
        )
    )
    return found["now"], found["before"]


def _months(span: Span) -> Table:
    rows = (
        Visit.objects.filter(day__range=span.pair)
        .order_by()
        .values(month=TruncMonth("day"))
        .annotate(
            visits=Count("pk", filter=CAME),
            people=Coalesce(Sum(HEADS, filter=CAME), 0),
            free_visits=Count("pk", filter=CAME & Q(free=True)),
            no_show=Count("pk", filter=Q(status=Visit.Status.NO_SHOW)),
            cancelled=Count("pk", filter=Q(status=Visit.Status.CANCELLED)),
        )
    )
    found: dict[date, dict[str, Any]] = {row["month"]: dict(row) for row in rows}
    names = ("visits", "people", "free_visits", "no_show", "cancelled")
    return Table(
        "months",
        _("By month"),
        (
            Column("month", _("Month"), "month"),
            Column("visits", _("Visits")),
            Column("heads", _("People")),
            Column("free", _("Free of charge")),
            Column("no_show", _("Did not come")),
            Column("cancelled", _("Cancelled")),
        ),
        tuple(
            (f"{month:%Y-%m}", *(found[month][name] if month in found else 0 for name in names))
            for month in _months_of(span)
        ),
        note=_("Visits that took place or are agreed; people as counted on arrival, else as booked."),
        bars=Bars("month", "visits"),
        upright=True,
    )


def _months_of(span: Span) -> Iterable[date]:
    month = span.first.replace(day=1)
    while month <= span.last:
        yield month
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)


def groups(span: Span) -> Section:
    """Who came, in which language, for which tour, each against the period before. Four queries."""
    whole = Visit.objects.filter(CAME, day__range=(span.before.first, span.last)).order_by()
    then, before = Q(day__range=span.pair), Q(day__range=span.before.pair)
    rows = list(
        whole.values("audience", "language", "tour", "kind").annotate(
            visits=Count("pk", filter=then),
            people=Coalesce(Sum(HEADS, filter=then), 0),
            free_visits=Count("pk", filter=then & Q(free=True)),
            waived=Count("pk", filter=then & (Q(waived_by__isnull=False) | ~Q(price_reason="")) & Q(free=True)),
            visits_before=Count("pk", filter=before),
        )
    )
    audiences = {row.pk: row.name for row in Audience.objects.all()}
    tours = {row.pk: row.name for row in Tour.objects.all()}
    languages = dict(queries.language_names())
    kinds = {str(value): str(name) for value, name in Visit.Kind.choices}
    others = _("Without a kind of group")
    return Section(
        "groups",
        _("Who came"),
        tables=(
            _grouped(
                "audiences",
                _("By kind of group"),
                _("Kind of group"),
                rows,
                lambda row: audiences.get(row["audience"], others),
            ),
            _grouped(
                "languages",
                _("By language"),
                _("Language"),
                rows,
                lambda row: languages.get(row["language"], _("No language")),
            ),
            _grouped("tours", _("By tour"), _("Tour"), rows, lambda row: tours.get(row["tour"]) or kinds[row["kind"]]),
        ),
    )


def _grouped(key: str, title: str, of: str, rows: Iterable[Mapping[str, Any]], name_of: Any) -> Table:
    names = ("visits", "visits_before", "people", "free_visits", "waived")
    sums: dict[str, list[int]] = {}
    for row in rows:
        sums.setdefault(str(name_of(row)), [0] * len(names))
        sums[str(name_of(row))] = [one + row[name] for one, name in zip(sums[str(name_of(row))], names, strict=True)]
    ordered = sorted(sums.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
    return Table(
        key,
        title,
        (
            Column("name", of, "text"),
            Column("visits", _("Visits")),
            Column("visits_before", _("Visits in the period before")),
            Column("heads", _("People")),
            Column("free", _("Free of charge")),
            Column("waived", _("of these, by the office's decision")),
            Column("free_share", _("Free, %"), "percent"),
        ),
        tuple((name, *values, share(values[3], values[0])) for name, values in ordered),
        bars=Bars("name", "visits", "visits_before"),
    )

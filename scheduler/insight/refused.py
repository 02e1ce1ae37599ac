"""What was asked for and could not be served: in which language, on which weekday, at which hour."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce, ExtractIsoWeekDay
from django.utils.translation import gettext as _

from scheduler import queries
from scheduler.insight.frames import Bars, Column, Heat, Section, Span, Table, Tile
from scheduler.models import Unserved
from tours.models import Audience, Tour, Weekday


def refused(span: Span) -> Section:
    """Groups that asked in vain: when, in which language, for what. Three queries."""
    counted = (
        Unserved.objects.order_by()
        .annotate(when=Coalesce("wanted", "asked_on"), weekday=ExtractIsoWeekDay("wanted") - 1)
        .filter(when__range=(span.before.first, span.last))
        .values("how", "language", "weekday", "hour", "tour", "audience")
        .annotate(
            groups=Coalesce(Sum("count", filter=Q(when__range=span.pair)), 0),
            people=Coalesce(Sum(F("count") * F("heads"), filter=Q(when__range=span.pair)), 0),
            before=Coalesce(Sum("count", filter=Q(when__range=span.before.pair)), 0),
        )
    )
    rows: list[dict[str, Any]] = [dict(row) for row in counted]
    tours = {row.pk: row.name for row in Tour.objects.all()}
    audiences = {row.pk: row.name for row in Audience.objects.all()}
    languages = dict(queries.language_names())
    names = {str(value): str(name) for value, name in Unserved.How.choices}
    tiles = []
    for how, name in names.items():
        now = sum(row["groups"] for row in rows if row["how"] == how)
        before = sum(row["before"] for row in rows if row["how"] == how)
        tiles.append(Tile(how, name[:1].upper() + name[1:], now, before))
    return Section(
        "refused",
        _("Asked in vain"),
        tiles=tuple(tiles),
        tables=(
            _by_hour(rows, languages),
            _by("languages", _("By language"), _("Language"), rows, "language", languages),
            _by("tours", _("By tour"), _("Tour"), rows, "tour", tours),
            _by("audiences", _("By kind of group"), _("Kind of group"), rows, "audience", audiences),
        ),
    )


def _by_hour(rows: list[dict[str, Any]], languages: dict[str, str]) -> Table:
    sums: dict[tuple[str, int | None, int | None], list[int]] = defaultdict(lambda: [0, 0])
    heats: dict[str, dict[tuple[int, int | None], float]] = defaultdict(lambda: defaultdict(float))
    for row in rows:
        if row["groups"]:
            key = (row["language"], row["weekday"], row["hour"])
            sums[key] = [sums[key][0] + row["groups"], sums[key][1] + row["people"]]
            if row["weekday"] is not None:
                heats[row["language"]][row["weekday"], row["hour"]] += row["groups"]
    listed = [
        (
            languages.get(language, language),
            str(Weekday(weekday).label) if weekday is not None else _("any day"),
            f"{hour}:00" if hour is not None else _("any time"),
            groups,
            people,
        )
        for (language, weekday, hour), (groups, people) in sorted(
            sums.items(), key=lambda item: (-item[1][0], str(item[0]))
        )
    ]
    return Table(
        "hours",
        _("By language, weekday and hour"),
        (
            Column("language", _("Language"), "text"),
            Column("weekday", _("Weekday"), "text"),
            Column("hour", _("Hour"), "text"),
            Column("groups", _("Groups")),
            Column("heads", _("People")),
        ),
        tuple(listed),
        note=_(
            "Each group counts once a day for each way of asking: who looks at a full day and then joins the waiting list stands in both."
            " Nothing is kept of who they were."
        ),
        heats=tuple(
            Heat(languages.get(language, language), dict(heats[language]))
            for language in languages
            if language in heats
        ),
    )


def _by(key: str, title: str, of: str, rows: list[dict[str, Any]], field: str, names: dict[Any, str]) -> Table:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        name = str(names.get(row[field], row[field]))
        sums[name] = [one + row[part] for one, part in zip(sums[name], ("groups", "before", "people"), strict=True)]
    return Table(
        key,
        title,
        (
            Column("name", of, "text"),
            Column("groups", _("Groups")),
            Column("groups_before", _("Groups in the period before")),
            Column("heads", _("People")),
        ),
        tuple((name, *values) for name, values in sorted(sums.items(), key=lambda item: (-item[1][0], item[0]))),
        bars=Bars("name", "groups", "groups_before"),
    )

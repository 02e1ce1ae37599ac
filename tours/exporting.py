"""The catalogue as a museum's file has it (`museums/schema.json`): what `load_museum` would read to make the same.

What is empty, or as it is without being said, is left out. A fixed number of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from django.db import models
from django.db.models import Prefetch

from tours.importing import (
    AUDIENCE_PLAIN,
    GUIDE_PLAIN,
    HOURS_OF_DAY,
    MUSEUM_PLAIN,
    MUSEUM_TEXTS,
    STOP_PLAIN,
    TOUR_PLAIN,
)
from tours.models import Audience, Guide, Holiday, Language, Museum, Qualification, Space, Stop, Tour
from tours.models.words import WEEKDAYS
from tours.queries import museum as the_museum

Row = dict[str, Any]
NEEDED = {"heads_per_guide", "free", "minutes", "kind", "time_zone", "name"}
"""Keys that a row of the file always has, where its part knows them at all."""


def catalogue() -> dict[str, Any]:
    """The whole of it, in the museum's order. Raises `NoMuseum`."""
    audiences = list(Audience.objects.prefetch_related("prices", "tours").order_by("position", "code"))
    prices = [{"audience": row.code, "bands": _bands(row)} for row in audiences if row.prices.all()]
    guides = Guide.objects.prefetch_related(
        "hours", Prefetch("qualifications", Qualification.objects.select_related("tour").order_by("tour__position"))
    )
    return {
        "museum": _museum(the_museum()),
        "holidays": [_holiday(row) for row in Holiday.objects.order_by("date")],
        "spaces": [_space(row) for row in Space.objects.prefetch_related("lanes").order_by("position", "code")],
        "tours": [
            _tour(row)
            for row in Tour.objects.prefetch_related(
                Prefetch("stops", Stop.objects.select_related("space").order_by("position"))
            ).order_by("position", "code")
        ],
        "audiences": [_audience(row) for row in audiences],
        "prices": prices,
        "guides": [_guide(row) for row in guides.order_by("name", "code")],
    }


def _museum(row: Museum) -> Row:
    hours = [
        {"weekday": window.weekday, "opens": window.opens, "closes": window.closes, "last_start": window.last_start}
        for window in row.openings.order_by("weekday", "opens")
    ]
    return {
        "code": row.code,
        **_texts(row, *MUSEUM_TEXTS),
        **_plain(row, MUSEUM_PLAIN),
        "opening": _windows(hours, "opens", "closes", "last_start"),
    }


def _holiday(row: Holiday) -> Row:
    hours = {name: _written(clock) for name in HOURS_OF_DAY if (clock := getattr(row, name)) is not None}
    return {"date": row.date.isoformat(), **_texts(row, "name"), **_plain(row, ("is_holiday", "opens")), **hours}


def _space(row: Space) -> Row:
    return {
        "code": row.code,
        "kind": row.kind,
        "lanes": len(row.lanes.all()),
        **_texts(row, "name"),
        **_plain(row, ("max_heads", "plan")),
    }


def _tour(row: Tour) -> Row:
    stops = [{"space": stop.space.code, **_plain(stop, STOP_PLAIN), **_together(stop)} for stop in row.stops.all()]
    return {"code": row.code, **_texts(row, "name"), **_plain(row, TOUR_PLAIN), "stops": stops}


def _together(stop: Stop) -> Row:
    return {"together": stop.together} if stop.together != stop.exclusive else {}


def _audience(row: Audience) -> Row:
    tours = sorted(tour.code for tour in row.tours.all())
    return {
        "code": row.code,
        **_texts(row, "name", "proof"),
        **_plain(row, AUDIENCE_PLAIN),
        **({"tours": tours} if tours else {}),
    }


def _bands(row: Audience) -> list[Row]:
    names = ("max_heads", "amount", "per_head_above")
    bands = sorted(row.prices.all(), key=lambda price: price.position)
    return [{name: getattr(band, name) for name in names if getattr(band, name) is not None} for band in bands]


def _guide(row: Guide) -> Row:
    leads: dict[str, list[str]] = defaultdict(list)
    for skill in row.qualifications.all():
        leads[skill.tour.code].append(skill.language)
    spoken = {language for languages in leads.values() for language in languages}
    shifts = ("weekday", "starts", "ends", "valid_from", "valid_until")
    hours = [{name: getattr(each, name) for name in shifts} for each in row.hours.all()]
    return {
        "code": row.code,
        **_plain(row, GUIDE_PLAIN),
        "languages": in_order(spoken) or [row.locale],
        "locale": row.locale,
        "leads": {tour: in_order(languages) for tour, languages in leads.items()},
        **({"hours": _windows(hours, "starts", "ends", "valid_from", "valid_until")} if hours else {}),
    }


def in_order(languages: Iterable[str]) -> list[str]:
    """Languages as the catalogue lists them."""
    given = set(languages)
    return [language for language in Language.values if language in given]


def _texts(row: models.Model, *names: str) -> Row:
    found = {
        name: {code: text for code in Language.values if (text := getattr(row, f"{name}_{code}"))} for name in names
    }
    return {name: texts for name, texts in found.items() if texts}


def _plain(row: models.Model, names: Iterable[str]) -> Row:
    """The values that are not as they would be anyway."""
    blank = type(row)()
    values = {name: getattr(row, name) for name in names}
    return {
        name: value
        for name, value in values.items()
        if value is not None and value != "" and (name in NEEDED or value != getattr(blank, name))
    }


def _windows(rows: Iterable[Row], *names: str) -> list[Row]:
    """Hours of single weekdays, those that are the same as one row; what is not known is left out."""
    days: dict[tuple[str | None, ...], list[str]] = defaultdict(list)
    for row in rows:
        days[tuple(_written(row[name]) for name in names)].append(WEEKDAYS[row["weekday"]])
    return [
        {"days": sorted(same, key=WEEKDAYS.index)}
        | {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for values, same in days.items()
    ]


def _written(value: time | date | None) -> str | None:
    return f"{value:%H:%M}" if isinstance(value, time) else value.isoformat() if value else None


MODELS: dict[str, type[models.Model]] = {
    "museum": Museum,
    "holidays": Holiday,
    "spaces": Space,
    "tours": Tour,
    "audiences": Audience,
    "guides": Guide,
}


def usual(part: str) -> Row:
    """The values that a row of a part has where it does not say otherwise."""
    if part not in MODELS:
        return {}
    blank = MODELS[part]()
    return {field.attname: getattr(blank, field.attname) for field in blank._meta.concrete_fields}  # noqa: SLF001  # documented: Model._meta


def without_the_usual(part: str, row: Mapping[str, Any]) -> Row:
    """A row as `catalogue()` would write it: without what is empty or as it would be anyway."""
    blank = usual(part)
    found = {
        key: value
        for key, value in row.items()
        if value is not None and value != "" and (key in NEEDED or key == "locale" or value != blank.get(key, ...))
    }
    if part == "museum" and found.get("locale") == blank["locale"]:
        del found["locale"]
    if part == "tours":
        found["stops"] = [_stop_as_written(stop) for stop in row.get("stops", ())]
    return found


def _stop_as_written(row: Mapping[str, Any]) -> Row:
    found = {key: value for key, value in row.items() if value not in (None, "", False, [])}
    if found.get("exclusive"):
        found.pop("together", None)
    return found

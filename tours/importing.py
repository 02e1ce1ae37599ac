"""A museum's file into the catalogue: all or nothing, twice without doubling.

The file's rows are made or brought up to date by their code. What the file does not name is never deleted: tours, kinds of
group and guides are no longer offered (visits may still refer to them), places and holidays stay; the report names them all.
What belongs to one row (stops, prices, hours, qualifications) becomes exactly what the file says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any, TypeVar

from django.db import models, transaction

from tours import locks, services
from tours.errors import AnotherMuseum
from tours.models import Audience, Guide, Holiday, Language, Museum, Space, Tour
from tours.models.words import WEEKDAYS
from tours.museum_files import ParsedMuseum, read_museum
from tours.shapes import local_date, local_time
from tours.yaml_files import FileRefused

__all__ = ["FileRefused", "Report", "load_catalogue", "read_museum"]

Row = TypeVar("Row", bound=models.Model)
Offered = TypeVar("Offered", Tour, Audience, Guide)
Values = Mapping[str, Any]

MUSEUM_TEXTS = ("name", "address", "how_to_come", "meeting_point", "time_zone_name")
MUSEUM_PLAIN = (
    *(
        "time_zone",
        "email",
        "locale",
        "phone",
        "url",
        "latitude",
        "longitude",
        "country",
        "currency",
        "opens_on_holidays",
        "grid_minutes",
        "accent",
        "accent_dark",
        "mark",
        "letters",
    ),
    *("deputy_name", "deputy_email", "deputy_phone", "deputy_locale", "deputy_after_percent"),
    *("lead_business_days", "decide_business_days", "promise_days", "rest_minutes", "daily_minutes", "daily_duties"),
)
TOUR_PLAIN = ("heads_per_guide", "lead_business_days", "needs_review", "active")
HOURS_OF_DAY = ("hours_from", "hours_until", "hours_last_start")
STOP_PLAIN = ("minutes", "kind", "movable", "exclusive", "languages", "advised_age")
AUDIENCE_PLAIN = (
    *(
        "free",
        "lead_business_days",
        "needs_review",
        "heads_per_guide",
        "free_adults_per",
        "change_days",
        "priority",
        "move_weight",
        "cancel_days",
        "active",
    ),
)
GUIDE_PLAIN = ("name", "email", "phone", "rest_minutes", "daily_minutes", "daily_duties", "active")


@dataclass(slots=True)
class Report:
    """What a load did, as part of the file and code ("tours halls-film").

    `retired`: not in the file, no longer offered; `left`: not in the file, kept as it is.
    """

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether the catalogue is another one now."""
        return bool(self.created or self.changed or self.retired)

    def note_change(self, row: str) -> None:
        """Once, and not of a row that is new anyway."""
        if row not in self.created and row not in self.changed:
            self.changed.append(row)


@transaction.atomic
def load_catalogue(parsed: ParsedMuseum, *, with_guides: bool) -> Report:
    """Make the catalogue what the file says. Raises `AnotherMuseum`, `LaneInUse`; then nothing has changed."""
    locks.calendar_exclusive()
    report = Report()
    _museum(parsed, report)
    _holidays(parsed, report)
    spaces = _spaces(parsed, report)
    tours = _tours(parsed, spaces, report)
    _audiences(parsed, tours, report)
    if with_guides:
        _guides(parsed, tours, report)
    if report.anything:
        services.raise_catalogue_version()
    return report


def _museum(parsed: ParsedMuseum, report: Report) -> None:
    row = parsed.museum
    museum = Museum.objects.first() or Museum(code=row["code"])
    if museum.code != row["code"]:
        raise AnotherMuseum(present=museum.code, asked=row["code"])
    _put(museum, _plain(Museum(), row, MUSEUM_PLAIN) | _words(row, *MUSEUM_TEXTS), report, f"museum {museum.code}")
    hours = [values for window in row["opening"] for values in _windows(window, "opens", "closes", "last_start")]
    _same_rows(museum.openings, hours, report, f"museum {museum.code}")


def _holidays(parsed: ParsedMuseum, report: Report) -> None:
    present = {str(holiday.date): holiday for holiday in Holiday.objects.all()}
    for row in parsed.holidays:
        holiday = present.pop(row["date"]) if row["date"] in present else Holiday(date=local_date(row["date"]))
        _put(
            holiday,
            _plain(Holiday(), row, ("is_holiday", "opens")) | _words(row, "name") | _hours_of_day(row),
            report,
            f"holidays {row['date']}",
        )
    report.left += [f"holidays {day}" for day in present]


def _spaces(parsed: ParsedMuseum, report: Report) -> dict[str, Space]:
    present = {space.code: space for space in Space.objects.all()}
    named = {}
    for position, row in enumerate(parsed.spaces):
        space = named[row["code"]] = present.pop(row["code"]) if row["code"] in present else Space(code=row["code"])
        values = _plain(Space(), row, ("kind", "max_heads", "plan")) | _words(row, "name") | {"position": position}
        _put(space, values, report, f"spaces {space.code}")
        if services.set_lanes(space, row["lanes"]):
            report.note_change(f"spaces {space.code}")
    report.left += [f"spaces {code}" for code in present]
    return named


def _tours(parsed: ParsedMuseum, spaces: Mapping[str, Space], report: Report) -> dict[str, Tour]:
    present = {tour.code: tour for tour in Tour.objects.prefetch_related("stops")}
    named = {}
    for position, row in enumerate(parsed.tours):
        tour = named[row["code"]] = present.pop(row["code"]) if row["code"] in present else Tour(code=row["code"])
        values = _plain(Tour(), row, TOUR_PLAIN) | _words(row, "name") | {"position": position}
        _put(tour, values, report, f"tours {tour.code}")
        stops = [_stop(stop, index, spaces) for index, stop in enumerate(row["stops"])]
        _same_rows(tour.stops, stops, report, f"tours {tour.code}")
    _retire(present, report, "tours")
    return named


def _stop(row: Values, position: int, spaces: Mapping[str, Space]) -> Values:
    """A stop that takes the whole place is together without saying so."""
    together = row.get("together", row.get("exclusive", False))
    plain = {"movable": False, "exclusive": False, "languages": [], "advised_age": None} | {
        key: row[key] for key in STOP_PLAIN if key in row
    }
    return plain | {"position": position, "space_id": spaces[row["space"]].pk, "together": together}


def _audiences(parsed: ParsedMuseum, tours: Mapping[str, Tour], report: Report) -> None:
    present = {audience.code: audience for audience in Audience.objects.prefetch_related("prices", "tours")}
    bands = {row["audience"]: row["bands"] for row in parsed.prices}
    for position, row in enumerate(parsed.audiences):
        audience = present.pop(row["code"]) if row["code"] in present else Audience(code=row["code"])
        values = _plain(Audience(), row, AUDIENCE_PLAIN) | _words(row, "name", "proof") | {"position": position}
        _put(audience, values, report, f"audiences {audience.code}")
        kept_to = {tours[code].pk for code in row.get("tours", ())}
        if {tour.pk for tour in audience.tours.all()} != kept_to:
            audience.tours.set(kept_to)
            report.note_change(f"audiences {audience.code}")
        prices = [
            {"position": index} | {key: band.get(key) for key in ("max_heads", "amount", "per_head_above")}
            for index, band in enumerate(bands.get(row["code"], ()))
        ]
        _same_rows(audience.prices, prices, report, f"audiences {audience.code}")
    _retire(present, report, "audiences")


def _guides(parsed: ParsedMuseum, tours: Mapping[str, Tour], report: Report) -> None:
    present = {guide.code: guide for guide in Guide.objects.prefetch_related("hours", "qualifications")}
    for row in parsed.guides:
        guide = present.pop(row["code"]) if row["code"] in present else Guide(code=row["code"])
        values = _plain(Guide(), row, GUIDE_PLAIN) | {"locale": row.get("locale", row["languages"][0])}
        _put(guide, values, report, f"guides {guide.code}")
        leads = row.get("leads", dict.fromkeys(row.get("tours", tours), row["languages"]))
        skills = [
            {"tour_id": tours[code].pk, "language": language}
            for code, languages in leads.items()
            for language in languages
        ]
        _same_rows(guide.qualifications, skills, report, f"guides {guide.code}")
        hours = [values for window in row.get("hours", ()) for values in _shifts(window)]
        _same_rows(guide.hours, hours, report, f"guides {guide.code}")
    _retire(present, report, "guides")


def _plain(blank: models.Model, row: Values, names: Iterable[str]) -> dict[str, Any]:
    """Values as the file says; where it does not, the model's own defaults, so that what is taken out of a file is undone."""
    return {name: row.get(name, getattr(blank, name)) for name in names}


def _words(row: Values, *names: str) -> dict[str, Any]:
    """A text in each language into modeltranslation's columns; a language that is not given is empty."""
    return {f"{name}_{language}": row.get(name, {}).get(language) for name in names for language in Language.values}


def _windows(row: Values, *names: str) -> list[Values]:
    """Hours of several weekdays as one row for each."""
    times = {name: time(*local_time(row[name])) for name in names}
    return [{"weekday": WEEKDAYS.index(day)} | times for day in row["days"]]


def _hours_of_day(row: Values) -> dict[str, time | None]:
    """The hours that a date has for itself."""
    return {name: time(*local_time(row[name])) if name in row else None for name in HOURS_OF_DAY}


def _shifts(row: Values) -> list[Values]:
    """A guide's hours of several weekdays, each with the days on which they are valid."""
    valid = {name: local_date(row[name]) if name in row else None for name in ("valid_from", "valid_until")}
    return [{**values, **valid} for values in _windows(row, "starts", "ends")]


def _put(row: models.Model, values: Values, report: Report, word: str) -> None:
    """Write what differs, and note it."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    if row._state.adding:  # noqa: SLF001  # documented: Model._state
        report.created.append(word)
        row.save()
    elif different:
        report.note_change(word)
        row.save()


def _same_rows(owned: models.Manager[Row], wanted: Sequence[Values], report: Report, word: str) -> None:
    """Make the rows that belong to one owner exactly the wanted ones; those that are right already stay."""
    surplus: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    names = list(wanted[0]) if wanted else []
    for row in owned.all():
        surplus[_key(getattr(row, name) for name in names)].append(row)
    missing = []
    for values in wanted:
        same = surplus[_key(values[name] for name in names)]
        if same:
            same.pop()
        else:
            missing.append(values)
    old = [row.pk for rows in surplus.values() for row in rows]
    if old or missing:
        report.note_change(word)
        owned.filter(pk__in=old).delete()
        for values in missing:
            owned.create(**values)


def _key(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _retire(present: Mapping[str, Offered], report: Report, part: str) -> None:
    """Offer no longer what the file does not name."""
    for code, row in present.items():
        if row.active:
            row.active = False
            row.save(update_fields=["active"])
            report.retired.append(f"{part} {code}")

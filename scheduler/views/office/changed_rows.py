"""Changes of the catalogue in words: what a row was and is to be, which texts are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scheduler.dates import plain_day
from scheduler.forms.settings.house import HoursForm, WindowForm
from scheduler.forms.settings.offer import BandForm, StopForm
from scheduler.views.office.editors import named
from tours.editing import PARTS, Edit, row_of
from tours.models import Language, Stop, Weekday
from tours.models.words import WEEKDAYS

TEXTS = {
    "museum": ("name", "address", "how_to_come", "meeting_point", "time_zone_name"),
    "holidays": ("name",),
    "spaces": ("name",),
    "tours": ("name",),
    "audiences": ("name", "proof"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is to be another."""

    row: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A text that one language has not; `field` is its name in the form, `others` what the other languages say."""

    part: str
    key: str
    name: str
    language: str
    row: str
    label: str
    others: tuple[tuple[str, str], ...]

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Where it belongs, as `editing.worded` takes it."""
        return self.part, self.key, self.name, self.language

    @property
    def field(self) -> str:
        return "|".join(self.place)


def part_title(part: str) -> str:
    """What a part of the catalogue is called."""
    return {
        "museum": _("The museum"),
        "holidays": _("Holidays and moved days"),
        "spaces": _("Places"),
        "tours": _("Tours"),
        "audiences": _("Kinds of group"),
        "prices": _("Prices"),
        "guides": _("Guides"),
    }[part]


def changes(data: Mapping[str, Any], edits: Iterable[Edit], labels: Mapping[str, str]) -> list[Change]:
    """What would be different, value by value."""
    return [change for edit in edits for change in _of_edit(data, edit, labels)]


def _of_edit(data: Mapping[str, Any], edit: Edit, labels: Mapping[str, str]) -> Iterator[Change]:
    before, after = row_of(data, edit.part, edit.key) or {}, edit.row or {}
    title = (
        f"{part_title(edit.part)}: {named(before or after) or edit.key}"
        if edit.part != "museum"
        else part_title("museum")
    )
    names, words = {**_labels(), **labels}, _words(data)
    for key in dict.fromkeys([*before, *after]):
        if before.get(key) != after.get(key) and key not in ("code", "audience", "date"):
            yield Change(title, names.get(key, key), said(before.get(key), words), said(after.get(key), words))
    if edit.part == "holidays" and (not before or not after):
        yield Change(
            title,
            plain_day(date.fromisoformat(edit.key)),
            "–" if not before else _("yes"),
            "–" if not after else _("yes"),
        )


def _labels() -> dict[str, str]:
    return {
        "opening": _("Opening hours"),
        "stops": _("Stops"),
        "bands": _("Prices"),
        "hours": _("Own hours"),
        "leads": _("Leads"),
        "name": _("Name"),
        "proof": _("Proof to bring"),
        "is_holiday": _("Public holiday"),
        "opens": capfirst(_("museum opens")),  # the model's own words
        "hours_from": _("Opens"),
        "hours_until": _("Closes"),
        "hours_last_start": _("Last start"),
    }


def said(value: Any, words: Mapping[str, str]) -> str:
    """A value of a file in a line; `words`: what codes in it are called."""
    if value is None or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return " · ".join(f"{words.get(key, key)}: {said(inner, words)}" for key, inner in value.items())
    if isinstance(value, list):
        joint = "; " if any(isinstance(each, Mapping) for each in value) else ", "
        return joint.join(_short(each, words) if isinstance(each, Mapping) else said(each, words) for each in value)
    return words.get(str(value), str(value))


def _short(row: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """A row within a row: hours as from–to, else its values, what is ticked by its name."""
    rest = dict(row)
    parts = [said(rest.pop("days"), words)] if "days" in rest else []
    for first, last in (("opens", "closes"), ("starts", "ends")):
        if first in rest and last in rest:
            parts.append(f"{rest.pop(first)}–{rest.pop(last)}")
    days = [key for key in ("valid_from", "valid_until") if key in rest]
    parts += [f"{words[key]} {plain_day(date.fromisoformat(rest.pop(key)))}" for key in days]
    for key, value in rest.items():
        plain = key in ("space", "kind", "languages")
        parts.append(
            words.get(key, key) if value is True else said(value, words) if plain else f"{words.get(key, key)} {value}"
        )
    return ", ".join(parts)


def _words(data: Mapping[str, Any]) -> dict[str, str]:
    """What the codes and keys within rows are called."""
    found = {row["code"]: named(row) for part in ("tours", "spaces") for row in data[part]}
    found |= {str(value): str(name) for value, name in Stop.Kind.choices}
    found |= {code: str(Weekday(number).label) for number, code in enumerate(WEEKDAYS)}
    found |= dict(settings.LANGUAGES)
    fields = {**StopForm.base_fields, **BandForm.base_fields, **WindowForm.base_fields, **HoursForm.base_fields}
    return found | {name: str(field.label).lower() for name, field in fields.items()}


def titles(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a kept change was about."""
    found = []
    for row in rows:
        there = row["after"] or row["before"] or {}
        title = part_title(row["part"])
        found.append(title if row["part"] == "museum" else f"{title}: {named(there) or row['key']}")
    return found


def untranslated(data: Mapping[str, Any]) -> list[Missing]:
    """Texts that exist in some language and are missing in another."""
    found = []
    labels = {
        "name": _("Name"),
        "address": _("Address"),
        "how_to_come": _("How to come"),
        "meeting_point": _("Meeting point"),
        "time_zone_name": _("Name of the time zone"),
        "proof": _("Proof to bring"),
    }
    languages = dict(settings.LANGUAGES)
    for part, names in TEXTS.items():
        rows = [data["museum"]] if part == "museum" else data.get(part, ())
        for row in rows:
            key = "" if part == "museum" else row[PARTS[part]]
            for name in names:
                texts = row.get(name) or {}
                others = tuple((languages[code], texts[code]) for code in Language.values if code in texts)
                found += [
                    Missing(part, key, name, code, f"{part_title(part)}: {named(row)}", labels[name], others)
                    for code in Language.values
                    if texts and code not in texts
                ]
    return found

"""Each page of the settings as an editor: which rows it is about, its fields, and the edits that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scheduler.forms.settings.house import (
    GuideForm,
    HolidayForm,
    HoursForm,
    MuseumForm,
    OpeningForm,
    SpaceForm,
    WindowForm,
)
from scheduler.forms.settings.offer import AudienceForm, BandForm, TourForm, stop_form
from scheduler.forms.settings.rows import Lines, RowForm, place_of
from tours.editing import Edit, row_of
from tours.importing import HOURS_OF_DAY
from tours.yaml_files import Fault

Data = Mapping[str, Any]


class Editor:
    """A form for one row, with lines in it. `data` is the whole catalogue, `posted` what was typed."""

    part = ""
    title = ""
    template = "scheduler/office/settings_edit.html"

    def __init__(self, data: Data, key: str, posted: Any = None) -> None:
        self.data, self.key, self.posted = data, key, posted
        self.before: Mapping[str, Any] = row_of(data, self.part, key) or {}
        self.is_new = not self.before
        self.lines: list[Lines] = []
        self.general: list[str] = []
        self.build()
        if not self.is_new and "code" in self.form.fields:
            self.form.fields["code"].disabled = True

    form: RowForm

    def build(self) -> None:
        """Make `form` and `lines`."""
        raise AssertionError("each page builds its own")

    @property
    def moved(self) -> bool:
        """A button of some lines was pressed: nothing is judged yet."""
        return any(lines.moved for lines in self.lines)

    def typed(self) -> Any:
        """What the form is bound to."""
        return None if self.posted is None else self.posted

    def rows_of(self, key: str, form: type, title: str, rows: Sequence[Mapping[str, Any]]) -> Lines:
        lines = Lines(form, key, title, rows, self.posted)
        self.lines.append(lines)
        return lines

    def is_valid(self) -> bool:
        good = all([self.form.is_valid(), *(lines.is_valid() for lines in self.lines)])
        if good and self.is_new and "code" in self.form.cleaned_data:
            code = self.form.cleaned_data["code"]
            if row_of(self.data, self.part, code):
                self.form.add_error("code", _("This code is taken."))
                return False
        return good

    def edits(self) -> list[Edit]:
        """What is to be saved; everything is valid."""
        row = self.form.row() | {lines.key: lines.rows() for lines in self.lines}
        return [Edit(self.part, self.key or row.get("code", ""), row)]

    def put(self, faults: Sequence[Fault]) -> None:
        """Say each fault beside its field, else above the form."""
        for fault in faults:
            part, at, key, rest = place_of(fault)
            reason = str(fault.reason)[:1].upper() + str(fault.reason)[1:]
            named = [lines for lines in self.lines if lines.key == key]
            if self._is_mine(part, at) and (
                any(lines.put(rest, reason) for lines in named) or self.form.put(key, rest, reason)
            ):
                continue
            title = named[0].title if named and self._is_mine(part, at) else self._name_of(part, at)
            self.general.append(f"{title}: {reason}" if title else reason)

    def _is_mine(self, part: str, at: Any) -> bool:
        rows = self.data.get(part, ()) if part != "museum" else [self.before]
        if part != self.part:
            return False
        if part == "museum" or (self.is_new and at == len(rows)):
            return True
        return isinstance(at, int) and at < len(rows) and rows[at] is self.before

    def _name_of(self, part: str, at: Any) -> str:
        rows = self.data.get(part, ())
        if part == "museum" or not isinstance(at, int) or at >= len(rows):
            return ""
        return named(rows[at])

    @property
    def name(self) -> str:
        """What the row is called."""
        return named(self.before) if self.before else _("Add")


def named(row: Mapping[str, Any]) -> str:
    """A row's name in the reader's language, else in another, else its code."""
    name = row.get("name", "")
    if isinstance(name, str):
        return name or str(row.get("code", ""))
    return str(name.get(get_language() or "") or next(iter(name.values()), row.get("code", "")))


def choices(data: Data, part: str) -> list[tuple[str, str]]:
    """The rows of a part to choose from."""
    return [(row["code"], named(row)) for row in data[part]]


class TourEditor(Editor):
    part = "tours"

    def build(self) -> None:
        self.form = TourForm(self.typed(), row=self.before or {"active": True})
        form = stop_form(choices(self.data, "spaces"))
        self.rows_of("stops", form, _("Stops"), self.before.get("stops", [{}]))

    @property
    def minutes(self) -> int:
        """How long the programme is as it is typed."""
        typed = [str(form["minutes"].value() or "") for form in self.lines[0].forms]
        return sum(int(text) for text in typed if text.isdecimal() and len(text) < 5)

    @property
    def longest(self) -> int:
        """The longest that the museum is open in one go, in minutes."""
        return max(
            (_minutes(row["closes"]) - _minutes(row["opens"]) for row in self.data["museum"]["opening"]), default=0
        )


class AudienceEditor(Editor):
    """A kind of group, and its price list as a row of its own."""

    part = "audiences"

    def build(self) -> None:
        self.form = AudienceForm(self.typed(), row=self.before, tours=choices(self.data, "tours"))
        prices = row_of(self.data, "prices", self.key) or {}
        self.rows_of("bands", BandForm, _("Prices"), prices.get("bands", []))

    def edits(self) -> list[Edit]:
        row, bands = self.form.row(), self.lines[0].rows()
        code = self.key or row["code"]
        had = row_of(self.data, "prices", code) is not None
        priced = [Edit("prices", code, {"audience": code, "bands": bands} if bands else None)] if bands or had else []
        return [Edit("audiences", code, row), *priced]

    def _is_mine(self, part: str, at: Any) -> bool:
        if part == "prices":
            rows = self.data.get("prices", ())
            return at == len(rows) or (isinstance(at, int) and at < len(rows) and rows[at]["audience"] == self.key)
        return super()._is_mine(part, at)


class SpaceEditor(Editor):
    part = "spaces"

    def build(self) -> None:
        self.form = SpaceForm(self.typed(), row=self.before or {"lanes": 1})


class GuideEditor(Editor):
    part = "guides"

    def build(self) -> None:
        self.form = GuideForm(self.typed(), row=self.before)
        self.rows_of("hours", HoursForm, _("Own hours (none: those of the museum)"), self.before.get("hours", []))

    def edits(self) -> list[Edit]:
        (edit,) = super().edits()
        row = {"languages": [self.form.cleaned_data["locale"]], "leads": {}, **(edit.row or {})}
        if not row.get("hours"):
            row.pop("hours", None)
        return [Edit("guides", edit.key, row)]


class MuseumEditor(Editor):
    part = "museum"

    def build(self) -> None:
        self.form = MuseumForm(self.typed(), row=self.before)


class OpeningEditor(Editor):
    """Opening hours, and the museum's own edits of the holidays, each a row."""

    part = "museum"

    def build(self) -> None:
        self.form = OpeningForm(self.typed(), row=self.before)
        self.rows_of("opening", WindowForm, _("Opening hours"), self.before["opening"])
        self.rows_of(
            "holidays",
            HolidayForm,
            _("Holidays, moved days, single openings"),
            [_holiday(row) for row in self.data["holidays"]],
        )

    def edits(self) -> list[Edit]:
        row = self.form.row() | {"opening": self.lines[0].rows()}
        wanted = {each["date"]: each for each in self.lines[1].rows()}
        there = {each["date"]: each for each in self.data["holidays"]}
        gone = [Edit("holidays", day, None) for day in there if day not in wanted]
        new = [Edit("holidays", day, each) for day, each in wanted.items() if there.get(day) != each]
        return [Edit("museum", "", row), *gone, *new]


def _holiday(row: Mapping[str, Any]) -> dict[str, Any]:
    names = {f"name_{code}": text for code, text in row.get("name", {}).items()}
    opens = {None: "", True: "yes", False: "no"}[row.get("opens")]
    hours = {name: row[name] for name in HOURS_OF_DAY if name in row}
    return {"date": row["date"], "is_holiday": row.get("is_holiday", True), "opens": opens, **names, **hours}


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


EDITORS: dict[str, type[Editor]] = {
    "tours": TourEditor,
    "audiences": AudienceEditor,
    "spaces": SpaceEditor,
    "guides": GuideEditor,
}
"""The parts of which there are many rows."""

__all__ = ["EDITORS", "Editor", "MuseumEditor", "OpeningEditor", "choices", "named"]

"""A row of the catalogue, and rows within it, as fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import date, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst

from scheduler.forms.fields import Form, Line, Text
from tours import exporting
from tours.yaml_files import Fault

Row = dict[str, Any]
MOST_LINES = 40


class RowForm(Form):
    """One row: each field is the key of its name; `texts` are keys with a text in each language, `long_texts` of several lines."""

    part = ""
    texts: Mapping[str, Any] = {}
    long_texts: Mapping[str, Any] = {}

    def __init__(self, *args: Any, row: Mapping[str, Any] | None = None, **options: Any) -> None:
        self.row_before: Row = deepcopy(dict(row or {}))
        super().__init__(*args, initial=self._initial(), **options)
        for name, label in {**self.texts, **self.long_texts}.items():
            for code, language in settings.LANGUAGES:
                words = f"{capfirst(label)} · {language}"
                field: Line | Text = (
                    Text(label=words, max_length=2000, required=False)
                    if name in self.long_texts
                    else Line(label=words, required=False)
                )
                vars(field)["needed"] = True  # our template's word: not marked as optional
                field.widget.attrs["lang"] = code
                self.fields[f"{name}_{code}"] = field
        names = [f"{name}_{code}" for name in {**self.texts, **self.long_texts} for code, _name in settings.LANGUAGES]
        self.order_fields([*(["code"] if "code" in self.fields else []), *names])

    def _initial(self) -> Row:
        blank = exporting.usual(self.part)
        found: Row = {name: self.row_before.get(name, blank.get(name)) for name in self.base_fields}
        for name in {**self.texts, **self.long_texts}:
            for code, _language in settings.LANGUAGES:
                found[f"{name}_{code}"] = self.row_before.get(name, {}).get(code, "")
        return found

    def row(self) -> Row:
        """The row as it is to be, with the keys that nobody edits here as they were; the form is valid."""
        found = deepcopy(self.row_before)
        for name in self.base_fields:
            found[name] = _plain(self.cleaned_data[name])
        for name in {**self.texts, **self.long_texts}:
            texts = {code: self.cleaned_data[f"{name}_{code}"] for code, _language in settings.LANGUAGES}
            found[name] = {code: text for code, text in texts.items() if text} or None
        return exporting.without_the_usual(self.part, found)

    def put(self, key: str, rest: Sequence[Any], reason: str) -> bool:
        """Say what is wrong beside its field; whether there is one."""
        name = (
            f"{key}_{rest[0] if rest else settings.LANGUAGES[0][0]}"
            if key in {**self.texts, **self.long_texts}
            else key
        )
        if name not in self.fields:
            return False
        self.add_error(name, reason)
        return True

    @property
    def labels(self) -> dict[str, str]:
        """What each key is called."""
        named = {**self.texts, **self.long_texts}
        return {name: str(field.label) for name, field in self.fields.items()} | {
            name: capfirst(str(label)) for name, label in named.items()
        }


def _plain(value: Any) -> Any:
    """A cleaned value as a file has it."""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple) and not value:
        return None
    return None if value == "" else value


class LineForm(Form):
    """A row within a row: a stop, a band of prices, hours."""

    def row(self) -> Row:
        """What is given, without what is empty or not ticked; the form is valid."""
        values = {name: _plain(value) for name, value in self.cleaned_data.items()}
        return {name: value for name, value in values.items() if value is not None and value is not False}


class Lines:
    """Rows within a row, with buttons that add, take out and move one: each works without script.

    The buttons send `do`: "stops-add", "stops-up-2", "stops-down-2", "stops-remove-2".
    """

    def __init__(
        self, form: type[LineForm], key: str, title: str, rows: Iterable[Mapping[str, Any]], data: Any = None
    ) -> None:
        self.form, self.key, self.title = form, key, title
        self.moved = False
        if data is None:
            self.forms = [form(initial=dict(row), prefix=f"{key}-{at}") for at, row in enumerate(rows)]
            return
        number = data.get(f"{key}-count", "0")
        count = min(MOST_LINES, int(number)) if number.isdecimal() and len(number) < 4 else 0
        self.forms = [form(data, prefix=f"{key}-{at}") for at in range(count)]
        self._do(data.get("do", ""))

    def _do(self, button: str) -> None:
        """What a button asks for; then nothing is judged yet."""
        if not button:
            return
        typed: list[Row] = [_typed(each) for each in self.forms]
        key, _dash, what = button.partition("-")
        verb, _dash, place = what.partition("-")
        at = int(place) if place.isdecimal() and len(place) < 4 else -1
        if key == self.key and verb == "add" and len(typed) < MOST_LINES:
            typed.append({})
        elif key == self.key and verb == "remove" and 0 <= at < len(typed):
            del typed[at]
        elif key == self.key and verb in ("up", "down"):
            other = at + (1 if verb == "down" else -1)
            if 0 <= at < len(typed) and 0 <= other < len(typed):
                typed[at], typed[other] = typed[other], typed[at]
        self.forms = [self.form(initial=row, prefix=f"{self.key}-{i}") for i, row in enumerate(typed)]
        self.moved = True

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms]  # each says what is wrong with it
        return all(valid)

    def rows(self) -> list[Row]:
        return [form.row() for form in self.forms]

    def put(self, rest: Sequence[Any], reason: str) -> bool:
        """Say what is wrong beside its line; whether there is one."""
        if not rest or not isinstance(rest[0], int) or rest[0] >= len(self.forms):
            return False
        form = self.forms[rest[0]]
        form.add_error(rest[1] if len(rest) > 1 and rest[1] in form.fields else None, reason)
        return True


def _typed(form: LineForm) -> Row:
    return {name: form[name].value() for name in form.fields}


def place_of(fault: Fault) -> tuple[str, Any, str, Sequence[Any]]:
    """Part, index of the row (0 for the museum), key and the rest of a fault's path."""
    path = fault.path
    if path and path[0] == "museum":
        return "museum", 0, str(path[1]) if len(path) > 1 else "", path[2:]
    return (
        str(path[0]) if path else "",
        path[1] if len(path) > 1 else 0,
        str(path[2]) if len(path) > 2 else "",
        path[3:],
    )


class Hour(forms.TimeField):
    """A time of day in steps of five minutes, as the file writes it; the service says what is wrong with it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M")
        super().__init__(widget=widget, input_formats=["%H:%M", "%H.%M"], **options)


class Date(forms.DateField):
    """A date; the service says what is wrong with it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class Many(forms.MultipleChoiceField):
    """Several of a few, each with a tick."""

    widget = forms.CheckboxSelectMultiple


class Whole(forms.IntegerField):
    """A whole number; what it may be is the service's to say."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(
            min_value=0, max_value=2_000_000_000, widget=forms.NumberInput(attrs={"inputmode": "numeric"}), **options
        )

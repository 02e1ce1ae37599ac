"""A closure as the office types it, and what it decides about each visit that is hit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scheduler.closures import ClosureDraft, Decision
from scheduler.forms.fields import Clock, Day, Form, Text, instant, near
from scheduler.models import Closure
from tours import queries as catalogue
from tours.models import Space


class ClosureForm(Form):
    """Which places, from when to when, and what the public is told in each language."""

    spaces: forms.ModelMultipleChoiceField[Space] = forms.ModelMultipleChoiceField(
        queryset=Space.objects.none(),
        to_field_name="code",
        required=False,
        label=_("Places"),
        help_text=_("None chosen: the whole museum."),
        widget=forms.CheckboxSelectMultiple,
    )
    first = Day(label=_("From"))
    starts = Clock(label=_("at"), required=False)
    last = Day(label=_("Until and including"), required=False)
    ends = Clock(label=_("at"), required=False)
    open_end = forms.BooleanField(label=_("Until further notice"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Closure.Kind.choices)
    notice_kk = Text(label=_("Notice in Kazakh"), max_length=500, rows=2, required=False)
    notice_ru = Text(label=_("Notice in Russian"), max_length=500, rows=2, required=False)
    notice_en = Text(label=_("Notice in English"), max_length=500, rows=2, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["spaces"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = catalogue.places()

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not data.get("open_end") and not data.get("last") and not self.has_error("last"):
            self.add_error("last", _("Please say until when, or tick “until further notice”."))
        if not any(data.get(f"notice_{code}") for code in ("kk", "ru", "en")):
            self.add_error("notice_kk", _("Please write what the public is told, in at least one language."))
        if not self.errors:
            draft = self.draft()
            if draft.end is not None and draft.end <= draft.start:
                self.add_error("last", _("A closure ends after it begins."))
        return data

    def draft(self) -> ClosureDraft:
        """The closure as the service takes it; an end without a time is the end of its day."""
        data = self.cleaned_data
        return ClosureDraft(
            spaces=tuple(data["spaces"]),
            start=instant(data["first"], data["starts"] or time.min),
            end=None if data["open_end"] else self._end(),
            kind=data["kind"],
            notice={code: data[f"notice_{code}"] for code in ("kk", "ru", "en")},
        )

    def _end(self) -> datetime:
        last, ends = self.cleaned_data["last"], self.cleaned_data["ends"]
        return instant(last, ends) if ends else instant(last + timedelta(days=1), time.min)


def decisions_of(posted: Mapping[str, str]) -> dict[str, Decision]:
    """What was decided for each visit by its code, from fields named `decide-CODE`: "cancel", "reroute" or "move START"."""
    found = {}
    for name, value in posted.items():
        if not name.startswith("decide-"):
            continue
        action, _space, start = value.partition(" ")
        try:
            at = datetime.fromisoformat(start) if start else None
        except ValueError as error:
            raise ValidationError(_("Please choose a time.")) from error
        if at is not None and (at.tzinfo is None or not near(at.date())):
            raise ValidationError(_("Please choose a time."))
        found[name.removeprefix("decide-")] = Decision(action, at)
    return found

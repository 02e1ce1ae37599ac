"""What comes back from the office's board: a guide, a time, a step to undo, and the days as they were seen."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduler.forms.fields import Form, Starts

MOST_SEEN = 4000
"""Characters: a week of days with their versions takes a few hundred."""


class Seen(forms.CharField):
    """Days with the version that each had when it was shown, as JSON."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_SEEN, required=False, **options)

    def clean(self, value: Any) -> dict[date, str]:
        text = super().clean(value)
        try:
            said = json.loads(text or "{}")
            return {date.fromisoformat(day): str(version) for day, version in said.items()}
        except (ValueError, AttributeError, RecursionError) as error:
            raise ValidationError(_("Please load the page again."), code="invalid") from error


class GiveForm(Form):
    """Another guide for a sub-group."""

    guide = forms.CharField(max_length=40, error_messages={"required": gettext_lazy("Please choose a guide.")})
    seen = Seen()


class ShiftForm(Form):
    """Another time for a visit."""

    start = Starts(error_messages={"required": gettext_lazy("Please choose a time.")})
    seen = Seen()


class UndoForm(Form):
    """A step that is to be taken back, as we signed it."""

    step = forms.CharField(max_length=1000)

"""Which days the office wants to learn about."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scheduler.forms.fields import Form
from scheduler.insight import MOST_DAYS, Span

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


class AnyDay(forms.DateField):
    """A date of this century, years ago too."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d", "%d.%m.%Y"], **options)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not EARLIEST <= day <= LATEST:
            raise ValidationError(_("This date is too far away."), code="far")
        return day


class SpanForm(Form):
    """From one day to another; both or neither."""

    def get_span(self) -> Span:
        """The days; the form is valid."""
        return Span(self.cleaned_data["from"], self.cleaned_data["to"])

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        first, last = data.get("from"), data.get("to")
        if first and last and last < first:
            self.add_error("to", _("This is before the first day."))
        elif first and last and (last - first).days >= MOST_DAYS:
            self.add_error("to", _("At most three years at once."))
        return data


SpanForm.base_fields = {"from": AnyDay(label=_("From")), "to": AnyDay(label=_("Until"))}  # `from` is no name in Python

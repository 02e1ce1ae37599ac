"""What a guide answers, and when they are away."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from scheduler.forms.fields import Clock, Day, Form, Line, Phone, instant
from scheduler.forms.reaching import ReachedForm


class DeclineForm(Form):
    """Why a guide cannot lead a tour."""

    reason = Line(label=_("Why you cannot"), max_length=200)


class MessagesForm(ReachedForm):
    """Whether, and to which telephone, a guide gets short messages; the museum may have no channel for them."""

    phone = Phone(label=_("Telephone"), required=False)

    field_order = ("channel", "phone")

    @property
    def any(self) -> bool:
        """Whether there is anything to choose."""
        return "channel" in self.fields


class AbsenceForm(Form):
    """From when to when a guide is away; whole days where no time is given."""

    first = Day(label=_("From"), help_text=_("Without a time: whole days."))
    starts = Clock(label=_("at"), required=False)
    last = Day(label=_("Until and including"), required=False, help_text=_("Empty: the same day."))
    ends = Clock(label=_("at"), required=False)
    reason = Line(label=_("Reason"), max_length=200, required=False, help_text=_("Only the office sees it."))

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "first" in data and "last" in data and not self.errors:
            start, end = self.period()
            if end <= start:
                self.add_error("last", _("The end lies after the start."))
        return data

    def period(self) -> tuple[datetime, datetime]:
        """Start and end as instants; an end without a time is the end of its day."""
        data = self.cleaned_data
        last = data["last"] or data["first"]
        start = instant(data["first"], data["starts"] or time.min)
        end = instant(last, data["ends"]) if data["ends"] else instant(last + timedelta(days=1), time.min)
        return start, end

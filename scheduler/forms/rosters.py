"""Which days' roster is to be planned."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduler import planning
from scheduler.forms.fields import Day, Form


class PlanForm(Form):
    """From which day to which, and whether what guides know stays as it is where it can."""

    first = Day(label=_("From"))
    last = Day(label=_("Until and including"))
    quiet = forms.BooleanField(
        label=_("Change as little as possible"),
        required=False,
        help_text=_("Otherwise hours are shared out fairly first."),
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "first" in data and "last" in data:
            if data["last"] < data["first"]:
                self.add_error("last", _("The last day lies before the first."))
            elif (data["last"] - data["first"]).days >= planning.MOST_DAYS:
                self.add_error(
                    "last", _("At most %(most)d days can be planned at once.") % {"most": planning.MOST_DAYS}
                )
        return data

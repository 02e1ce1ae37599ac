"""The museum itself, its hours and holidays, its places, and the hours of its guides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduler.forms.fields import Line, Phone
from scheduler.forms.settings.rows import Date, Hour, LineForm, Many, RowForm, Whole
from tours.importing import HOURS_OF_DAY
from tours.models import Language, Space, Weekday
from tours.models.words import WEEKDAYS

DAYS = list(zip(WEEKDAYS, Weekday.labels, strict=True))


class MuseumForm(RowForm):
    """Name, address, colours, and what holds where nothing else is said."""

    part = "museum"
    texts = {
        "name": _("name"),
        "address": _("address"),
        "meeting_point": _("meeting point"),
        "time_zone_name": _("name of the time zone"),
    }
    long_texts = {"how_to_come": _("how to come")}

    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = Phone(label=_("Telephone"), required=False)
    url = Line(label=_("Website"), required=False)
    locale = forms.ChoiceField(label=_("Language of the museum's mailbox"), choices=Language.choices)
    accent = Line(label=_("Colour by day"), required=False, max_length=7, help_text=_("As #1f5159. Empty: ours."))
    accent_dark = Line(
        label=_("Colour by night"), required=False, max_length=7, help_text=_("As #8fc5c8. Empty: ours.")
    )
    mark = forms.CharField(
        label=_("Mark"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The text of a small SVG drawing; it stands beside the name."),
    )
    lead_business_days = Whole(label=_("Shortest notice, business days"))
    decide_business_days = Whole(label=_("Time to decide a request, business days"))
    deputy_name = Line(
        label=_("Deputy: name"), required=False, help_text=_("Who is told of requests that wait too long.")
    )
    deputy_email = forms.EmailField(label=_("Deputy: e-mail"), required=False)
    deputy_phone = Phone(label=_("Deputy: telephone"), required=False)
    deputy_locale = forms.ChoiceField(label=_("Deputy: language"), choices=Language.choices)
    deputy_after_percent = Whole(label=_("Deputy: after this share of the time to decide, %"))
    promise_days = Whole(label=_("Guides are fixed this many days ahead"))
    rest_minutes = Whole(label=_("A guide's rest between tours, minutes"))
    daily_minutes = Whole(label=_("A guide's daily limit, minutes"))
    daily_duties = Whole(label=_("A guide's daily limit, tours"))


class OpeningForm(RowForm):
    """Whether the museum opens on public holidays; its hours are lines beneath."""

    part = "museum"
    opens_on_holidays = forms.BooleanField(label=_("Open on public holidays"), required=False)
    grid_minutes = Whole(label=_("Minutes between possible starts"), help_text=_("A multiple of five."))


class WindowForm(LineForm):
    """Hours of some weekdays."""

    days = Many(label=_("Weekdays"), choices=DAYS)
    opens = Hour(label=_("Opens"))
    closes = Hour(label=_("Closes"))
    last_start = Hour(label=_("Last start"))


class HolidayForm(LineForm):
    """The museum's own edit of one date."""

    date = Date(label=_("Date"))
    name_kk = Line(label="Қазақша", required=False)
    name_ru = Line(label="Русский", required=False)
    name_en = Line(label="English", required=False)
    is_holiday = forms.BooleanField(label=_("Public holiday"), required=False)
    opens = forms.ChoiceField(
        label=_("The museum"),
        choices=[("", _("as on every such day")), ("yes", _("is open")), ("no", _("is closed"))],
        required=False,
    )
    hours_from = Hour(label=_("Opens"), required=False, help_text=_("On that day only."))
    hours_until = Hour(label=_("Closes"), required=False)
    hours_last_start = Hour(label=_("Last start"), required=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        hours = {name: data.get(name) for name in HOURS_OF_DAY}
        for name, clock in hours.items():
            if any(hours.values()) and clock is None and not self.has_error(name):
                self.add_error(name, _("A day with hours of its own has all three."))
        return data

    def row(self) -> dict[str, Any]:
        data = self.cleaned_data
        texts = {code: data[f"name_{code}"] for code in Language.values if data[f"name_{code}"]}
        return {
            "date": data["date"].isoformat(),
            **({"name": texts} if texts else {}),
            **({} if data["is_holiday"] else {"is_holiday": False}),
            **({"opens": data["opens"] == "yes"} if data["opens"] else {}),
            **{name: f"{data[name]:%H:%M}" for name in HOURS_OF_DAY if data[name]},
        }


class SpaceForm(RowForm):
    """A place."""

    part = "spaces"
    texts = {"name": _("name")}

    code = Line(label=_("Code (stands in addresses, cannot be changed)"), max_length=40)
    kind = forms.ChoiceField(label=_("Kind"), choices=Space.Kind.choices)
    lanes = Whole(label=_("Groups at once"), required=True)
    max_heads = Whole(label=_("People at one moment, at most"), help_text=_("Empty: no limit of its own."))


class GuideForm(RowForm):
    """A guide without hours and tours; those are lines beneath, and the matrix."""

    part = "guides"

    code = Line(label=_("Code (stands in addresses, cannot be changed)"), max_length=40)
    name = Line(label=_("Name"))
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = Phone(label=_("Telephone"), required=False)
    locale = forms.ChoiceField(label=_("Language of letters"), choices=Language.choices)
    rest_minutes = Whole(label=_("Rest between tours, minutes"), help_text=_("Empty: as the museum's."))
    daily_minutes = Whole(label=_("Daily limit, minutes"), help_text=_("Empty: as the museum's."))
    daily_duties = Whole(label=_("Daily limit, tours"), help_text=_("Empty: as the museum's."))
    active = forms.BooleanField(label=_("Guides here"), required=False)


class HoursForm(LineForm):
    """A guide's own hours on some weekdays."""

    days = Many(label=_("Weekdays"), choices=DAYS)
    starts = Hour(label=_("Starts"))
    ends = Hour(label=_("Ends"))
    valid_from = Date(label=_("Valid from"), required=False)
    valid_until = Date(label=_("Valid until and including"), required=False)

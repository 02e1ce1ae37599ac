"""What an organiser says of a group that is on its way, waits, or comes in two parts; and a group at the door."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from scheduler import queries, steps, waiting
from scheduler.bookings import Request
from scheduler.forms.asking import ContactForm, WishForm, request_keys
from scheduler.forms.fields import PAST, Clock, Day, Form, Heads, Line, Phone, Starts, WithAdults
from scheduler.starts import Group
from scheduler.steps import Person
from scheduler.waiting import Hours
from tours import queries as catalogue
from tours.models import Audience, Tour

MOST_MINUTES_LATE = 600


class ComingForm(Form):
    """That the group comes, and how many they are."""

    heads = Heads(label=_("How many people"), required=False)


class LateForm(Form):
    """How late the group is."""

    minutes = forms.IntegerField(
        label=_("Minutes late"),
        min_value=1,
        max_value=MOST_MINUTES_LATE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "step": 5}),
    )


class PartForm(WithAdults):
    """How many of a group come at another time."""

    heads = Heads(label=_("How many come at the other time"))
    adults = Heads(label=_("Accompanying adults among them"), min_value=0, required=False)


class SplitForm(PartForm):
    """The same, and that time."""

    start = Starts(label=_("Time"), error_messages={"required": _("Please choose a day and a time.")})


class WaitWishForm(WishForm):
    """The wish that waits, filled in from the request form: each part in one line."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("tour", "audience", "language"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            choices = field.choices  # a widget of its own asks for them anew
            field.widget = forms.Select()
            field.choices = choices


class WaitForm(ContactForm):
    """Which days and hours suit a group that waits, and whom to tell. Days that no tour takes place on are harmless."""

    start = None  # type: ignore[assignment]  # Django's way to leave an inherited field out
    ceremony = None  # type: ignore[assignment]  # the same
    first = Day(label=_("From"))
    last = Day(label=_("Until and including"), help_text=_("At most two months in all."))
    weekdays = forms.TypedMultipleChoiceField(
        coerce=int,
        choices=[
            (0, _("Monday")),
            (1, _("Tuesday")),
            (2, _("Wednesday")),
            (3, _("Thursday")),
            (4, _("Friday")),
            (5, _("Saturday")),
            (6, _("Sunday")),
        ],
        label=_("Only on"),
        help_text=_("None chosen: on any day."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    earliest = Clock(label=_("Begins at the earliest"), required=False)
    latest = Clock(label=_("Begins at the latest"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is not before the first."))
        elif first and last and (last - first).days >= waiting.MOST_DAYS:
            self.add_error("last", _("At most two months in all."))
        elif last and last < steps.day_of(timezone.now()):
            self.add_error("last", PAST)
        elif first and last and not self.days():
            self.add_error("weekdays", _("None of these days is in that time."))
        if data.get("earliest") and data.get("latest") and data["latest"] < data["earliest"]:
            self.add_error("latest", _("The latest start lies before the earliest."))
        return data

    def days(self) -> list[date]:
        """Every day that suits."""
        data = self.cleaned_data
        span = range((data["last"] - data["first"]).days + 1)
        every = (data["first"] + timedelta(days=offset) for offset in span)
        return [day for day in every if not data.get("weekdays") or day.weekday() in data["weekdays"]]

    def hours(self) -> Hours:
        """When a visit may begin."""
        return Hours(self.cleaned_data["earliest"], self.cleaned_data["latest"])

    def request(self, wish: WishForm) -> Request:
        """All of it as the service takes it; both forms are valid."""
        data = self.cleaned_data
        person = Person(
            data["name"], data["email"], data["phone"], data["organisation"], data["locale"], self.reached_by()
        )
        return Request(
            group=wish.group(),
            starts=(),
            contacts=(person,),
            adults=wish.cleaned_data["adults"],
            notes=data["notes"],
            access_needs=data["access_needs"],
            leader_name=data["leader_name"],
            leader_phone=data["leader_phone"],
            keys=request_keys(data["request_key"], wish, self),
        )


class DoorForm(WithAdults):
    """A group at the door: as little as can be typed while it stands there. `start`: a later one of today, where that was chosen."""

    tour: forms.ModelChoiceField[Tour] = forms.ModelChoiceField(
        queryset=Tour.objects.none(), to_field_name="code", empty_label=None, label=_("Tour")
    )
    language = forms.ChoiceField(choices=queries.language_names, label=_("Language of the tour"))
    audience: forms.ModelChoiceField[Audience] = forms.ModelChoiceField(
        queryset=Audience.objects.none(), to_field_name="code", empty_label=None, label=_("Who is coming")
    )
    heads = Heads(label=_("How many people"))
    adults = Heads(label=_("Accompanying adults among them"), min_value=0, required=False)
    leader_name = Line(label=_("Name"), required=False)
    leader_phone = Phone(label=_("Telephone"), required=False)
    start = Starts(required=False, widget=forms.HiddenInput)
    request_key = Line(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {
            "language": (get_language() or "kk")[:2],
            "request_key": secrets.token_urlsafe(24),
        } | options.get("initial", {})
        super().__init__(*args, **options)
        for name, rows in (("tour", catalogue.offered_tours()), ("audience", catalogue.offered_audiences())):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows.prefetch_related(None)

    def group(self) -> Group:
        """Who stands there; the form is valid."""
        data = self.cleaned_data
        return Group(data["tour"], data["language"], data["audience"], data["heads"])

    def request(self) -> Request:
        """All of it as the service takes it; the form is valid."""
        data = self.cleaned_data
        return Request(
            group=self.group(),
            starts=data["start"],
            contacts=(),
            adults=data["adults"],
            leader_name=data["leader_name"],
            leader_phone=data["leader_phone"],
            keys=request_keys(data["request_key"], self),
        )

"""What the office types: decisions, telephone bookings, searches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from scheduler import lateness
from scheduler.forms.asking import ContactForm
from scheduler.forms.fields import Clock, Day, Form, Heads, Line, Phone, Starts, Text, WithAdults, instant
from scheduler.models import Visit
from tours import queries as catalogue


class ReasonForm(Form):
    """Why: the people concerned are told."""

    reason = Line(
        label=_("Reason"), max_length=500, error_messages={"required": _("Please say why: they will read it.")}
    )


class WaiveForm(Form):
    """Why a visit is free, though its kind of group is not."""

    reason = Line(label=_("Why it is free"), max_length=200)


class ArriveForm(Form):
    """How many have really come."""

    heads = Heads(label=_("People who came"), min_value=0)


class AssignForm(Form):
    """Which guide leads a sub-group."""

    guide = Line(max_length=40)


class TelephoneForm(ContactForm):
    """A booking with the receiver in hand: the same, without what only keeps robots away."""

    name = Line(label=_("Name"))
    website = None  # type: ignore[assignment]  # Django's way to leave an inherited field out


class SearchForm(Form):
    """What the list of visits is narrowed by; it stands in the address bar."""

    searches = True  # our template's word: it goes without saying that nothing of it must be filled in
    q = Line(label=_("Code, name, organisation, telephone or e-mail"), required=False)
    status = forms.ChoiceField(label=_("State"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    audience = forms.ChoiceField(label=_("Kind of group"), required=False)
    first = Day(label=_("From"), required=False)
    last = Day(label=_("Until"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        every = [("", _("all"))]
        for name, choices in (
            ("status", Visit.Status.choices),
            ("kind", Visit.Kind.choices),
            ("audience", [(row.code, row.name) for row in catalogue.offered_audiences().prefetch_related(None)]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [*every, *choices]


class AtForm(Form):
    """Another time for an event or official visit, which any minute of the grid will do for."""

    day = Day(label=_("Day"))
    starts = Clock(label=_("Begins at"))

    def start(self) -> datetime:
        """The instant; the form is valid."""
        return instant(self.cleaned_data["day"], self.cleaned_data["starts"])


class NotesForm(WithAdults):
    """What the office may put right of a visit at any time."""

    heads = Heads(label=_("How many people"))
    adults = Heads(label=_("Accompanying adults among them"), min_value=0, required=False)
    leader_name = Line(label=_("Who leads the group on the day"), required=False)
    leader_phone = Phone(label=_("Their telephone on the day"), required=False)
    notes = Text(label=_("Notes"), max_length=2000, required=False)
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class ReceiveForm(Form):
    """What a late group is still shown: one of the ways that the page proposes."""

    arrives = Starts()
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in lateness.KINDS])
    dropped = forms.CharField(max_length=100, required=False, validators=[RegexValidator(r"^\d{1,2}(,\d{1,2})*$")])

    def clean_dropped(self) -> tuple[int, ...]:
        return tuple(int(index) for index in self.cleaned_data["dropped"].split(",") if index)

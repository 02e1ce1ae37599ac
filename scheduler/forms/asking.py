"""What an organiser asks for: a tour, for whom and when; and how to reach them."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import fields
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from scheduler import queries
from scheduler.bookings import Request
from scheduler.ceremonies import Plan
from scheduler.forms.fields import Email, Form, Heads, Line, Phone, Starts, Text, WithAdults
from scheduler.forms.reaching import ReachedForm
from scheduler.starts import Group
from scheduler.steps import Person
from tours import queries as catalogue
from tours.models import Audience, Tour

CEREMONY = [
    ("flowers", _("Laying of flowers")),
    ("wreath", _("Laying of a wreath")),
    ("silence", _("A minute of silence")),
    ("anthem", _("The anthem")),
]
CEREMONY_PLAN = tuple(field.name for field in fields(Plan))
"""What is asked of a ceremony beyond what is done there; seen by few, deleted after the visit."""
OWN_LANGUAGES = [("kk", "Қазақша"), ("ru", "Русский"), ("en", "English")]


class WishForm(WithAdults):
    """Which tour, in which language, for whom and how many: what the free times depend on."""

    tour: forms.ModelChoiceField[Tour] = forms.ModelChoiceField(
        queryset=Tour.objects.none(),
        to_field_name="code",
        empty_label=None,
        label=_("Tour"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a tour."), "invalid_choice": _("Please choose a tour.")},
    )
    audience: forms.ModelChoiceField[Audience] = forms.ModelChoiceField(
        queryset=Audience.objects.none(),
        to_field_name="code",
        empty_label=None,
        label=_("Who is coming"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please say who is coming."), "invalid_choice": _("Please say who is coming.")},
    )
    language = forms.ChoiceField(
        choices=queries.language_names,
        label=_("Language of the tour"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a language."), "invalid_choice": _("Please choose a language.")},
    )
    heads = Heads(label=_("How many people"), help_text=_("With teachers and other accompanying adults."))
    adults = Heads(label=_("Accompanying adults among them"), min_value=0, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, rows in (("tour", catalogue.offered_tours()), ("audience", catalogue.offered_audiences())):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows

    def group(self) -> Group:
        """The wish as the services take it; the form is valid."""
        data = self.cleaned_data
        return Group(data["tour"], data["language"], data["audience"], data["heads"])


class ContactForm(ReachedForm):
    """The chosen time, and whom to tell. `request_key` makes a double click one visit."""

    start = Starts(label=_("Time"), error_messages={"required": _("Please choose a day and a time.")})
    name = Line(label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    organisation = Line(
        label=_("Organisation"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = Email(label=_("E-mail"), either=True, help_text=_("Letters and calendar entries go there."))
    phone = Phone(label=_("Telephone"), either=True, help_text=_("From abroad with the country's code: +49 …"))
    locale = forms.ChoiceField(choices=OWN_LANGUAGES, label=_("Language of our letters"))
    leader_name = Line(label=_("Who leads the group on the day"), required=False)
    leader_phone = Phone(label=_("Their telephone on the day"), required=False)
    ceremony = forms.MultipleChoiceField(
        choices=CEREMONY, label=_("Ceremony"), required=False, widget=forms.CheckboxSelectMultiple
    )
    led_by = Line(label=_("Who leads the ceremony"), max_length=300, required=False)
    press = Line(
        label=_("Press that comes along"),
        max_length=300,
        required=False,
        help_text=_("How many people, from which media."),
    )
    interpreter = Line(
        label=_("Interpreter"),
        max_length=300,
        required=False,
        help_text=_("Whether one comes along, and for which language."),
    )
    embassy = Line(label=_("Contact at the embassy"), max_length=300, required=False)
    vehicles = Line(
        label=_("Vehicles"), max_length=300, required=False, help_text=_("Coaches and cars, with their number plates.")
    )
    access_needs = Text(
        label=_("What should we know to receive everybody well?"),
        max_length=1000,
        required=False,
        help_text=_("Wheelchairs, hearing, sight, small children."),
    )
    notes = Text(label=_("Anything else"), max_length=2000, required=False)
    website = Line(label=_("Leave this field empty"), required=False)
    request_key = Line(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        options["initial"] = {
            "locale": (get_language() or "en")[:2],
            "request_key": secrets.token_urlsafe(24),
        } | options.get("initial", {})
        super().__init__(*args, **options)

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:  # a person does not see this field
            raise ValidationError(_("This request could not be sent. Please call the museum."), code="robot")
        return ""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        unreachable = not data.get("email") and not data.get("phone")
        if unreachable and not self.has_error("email") and not self.has_error("phone"):
            self.add_error("email", _("Please give an e-mail address or a telephone number."))
        return data

    def addresses(self) -> list[str]:
        """Whose inbox and telephone this request would reach."""
        return [self.cleaned_data["email"], self.cleaned_data["phone"]]

    def request(self, wish: WishForm) -> Request:
        """All of it as the service takes it; both forms are valid."""
        data = self.cleaned_data
        group = wish.group()
        person = Person(
            data["name"], data["email"], data["phone"], data["organisation"], data["locale"], self.reached_by()
        )
        ceremonial = has_ceremony(group.tour)
        return Request(
            group=group,
            starts=data["start"],
            contacts=(person,),
            adults=wish.cleaned_data["adults"],
            ceremony=tuple(data["ceremony"]) if ceremonial else (),
            ceremony_plan=Plan(**{name: data[name] for name in CEREMONY_PLAN}) if ceremonial else None,
            notes=data["notes"],
            access_needs=data["access_needs"],
            leader_name=data["leader_name"],
            leader_phone=data["leader_phone"],
            keys=request_keys(data["request_key"], wish, self),
        )


def has_ceremony(tour: Tour) -> bool:
    """Whether a tour leads to a ceremony, of which more is asked."""
    return any(stop.kind == "ceremony" for stop in tour.stops.all())


class MoveForm(Form):
    """Another time for a visit."""

    start = Starts(label=_("Time"), error_messages={"required": _("Please choose a day and a time.")})
    reason = Line(label=_("Reason"), max_length=500, required=False)


class ChangeForm(WithAdults):
    """What an organiser may change of a visit's people; `revision` is the visit's when the form was opened.

    `hidden`: of a discreet visit neither notes nor names are shown behind its link, so that they are not asked for either.
    """

    heads = Heads(label=_("How many people"))
    adults = Heads(label=_("Accompanying adults among them"), min_value=0, required=False)
    leader_name = Line(label=_("Who leads the group on the day"), required=False)
    leader_phone = Phone(label=_("Their telephone on the day"), required=False)
    notes = Text(label=_("Notes for the museum"), max_length=2000, required=False)
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, hidden: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("leader_name", "leader_phone", "notes") if hidden else ():
            del self.fields[name]


class CancelForm(Form):
    """Giving a visit up."""

    reason = Line(label=_("Why (if you like to say)"), max_length=500, required=False)


class TakeForm(Form):
    """Which of the suggested times is taken; empty: the one that is held."""

    start = Starts(required=False)


class LostLinkForm(Form):
    """Where the link was sent before."""

    email = Email(label=_("The e-mail address that you gave us"))
    website = Line(label=_("Leave this field empty"), required=False)


def request_keys(nonce: str, *sent: Form) -> dict[str, str]:
    """What makes a form sent twice one visit: the page's nonce, and a print of all that was typed."""
    if not nonce:
        return {}
    said = [[name, form[name].value()] for form in sent for name in form.fields]
    digest = hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()
    return {"request_key": f"page:{nonce}", "request_print": digest}

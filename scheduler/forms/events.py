"""An event in a hall, or an official visit, as the office types it."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from scheduler import queries
from scheduler.events import ALL, Event
from scheduler.forms.asking import CEREMONY, OWN_LANGUAGES, request_keys
from scheduler.forms.fields import Clock, Day, Email, Form, Heads, Line, Phone, Text, instant
from scheduler.forms.reaching import ReachedForm
from scheduler.models import Visit
from scheduler.steps import Person
from tours import queries as catalogue
from tours.models import Audience, Space, Stop

MOST_STOPS = 8
MOST_CONTACTS = 4
OF_AN_EVENT = ("minutes", "spaces")
OF_AN_OFFICIAL_VISIT = ("closes", "margin_before", "margin_after")


class Minutes(forms.IntegerField):
    """A length of time in steps of five minutes."""

    def __init__(self, **options: Any) -> None:
        widget = forms.NumberInput(attrs={"inputmode": "numeric", "step": 5})
        super().__init__(min_value=0, max_value=24 * 60, step_size=5, widget=widget, **options)


class PersonForm(ReachedForm):
    """Somebody to be told: by letter, or by a call."""

    name = Line(label=_("Contact"))
    organisation = Line(label=_("Organisation"), max_length=300, required=False)
    email = Email(label=_("E-mail"), either=True)
    phone = Phone(label=_("Telephone"), either=True)
    locale = forms.ChoiceField(choices=OWN_LANGUAGES, label=_("Language of our letters"))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("email") and not data.get("phone") and not (self.has_error("email") or self.has_error("phone")):
            self.add_error("email", _("Please give an e-mail address or a telephone number."))
        return data

    def is_blank(self) -> bool:
        """Whether nothing was typed."""
        return not any(self[name].value() for name in ("name", "organisation", "email", "phone"))

    def person(self) -> Person:
        """Them as the services take them; the form is valid."""
        data = self.cleaned_data
        return Person(
            data["name"], data["email"], data["phone"], data["organisation"], data["locale"], self.reached_by()
        )


class People:
    """Whom an event's letters go to: the first contact, and room for more."""

    def __init__(self, posted: QueryDict | None = None) -> None:
        initial = {"locale": (get_language() or "kk")[:2]}
        prefixes = (None, *(f"contact-{number}" for number in range(2, MOST_CONTACTS + 1)))
        self.first, *more = (PersonForm(posted, prefix=prefix, initial=initial) for prefix in prefixes)
        self.more = [PersonForm(prefix=form.prefix, initial=initial) if form.is_blank() else form for form in more]

    @classmethod
    def unjudged(cls, posted: QueryDict) -> People:
        """With what was typed so far, without a word about what is still missing."""
        people = cls()
        for form in (people.first, *people.more):
            names = {name: form.add_prefix(name) for name in form.fields}
            form.initial = {
                **form.initial,
                **{name: posted[typed] for name, typed in names.items() if typed in posted},
            }
        return people

    @property
    def typed(self) -> list[PersonForm]:
        """The first, and those of the others in which something stands."""
        return [self.first, *(form for form in self.more if not form.is_blank())]

    def is_valid(self) -> bool:
        checked = [form.is_valid() for form in self.typed]  # each of them, so that each says what is wrong
        return all(checked)


class Title(Line):
    """A title in one language. `needed`: the form demands one of them, in words of its own."""

    needed = False


def initial_of(posted: QueryDict) -> dict[str, Any]:
    """What was typed of an event, for a form that does not judge it yet."""
    several = {name: posted.getlist(name) for name in ("spaces", "ceremony")}
    return {name: posted[name] for name in posted} | several


class EventForm(Form):
    """When it is and who comes. An event has a title, places and a length; an official visit a programme and what it keeps free."""

    kind = forms.ChoiceField(
        choices=[(Visit.Kind.EVENT, ""), (Visit.Kind.PROTOCOL, "")], widget=forms.HiddenInput, initial=Visit.Kind.EVENT
    )
    title_kk = Title(label=_("Title in Kazakh"), max_length=300, required=False)
    title_ru = Title(label=_("Title in Russian"), max_length=300, required=False)
    title_en = Title(label=_("Title in English"), max_length=300, required=False)
    day = Day(label=_("Day"))
    starts = Clock(label=_("Begins at"))
    minutes = Minutes(label=_("Length in minutes"), error_messages={"required": _("Please say how long it is.")})
    spaces: forms.ModelMultipleChoiceField[Space] = forms.ModelMultipleChoiceField(
        queryset=Space.objects.none(),
        to_field_name="code",
        label=_("Places of the event"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one place.")},
    )
    closes = forms.ChoiceField(
        choices=[("", _("Only the places of its programme")), (ALL, _("The whole museum"))],
        required=False,
        label=_("It keeps free for itself"),
    )
    margin_before = Minutes(label=_("Minutes kept free before"), required=False)
    margin_after = Minutes(label=_("Minutes kept free after"), required=False)
    heads = Heads(label=_("How many people"))
    language = forms.ChoiceField(label=_("Guide's language"), required=False)
    audience: forms.ModelChoiceField[Audience] = forms.ModelChoiceField(
        queryset=Audience.objects.none(),
        to_field_name="code",
        required=False,
        label=_("Kind of group"),
        empty_label=_("none"),
    )
    waived = Line(label=_("Free of charge because"), max_length=200, required=False)
    ceremony = forms.MultipleChoiceField(
        choices=CEREMONY, label=_("Ceremony"), required=False, widget=forms.CheckboxSelectMultiple
    )
    discreet = forms.BooleanField(
        label=_("Show it to all others only as “Official event”"),
        required=False,
    )
    leader_name = Line(label=_("Who leads the group on the day"), required=False)
    leader_phone = Phone(label=_("Their telephone on the day"), required=False)
    notes = Text(label=_("Notes"), max_length=2000, required=False)
    request_key = Line(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("request_key", secrets.token_urlsafe(24))
        self.official = self["kind"].value() == Visit.Kind.PROTOCOL
        spaces, language, audience = (self.fields[name] for name in ("spaces", "language", "audience"))
        assert isinstance(spaces, forms.ModelMultipleChoiceField)
        assert isinstance(language, forms.ChoiceField)
        assert isinstance(audience, forms.ModelChoiceField)
        spaces.queryset = catalogue.places()
        language.choices = [("", _("no guide")), *queries.language_names()]
        audience.queryset = catalogue.offered_audiences()
        for field in self.fields.values():
            if isinstance(field, Title):
                field.needed = not self.official
        for name in OF_AN_EVENT if self.official else OF_AN_OFFICIAL_VISIT:
            del self.fields[name]
        if self.official:
            self._add_stops()

    def _add_stops(self) -> None:
        places = [("", "–"), *((space.code, space.name) for space in catalogue.places())]
        for number in range(MOST_STOPS):
            self.fields[f"stop_{number}"] = forms.ChoiceField(choices=places, required=False, label=_("Place"))
            self.fields[f"stop_minutes_{number}"] = Minutes(required=False, label=_("Minutes"))
            self.fields[f"stop_kind_{number}"] = forms.ChoiceField(
                choices=Stop.Kind.choices, required=False, label=_("Kind"), initial=Stop.Kind.TALK
            )

    def stop_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of the programme, row by row, for the page."""
        return [
            (self[f"stop_{number}"], self[f"stop_minutes_{number}"], self[f"stop_kind_{number}"])
            for number in range(MOST_STOPS)
        ]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not self.official and not any(data.get(f"title_{code}") for code in ("kk", "ru", "en")):
            self.add_error("title_kk", _("Please give the event a title, in at least one language."))
        if self.official:
            for number in range(MOST_STOPS):
                self._refuse_half_a_stop(number)
        if self.official and not self._stops() and not any(name.startswith("stop_") for name in self.errors):
            self.add_error("stop_0", _("Please name at least one place of the programme, and how long it is."))
        return data

    def _refuse_half_a_stop(self, number: int) -> None:
        place, minutes = f"stop_{number}", f"stop_minutes_{number}"
        if self.has_error(place) or self.has_error(minutes):
            return
        if self.cleaned_data.get(place) and not self.cleaned_data.get(minutes):
            self.add_error(minutes, _("Please say how long it is."))
        elif self.cleaned_data.get(minutes) and not self.cleaned_data.get(place):
            self.add_error(place, _("Please choose a place."))

    def event(self, people: People) -> Event:
        """The event as the service takes it; all forms are valid."""
        data = self.cleaned_data
        return Event(
            kind=data["kind"],
            start=instant(data["day"], data["starts"]),
            heads=data["heads"],
            contacts=tuple(form.person() for form in people.typed),
            spaces=() if self.official else tuple(space.code for space in data["spaces"]),
            minutes=0 if self.official else data["minutes"],
            stops=tuple(self._stops()) if self.official else (),
            closes=(data["closes"] or None) if self.official else None,
            margin_before=(data["margin_before"] or 0) if self.official else 0,
            margin_after=(data["margin_after"] or 0) if self.official else 0,
            titles={code: data[f"title_{code}"] for code in ("kk", "ru", "en")},
            language=data["language"],
            audience=data["audience"],
            ceremony=tuple(data["ceremony"]),
            discreet=data["discreet"],
            waived=data["waived"],
            notes=data["notes"],
            leader_name=data["leader_name"],
            leader_phone=data["leader_phone"],
            keys=request_keys(data["request_key"], self, *people.typed),
        )

    def _stops(self) -> list[dict[str, Any]]:
        rows = [
            {
                "space": self.cleaned_data.get(f"stop_{number}"),
                "minutes": self.cleaned_data.get(f"stop_minutes_{number}"),
                "kind": self.cleaned_data.get(f"stop_kind_{number}") or Stop.Kind.TALK,
            }
            for number in range(MOST_STOPS)
        ]
        return [
            {**row, "together": True, "exclusive": row["kind"] == Stop.Kind.CEREMONY}
            for row in rows
            if row["space"] and row["minutes"]
        ]

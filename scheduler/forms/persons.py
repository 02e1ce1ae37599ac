"""Whose data is asked for."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from scheduler import phones
from scheduler.forms.fields import Form, Line
from tours import queries as catalogue


class Address(Line):
    """An e-mail address in small letters, or a telephone number as E.164: as `persons.visits_of` takes either."""

    def __init__(self) -> None:
        super().__init__(max_length=254, label=_("E-mail or telephone"))

    def clean(self, value: object) -> str:
        text = str(super().clean(value))
        if "@" in text:
            validate_email(text)
            return text.casefold()
        try:
            return phones.normal(text, country=catalogue.museum().country)
        except phones.NoSuchNumber as error:
            raise ValidationError(_("This is neither an e-mail address nor a telephone number.")) from error


class PersonSoughtForm(Form):
    """By which address the person is known."""

    who = Address()


class EraseForm(PersonSoughtForm):
    """The same, with a word that this is meant: nothing brings it back."""

    who = Address()
    sure = forms.BooleanField(
        label=_("I have made sure that this person asks for it"),
        error_messages={"required": _("Please say that you have made sure.")},
    )

"""What the office looks for among letters, and where it sends one instead."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notifications.models import OutboxMessage
from scheduler.forms.fields import Email, Form, Line

BLAMES = [
    ("server", pgettext_lazy("why a letter did not arrive", "the mail server failed")),
    ("address", pgettext_lazy("why a letter did not arrive", "the address was refused")),
    ("words", pgettext_lazy("why a letter did not arrive", "the letter could not be made")),
    ("late", pgettext_lazy("why a letter did not arrive", "its time had passed")),
]


class LettersForm(Form):
    """What the list of letters is narrowed by; it stands in the address bar."""

    searches = True
    q = Line(label=_("Code of the visit, name or e-mail"), required=False)
    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("all")), *OutboxMessage.Status.choices]
    )
    blame = forms.ChoiceField(label=_("Reason"), required=False, choices=[("", _("all")), *BLAMES])


class AddressForm(Form):
    """Where a letter goes instead."""

    email = Email(label=_("Another e-mail address"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].widget.attrs["autocomplete"] = "off"

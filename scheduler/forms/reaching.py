"""How somebody is reached beside letters: by short messages to their telephone, where the deployment has a channel for them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from scheduler.forms.fields import Form

NOT_BY_NUMBER = frozenset({"telegram", "discord", "slack", "matrix"})
"""Channels whose addresses are no telephone numbers; nobody knows their own by heart."""
NAMES = {"sms": "SMS", "whatsapp": "WhatsApp", "signal": "Signal", "viber": "Viber"}


class ReachedForm(Form):
    """With the choice of a channel, if there is one; without e-mail it brings each fact, beside it reminders in short."""

    channel = forms.ChoiceField(
        label=_("Short messages to this telephone"),
        required=False,
        help_text=_("Without e-mail you get everything so; with it, reminders as well."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = sorted(set(settings.CHANNELS) - NOT_BY_NUMBER)
        field = self.fields["channel"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("none")), *((name, NAMES.get(name, name)) for name in names)]
        if not names:
            del self.fields["channel"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("channel") and not data.get("phone") and not self.has_error("phone"):
            self.add_error("phone", _("Please give the telephone number for the messages."))
        return data

    def reached_by(self) -> str:
        """The channel as notifications take it ("sms:+77015556677"), or ""; the form is valid."""
        name, number = self.cleaned_data.get("channel", ""), self.cleaned_data["phone"]
        return f"{name}:{number}" if name else ""

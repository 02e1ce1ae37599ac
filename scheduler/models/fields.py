"""The kinds of fields that the scheduler's models share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tours.models.words import no_control_characters

LANGUAGES = [("kk", _("Kazakh")), ("ru", _("Russian")), ("en", _("English"))]


def text_field(**options: Any) -> models.CharField[str, str]:
    """A line of text that a person typed: no control characters, never a header or a calendar line of its own."""
    return models.CharField(blank=True, default="", validators=[no_control_characters], **options)


class Translated(models.Model):
    """A model with texts in three languages, as `name_kk`, `name_ru`, `name_en`."""

    class Meta:
        abstract = True

    def in_language(self, field: str, language: str | None = None) -> str:
        """The text in the language asked for (or the active one), else openly in the first one that has it."""
        wanted = (language or get_language() or "en")[:2]
        texts = {code: getattr(self, f"{field}_{code}") for code, _name in LANGUAGES}
        return texts.get(wanted) or next((text for text in texts.values() if text), "")

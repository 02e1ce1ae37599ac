"""What was changed of the catalogue in the settings: by whom, when, and what it was before."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tours.models.people import User


class CatalogueEdit(models.Model):
    """One saved change. `rows`: [{part, key, before, after}], each row as a museum's file has it, null where there was none.

    `undoes`: the change whose former values this one brought back.
    """

    at = models.DateTimeField(_("changed at"))
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("changed by"))
    rows = models.JSONField(_("what changed"))
    undoes = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="undone_by", verbose_name=_("undoes")
    )

    class Meta:
        verbose_name = _("change of the catalogue")
        verbose_name_plural = _("changes of the catalogue")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"

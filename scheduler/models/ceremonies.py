"""What a ceremony needs beyond its time: seen by few, and kept no longer than it is needed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduler.models.fields import text_field
from scheduler.models.visits import Visit


class CeremonyPlan(models.Model):
    """Who leads a ceremony, who comes along, and by which vehicles.

    Not in the audit trail, unlike the visit: once it is deleted, it is nowhere.
    """

    visit = models.OneToOneField(Visit, models.CASCADE, related_name="ceremony_plan", verbose_name=_("visit"))
    led_by = text_field(max_length=300)
    press = text_field(max_length=300)
    interpreter = text_field(max_length=300)
    embassy = text_field(max_length=300)
    vehicles = text_field(max_length=300)

    class Meta:
        verbose_name = _("plan of a ceremony")
        verbose_name_plural = _("plans of ceremonies")

    def __str__(self) -> str:
        return str(self.visit_id)

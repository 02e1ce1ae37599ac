"""What was asked for and could not be served: the case for another guide, or another hour."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduler.models.fields import LANGUAGES
from tours.models import Audience, Tour


class Unserved(models.Model):
    """Groups that asked the same on the same day in vain: how many, and nothing of who they were.

    `wanted`: the day they asked about, null where no day had a free time. `hour`: by the museum's clock, null where none was named.
    """

    class How(models.TextChoices):
        FULL = "full", _("looked at a day that was full")
        TAKEN = "taken", _("asked for a time that could not be had")
        UNKNOWN = "unknown", _("got no certain answer in time")
        WAITING = "waiting", _("joined the waiting list")

    asked_on = models.DateField(_("asked on"))
    how = models.CharField(_("how they asked"), max_length=10, choices=How)
    wanted = models.DateField(_("for the day"), null=True, blank=True)
    hour = models.PositiveSmallIntegerField(_("hour"), null=True, blank=True)
    tour = models.ForeignKey(Tour, models.CASCADE, related_name="+", verbose_name=_("tour"))
    audience = models.ForeignKey(Audience, models.CASCADE, related_name="+", verbose_name=_("kind of group"))
    language = models.CharField(_("language"), max_length=8, choices=LANGUAGES)
    heads = models.PositiveIntegerField(_("people"))
    count = models.PositiveIntegerField(_("groups"), default=1)

    class Meta:
        verbose_name = _("demand that could not be served")
        verbose_name_plural = _("demand that could not be served")
        ordering = ("asked_on", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["asked_on", "how", "wanted", "hour", "tour", "audience", "language", "heads"],
                name="unserved_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(hour__isnull=True) | Q(hour__gte=0, hour__lte=23), name="unserved_hour_of_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_on} {self.language} {self.count}"

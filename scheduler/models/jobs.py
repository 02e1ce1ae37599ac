"""Rosters that are being planned, and what came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tours.models import User


class RosterJob(models.Model):
    """A roster to be planned for some days. `seals`: the versions of the days that it was computed from; `plan`: who leads what.

    `plan`: {"guides": {party id: guide code or null}, "reached": [[aim, value, bound]], "before": […]}.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting to begin")
        RUNNING = "running", _("Being planned")
        READY = "ready", _("Ready")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")
        PUBLISHED = "published", _("Published")

    ENDED = (Status.READY, Status.STOPPED, Status.FAILED, Status.PUBLISHED)

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.QUEUED)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    quiet = models.BooleanField(_("fewest changes before fairness"), default=False)
    seconds = models.PositiveSmallIntegerField(_("seconds it may take"), default=30)
    progress = models.PositiveSmallIntegerField(_("progress, per cent"), default=0)
    stop_asked = models.BooleanField(default=False)
    seals = models.JSONField(default=dict, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    failure = models.CharField(max_length=500, blank=True, default="")
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("planned roster")
        verbose_name_plural = _("planned rosters")
        ordering = ("-asked_at", "-pk")
        constraints = [
            models.CheckConstraint(
                name="roster_days_in_order",
                condition=Q(last__gte=F("first")),
                violation_error_message=_("The last day lies on or after the first."),
            ),
            models.CheckConstraint(name="roster_progress_in_per_cent", condition=Q(progress__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.first} – {self.last}"

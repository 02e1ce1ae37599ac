"""Who leads a visit and where its people are: what may never be booked twice."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from scheduler.models.visits import Visit
from tours.models import Guide, Lane
from tours.models.words import Same


@pghistory.track()
class Party(models.Model):
    """The part of a visit that one guide leads; its id names the duty. `walk`: the order of stops, as indexes into the visit's."""

    class Answer(models.TextChoices):
        PENDING = "pending", _("Not answered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", pgettext_lazy("a guide's answer", "Declined")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="parties")
    number = models.PositiveSmallIntegerField()
    wave = models.PositiveSmallIntegerField(default=0)
    heads = models.PositiveIntegerField()
    guide = models.ForeignKey(Guide, models.PROTECT, null=True, blank=True, related_name="parties")
    period = DateTimeRangeField()
    walk = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    holds = models.BooleanField(default=True)
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.PENDING)

    class Meta:
        verbose_name = _("sub-group")
        verbose_name_plural = _("sub-groups")
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["visit", "number"], name="party_number"),
            ExclusionConstraint(
                name="guide_is_free",
                expressions=[(Same("guide_id"), RangeOperators.OVERLAPS), ("period", RangeOperators.OVERLAPS)],
                condition=Q(holds=True, guide__isnull=False),
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("The guide leads another group then."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id}/{self.number}"


class Leg(models.Model):
    """One party, or (party null) the whole visit, in one lane of one space. While it holds, the lane is its own.

    `stop` is the index into the visit's stops; null where the leg is a hold or an event's.
    """

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="legs")
    party = models.ForeignKey(Party, models.CASCADE, null=True, blank=True, related_name="legs")
    wave = models.PositiveSmallIntegerField(default=0)
    stop = models.PositiveSmallIntegerField(null=True, blank=True)
    lane = models.ForeignKey(Lane, models.PROTECT, related_name="+")
    period = DateTimeRangeField()
    heads = models.PositiveIntegerField(default=0)
    holds = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("stop of a visit")
        verbose_name_plural = _("stops of a visit")
        ordering = ("period", "pk")
        constraints = [
            ExclusionConstraint(
                name="lane_is_free",
                expressions=[(Same("lane_id"), RangeOperators.OVERLAPS), ("period", RangeOperators.OVERLAPS)],
                condition=Q(holds=True),
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("Another group is there then."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id}@{self.lane_id}"

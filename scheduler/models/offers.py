"""Times held for an organiser until they answer, and groups that wait for one."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from scheduler.models.visits import Visit


class Offer(models.Model):
    """One time held for an organiser until `answer_by`; `alternatives` are shown, not held. `was`: the time that the visit gave up."""

    class Silence(models.TextChoices):
        CANCEL = "cancel", _("cancel the visit")
        WAIT = "wait", _("put the group on the waiting list")

    class Outcome(models.TextChoices):
        OPEN = "open", _("Not answered")
        ACCEPTED = "accepted", _("Accepted")
        OTHER = "other", _("Another time chosen")
        GIVEN_UP = "given_up", pgettext_lazy("what became of a suggested time", "Given up")
        EXPIRED = "expired", _("Not answered in time")
        WITHDRAWN = "withdrawn", _("Withdrawn by the museum")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="offers")
    answer_by = models.DateTimeField(_("answer by"))
    alternatives = ArrayField(models.DateTimeField(), default=list, blank=True)
    on_silence = models.CharField(_("without an answer"), max_length=10, choices=Silence, default=Silence.CANCEL)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    was = DateTimeRangeField(null=True, blank=True)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("suggested time")
        verbose_name_plural = _("suggested times")
        ordering = ("made_at", "pk")
        indexes = [models.Index(fields=["answer_by"], condition=Q(outcome="open"), name="offer_to_expire")]
        constraints = [
            models.UniqueConstraint(
                fields=["visit"],
                condition=Q(outcome="open"),
                name="one_open_offer",
                violation_error_message=_("Another time has been suggested already."),
            ),
            models.CheckConstraint(
                condition=Q(answer_by__gt=F("made_at")),
                name="offer_can_be_answered",
                violation_error_message=_("The time to answer lies ahead."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.answer_by}"


class Wish(models.Model):
    """What a waiting group would take: any of `days`, to begin between `earliest` and `latest` by the museum's clock.

    `declined`: starts that were suggested to it in vain, and those that were shown beside them; none is suggested again.
    """

    visit = models.OneToOneField(Visit, models.CASCADE, related_name="wish")
    days = ArrayField(models.DateField())
    earliest = models.TimeField(null=True, blank=True)
    latest = models.TimeField(null=True, blank=True)
    declined = ArrayField(models.DateTimeField(), default=list, blank=True)
    priority = models.SmallIntegerField(_("priority"), default=0)
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("wish on the waiting list")
        verbose_name_plural = _("waiting list")
        ordering = ("-priority", "since", "pk")
        constraints = [
            models.CheckConstraint(condition=Q(days__len__gte=1), name="wish_names_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.since}"


class Freed(models.Model):
    """A day on which something became free, for the waiting list to look at; written with the change that freed it.

    `by`: the group that gave a suggested time back and goes on waiting; what it did not want is for the others in the line.
    """

    day = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(Visit, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(self.day)

"""Changes that wait for a decision, and the versions by which one sees that a day has changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduler.models.visits import Visit
from tours.models import User
from tours.models.words import no_control_characters


class ChangeRequest(models.Model):
    """A change asked for after the deadline: the visit stays as it is until the office decides.

    Of a split, `start` and `heads` are those of the part that comes at another time, `adults` among them.
    """

    class Kind(models.TextChoices):
        MOVE = "move", _("Another time")
        HEADS = "heads", _("Another number of people")
        CANCEL = "cancel", _("Cancellation")
        SPLIT = "split", _("A part of the group at another time")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        VOID = "void", _("Ended with the visit")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="change_requests")
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    start = models.DateTimeField(null=True, blank=True)
    heads = models.PositiveIntegerField(null=True, blank=True)
    adults = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, default="", max_length=1000, validators=[no_control_characters])
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("late change")
        verbose_name_plural = _("late changes")
        ordering = ("asked_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "kind"],
                condition=Q(status="open"),
                name="one_open_change_of_a_kind",
                violation_error_message=_("This change has been asked for already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.kind}"


class DayVersion(models.Model):
    """Raised by every writer of a museum day, so that what was computed from the day can be seen to be out of date."""

    day = models.DateField(primary_key=True)
    version = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.day}: {self.version}"

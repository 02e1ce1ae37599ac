"""What takes time away: closures of spaces, absences of guides."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduler.models.fields import Translated, text_field
from tours.models import Guide, Space, User
from tours.models.words import no_control_characters


@pghistory.track()
class Closure(Translated):
    """A period in which some spaces, or all (none named), take no visits. Without an upper bound: until further notice.

    `rrule`: how it recurs (RFC 5545, 3.3.10), by the museum's wall clock; "": once. `period` is then the first occurrence, and
    `span` runs from its start to the end of the last, without an upper bound where it recurs until further notice.
    """

    class Kind(models.TextChoices):
        RENOVATION = "renovation", _("Renovation")
        TECHNICAL = "technical", _("Technical day")
        SANITARY = "sanitary", _("Sanitary day")
        CEREMONY = "ceremony", _("Ceremony")
        WEATHER = "weather", _("Weather")
        SECURITY = "security", _("Security")
        OTHER = "other", _("Other")

    period = DateTimeRangeField(_("time"))
    rrule = models.CharField(
        _("how it recurs"), max_length=200, blank=True, default="", validators=[no_control_characters]
    )
    span = DateTimeRangeField(_("from the first to the last time"))
    spaces = models.ManyToManyField(Space, blank=True, related_name="+", verbose_name=_("places (none chosen: all)"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.OTHER)
    notice_kk = text_field(max_length=500)
    notice_ru = text_field(max_length=500)
    notice_en = text_field(max_length=500)
    lifted_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    season_key = models.CharField(max_length=100, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ("period",)
        indexes = [GistIndex(fields=["span"], name="closure_span")]
        constraints = [
            models.CheckConstraint(
                name="closure_spans_its_times",
                condition=Q(span__contains=F("period")) & (~Q(rrule="") | Q(span=F("period"))),
                violation_error_message=_("A closure lies between its first and its last time."),
            ),
            models.CheckConstraint(
                name="recurring_closure_ends_each_time",
                condition=Q(rrule="") | Q(period__upper_inf=False),
                violation_error_message=_("A closure that recurs has an end each time."),
            ),
            models.CheckConstraint(
                name="closure_begins",
                condition=Q(period__isempty=False, period__lower_inf=False),
                violation_error_message=_("A closure ends after it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.in_language("notice") or str(self.get_kind_display())


class KeptDraft(models.Model):
    """A closure that the office has begun and will publish later: what was typed, whole or not; it closes nothing.

    `closure`: the one that it is to change, if it is no new one.
    """

    typed = models.JSONField(_("what was typed"), default=dict)
    closure = models.ForeignKey(
        Closure, models.CASCADE, null=True, blank=True, related_name="drafts", verbose_name=_("closure")
    )
    kept_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    kept_at = models.DateTimeField(_("kept at"))

    class Meta:
        verbose_name = _("draft of a closure")
        verbose_name_plural = _("drafts of closures")
        ordering = ("-kept_at", "-pk")

    def __str__(self) -> str:
        return str(self.typed.get("first", ""))


@pghistory.track()
class Absence(models.Model):
    """A period in which a guide takes no duties."""

    guide = models.ForeignKey(Guide, models.CASCADE, related_name="absences")
    period = DateTimeRangeField(_("time"))
    reason = text_field(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ("period",)
        indexes = [GistIndex(fields=["period"], name="absence_period")]

    def __str__(self) -> str:
        return f"{self.guide_id} {self.period}"

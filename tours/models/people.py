"""Who signs in, and who guides."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _

from tours.models.offer import Tour
from tours.models.words import (
    Days,
    Language,
    Period,
    Same,
    Weekday,
    no_control_characters,
    on_the_tick,
    valid_code,
    whole_ticks,
)


class User(AbstractUser):
    """Somebody who signs in. The office is `is_staff`; a guide has a `guide`."""

    locale = models.CharField(_("language"), max_length=8, choices=Language.choices, default=Language.KAZAKH)

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]  # the stubs know plain text only
        verbose_name_plural = _("users")  # type: ignore[assignment]  # the same


class Guide(models.Model):
    """Somebody who leads parties. Own rest and limits win over the museum's; no own hours: those of the opening.

    `link_version`: raising it revokes the address of the guide's calendar. `channel`: how they are reached beside e-mail
    ("sms:+77015556677", by a name of settings.CHANNELS), as they chose it themselves; "" is not at all.
    """

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[valid_code])
    name = models.CharField(_("name"), max_length=200, validators=[no_control_characters])
    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="guide", verbose_name=_("signs in as")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("telephone"), max_length=40, blank=True, validators=[no_control_characters])
    channel = models.CharField(
        _("short messages to"), max_length=100, blank=True, default="", db_default="", editable=False
    )
    locale = models.CharField(_("language of letters"), max_length=8, choices=Language.choices, default=Language.KAZAKH)
    rest_minutes = models.PositiveSmallIntegerField(
        _("rest between tours, minutes"), null=True, blank=True, help_text=_("Empty: as the museum's.")
    )
    daily_minutes = models.PositiveSmallIntegerField(
        _("daily most, minutes"), null=True, blank=True, help_text=_("Empty: as the museum's.")
    )
    daily_duties = models.PositiveSmallIntegerField(
        _("daily most, tours"), null=True, blank=True, help_text=_("Empty: as the museum's.")
    )
    active = models.BooleanField(_("guides here"), default=True)
    link_version = models.PositiveIntegerField(_("version of the calendar's address"), default=1, editable=False)

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")
        ordering = ["name", "code"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(rest_minutes__isnull=True) | whole_ticks("rest_minutes"))
                & (Q(daily_minutes__isnull=True) | whole_ticks("daily_minutes")),
                name="guide_limits_on_the_tick",
                violation_error_message=_("A guide's rest and daily most are multiples of five minutes."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GuideHours(models.Model):
    """A window of a weekday in which a guide works, on the days from `valid_from` to `valid_until` (None: without a bound).

    On a day on which a guide has any that are valid, of whatever weekday, they work in these only.
    """

    guide = models.ForeignKey(Guide, models.CASCADE, related_name="hours", verbose_name=_("guide"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    starts = models.TimeField(_("starts"))
    ends = models.TimeField(_("ends"))
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until and including"), null=True, blank=True)

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["guide", "weekday", "starts"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__gte=0, weekday__lte=6),
                name="guide_hours_weekday",
                violation_error_message=_("There is no such weekday."),
            ),
            models.CheckConstraint(
                condition=Q(starts__lt=F("ends")),
                name="guide_hours_in_order",
                violation_error_message=_("Working hours end after they start."),
            ),
            models.CheckConstraint(
                condition=on_the_tick("starts", "ends"),
                name="guide_hours_on_the_tick",
                violation_error_message=_("Times are given in steps of five minutes."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_from__isnull=False, valid_until__isnull=False, valid_from__lte=F("valid_until")),
                name="guide_hours_days_in_order",
                violation_error_message=_("The last day is not before the first."),
            ),
            ExclusionConstraint(
                name="guide_hours_apart",
                expressions=[
                    (Same("guide_id"), RangeOperators.OVERLAPS),
                    (Same("weekday"), RangeOperators.OVERLAPS),
                    (Period("starts", "ends"), RangeOperators.OVERLAPS),
                    (Days("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("These hours overlap with others of the same day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class Qualification(models.Model):
    """A guide may lead this tour in this language."""

    guide = models.ForeignKey(Guide, models.CASCADE, related_name="qualifications", verbose_name=_("guide"))
    tour = models.ForeignKey(Tour, models.CASCADE, related_name="qualifications", verbose_name=_("tour"))
    language = models.CharField(_("language"), max_length=8, choices=Language.choices)

    class Meta:
        verbose_name = _("leads this tour in this language")
        verbose_name_plural = _("leads these tours in these languages")
        ordering = ["guide", "tour", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["guide", "tour", "language"],
                name="qualification_once",
                violation_error_message=_("This guide leads this tour in this language already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tour_id} ({self.language})"


class ApiToken(models.Model):
    """A staff member's key to the API; only the SHA-256 of it (hex) is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=100, blank=True, validators=[no_control_characters])
    hash = models.CharField(_("fingerprint"), max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name or self.hash[:8]

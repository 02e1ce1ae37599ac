"""The house itself: the museum, when it opens, and its places."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Deferrable, F, Q
from django.utils.translation import gettext_lazy as _

from tours.colours import readable_by_day, readable_by_night
from tours.drawings import valid_mark, valid_plan
from tours.models.words import (
    Language,
    Period,
    Same,
    Weekday,
    no_control_characters,
    on_the_tick,
    valid_code,
    valid_country,
    valid_time_zone,
    whole_ticks,
)


class Museum(models.Model):
    """The one museum of this deployment, and the defaults that its tours, audiences and guides may narrow."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    code = models.CharField(_("code"), max_length=40, unique=True, validators=[valid_code])
    name = models.CharField(_("name"), max_length=200, validators=[no_control_characters])
    address = models.CharField(_("address"), max_length=300, blank=True, validators=[no_control_characters])
    how_to_come = models.TextField(_("how to come"), blank=True, validators=[no_control_characters])
    time_zone_name = models.CharField(
        _("name of the time zone"),
        max_length=60,
        blank=True,
        validators=[no_control_characters],
        help_text=_("As pages and letters name it beside a time: “Astana time”. Empty: “museum time”."),
    )
    meeting_point = models.CharField(_("meeting point"), max_length=300, blank=True, validators=[no_control_characters])
    time_zone = models.CharField(_("time zone"), max_length=60, validators=[valid_time_zone])
    email = models.EmailField(
        _("e-mail"), blank=True, help_text=_("The museum's one mailbox: letters and invitations come from it.")
    )
    locale = models.CharField(
        _("language of the museum's mailbox"),
        max_length=8,
        choices=Language.choices,
        default=Language.KAZAKH,
        help_text=_("In which letters to the museum itself are written."),
    )
    phone = models.CharField(_("telephone"), max_length=40, blank=True, validators=[no_control_characters])
    url = models.URLField(_("website"), blank=True)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        default="KZ",
        validators=[valid_country],
        help_text=_("ISO 3166 code: whose public holidays count."),
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="KZT",
        validators=[RegexValidator("^[A-Z]{3}$")],
        help_text=_("ISO 4217 code."),
    )
    opens_on_holidays = models.BooleanField(_("open on public holidays"), default=True)
    grid_minutes = models.PositiveSmallIntegerField(
        _("minutes between possible starts"), default=15, help_text=_("A multiple of five.")
    )
    lead_business_days = models.PositiveSmallIntegerField(_("shortest notice, business days"), default=1)
    decide_business_days = models.PositiveSmallIntegerField(_("time to decide a request, business days"), default=2)
    deputy_name = models.CharField(
        _("deputy: name"),
        max_length=200,
        blank=True,
        validators=[no_control_characters],
        help_text=_("Who is alarmed of requests that the office leaves undecided."),
    )
    deputy_email = models.EmailField(_("deputy: e-mail"), blank=True)
    deputy_phone = models.CharField(
        _("deputy: telephone"), max_length=40, blank=True, validators=[no_control_characters]
    )
    deputy_locale = models.CharField(
        _("deputy: language"), max_length=8, choices=Language.choices, default=Language.KAZAKH
    )
    deputy_after_percent = models.PositiveSmallIntegerField(
        _("deputy: after this share of the time to decide, %"),
        default=50,
        validators=[MaxValueValidator(100)],
        help_text=_("At 50, of a request to be decided within two days the deputy hears after one."),
    )
    promise_days = models.PositiveSmallIntegerField(_("guides are fixed this many days ahead"), default=14)
    rest_minutes = models.PositiveSmallIntegerField(_("a guide's rest between tours, minutes"), default=15)
    daily_minutes = models.PositiveSmallIntegerField(_("a guide's daily most, minutes"), default=300)
    daily_duties = models.PositiveSmallIntegerField(_("a guide's daily most, tours"), default=4)
    accent = models.CharField(
        _("colour by day"),
        max_length=7,
        blank=True,
        validators=[readable_by_day],
        help_text=_("Of links and buttons on light paper, as #1f5159. Empty: ours."),
    )
    accent_dark = models.CharField(
        _("colour by night"),
        max_length=7,
        blank=True,
        validators=[readable_by_night],
        help_text=_("The same on dark paper, a lighter one: #8fc5c8. Empty: ours."),
    )
    mark = models.TextField(
        _("mark"),
        blank=True,
        validators=[valid_mark],
        help_text=_("The museum's sign as the text of a small SVG drawing; it stands beside the name. Empty: none."),
    )
    letters = models.JSONField(
        _("own lines in letters"),
        default=dict,
        blank=True,
        editable=False,
        help_text=_("By kind of letter and language, as plain text."),
    )
    catalogue_version = models.PositiveBigIntegerField(_("version of the catalogue"), default=1, editable=False)

    class Meta:
        verbose_name = _("museum")
        verbose_name_plural = _("museum")
        constraints = [
            models.CheckConstraint(
                condition=Q(id=1), name="one_museum", violation_error_message=_("There is one museum here already.")
            ),
            models.CheckConstraint(
                condition=Q(grid_minutes__gt=0, grid_minutes__lte=240) & whole_ticks("grid_minutes"),
                name="museum_grid_on_the_tick",
                violation_error_message=_("Starts lie a multiple of five minutes apart."),
            ),
            models.CheckConstraint(
                condition=whole_ticks("rest_minutes", "daily_minutes"),
                name="museum_limits_on_the_tick",
                violation_error_message=_("A guide's rest and daily most are multiples of five minutes."),
            ),
            models.CheckConstraint(
                condition=Q(deputy_after_percent__lte=100),
                name="museum_deputy_after",
                violation_error_message=_("A share is between 0 and 100."),
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,  # a comparison with NULL would let it pass
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="museum_is_somewhere",
                violation_error_message=_("Give both latitude and longitude, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Opening(models.Model):
    """A window of a weekday in which visits take place. A start lies in [opens, last_start], an end is at most `closes`."""

    museum = models.ForeignKey(Museum, models.CASCADE, related_name="openings", verbose_name=_("museum"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))
    last_start = models.TimeField(_("last start"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__gte=0, weekday__lte=6),
                name="opening_weekday",
                violation_error_message=_("There is no such weekday."),
            ),
            models.CheckConstraint(
                condition=Q(opens__lte=F("last_start"), last_start__lt=F("closes")),
                name="opening_in_order",
                violation_error_message=_("The last start lies between opening and closing."),
            ),
            models.CheckConstraint(
                condition=on_the_tick("opens", "closes", "last_start"),
                name="opening_on_the_tick",
                violation_error_message=_("Times are given in steps of five minutes."),
            ),
            ExclusionConstraint(
                name="openings_apart",
                expressions=[
                    (Same("museum_id"), RangeOperators.OVERLAPS),
                    (Same("weekday"), RangeOperators.OVERLAPS),
                    (Period("opens", "closes"), RangeOperators.OVERLAPS),
                ],
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("These hours overlap with others of the same day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class Holiday(models.Model):
    """The museum's own edit of one date: over the public holidays that the library knows, and whether it opens then.

    `is_holiday` False makes a business day of it, of a Saturday too (a day that the state has moved). With hours of its own (all three, or
    none) it opens in these and no others, on a weekday that has none too.
    """

    date = models.DateField(_("date"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True, validators=[no_control_characters])
    is_holiday = models.BooleanField(
        _("public holiday"),
        default=True,
        help_text=_("If not, it is a working day: of a Saturday too, when a day has been moved."),
    )
    opens = models.BooleanField(_("museum opens"), null=True, blank=True, help_text=_("Unknown: as on every such day."))
    hours_from = models.TimeField(_("opens"), null=True, blank=True)
    hours_until = models.TimeField(_("closes"), null=True, blank=True)
    hours_last_start = models.TimeField(_("last start"), null=True, blank=True)

    class Meta:
        verbose_name = _("holiday or moved day")
        verbose_name_plural = _("holidays and moved days")
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours_from__isnull=True, hours_until__isnull=True, hours_last_start__isnull=True)
                | Q(
                    Q(opens__isnull=True) | Q(opens=True),
                    hours_from__isnull=False,  # a comparison with NULL would let it pass
                    hours_until__isnull=False,
                    hours_last_start__isnull=False,
                    hours_from__lte=F("hours_last_start"),
                    hours_last_start__lt=F("hours_until"),
                )
                & on_the_tick("hours_from", "hours_until", "hours_last_start"),
                name="holiday_hours_in_order",
                violation_error_message=_(
                    "A day with hours of its own is open, and its last start lies between opening and closing, in steps of five minutes."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}".strip()


class Space(models.Model):
    """A place that parties use: as many at once as it has lanes, and `max_heads` people at one moment."""

    class Kind(models.TextChoices):
        HALL = "hall", _("Hall")
        CINEMA = "cinema", _("Cinema")
        MEETING = "meeting", _("Meeting hall")
        OUTDOORS = "outdoors", _("Outdoors")
        MEMORIAL = "memorial", _("Memorial")
        OFFICE = "office", _("Office room")

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[valid_code])
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.HALL)
    name = models.CharField(_("name"), max_length=200, validators=[no_control_characters])
    max_heads = models.PositiveSmallIntegerField(
        _("people at one moment, at most"), null=True, blank=True, help_text=_("Empty: no limit of its own.")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    plan = ArrayField(
        models.SmallIntegerField(),
        verbose_name=_("on the plan"),
        size=4,
        null=True,
        blank=True,
        validators=[valid_plan],
        help_text=_(
            "Where it lies on a plan of 100 by 100: from the left, from above, width, height. Empty: not drawn to place."
        ),
    )

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_heads__isnull=True) | Q(max_heads__gt=0),
                name="space_takes_somebody",
                violation_error_message=_("A place takes at least one person."),
            ),
            models.CheckConstraint(
                condition=Q(plan__isnull=True) | Q(plan__len=4),
                name="space_plan_is_a_box",
                violation_error_message=_(
                    "A place on the plan is four numbers: from the left, from above, width, height; the plan is 100 by 100."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Lane(models.Model):
    """Room for one party in a space. `number` counts from 1 and is bookkeeping only."""

    space = models.ForeignKey(Space, models.CASCADE, related_name="lanes", verbose_name=_("place"))
    number = models.PositiveSmallIntegerField(_("number"))

    class Meta:
        verbose_name = _("room for one group")
        verbose_name_plural = _("room for groups")
        ordering = ["space", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["space", "number"],
                name="lane_number",
                violation_error_message=_("This place has that number already."),
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1), name="lane_from_one", violation_error_message=_("Numbers begin with one.")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.space_id}/{self.number}"

"""What the museum offers, to whom, and for how much."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _

from tours.models.museum import Space
from tours.models.words import Language, no_control_characters, valid_code, whole_ticks


class Tour(models.Model):
    """An ordered list of stops, led by one guide for each `heads_per_guide` people."""

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[valid_code])
    name = models.CharField(_("name"), max_length=200, validators=[no_control_characters])
    heads_per_guide = models.PositiveSmallIntegerField(_("people per guide, at most"), default=25)
    lead_business_days = models.PositiveSmallIntegerField(
        _("shortest notice, business days"), null=True, blank=True, help_text=_("Empty: as the museum's.")
    )
    needs_review = models.BooleanField(
        _("the office decides"), default=False, help_text=_("A tour with a ceremony is always decided by the office.")
    )
    active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("tour")
        verbose_name_plural = _("tours")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(heads_per_guide__gt=0),
                name="tour_has_heads",
                violation_error_message=_("A guide leads at least one person."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Stop(models.Model):
    """One stop of a tour; walking to it is part of its `minutes`.

    A movable stop may be walked in another order, a together stop is for the whole wave at once, an exclusive stop takes every
    lane and is always together. `languages`: those a film is in (empty: the guide's).
    """

    class Kind(models.TextChoices):
        TALK = "talk", _("Talk")
        FILM = "film", _("Film")
        CEREMONY = "ceremony", _("Ceremony")

    tour = models.ForeignKey(Tour, models.CASCADE, related_name="stops", verbose_name=_("tour"))
    position = models.PositiveSmallIntegerField(_("order"))
    space = models.ForeignKey(Space, models.PROTECT, related_name="stops", verbose_name=_("place"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), help_text=_("With the way to it; a multiple of five."))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.TALK)
    movable = models.BooleanField(_("may be walked in another order"), default=False)
    together = models.BooleanField(_("for the whole group at once"), default=False)
    exclusive = models.BooleanField(_("takes the whole place"), default=False)
    languages = ArrayField(
        models.CharField(max_length=8, choices=Language.choices),
        verbose_name=_("languages of the film"),
        default=list,
        blank=True,
    )
    advised_age = models.PositiveSmallIntegerField(_("advised from age"), null=True, blank=True)

    class Meta:
        verbose_name = _("stop")
        verbose_name_plural = _("stops")
        ordering = ["tour", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["tour", "position"],
                name="stop_position",
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("Two stops of a tour cannot have the same place in its order."),
            ),
            models.CheckConstraint(
                condition=Q(minutes__gt=0) & whole_ticks("minutes"),
                name="stop_minutes_on_the_tick",
                violation_error_message=_("A stop lasts a multiple of five minutes."),
            ),
            models.CheckConstraint(
                condition=Q(exclusive=False) | Q(together=True),
                name="stop_exclusive_is_together",
                violation_error_message=_("A stop that takes the whole place is for the whole group at once."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.position + 1)


class Audience(models.Model):
    """Who comes: decides price, proof to bring, notice, review, people per guide, deadlines, and which tours.

    `tours` empty: all. `free_adults_per` N: one accompanying adult is free for each N children. `change_days`, `cancel_days`: up to so
    many days before the visit the organiser may change or cancel it without asking.
    """

    code = models.CharField(_("code"), max_length=40, unique=True, validators=[valid_code])
    name = models.CharField(_("name"), max_length=200, validators=[no_control_characters])
    free = models.BooleanField(_("free of charge"), default=False)
    proof = models.TextField(_("proof to bring"), blank=True, validators=[no_control_characters])
    lead_business_days = models.PositiveSmallIntegerField(
        _("shortest notice, business days"), null=True, blank=True, help_text=_("Empty: as the museum's.")
    )
    needs_review = models.BooleanField(_("the office decides"), default=False)
    heads_per_guide = models.PositiveSmallIntegerField(
        _("people per guide, at most"), null=True, blank=True, help_text=_("Empty: as the tour's.")
    )
    free_adults_per = models.PositiveSmallIntegerField(_("one adult free for so many children"), null=True, blank=True)
    tours = models.ManyToManyField(
        Tour, related_name="audiences", verbose_name=_("tours"), blank=True, help_text=_("Empty: all of them.")
    )
    change_days = models.PositiveSmallIntegerField(_("may change until, days before"), default=3)
    cancel_days = models.PositiveSmallIntegerField(_("may cancel until, days before"), default=1)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    priority = models.SmallIntegerField(
        _("priority on the waiting list"), default=0, help_text=_("Groups with a higher one are offered a time first.")
    )
    move_weight = models.PositiveSmallIntegerField(
        _("how dear a move is"),
        default=1,
        help_text=_("When a closure displaces visits, groups with a higher one are moved last."),
    )
    active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("kind of group")
        verbose_name_plural = _("kinds of group")
        ordering = ["position", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(heads_per_guide__isnull=True) | Q(heads_per_guide__gt=0),
                name="audience_has_heads",
                violation_error_message=_("A guide leads at least one person."),
            ),
            models.CheckConstraint(
                condition=Q(free_adults_per__isnull=True) | Q(free_adults_per__gt=0),
                name="audience_free_adults",
                violation_error_message=_("One adult is free for at least one child."),
            ),
            models.CheckConstraint(
                condition=Q(move_weight__gte=1),
                name="audience_move_weight",
                violation_error_message=_("A move costs at least as much as that of an ordinary group."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """A band: `amount` for a visit of up to `max_heads`; or, as the last one, `per_head_above` for each head above the bands.

    Whole units of the museum's currency.
    """

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="prices", verbose_name=_("kind of group"))
    position = models.PositiveSmallIntegerField(_("order"))
    max_heads = models.PositiveSmallIntegerField(_("up to so many people"), null=True, blank=True)
    amount = models.PositiveIntegerField(_("price of the visit"), null=True, blank=True)
    per_head_above = models.PositiveIntegerField(_("for each person above"), null=True, blank=True)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["audience", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["audience", "position"],
                name="price_position",
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("Two prices cannot have the same place in the order."),
            ),
            models.CheckConstraint(
                condition=Q(max_heads__isnull=False, max_heads__gt=0, amount__isnull=False, per_head_above__isnull=True)
                | Q(max_heads__isnull=True, amount__isnull=True, per_head_above__isnull=False),
                name="price_band_or_above",
                violation_error_message=_("Give a number of people with a price, or a price for each person above."),
            ),
        ]

    def __str__(self) -> str:
        return f"≤ {self.max_heads}: {self.amount}" if self.max_heads else f"+ {self.per_head_above}"

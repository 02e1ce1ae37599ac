"""Visits and the people to be told about them."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduler.models.fields import LANGUAGES, Translated, text_field
from tours.models import Audience, Tour, User
from tours.models.words import no_control_characters


@pghistory.track()
class Visit(Translated):
    """One group's booking. It lies within one museum day; `stops` keeps the programme that it was booked with.

    `stops`: a list of {space, minutes, kind, movable, together, exclusive, languages}; empty for an event.
    `period` runs from the first wave's start to the last wave's end; `hold` is what a protocol visit takes with its margins.
    `displaced_by`: the closure that gave it its present time, or ended it; letters give its notice as the reason. `gave_way_to`: the
    same of an event or official visit, of which letters say no more than that. `left_out`: stops of the programme that were dropped,
    each with its `position`. `split_from`: the visit of which this is a part with a time of its own. `arrives_at`: what a late group said.
    `forgotten_at`: since then nothing here says who came; what is counted stays.
    """

    class Kind(models.TextChoices):
        TOUR = "tour", _("Tour")
        EVENT = "event", _("Event")
        PROTOCOL = "protocol", _("Official visit")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        CONFIRMED = "confirmed", _("Confirmed")
        OFFERED = "offered", _("Another time suggested")
        WAITING = "waiting", _("Waiting")
        DECLINED = "declined", _("Declined")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", _("Took place")
        NO_SHOW = "no_show", _("Did not come")

    HOLDING = (Status.REQUESTED, Status.CONFIRMED, Status.OFFERED)
    NEXT: dict[str, frozenset[str]] = {
        Status.REQUESTED: frozenset({Status.CONFIRMED, Status.OFFERED, Status.DECLINED, Status.CANCELLED}),
        Status.CONFIRMED: frozenset({Status.OFFERED, Status.CANCELLED, Status.DONE, Status.NO_SHOW}),
        Status.OFFERED: frozenset({Status.CONFIRMED, Status.WAITING, Status.CANCELLED}),
        Status.WAITING: frozenset({Status.OFFERED, Status.CANCELLED}),
        Status.DECLINED: frozenset(),
        Status.CANCELLED: frozenset(),
        Status.DONE: frozenset({Status.NO_SHOW}),
        Status.NO_SHOW: frozenset({Status.DONE}),
    }

    code = models.CharField(_("code"), max_length=12, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TOUR)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    revision = models.PositiveIntegerField(_("revision"), default=1)

    tour = models.ForeignKey(Tour, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tour"))
    language = models.CharField(_("language"), max_length=8, blank=True, default="")
    audience = models.ForeignKey(
        Audience, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("kind of group")
    )
    title_kk = text_field(max_length=300)
    title_ru = text_field(max_length=300)
    title_en = text_field(max_length=300)
    stops = models.JSONField(_("programme"), default=list, blank=True)
    heads = models.PositiveIntegerField(_("people"))
    adults = models.PositiveIntegerField(_("accompanying adults"), default=0)
    ceremony = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("ceremony"))
    discreet = models.BooleanField(_("shown as an official event"), default=False)

    day = models.DateField(_("day"), null=True, blank=True, db_index=True)
    day_bounds = DateTimeRangeField(null=True, blank=True)
    period = DateTimeRangeField(_("time"), null=True, blank=True)
    hold = DateTimeRangeField(_("time held with margins"), null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)

    price_amount = models.PositiveIntegerField(_("price"), default=0)
    free = models.BooleanField(_("free of charge"), default=False)
    price_reason = text_field(max_length=200)
    waived_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    notes = models.TextField(_("notes"), blank=True, default="", max_length=2000, validators=[no_control_characters])
    access_needs = models.TextField(
        _("access needs"), blank=True, default="", max_length=1000, validators=[no_control_characters]
    )
    leader_name = text_field(max_length=200)
    leader_phone = text_field(max_length=40)

    decide_by = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True, default="", max_length=1000, validators=[no_control_characters])
    ended_by = models.CharField(max_length=10, blank=True, default="")
    displaced_by = models.ForeignKey(
        "scheduler.Closure", models.SET_NULL, null=True, blank=True, related_name="displaced", editable=False
    )
    gave_way_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="displaced", editable=False
    )
    split_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="split_off", editable=False
    )
    left_out = models.JSONField(_("left out of the programme"), default=list, blank=True, editable=False)
    reconfirmed_at = models.DateTimeField(_("still coming, said the organiser"), null=True, blank=True)
    arrives_at = models.DateTimeField(_("says that it arrives at"), null=True, blank=True)
    arrived_heads = models.PositiveIntegerField(_("people who came"), null=True, blank=True)

    link_version = models.PositiveIntegerField(default=1)
    request_key = models.CharField(max_length=100, null=True, blank=True, unique=True)
    request_print = models.CharField(max_length=64, blank=True, default="")
    season_key = models.CharField(max_length=100, null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(_("personal data erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ("period", "pk")
        indexes = [
            models.Index(fields=["status", "decide_by"], name="visit_to_decide"),
            GistIndex(fields=["period"], name="visit_period"),
            models.Index(fields=["period", "id"], name="visit_in_order"),
        ]
        constraints = [
            models.CheckConstraint(
                name="visit_within_its_day",
                condition=Q(period__isnull=True) | Q(day__isnull=False, period__contained_by=F("day_bounds")),
                violation_error_message=_("A visit lies within one day."),
            ),
            models.CheckConstraint(
                name="visit_hold_within_its_day",
                condition=Q(hold__isnull=True) | Q(day__isnull=False, hold__contained_by=F("day_bounds")),
                violation_error_message=_("A visit lies within one day."),
            ),
            models.CheckConstraint(
                name="only_waiting_has_no_start",
                condition=(Q(status="waiting") & Q(period__isnull=True))
                | (~Q(status="waiting") & Q(period__isnull=False))
                | (Q(status="cancelled") & Q(period__isnull=True)),
                violation_error_message=_("Only a visit on the waiting list has no time."),
            ),
            models.CheckConstraint(
                name="visit_has_heads",
                condition=Q(heads__gte=1) & Q(adults__lte=F("heads")),
                violation_error_message=_("There is at least one person, and no more adults than people."),
            ),
            models.CheckConstraint(
                name="tour_visit_names_its_tour",
                condition=~Q(kind="tour") | Q(tour__isnull=False, audience__isnull=False) & ~Q(language=""),
                violation_error_message=_("A tour needs a language and a kind of group."),
            ),
            models.CheckConstraint(
                name="visit_status_known",
                condition=Q(
                    status__in=[
                        "requested",
                        "confirmed",
                        "offered",
                        "waiting",
                        "declined",
                        "cancelled",
                        "done",
                        "no_show",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_status_display(self) -> str:  # type: ignore[no-redef]  # Django makes one where a class has none
        """Its state in the active language. Django's own looks through all states anew for each row of a list."""
        return str(self.Status(self.status).label)

    @property
    def holds(self) -> bool:
        return self.status in self.HOLDING

    def may_become(self, status: str) -> bool:
        """Whether the NEXT table has this step."""
        return status in self.NEXT[self.status]


class Contact(models.Model):
    """Somebody to be told about a visit: by e-mail, or by a call."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="contacts")
    position = models.PositiveSmallIntegerField(default=0)
    name = text_field(max_length=200)
    organisation = text_field(max_length=300)
    email = models.EmailField(_("e-mail"), blank=True, default="", validators=[no_control_characters])
    phone = text_field(max_length=40)
    channel = text_field(
        max_length=100, db_default=""
    )  # "sms:+77015556677": short messages, by a name of settings.CHANNELS
    locale = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="kk")

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=["visit", "position"], name="contact_position"),
            models.CheckConstraint(
                name="contact_can_be_reached",
                condition=~Q(email="") | ~Q(phone=""),
                violation_error_message=_("Please give an e-mail address or a telephone number."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.organisation

"""What is sent to ask for a visit and to change one."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request as HttpRequest

from scheduler.api.fields import AudienceField, Email, Instant, Line, Phone, Strict, Text, TourField, heads_field
from scheduler.bookings import Request
from scheduler.ceremonies import Plan
from scheduler.forms.asking import CEREMONY, has_ceremony
from scheduler.forms.fields import MOST_HEADS, MOST_WAVES
from scheduler.starts import Group
from scheduler.steps import Person
from tours.models import Language

CEREMONIES = [code for code, _words in CEREMONY]
KEY_HEADER = "Idempotency-Key"
MOST_KEY_LETTERS = 255


class OrganiserBody(Strict):
    """Who asks and is told: an e-mail address or a telephone number is needed."""

    name = Line(max_length=200)
    email = Email(required=False, allow_blank=True, default="")
    phone = Phone(required=False, allow_blank=True, default="")
    organisation = Line(max_length=300, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["email"] and not attrs["phone"]:
            raise serializers.ValidationError(
                {"email": [_("Please give an e-mail address or a telephone number.")]}, code="unreachable"
            )
        return attrs


class LeaderBody(Strict):
    """Who leads the group on the day."""

    name = Line(max_length=200, required=False, allow_blank=True, default="")
    phone = Phone(required=False, allow_blank=True, default="")


class AboutGroupBody(Strict):
    """What every request for a tour says of the group."""

    tour = TourField(help_text="The tour's code.")
    language = serializers.ChoiceField(Language.choices, help_text="What the guide is to speak.")
    audience = AudienceField(help_text="The code of the kind of group.")
    heads = heads_field(help_text="All people, accompanying adults included.")
    adults = serializers.IntegerField(
        min_value=0, max_value=MOST_HEADS, default=0, help_text="The accompanying adults among them."
    )
    leader = LeaderBody(required=False, allow_null=True, default=None)
    notes = Text(max_length=2000, required=False, allow_blank=True, default="")
    access_needs = Text(max_length=1000, required=False, allow_blank=True, default="")


class GroupBody(AboutGroupBody):
    """A group and its time: one `start`, or one for each of the `waves`."""

    start = Instant(required=False, allow_null=True, default=None, help_text="One of the starts of `availability/`.")
    waves = serializers.ListField(
        child=Instant(),
        required=False,
        allow_null=True,
        default=None,
        max_length=MOST_WAVES,
        help_text="In place of `start`: one of the `waves` of `availability/`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["starts"] = starts_of(attrs)
        return attrs


def _plan_line(help_text: str) -> Line:
    return Line(max_length=300, required=False, allow_blank=True, default="", help_text=help_text)


class CeremonyPlanBody(Strict):
    """What else is to be known of a ceremony, each in one line. Few people of the office read it, and it is deleted after the visit."""

    led_by = _plan_line("Who leads the ceremony.")
    press = _plan_line("How many of the press, from which media.")
    interpreter = _plan_line("Whether one comes, for which language.")
    embassy = _plan_line("Whom to ask at the embassy.")
    vehicles = _plan_line("Coaches and cars, with number plates.")


def ceremony_plan_field() -> CeremonyPlanBody:
    """The plan where it may be given; `plan_of` refuses it with a tour that leads to no ceremony."""
    said = "Only with a tour that leads to a ceremony."
    return CeremonyPlanBody(required=False, allow_null=True, default=None, help_text=said)


class VisitBody(GroupBody):
    """A request for a visit."""

    ceremony = serializers.ListField(
        child=serializers.ChoiceField(CEREMONIES),
        required=False,
        allow_null=True,
        default=list,
        max_length=len(CEREMONIES),
    )
    ceremony_plan = ceremony_plan_field()
    locale = serializers.ChoiceField(
        Language.choices, required=False, help_text="The language of letters; the request's if not given."
    )
    organiser = OrganiserBody()


class ChangeBody(Strict):
    """What may be changed without another time. `revision`: refuse where the visit has changed since it was read."""

    heads = heads_field(required=False)
    adults = serializers.IntegerField(min_value=0, max_value=MOST_HEADS, required=False)
    notes = Text(max_length=2000, required=False, allow_blank=True)
    leader = LeaderBody(required=False)
    revision = serializers.IntegerField(min_value=0, required=False)


class MoveBody(Strict):
    """Another time: one `start`, or one for each of the `waves`."""

    start = Instant(required=False, allow_null=True, default=None)
    waves = serializers.ListField(child=Instant(), required=False, allow_null=True, default=None, max_length=MOST_WAVES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["starts"] = starts_of(attrs)
        return attrs


class ReasonBody(Strict):
    """Why; may be left out."""

    reason = Text(max_length=1000, required=False, allow_blank=True, default="")


class NeededReasonBody(Strict):
    """Why: somebody will read it."""

    reason = Text(max_length=1000)


class WaiverBody(Strict):
    """Why the visit is free: the group will read it."""

    reason = Line(max_length=200)


class ArrivalBody(Strict):
    """How many came."""

    heads = serializers.IntegerField(min_value=1, max_value=MOST_HEADS)


class NoBody(Strict):
    """Nothing needs to be said."""


def starts_of(attrs: dict[str, Any]) -> tuple[Any, ...]:
    """The starts that were asked for; a start beside waves is the first of them."""
    start, waves = attrs.pop("start"), attrs.pop("waves")
    if not waves and start is None:
        raise serializers.ValidationError({"start": [_("Please choose a time.")]}, code="required")
    if waves and start is not None and start != min(waves):
        raise serializers.ValidationError(
            {"start": [_("The first wave starts at another time.")]}, code="contradiction"
        )
    return tuple(sorted(set(waves))) if waves else (start,)


def asked_for(body: dict[str, Any], contacts: tuple[Person, ...], keys: dict[str, str], **more: Any) -> Request:
    """A validated body as the service's request."""
    leader = body["leader"] or {"name": "", "phone": ""}
    return Request(
        group=Group(body["tour"], body["language"], body["audience"], body["heads"]),
        starts=body.get("starts", ()),
        contacts=contacts,
        adults=body["adults"],
        notes=body["notes"],
        access_needs=body["access_needs"],
        leader_name=leader["name"],
        leader_phone=leader["phone"],
        keys=keys,
        **more,
    )


def plan_of(body: dict[str, Any]) -> Plan | None:
    """What was said of the ceremony; refused where the tour leads to none, since nobody would read it."""
    said = body["ceremony_plan"]
    if said is None:
        return None
    if not has_ceremony(body["tour"]):
        raise serializers.ValidationError({"ceremony_plan": [_("This tour leads to no ceremony.")]}, code="no_ceremony")
    return Plan(**said)


def organiser_of(body: dict[str, Any]) -> Person:
    """Who asks, as somebody to be told."""
    who = body["organiser"]
    locale = body.get("locale") or (get_language() or "en")[:2]
    return Person(who["name"], who["email"], who["phone"], who["organisation"], locale)


def request_keys(request: HttpRequest, asker: str) -> dict[str, str]:
    """What makes a repeated request the same one: its `Idempotency-Key` (kept as a hash, each asker's apart) and what it said."""
    key = request.headers.get(KEY_HEADER, "")
    if not key:
        return {}
    if len(key) > MOST_KEY_LETTERS or not key.isprintable():
        raise serializers.ValidationError({KEY_HEADER: [_("This key is too long, or has letters that no key has.")]})
    said = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return {
        "request_key": "api:" + hashlib.sha256(f"{asker}\0{key}".encode("utf-8", "surrogatepass")).hexdigest(),
        "request_print": hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest(),
    }

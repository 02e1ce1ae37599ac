"""What the office books: tours by telephone, events in a hall, official visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import bookings, decisions, events, locks
from scheduler.api import access
from scheduler.api.access import OFFICE, call
from scheduler.api.answers import VisitAnswer
from scheduler.api.bodies import (
    GroupBody,
    LeaderBody,
    OrganiserBody,
    asked_for,
    ceremony_plan_field,
    plan_of,
    request_keys,
)
from scheduler.api.closures import DecisionsField, PreviewAnswer
from scheduler.api.decisions import TAG
from scheduler.api.fields import AudienceField, Instant, Line, Strict, Text, Titles, checked, heads_field, zone
from scheduler.api.problems import problems
from scheduler.api.visits import KEY, made
from scheduler.models import Visit
from scheduler.steps import Person
from tours.models import Language, Stop

TOUR, EVENT, PROTOCOL = Visit.Kind.TOUR.value, Visit.Kind.EVENT.value, Visit.Kind.PROTOCOL.value
MOST_MINUTES = 24 * 60
MOST_STOPS, MOST_CONTACTS, MOST_SPACES = 30, 20, 100


def minutes_field(least: int = 0, **options: Any) -> serializers.IntegerField:
    """A length of time in minutes, of a day at most."""
    return serializers.IntegerField(min_value=least, max_value=MOST_MINUTES, help_text="A multiple of five.", **options)


class ContactBody(OrganiserBody):
    """Somebody to be told, in their language: by e-mail, or by a call."""

    locale = serializers.ChoiceField(Language.choices, default=Language.KAZAKH)


class OfficeBody(Strict):
    """What every booking of the office may say."""

    contacts = serializers.ListField(child=ContactBody(), allow_empty=False, max_length=MOST_CONTACTS)
    ceremony = serializers.ListField(child=Line(max_length=20), default=list, max_length=10)
    discreet = serializers.BooleanField(
        default=False, help_text="Shown to all but the office and its guides as `official event` only."
    )


class OfficeTourBody(OfficeBody, GroupBody):
    """A tour, booked for somebody on the telephone: no lead time, no review."""

    kind = serializers.ChoiceField([TOUR], default=TOUR)
    ceremony_plan = ceremony_plan_field()


class PlacedBody(OfficeBody):
    """What an event and an official visit have in common."""

    start = Instant()
    heads = heads_field()
    adults = serializers.IntegerField(min_value=0, max_value=1000, default=0)
    title = Titles(required=False, allow_null=True, default=None)
    language = serializers.ChoiceField(
        Language.choices, default="", allow_blank=True, help_text="Of the guides; none: without guides."
    )
    audience = AudienceField(required=False, allow_null=True, default=None)
    waived = Line(max_length=200, default="", allow_blank=True, help_text="Why it is free.")
    leader = LeaderBody(required=False, allow_null=True, default=None)
    notes = Text(max_length=2000, default="", allow_blank=True)
    access_needs = Text(max_length=1000, default="", allow_blank=True)
    seal = Line(
        max_length=64,
        default="",
        allow_blank=True,
        help_text="Of the preview, where visits are in the way and give way; without it nobody does.",
    )
    decisions = DecisionsField(default=dict)


class EventBody(PlacedBody):
    """A meeting in a hall."""

    kind = serializers.ChoiceField([EVENT])
    spaces = serializers.ListField(child=Line(max_length=40), allow_empty=False, max_length=MOST_SPACES)
    minutes = minutes_field(least=5)


class StopBody(Strict):
    """One stop of an official visit."""

    space = Line(max_length=40)
    minutes = minutes_field(least=5)
    kind = serializers.ChoiceField(Stop.Kind.choices, default=Stop.Kind.TALK)
    exclusive = serializers.BooleanField(default=False)
    together = serializers.BooleanField(default=False)
    languages = serializers.ListField(child=serializers.ChoiceField(Language.values), default=list, max_length=3)


class ProtocolBody(PlacedBody):
    """An official visit: its stops one after the other, and around them, with its margins, what it takes from everybody else."""

    kind = serializers.ChoiceField([PROTOCOL])
    stops = serializers.ListField(child=StopBody(), allow_empty=False, max_length=MOST_STOPS)
    closes_all = serializers.BooleanField(default=False, help_text="Takes every place.")
    closes = serializers.ListField(
        child=Line(max_length=40),
        required=False,
        allow_null=True,
        default=None,
        max_length=MOST_SPACES,
        help_text="The places that it takes besides its stops'.",
    )
    margin_before = minutes_field(default=0)
    margin_after = minutes_field(default=0)


KINDS: Mapping[str, type[Strict]] = {TOUR: OfficeTourBody, EVENT: EventBody, PROTOCOL: ProtocolBody}
CONTACT = {"name": "Protocol office", "organisation": "Embassy", "email": "protocol@example.org", "locale": "en"}
EXAMPLES = [
    OpenApiExample(
        "By telephone",
        value={
            "kind": "tour",
            "tour": "grounds",
            "language": "kk",
            "audience": "preschool",
            "heads": 24,
            "adults": 4,
            "start": "2027-05-28T10:30:00+05:00",
            "contacts": [{"name": "Head teacher", "phone": "+77010000044", "locale": "kk"}],
        },
        request_only=True,
    ),
    OpenApiExample(
        "A meeting",
        value={
            "kind": "event",
            "start": "2027-05-20T11:00:00+05:00",
            "spaces": ["zerde"],
            "minutes": 60,
            "heads": 20,
            "title": {"en": "Memorandum of cooperation"},
            "contacts": [CONTACT],
        },
        request_only=True,
    ),
    OpenApiExample(
        "A state visit",
        value={
            "kind": "protocol",
            "start": "2027-05-31T10:00:00+05:00",
            "stops": [{"space": "wall", "minutes": 15, "kind": "ceremony", "exclusive": True, "together": True}],
            "closes_all": True,
            "margin_before": 30,
            "margin_after": 10,
            "language": "kk",
            "audience": "delegation",
            "heads": 15,
            "ceremony": ["flowers", "silence"],
            "discreet": True,
            "waived": "state visit",
            "contacts": [CONTACT],
        },
        request_only=True,
    ),
]


@extend_schema(
    operation_id="book_for_somebody",
    summary="Book a tour by telephone, an event or an official visit",
    description="Confirmed at once. Everybody among the contacts is told in their own language.",
    tags=[TAG],
    parameters=[KEY],
    request=PolymorphicProxySerializer(
        component_name="OfficeVisit", serializers=dict(KINDS), resource_type_field_name="kind"
    ),
    examples=EXAMPLES,
    responses={
        201: VisitAnswer,
        **problems(
            403,
            409,
            422,
            body=True,
            times=True,
            conflicts="`start_taken` (with `alternatives`, or with `visits`: what is in the way), `group_too_large`, `closed`, `no_price`;"
            " of a visit with a seal `preview_out_of_date` (with a fresh `preview`) and `undecided_visits` (with `visits`).",
            rules="`bad_wish`, `too_soon`, `idempotency_key_reused`.",
        ),
    },
)
@call("POST")
def book(request: Request) -> Response:
    user = access.office(request)
    keys = request_keys(request, str(user.pk))
    kind = request.data.get("kind", TOUR) if isinstance(request.data, Mapping) else TOUR
    if not isinstance(kind, str) or kind not in KINDS:
        raise serializers.ValidationError({"kind": [_("There is no such kind of visit.")]}, code="invalid_choice")
    said = checked(KINDS[kind], request.data)
    now = timezone.now()
    if kind == TOUR:
        more = {"ceremony": tuple(said["ceremony"]), "ceremony_plan": plan_of(said), "discreet": said["discreet"]}
        visit = bookings.request_visit(asked_for(said, contacts_of(said), keys, **more), now=now, by=user)
    else:
        visit = locks.door(events.place)(
            event_of(said, keys), by=user, now=now, seal=said["seal"], decisions=said["decisions"]
        )
    return made(visit, OFFICE)


@extend_schema(
    operation_id="preview_placing",
    summary="What an event or an official visit would displace",
    description="Changes nothing. The `seal` and a decision for each visit go back with the booking; nobody is told another reason than"
    " an official event.",
    tags=[TAG],
    request=PolymorphicProxySerializer(
        component_name="OfficePlaced",
        serializers={EVENT: EventBody, PROTOCOL: ProtocolBody},
        resource_type_field_name="kind",
    ),
    examples=EXAMPLES[1:],
    responses={200: PreviewAnswer, **problems(403, 409, 422, body=True, conflicts="`closed`, `start_taken`.")},
)
@call("POST")
def preview(request: Request) -> Response:
    access.office(request)
    kind = request.data.get("kind") if isinstance(request.data, Mapping) else None
    if not isinstance(kind, str) or kind not in (EVENT, PROTOCOL):
        raise serializers.ValidationError({"kind": [_("There is no such kind of visit.")]}, code="invalid_choice")
    said = checked(KINDS[kind], request.data)
    seen = events.preview(event_of(said, {}), now=timezone.now())
    return Response(decisions.as_json(seen, zone()))


def contacts_of(said: Mapping[str, Any]) -> tuple[Person, ...]:
    """Who is to be told."""
    return tuple(Person(**contact) for contact in said["contacts"])


def event_of(said: Mapping[str, Any], keys: Mapping[str, str]) -> events.Event:
    """A validated body as the service takes it."""
    leader = said["leader"] or {"name": "", "phone": ""}
    closes = said.get("closes")
    return events.Event(
        kind=said["kind"],
        start=said["start"],
        heads=said["heads"],
        contacts=contacts_of(said),
        spaces=tuple(said.get("spaces", ())),
        minutes=said.get("minutes", 0),
        stops=tuple(dict(stop) for stop in said.get("stops", ())),
        closes=events.ALL if said.get("closes_all") else tuple(closes) if closes else None,
        margin_before=said.get("margin_before", 0),
        margin_after=said.get("margin_after", 0),
        titles={language: title for language, title in (said["title"] or {}).items() if title},
        language=said["language"],
        audience=said["audience"],
        adults=said["adults"],
        ceremony=tuple(said["ceremony"]),
        discreet=said["discreet"],
        waived=said["waived"],
        notes=said["notes"],
        access_needs=said["access_needs"],
        leader_name=leader["name"],
        leader_phone=leader["phone"],
        keys=keys,
    )

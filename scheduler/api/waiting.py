"""Waiting for a time, and answering one that was suggested."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import locks, offers, waiting
from scheduler.api.access import OFFICE, ORGANISER, call, refuse_unless, visit_for
from scheduler.api.answers import VisitAnswer
from scheduler.api.bodies import AboutGroupBody, OrganiserBody, asked_for, organiser_of, request_keys
from scheduler.api.examples import WAITING
from scheduler.api.fields import Day, Instant, Strict, checked
from scheduler.api.problems import problems
from scheduler.api.visits import KEY, TAG, answer, made, within_limits
from tours.models import Language


class HoursBody(Strict):
    """When a visit may begin, by the museum's clock; without one of them at any time."""

    earliest = serializers.TimeField(required=False, allow_null=True, default=None)
    latest = serializers.TimeField(required=False, allow_null=True, default=None)


class WaitingBody(AboutGroupBody):
    """A request for any time on some days."""

    days = serializers.ListField(child=Day(), allow_empty=False, max_length=waiting.MOST_DAYS)
    hours = HoursBody(required=False, allow_null=True, default=None)
    locale = serializers.ChoiceField(Language.choices, required=False, help_text="The language of letters.")
    organiser = OrganiserBody()


class TakeBody(Strict):
    """Which of the suggested times; none named: the one that is held."""

    start = Instant(required=False, allow_null=True, default=None)


class GiveUpBody(Strict):
    """Whether the group goes on waiting for another time."""

    wait = serializers.BooleanField(default=False)


@extend_schema(
    operation_id="wait",
    summary="Wait for a time on one of these days",
    description="Holds nothing. When something becomes free that fits, it is held for the group and suggested to it (`offered`).",
    tags=[TAG],
    parameters=[KEY],
    request=WaitingBody,
    examples=[WAITING],
    responses={
        201: OpenApiResponse(VisitAnswer),
        **problems(
            409,
            422,
            429,
            body=True,
            conflicts="`no_price`, `group_too_large`.",
            rules="`bad_wish`, `idempotency_key_reused`.",
        ),
    },
)
@call("POST", public=True)
def wait(request: Request) -> Response:
    keys = request_keys(request, "")
    said = checked(WaitingBody, request.data)
    organiser = organiser_of(said)
    hours = waiting.Hours(**(said["hours"] or {}))
    asked = asked_for(said, (organiser,), keys)
    with within_limits(request, organiser, keys):
        visit = locks.door(waiting.wait)(asked, said["days"], hours, now=timezone.now())
    return made(visit, ORGANISER)


@extend_schema(
    operation_id="accept_offer",
    summary="Take a suggested time",
    description="The one that is held, or one of the alternatives if it can be served at this very moment.",
    tags=[TAG],
    request=TakeBody,
    responses={
        200: VisitAnswer,
        **problems(
            403,
            404,
            409,
            422,
            body=True,
            times=True,
            conflicts="`offer_expired`, `start_taken` (an alternative), `refused` (not suggested), `not_allowed_now` (nothing to answer).",
        ),
    },
)
@call("POST", link=True)
def accept(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    refuse_unless(asker, ORGANISER, OFFICE)
    said = checked(TakeBody, request.data)
    locks.door(offers.accept)(visit.pk, start=said["start"], now=timezone.now())
    return answer(visit, asker)


@extend_schema(
    operation_id="decline_offer",
    summary="Take none of the suggested times",
    description="The visit is cancelled, or waits for another time.",
    tags=[TAG],
    request=GiveUpBody,
    responses={
        200: VisitAnswer,
        **problems(403, 404, 409, body=True, conflicts="`offer_expired`, `not_allowed_now` (nothing to answer)."),
    },
)
@call("POST", link=True)
def decline(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    refuse_unless(asker, ORGANISER, OFFICE)
    said = checked(GiveUpBody, request.data)
    locks.door(offers.give_up)(visit.pk, waits=said["wait"], now=timezone.now())
    return answer(visit, asker)

"""Asking for a visit, and what its organiser does with it: read, change, move, cancel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import bookings, changes, footprints, limits, locks, queries
from scheduler.api import shapes
from scheduler.api.access import OFFICE, ORGANISER, call, refuse_unless, role, visit_for
from scheduler.api.answers import LateChangeAnswer, VisitAnswer
from scheduler.api.bodies import (
    KEY_HEADER,
    ChangeBody,
    MoveBody,
    ReasonBody,
    VisitBody,
    asked_for,
    organiser_of,
    plan_of,
    request_keys,
)
from scheduler.api.examples import ASKED, LATE, TAKEN, VISIT
from scheduler.api.fields import checked
from scheduler.api.problems import problems
from scheduler.errors import StartTaken
from scheduler.models import ChangeRequest, Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tours import queries as catalogue

TAG = "Visits"
KEY = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Any unguessable text, a UUID say. The same key with the same body gives the first answer again and books nothing;"
    " with another body 422 `idempotency_key_reused`.",
)
LATE_ANSWER = OpenApiResponse(
    LateChangeAnswer,
    description="Past the deadline: the visit stays as it is until the office decides.",
    examples=[LATE],
)


@extend_schema(
    operation_id="ask_for_visit",
    summary="Ask for a visit",
    description="Holds the time at once. `status` is `confirmed`, or `requested` where the office decides (`decide_by`). The answer's"
    " `token` opens the visit: keep it. `ceremony_plan` is in no answer: few people of the office read it, and it is deleted after the"
    " visit.",
    tags=[TAG],
    parameters=[KEY],
    request=VisitBody,
    examples=[ASKED, TAKEN],
    responses={
        201: OpenApiResponse(VisitAnswer, examples=[VISIT]),
        **problems(
            409,
            422,
            429,
            body=True,
            times=True,
            conflicts="`start_taken`, `group_too_large` (both with `alternatives` and `largest`), `closed`, `no_price`.",
            rules="`bad_wish`, `too_soon` (with `earliest`), `idempotency_key_reused`.",
        ),
    },
)
@call("POST", public=True)
def ask(request: Request) -> Response:
    keys = request_keys(request, "")
    said = checked(VisitBody, request.data)
    organiser = organiser_of(said)
    more = {"ceremony": tuple(said["ceremony"] or ()), "ceremony_plan": plan_of(said)}
    asked = asked_for(said, (organiser,), keys, **more)
    with within_limits(request, organiser, keys):
        visit = bookings.request_visit(asked, now=timezone.now())
    return made(visit, ORGANISER)


@extend_schema(
    methods=["GET"],
    operation_id="visit",
    summary="One visit",
    description="With the token of its link; or as the guide who leads a part of it, or the office.",
    tags=[TAG],
    responses={200: OpenApiResponse(VisitAnswer, examples=[VISIT]), **problems(404)},
)
@extend_schema(
    methods=["PATCH"],
    operation_id="change_visit",
    summary="Change who comes",
    description="Another number of people is placed anew at the same time. Past the audience's deadline the organiser's new number"
    " becomes a late change (202); notes and leader are changed at once all the same.",
    tags=[TAG],
    request=ChangeBody,
    responses={
        200: VisitAnswer,
        202: LATE_ANSWER,
        **problems(
            403,
            404,
            409,
            422,
            body=True,
            times=True,
            conflicts="`too_many_then` (with `most`), `group_too_large` (with `largest`), `changed_meanwhile` (`revision` is another),"
            " `not_allowed_now`, `no_price`.",
        ),
    },
)
@call("GET", "PATCH", link=True)
def one(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    return _change(request, visit, asker) if request.method == "PATCH" else answer(visit, asker)


def _change(request: Request, visit: Visit, asker: str) -> Response:
    refuse_unless(asker, ORGANISER, OFFICE)
    wanted = checked(ChangeBody, request.data, partial=True)
    leader = wanted.pop("leader", {})
    wanted |= {f"leader_{name}": value for name, value in leader.items()}
    now = timezone.now()
    if asker == ORGANISER:
        return late_or_done(visit, locks.door(changes.change)(visit.pk, now=now, **wanted))
    locks.door(bookings.change)(visit.pk, now=now, by_office=True, **wanted)
    return answer(visit, asker)


@extend_schema(
    operation_id="move_visit",
    summary="Another time",
    description="Past the audience's deadline the organiser's wish becomes a late change (202).",
    tags=[TAG],
    request=MoveBody,
    responses={
        200: VisitAnswer,
        202: LATE_ANSWER,
        **problems(
            403,
            404,
            409,
            422,
            body=True,
            times=True,
            conflicts="`start_taken`, `group_too_large` (both with `alternatives` and `largest`), `closed`, `not_allowed_now`.",
            rules="`bad_wish`, `too_soon` (with `earliest`).",
        ),
    },
)
@call("POST", link=True)
def move(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    refuse_unless(asker, ORGANISER, OFFICE)
    said = checked(MoveBody, request.data)
    begins = said["starts"]
    now = timezone.now()
    with others_offered(visit, begins[0], asker=asker):
        if asker == ORGANISER:
            return late_or_done(visit, locks.door(changes.move)(visit.pk, begins, now=now))
        if visit.kind == Visit.Kind.TOUR:
            locks.door(bookings.move)(visit.pk, begins, now=now, by_office=True)
        else:
            locks.door(footprints.move)(visit.pk, begins[0], now=now)
    return answer(visit, asker)


@extend_schema(
    operation_id="cancel_visit",
    summary="Give the visit up",
    description="Past the audience's deadline the organiser's wish becomes a late change (202).",
    tags=[TAG],
    request=ReasonBody,
    responses={
        200: VisitAnswer,
        202: LATE_ANSWER,
        **problems(403, 404, 409, body=True, conflicts="`not_allowed_now`: it has ended already."),
    },
)
@call("POST", link=True)
def cancel(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    refuse_unless(asker, ORGANISER, OFFICE)
    said = checked(ReasonBody, request.data)
    reason = said["reason"]
    now = timezone.now()
    if asker == ORGANISER:
        return late_or_done(visit, locks.door(changes.cancel)(visit.pk, reason=reason, now=now))
    locks.door(bookings.cancel)(visit.pk, reason=reason, by=bookings.OFFICE, now=now)
    return answer(visit, asker)


def within_limits(request: Request, organiser: Person, keys: Mapping[str, str]) -> AbstractContextManager[None]:
    """Count a stranger's request, or raise TooOften; one that was answered already counts for nothing, nor does the office's."""
    if role(request) == OFFICE:
        return nullcontext()
    client = request.META.get("REMOTE_ADDR", "")
    return limits.request_counted(keys, client=client, addresses=(organiser.email, organiser.phone))


def made(visit: Visit, asker: str) -> Response:
    """201: the visit as its maker sees it. It has the organiser's token in it, so no store keeps it."""
    response = answer(visit, asker)
    response.status_code = 201
    response.headers["Location"] = reverse("api-visit", args=[visit.code])
    response.headers["Cache-Control"] = "no-store"
    return response


def answer(visit: Visit, asker: str) -> Response:
    """The visit as it is now."""
    return Response(shapes.visit(queries.visits().get(pk=visit.pk), asker))


def late_or_done(visit: Visit, change: ChangeRequest | None) -> Response:
    """200: done, or 202: asked of the office."""
    if change is None:
        return answer(visit, ORGANISER)
    museum = catalogue.museum()
    now_is = queries.visits().get(pk=visit.pk)
    return Response(
        {"visit": shapes.visit(now_is, ORGANISER, museum), "change": shapes.change(change, museum)}, status=202
    )


@contextmanager
def others_offered(visit: Visit, start: datetime, *, asker: str) -> Iterator[None]:
    """A refused start comes with others, as it does when one asks for a visit."""
    try:
        yield
    except StartTaken as taken:
        if visit.tour is None or visit.audience is None:
            raise
        group = Group(visit.tour, visit.language, visit.audience, visit.heads)
        raise bookings.with_others(group, start, now=timezone.now(), by_office=asker == OFFICE) from taken

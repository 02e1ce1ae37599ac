"""A group on its way: that it still comes, that it is late, that a part of it comes at another time; and one at the door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import arrivals, bookings, changes, lateness, locks, queries, splitting
from scheduler.api import access, shapes
from scheduler.api.access import OFFICE, ORGANISER, call, refuse_unless, visit_for
from scheduler.api.answers import Answer, Time, VisitAnswer
from scheduler.api.bodies import AboutGroupBody, MoveBody, asked_for, request_keys
from scheduler.api.decisions import TAG as OFFICE_TAG
from scheduler.api.decisions import asked_of_office
from scheduler.api.fields import Instant, Strict, checked, heads_field
from scheduler.api.problems import problems
from scheduler.api.visits import KEY, LATE_ANSWER, TAG, answer, late_or_done, made, others_offered
from scheduler.errors import StartTaken
from scheduler.forms.coming import MOST_MINUTES_LATE
from scheduler.forms.fields import MOST_HEADS
from scheduler.models import ChangeRequest
from tours import queries as catalogue


class ComingBody(Strict):
    """How many come; none given: as many as agreed."""

    heads = heads_field(required=False, allow_null=True, default=None)


class SplitBody(MoveBody):
    """How many come at another time, and that time."""

    heads = heads_field(help_text="Of the new part, accompanying adults included.")
    adults = serializers.IntegerField(min_value=0, max_value=MOST_HEADS, default=0)


class LateBody(Strict):
    """How late the group is."""

    minutes = serializers.IntegerField(min_value=1, max_value=MOST_MINUTES_LATE)


class ArrivesBody(Strict):
    """When a late group comes."""

    arrives = Instant()


class ReceiveBody(ArrivesBody):
    """One of the ways to receive it."""

    kind = serializers.ChoiceField(lateness.KINDS)
    dropped = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=99), default=list, max_length=30
    )


class DoorBody(AboutGroupBody):
    """A group at the door; without a `start`, as soon as it can be served."""

    start = Instant(required=False, allow_null=True, default=None)


class SplitAnswer(Answer):
    """Both parts."""

    visit = VisitAnswer()
    part = VisitAnswer()


class WayAnswer(Answer):
    """A way to receive a late group: later as a whole, shorter, or with fewer stops."""

    kind = serializers.ChoiceField(lateness.KINDS)
    start = Time()
    end = Time()
    waves = serializers.ListField(child=Time(), help_text="When each wave begins: one for most groups.")
    dropped = serializers.ListField(child=serializers.IntegerField(), help_text="Indexes of the stops left out.")
    lost = serializers.IntegerField(help_text="Minutes that each wave does not get.")


class WaysAnswer(Answer):
    """The one that loses least first; none: nobody can receive the group without others waiting."""

    ways = WayAnswer(many=True)


@extend_schema(
    operation_id="reconfirm_visit",
    summary="Say that the group still comes",
    description="Another number is placed anew as by PATCH; past the deadline it becomes a late change (202).",
    tags=[TAG],
    request=ComingBody,
    responses={
        200: VisitAnswer,
        202: LATE_ANSWER,
        **problems(
            403, 404, 409, 422, body=True, times=True, conflicts="`not_allowed_now`, `too_many_then` (with `most`)."
        ),
    },
)
@call("POST", link=True)
def reconfirm(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    refuse_unless(asker, ORGANISER, OFFICE)
    said = checked(ComingBody, request.data)
    heads, now = said["heads"], timezone.now()
    if asker == ORGANISER:
        return late_or_done(visit, locks.door(changes.still_coming)(visit.pk, heads=heads, now=now))
    locks.door(bookings.reconfirm)(visit.pk, heads=heads, now=now, by_office=True)
    return answer(visit, asker)


@extend_schema(
    operation_id="split_visit",
    summary="Let a part of the group come at another time",
    description="Exact for both, or nothing changes. Past the audience's deadline the organiser's wish becomes a late change (202).",
    tags=[TAG],
    request=SplitBody,
    responses={
        201: SplitAnswer,
        202: LATE_ANSWER,
        **problems(
            403, 404, 409, 422, body=True, times=True,
            conflicts="`start_taken`, `closed`, `not_allowed_now`, `no_price`.",
            rules="`bad_wish`, `too_soon` (with `earliest`).",
        ),
    },
)  # fmt: skip
@call("POST", link=True)
def split(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    refuse_unless(asker, ORGANISER, OFFICE)
    sent = checked(SplitBody, request.data)
    said: dict[str, Any] = {name: sent[name] for name in ("heads", "adults")}
    begins, now = sent["starts"], timezone.now()
    with others_offered(visit, begins[0], asker=asker):
        if asker == ORGANISER:
            part = locks.door(changes.split)(visit.pk, begins, now=now, **said)
        else:
            part = locks.door(splitting.split)(visit.pk, begins, now=now, by_office=True, **said)
    if isinstance(part, ChangeRequest):
        return late_or_done(visit, part)
    both = (queries.visits().get(pk=each.pk) for each in (visit, part))
    shown = dict(zip(("visit", "part"), (shapes.visit(each, asker) for each in both), strict=True))
    return Response(shown, status=201, headers={"Cache-Control": "no-store"})


@extend_schema(
    operation_id="tell_late",
    summary="Say that the group is late",
    description="On the day of the visit. The office is alarmed at once.",
    tags=[TAG],
    request=LateBody,
    responses={
        200: VisitAnswer,
        **problems(
            403, 404, 409, 422, body=True, conflicts="`not_allowed_now`: not the day of the visit.", rules="`bad_wish`."
        ),
    },
)
@call("POST", link=True)
def late(request: Request, code: str) -> Response:
    visit, asker = visit_for(request, code)
    refuse_unless(asker, ORGANISER, OFFICE)
    said = checked(LateBody, request.data)
    locks.door(lateness.tell)(visit.pk, minutes=said["minutes"], now=timezone.now())
    return answer(visit, asker)


@extend_schema(
    operation_id="ways_to_receive",
    summary="What a late group can still be shown so that nobody behind it waits",
    description="Changes nothing.",
    tags=[OFFICE_TAG],
    request=ArrivesBody,
    responses={
        200: WaysAnswer,
        **problems(403, 404, 409, 422, body=True, conflicts="`not_allowed_now`.", rules="`bad_wish`: it is not late."),
    },
)
@call("POST", link=True)
def ways(request: Request, code: str) -> Response:
    visit, said = asked_of_office(request, code, ArrivesBody)
    museum = catalogue.museum()
    found = lateness.receptions(visit.pk, arrives=said["arrives"], now=timezone.now())
    shown = [
        {
            "kind": each.kind,
            "start": shapes.clock(each.begins[0], museum),
            "waves": [shapes.clock(begin, museum) for begin in each.begins],
            "end": shapes.clock(each.end, museum),
            "dropped": list(each.dropped),
            "lost": each.lost,
        }
        for each in found
    ]
    return Response({"ways": shown})


@extend_schema(
    operation_id="receive_late",
    summary="Receive a late group in one of these ways",
    tags=[OFFICE_TAG],
    request=ReceiveBody,
    responses={
        200: VisitAnswer,
        **problems(
            403,
            404,
            409,
            422,
            body=True,
            times=True,
            conflicts="`start_taken`, `not_allowed_now`.",
            rules="`bad_wish`.",
        ),
    },
)
@call("POST", link=True)
def receive(request: Request, code: str) -> Response:
    visit, said = asked_of_office(request, code, ReceiveBody)
    locks.door(lateness.receive)(visit.pk, now=timezone.now(), **said)
    return answer(visit, OFFICE)


@extend_schema(
    operation_id="receive_walk_in",
    summary="Receive a group that comes unannounced",
    description="Begins now, or within half an hour, on any five minutes; else 409 with other starts of the day. No contact is needed.",
    tags=[OFFICE_TAG],
    parameters=[KEY],
    request=DoorBody,
    responses={
        201: VisitAnswer,
        **problems(403, 409, 422, body=True, times=True, conflicts="`start_taken`, `group_too_large`, `no_price`.",
                   rules="`bad_wish`, `idempotency_key_reused`."),
    },
)  # fmt: skip
@call("POST")
def walk_in(request: Request) -> Response:
    user = access.office(request)
    keys = request_keys(request, str(user.pk))
    said = checked(DoorBody, request.data)
    start, now = said.pop("start"), timezone.now()
    asked = replace(asked_for(said, (), keys), starts=(start,) if start else ())
    try:
        visit = locks.door(arrivals.walk_in)(asked, by=user, now=now)
    except StartTaken as taken:
        raise bookings.with_others(asked.group, start or now, now=now, by_office=True) from taken
    return made(visit, OFFICE)

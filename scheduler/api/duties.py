"""A guide's tours to lead, and who could lead one."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import locks, queries, roster
from scheduler.api import access, shapes
from scheduler.api.access import GUIDE, OFFICE, call, refuse_unless
from scheduler.api.answers import Answer, AssignmentAnswer, CandidateAnswer, DutyAnswer, DutyReplyAnswer
from scheduler.api.bodies import NeededReasonBody, NoBody
from scheduler.api.fields import ByCode, Days, Strict, checked
from scheduler.api.paging import paged, pages
from scheduler.api.problems import problems
from tours import queries as catalogue
from tours.models import Guide

TAG = "Guides"


class GuideBody(Strict):
    """Who is to lead."""

    guide = ByCode(queryset=Guide.objects.filter(active=True), help_text="The guide's code.")


class HelpAnswer(Answer):
    """What would help, the mildest first; empty where somebody can lead."""

    id = serializers.IntegerField()
    helps = serializers.ListField(child=serializers.CharField())


@extend_schema(
    operation_id="my_duties",
    summary="The tours that I lead",
    description="Those that begin in these days, soonest first. What is not `promised` yet may still change.",
    tags=[TAG],
    parameters=[Days],
    responses={200: pages(DutyAnswer), **problems(400, 404)},
)
@call("GET")
def mine(request: Request) -> Response:
    me = access.guide(request)
    asked = Days(data=request.query_params)
    asked.is_valid(raise_exception=True)
    museum = catalogue.museum()
    first, last = asked.bounds()
    rows = queries.duties_of(me, first, last).prefetch_related("visit__parties")
    return paged(request, rows, lambda row: shapes.duty(row, museum))


@extend_schema(
    operation_id="accept_duty",
    summary="I will lead",
    tags=[TAG],
    request=NoBody,
    responses={
        200: DutyReplyAnswer,
        **problems(403, 404, 409, body=True, conflicts="`not_allowed_now`: the visit has changed."),
    },
)
@call("POST")
def accept(request: Request, pk: int) -> Response:
    duty, asker = access.duty_for(request, pk)
    refuse_unless(asker, GUIDE)
    checked(NoBody, request.data)
    party = locks.door(roster.accept)(duty.pk, guide_id=duty.guide_id, now=timezone.now())
    return Response({"id": party.pk, "answer": party.answer})


@extend_schema(
    operation_id="decline_duty",
    summary="I cannot lead",
    description="Somebody else is found at once, or the office is told that nobody can. The duty is no longer yours afterwards.",
    tags=[TAG],
    request=NeededReasonBody,
    responses={
        200: DutyReplyAnswer,
        **problems(403, 404, 409, body=True, conflicts="`not_allowed_now`: the visit has changed."),
    },
)
@call("POST")
def decline(request: Request, pk: int) -> Response:
    duty, asker = access.duty_for(request, pk)
    refuse_unless(asker, GUIDE)
    said = checked(NeededReasonBody, request.data)
    reason = said["reason"]
    locks.door(roster.decline)(duty.pk, reason=reason, guide_id=duty.guide_id, now=timezone.now())
    return Response({"id": duty.pk, "answer": "declined"})


@extend_schema(
    operation_id="assign_duty",
    summary="Give a duty to a guide",
    description="Duties that are not promised yet make room where they can.",
    tags=[TAG],
    request=GuideBody,
    responses={
        200: AssignmentAnswer,
        **problems(403, 404, 409, body=True, conflicts="`guide_cannot`, with `reasons`; `not_allowed_now`."),
    },
)
@call("POST")
def assign(request: Request, pk: int) -> Response:
    duty, asker = access.duty_for(request, pk)
    refuse_unless(asker, OFFICE)
    said = checked(GuideBody, request.data)
    code = said["guide"].code
    party = locks.door(roster.assign)(duty.pk, code, by=access.office(request), now=timezone.now())
    party.refresh_from_db()
    return Response({"id": party.pk, "guide": shapes.guide(party.guide)})


@extend_schema(
    operation_id="candidates",
    summary="Who could lead, and why the others cannot",
    description="Every guide who works here; those who can take the duty as things stand come first.",
    tags=[TAG],
    responses={200: pages(CandidateAnswer), **problems(403, 404)},
)
@call("GET")
def candidates(request: Request, pk: int) -> Response:
    duty, asker = access.duty_for(request, pk)
    refuse_unless(asker, OFFICE)
    found = roster.candidates(duty.pk)
    return paged(request, found, lambda each: {"guide": shapes.guide(each.guide), "why_not": list(each.reasons)})


@extend_schema(
    operation_id="duty_help",
    summary="What would help where nobody can lead a duty",
    description="Each sentence is one change with which it could be led: of the group's time or sub-groups, of a guide, of a promise.",
    tags=[TAG],
    responses={200: HelpAnswer, **problems(403, 404)},
)
@call("GET")
def help_for(request: Request, pk: int) -> Response:
    duty, asker = access.duty_for(request, pk)
    refuse_unless(asker, OFFICE)
    return Response({"id": duty.pk, "helps": roster.what_would_help(duty.pk, now=timezone.now())})

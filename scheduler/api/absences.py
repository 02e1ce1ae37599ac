"""When guides are away: told by themselves, or noted by the office."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import locks, queries, roster
from scheduler.api import access, shapes
from scheduler.api.access import READS, call, office_finds
from scheduler.api.answers import AbsenceAnswer
from scheduler.api.fields import Instant, Line, Strict, checked
from scheduler.api.paging import PAGE, paged, pages
from scheduler.api.problems import problems
from tours import queries as catalogue
from tours.models import Guide

TAG = "Guides"


class AbsenceBody(Strict):
    """From when to when; without an end until the absence is removed."""

    start = Instant()
    end = Instant(required=False, allow_null=True, default=None)
    reason = Line(max_length=200, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["end"] is not None and attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError({"end": [_("The end lies after the start.")]}, code="order")
        return attrs


LIST: dict[str, Any] = {
    "methods": ["GET"],
    "description": "Those that are not over, soonest first.",
    "tags": [TAG],
    "parameters": PAGE,
    "responses": {200: pages(AbsenceAnswer), **problems(404)},
}
ADD: dict[str, Any] = {
    "methods": ["POST"],
    "description": "Tours that the guide was to lead then go to others at once, or the office is told that nobody can. "
    "An absence may have begun already, but not be over.",
    "tags": [TAG],
    "request": AbsenceBody,
    "responses": {201: AbsenceAnswer, **problems(404, 409, body=True, conflicts="`refused`, `absence_over`.")},
}
REMOVE: dict[str, Any] = {
    "description": "What has gone to others stays with them.",
    "tags": [TAG],
    "responses": {204: None, **problems(404)},
}


@extend_schema(operation_id="my_absences", summary="When I am away", **LIST)
@extend_schema(operation_id="add_my_absence", summary="I am away then", **ADD)
@call("GET", "POST")
def mine(request: Request) -> Response:
    return _list_or_add(request, access.guide(request))


@extend_schema(operation_id="remove_my_absence", summary="I am there after all", **REMOVE)
@call("DELETE")
def my_one(request: Request, pk: int) -> Response:
    return _remove(access.guide(request), pk)


@extend_schema(operation_id="absences", summary="When a guide is away", **LIST)
@extend_schema(operation_id="add_absence", summary="A guide is away then", **ADD)
@call("GET", "POST")
def of_guide(request: Request, guide: str) -> Response:
    return _list_or_add(request, office_finds(request, Guide.objects.filter(active=True), code=guide))


@extend_schema(operation_id="remove_absence", summary="A guide is there after all", **REMOVE)
@call("DELETE")
def one_of_guide(request: Request, guide: str, pk: int) -> Response:
    return _remove(office_finds(request, Guide.objects.filter(active=True), code=guide), pk)


def _list_or_add(request: Request, guide: Guide) -> Response:
    museum = catalogue.museum()
    if request.method in READS:
        return paged(request, queries.absences_of(guide, timezone.now()), lambda row: shapes.absence(row, museum))
    said = checked(AbsenceBody, request.data)
    absence = locks.door(roster.add_absence)(
        guide.pk, said["start"], said["end"], reason=said["reason"], now=timezone.now()
    )
    return Response(shapes.absence(absence, museum), status=201)


def _remove(guide: Guide, pk: int) -> Response:
    absence = get_object_or_404(guide.absences, pk=pk)
    locks.door(roster.remove_absence)(absence.pk, now=timezone.now())
    return Response(status=204)

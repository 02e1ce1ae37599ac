"""When a group can come."""

from __future__ import annotations

import hashlib
import json

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import demand, limits, permissions, starts
from scheduler.api.access import call
from scheduler.api.answers import Answer
from scheduler.api.fields import AudienceField, Days, TourField, checked, heads_field
from scheduler.api.problems import problems
from scheduler.api.shapes import clock
from tours.models import Language


class AvailabilityQuery(Days):
    """Which group asks, and about which days."""

    tour = TourField(help_text="The tour's code, from `tours/`.")
    language = serializers.ChoiceField(Language.choices, help_text="What the guide is to speak.")
    audience = AudienceField(help_text="The code of the kind of group, from `audiences/`.")
    heads = heads_field(help_text="All people, accompanying adults included.")


class DayAnswer(Answer):
    """One day. `reason` says in the asker's language why there are no starts, or that there may be more."""

    date = serializers.DateField()
    state = serializers.ChoiceField(
        ["open", "closed", "full", "not_known", "too_soon", "past"],
        help_text="`not_known`: there may be starts, but none could be checked in time; ask again in a minute.",
    )
    reason = serializers.CharField()
    starts = serializers.ListField(child=serializers.DateTimeField(), help_text="Starts of the whole group.")
    waves = serializers.ListField(
        child=serializers.ListField(child=serializers.DateTimeField()),
        help_text="Starts in two or more waves, each a list with the start of each wave; only where one wave cannot hold the group.",
    )
    complete = serializers.BooleanField(
        help_text="Whether these are all the starts there are. If not, ask again in a minute: the others could not be checked in time."
    )


class AvailabilityAnswer(Answer):
    """The days asked about. A start is in it if and only if it can be served as things stand."""

    largest = serializers.IntegerField(help_text="The largest group that any of the days could receive.")
    days = DayAnswer(many=True)


EXAMPLE = OpenApiExample(
    "Two days",
    value={
        "largest": 50,
        "days": [
            {
                "date": "2027-05-27",
                "state": "closed",
                "reason": "Closed for renovation work: 24–27 May. Open again from 28 May.",
                "starts": [],
                "waves": [],
                "complete": True,
            },
            {
                "date": "2027-05-28",
                "state": "open",
                "reason": "",
                "starts": ["2027-05-28T10:00:00+05:00", "2027-05-28T10:15:00+05:00"],
                "waves": [],
                "complete": True,
            },
        ],
    },
    response_only=True,
)


@extend_schema(
    operation_id="availability",
    summary="When a group can come",
    description="Starts that can be served on each day. The office is not held to the lead times that strangers are.",
    tags=["Availability"],
    parameters=[AvailabilityQuery],
    responses={
        200: OpenApiResponse(AvailabilityAnswer, examples=[EXAMPLE]),
        304: OpenApiResponse(description="As the `ETag` that was sent in `If-None-Match` has it."),
        **problems(400, 422),
    },
)
@call("GET", public=True)
def availability(request: Request) -> HttpResponseBase:
    query = checked(AvailabilityQuery, request.query_params)
    group = starts.Group(query["tour"], query["language"], query["audience"], query["heads"])
    by_office = permissions.is_office(request.user)
    now = timezone.now()
    offered = starts.offered(group, query["from"], query["to"], now=now, by_office=by_office)
    if query["from"] == query["to"] and (how := demand.IN_VAIN.get(offered.days[0].state)):
        who = limits.network_of(request.META["REMOTE_ADDR"])
        demand.note(group, how=how, who=who, now=now, wanted=query["from"])
    days = [
        {
            "date": day.day.isoformat(),
            "state": day.state,
            "reason": day.reason,
            "starts": [clock(start, offered.museum) for start in day.starts],
            "waves": [[clock(start, offered.museum) for start in wave] for wave in day.waves],
            "complete": day.complete,
        }
        for day in offered.days
    ]
    answer = {"largest": offered.largest, "days": days}
    tag = quote_etag(hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()[:32])
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    response = Response(answer, headers=headers)
    return get_conditional_response(request, etag=tag, response=response) or response

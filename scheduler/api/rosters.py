"""Planning the roster of some days: a job, what it found, and its publication."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import locks, planning
from scheduler.api import access
from scheduler.api.access import call, office_finds
from scheduler.api.answers import Answer, Time
from scheduler.api.bodies import NoBody
from scheduler.api.fields import Day, Strict, checked, zone
from scheduler.api.problems import problems
from scheduler.models import RosterJob
from scheduler.periods import local

TAG = "Roster"


class PlanBody(Strict):
    """Which days to plan."""

    quiet = serializers.BooleanField(
        default=False, help_text="Fewest changes before fairness: for what guides were told."
    )
    seconds = serializers.IntegerField(default=30, min_value=1, max_value=100, help_text="How long it may take.")

    def get_fields(self) -> dict[str, Any]:
        first = Day(help_text="The first day.")
        last = Day(help_text=f"The last day; at most {planning.MOST_DAYS} in all.")
        return {"from": first, "to": last, **super().get_fields()}


class PublishBody(Strict):
    """Which plan to publish."""

    job = serializers.PrimaryKeyRelatedField(queryset=RosterJob.objects.all())
    other = serializers.BooleanField(default=False, help_text="The plan beside it: better, with more changes.")


class AimAnswer(Answer):
    """How far one aim was reached, in the order in which they were asked."""

    aim = serializers.ChoiceField(
        ["covered", "fair", "unchanged", "gaps"],
        help_text="Tours that nobody leads; ticks of 5 minutes above and below each guide's share, squared; guides changed; ticks waited.",
    )
    value = serializers.IntegerField()
    bound = serializers.IntegerField(help_text="No roster can be below; the same as `value`: proven.")


class ReassignmentAnswer(Answer):
    """A tour that the plan gives to somebody else."""

    duty = serializers.IntegerField()
    visit = serializers.CharField()
    start = Time()
    was = serializers.CharField(allow_null=True, help_text="A guide's code; null: nobody.")
    becomes = serializers.CharField(allow_null=True)
    told = serializers.BooleanField(help_text="Whether who leads it now has been told that they do.")


class OtherPlanAnswer(Answer):
    """A plan that does better (covers more, or is fairer) and changes more: for a person to choose."""

    reached = AimAnswer(many=True)
    changes = ReassignmentAnswer(many=True)
    unassigned = serializers.ListField(child=serializers.IntegerField())


class JobAnswer(Answer):
    """A roster that is being planned, or was."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(RosterJob.Status.choices)
    progress = serializers.IntegerField(help_text="Per cent.")
    quiet = serializers.BooleanField()
    reached = AimAnswer(many=True)
    changes = ReassignmentAnswer(many=True, help_text="Empty until it is ready.")
    unassigned = serializers.ListField(child=serializers.IntegerField(), help_text="Duties that nobody can lead.")
    other = OtherPlanAnswer(
        allow_null=True,
        help_text="Beside a plan that changes least because of what was promised, or because it was asked for.",
    )

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": serializers.DateField(), "to": serializers.DateField()}


class PublishedAnswer(Answer):
    """What publishing did."""

    changed = serializers.IntegerField(help_text="How many tours have another guide now.")


@extend_schema(
    operation_id="plan_roster",
    summary="Plan the roster of some days",
    description="A worker plans it; ask for the job to see how far it is and what would change. Nothing is written until it is published.",
    tags=[TAG],
    request=PlanBody,
    responses={
        202: JobAnswer,
        **problems(403, 422, body=True, rules="`bad_wish`: too many days, or the wrong way round."),
    },
)
@call("POST")
def plan(request: Request) -> Response:
    by = access.office(request)
    asked = checked(PlanBody, request.data)
    job = locks.door(planning.ask)(
        asked["from"], asked["to"], by=by, quiet=asked["quiet"], seconds=asked["seconds"], now=timezone.now()
    )
    return Response(_job(job), status=202)


@extend_schema(
    operation_id="roster_job",
    summary="How far a roster is, and what it would change",
    tags=[TAG],
    responses={200: JobAnswer, **problems(404)},
)
@call("GET")
def job(request: Request, pk: int) -> Response:
    return Response(_job(office_finds(request, RosterJob.objects.all(), pk=pk)))


@extend_schema(
    operation_id="stop_roster_job",
    summary="Stop planning and keep the best so far",
    tags=[TAG],
    request=NoBody,
    responses={202: JobAnswer, **problems(404, body=True)},
)
@call("POST")
def stop(request: Request, pk: int) -> Response:
    found = office_finds(request, RosterJob.objects.all(), pk=pk)
    checked(NoBody, request.data)
    planning.stop(found.pk)
    return Response(_job(found), status=202)


@extend_schema(
    operation_id="publish_roster",
    summary="Publish a planned roster",
    description="Writes the plan, promises its days and tells the guides; or nothing, where a day has changed since.",
    tags=[TAG],
    request=PublishBody,
    responses={
        200: PublishedAnswer,
        **problems(403, 409, body=True, conflicts="`plan_out_of_date`; `not_allowed_now`: it is not ready."),
    },
)
@call("POST")
def publish(request: Request) -> Response:
    access.office(request)
    said = checked(PublishBody, request.data)
    changed = locks.door(planning.publish)(said["job"].pk, other=said["other"], now=timezone.now())
    return Response({"changed": changed})


def _job(row: RosterJob) -> dict[str, Any]:
    return {
        "id": row.pk,
        "status": row.status,
        "from": row.first.isoformat(),
        "to": row.last.isoformat(),
        "progress": row.progress,
        "quiet": row.quiet,
        **_plan(row, row.plan, other=False),
        "other": _plan(row, row.plan["other"], other=True) if "other" in row.plan else None,
    }


def _plan(row: RosterJob, plan: dict[str, Any], *, other: bool) -> dict[str, Any]:
    here = zone()
    return {
        "reached": [{"aim": aim, "value": value, "bound": bound} for aim, value, bound in plan.get("reached", [])],
        "changes": [
            {
                "duty": change.party.pk,
                "visit": change.party.visit.code,
                "start": local(change.party.period.lower, here).isoformat(),
                "was": change.was,
                "becomes": change.becomes,
                "told": change.told,
            }
            for change in planning.changes(row, other=other)
        ],
        "unassigned": [int(key) for key, guide in plan.get("guides", {}).items() if guide is None],
    }

"""When places are closed, and what becomes of the visits that a closure hits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import closures, decisions, lifting, locks
from scheduler.api import access, shapes
from scheduler.api.access import READS, call, office_finds
from scheduler.api.answers import Answer, ClosureAnswer, Time
from scheduler.api.decisions import TAG as OFFICE_TAG
from scheduler.api.fields import Instant, Line, SpacesField, Strict, Titles, checked, zone
from scheduler.api.paging import PAGE, paged, pages
from scheduler.api.problems import MEDIA_TYPE, Problem, problems
from scheduler.closures import ClosureDraft
from scheduler.decisions import Decision
from scheduler.models import Closure, Offer
from tours import queries as catalogue

TAG = "Closures"
MOST_DECISIONS = 1000


class DraftBody(Strict):
    """A closure as the office means it."""

    spaces = SpacesField(required=False, allow_null=True, max_length=100, help_text="Codes; null: all of them.")
    start = Instant()
    end = Instant(
        required=False, allow_null=True, help_text="Null: until further notice. Of the first time, with `rrule`."
    )
    rrule = Line(
        max_length=200,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="How it recurs by the museum's clock (RFC 5545), as `FREQ=MONTHLY;BYDAY=-1TU;UNTIL=20271231`; null: once.",
    )
    until_further_notice = serializers.BooleanField(
        required=False, help_text="The rule has no end; without this it has to have one (UNTIL or COUNT)."
    )
    kind = serializers.ChoiceField(Closure.Kind.choices)
    notice = Titles(help_text="What the public is told; in one language at least.")


class DecisionBody(Strict):
    """What becomes of a visit.

    `move` to another `start`; `reroute`: the same start, another walk; `drop`: the same start without what is closed, and `offer`:
    another start, about both of which the organiser is asked; `cancel`.
    """

    action = serializers.ChoiceField(decisions.ACTIONS)
    start = Instant(required=False, allow_null=True, default=None)
    waves = serializers.ListField(
        child=Instant(),
        max_length=10,
        required=False,
        default=list,
        help_text="The starts after the first, of a group in waves.",
    )
    answer_by = Instant(
        required=False, allow_null=True, default=None, help_text="Of an offer or a drop; null: within two days."
    )
    alternatives = serializers.ListField(
        child=Instant(),
        max_length=2,
        required=False,
        default=list,
        help_text="Other starts shown with an offer, not held.",
    )
    on_silence = serializers.ChoiceField(
        Offer.Silence.choices, required=False, default=Offer.Silence.WAIT, help_text="What happens without an answer."
    )


class DecisionsField(serializers.DictField):
    """A decision for each visit that is hit, by its code."""

    child = DecisionBody()

    def to_internal_value(self, data: Any) -> dict[str, Decision]:
        if not isinstance(data, Mapping):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if len(data) > MOST_DECISIONS:
            raise serializers.ValidationError(_("These are too many decisions."), code="max_length")
        said = {str(code): DecisionBody(data=each) for code, each in data.items()}  # whole ones, of a PATCH too
        wrong = {code: body.errors for code, body in said.items() if not body.is_valid()}
        if wrong:
            raise serializers.ValidationError(wrong)
        return {code: _decision(body.validated_data) for code, body in said.items()}


def _decision(said: Mapping[str, Any]) -> Decision:
    listed = {"waves": tuple(said["waves"]), "alternatives": tuple(said["alternatives"])}
    return Decision(**{**said, **listed})


class ClosureBody(DraftBody):
    """A closure, with the seal of the preview that was looked at and what was decided for each visit that it hits."""

    seal = Line(max_length=64)
    decisions = DecisionsField(default=dict)


class ProposalAnswer(Answer):
    """The least change that is proposed for a visit; it may be sent back as the decision."""

    action = serializers.ChoiceField(decisions.ACTIONS)
    start = Time(allow_null=True)
    waves = serializers.ListField(child=Time(), required=False)
    answer_by = Time(required=False)
    alternatives = serializers.ListField(child=Time(), required=False)
    on_silence = serializers.ChoiceField(Offer.Silence.choices, required=False)


class HitAnswer(Answer):
    """A visit that the closure would hit."""

    visit = serializers.CharField(help_text="The visit's code.")
    proposal = ProposalAnswer()
    alternatives = serializers.ListField(child=Time(), help_text="Other starts that it could have.")
    minutes = serializers.IntegerField(help_text="How far the proposal moves it, a day counted as 600.")


class RepairCostAnswer(Answer):
    """What all proposals cost together, in minutes weighted by kind of group, and what no others cost less than."""

    minutes = serializers.IntegerField()
    least = serializers.IntegerField()
    left = serializers.IntegerField(help_text="Visits for which there is no time.")
    proven = serializers.BooleanField(help_text="There are no better proposals.")


class PreviewAnswer(Answer):
    """What a closure would do. `seal` goes back with the decisions: as long as it holds, doing does what was shown."""

    seal = serializers.CharField()
    hit = HitAnswer(many=True)
    cost = RepairCostAnswer()


class FitsAnswer(Answer):
    """A visit, and when it could be."""

    visit = serializers.CharField(help_text="The visit's code.")
    start = Time()


class LiftingAnswer(Answer):
    """What lifting would do; nothing of it is done yet, and visits that could return stay where they are."""

    seal = serializers.CharField()
    days = serializers.ListField(child=serializers.DateField(), help_text="The days that it gives back.")
    waiting = serializers.IntegerField(help_text="Groups that wait for one of these days.")
    offered = FitsAnswer(many=True, help_text="Those of them who would be offered a time.")
    returning = FitsAnswer(many=True, help_text="Visits that it moved and that could have their old time again.")
    not_looked_at = serializers.IntegerField(help_text="Groups and visits beyond those that were looked at.")


class ClosureProblem(Problem):
    """Why a closure was not made."""

    preview = PreviewAnswer(required=False, help_text="A fresh one (`preview_out_of_date`).")
    visits = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Those left undecided (`undecided_visits`)."
    )
    visit = serializers.CharField(required=False, help_text="The one whose new time is not free (`start_taken`).")


DRAFT = {
    "spaces": None,
    "start": "2027-05-24T00:00:00+05:00",
    "end": "2027-05-28T00:00:00+05:00",
    "rrule": None,
    "kind": "renovation",
    "notice": {"en": "Closed for renovation work: 24–27 May. Open again from 28 May."},
}
DECIDED = {
    "seal": "5f2c9a…",
    "decisions": {"K7RM2QX": {"action": "move", "start": "2027-05-28T11:00:00+05:00"}, "P3VH8TD": {"action": "cancel"}},
}
PREVIEW_EXAMPLE = OpenApiExample("Four days", value=DRAFT, request_only=True)
CLOSURE_EXAMPLE = OpenApiExample("Four days, decided", value=DRAFT | DECIDED, request_only=True)
REFUSALS = {
    **problems(
        403,
        422,
        body=True,
        rules="`bad_wish`; decisions for visits that are not hit are listed in `visits`, one that cannot be in `visit`.",
    ),
    (409, MEDIA_TYPE): OpenApiResponse(
        ClosureProblem,
        description="`preview_out_of_date` (with a fresh `preview`), `undecided_visits` (with `visits`), `start_taken` (with `visit`),"
        " `not_allowed_now`.",
    ),
}


@extend_schema(
    methods=["GET"],
    operation_id="closures",
    summary="What is closed, now and later",
    description="Closures in force or still to come, soonest first.",
    tags=[TAG],
    parameters=PAGE,
    responses={200: pages(ClosureAnswer), **problems(404)},
)
@extend_schema(
    methods=["POST"],
    operation_id="close",
    summary="Close places for a time",
    description="Does exactly what the preview showed, with your decision for each visit, and tells everybody concerned; or does nothing.",
    tags=[OFFICE_TAG],
    request=ClosureBody,
    examples=[CLOSURE_EXAMPLE],
    responses={201: ClosureAnswer, **REFUSALS},
)
@call("GET", "POST", public=True)
def many(request: Request) -> Response:
    museum = catalogue.museum()
    if request.method in READS:
        return paged(request, closures.shown(timezone.now()), lambda row: shapes.closure(row, museum))
    user = access.office(request)
    said = checked(ClosureBody, request.data)
    closure = locks.door(closures.close)(
        draft_of(said), seal=said["seal"], decisions=said["decisions"], by=user, now=timezone.now()
    )
    return Response(shapes.closure(closure, museum), status=201)


@extend_schema(
    operation_id="preview_closure",
    summary="What a closure would do",
    description="Changes nothing.",
    tags=[OFFICE_TAG],
    request=DraftBody,
    examples=[PREVIEW_EXAMPLE],
    responses={200: PreviewAnswer, **problems(403, 422, body=True)},
)
@call("POST")
def preview(request: Request) -> Response:
    access.office(request)
    said = checked(DraftBody, request.data)
    shown = closures.preview(draft_of(said), now=timezone.now())
    return Response(decisions.as_json(shown, zone()))


@extend_schema(
    operation_id="preview_closure_change",
    summary="What another shape of a closure would do",
    description="Changes nothing. What is left out stays as it is.",
    tags=[OFFICE_TAG],
    request=DraftBody(partial=True),
    responses={200: PreviewAnswer, **problems(404, 422, body=True)},
)
@call("POST")
def preview_change(request: Request, pk: int) -> Response:
    closure = _found(request, pk)
    said = checked(DraftBody, request.data, partial=True)
    shown = closures.preview(draft_of(said, closure), now=timezone.now(), closure=closure)
    return Response(decisions.as_json(shown, zone()))


@extend_schema(
    operation_id="preview_lifting",
    summary="What lifting a closure would do",
    description="Changes nothing. Who waits would be offered times one after the other, as shown; who was moved could return, each alone.",
    tags=[OFFICE_TAG],
    responses={200: LiftingAnswer, **problems(404, 409, conflicts="`not_allowed_now`: it has been lifted already.")},
)
@call("GET")
def preview_lifting(request: Request, pk: int) -> Response:
    closure = _found(request, pk)
    return Response(lifting.as_json(lifting.preview(closure.pk, now=timezone.now())))


@extend_schema(
    methods=["PATCH"],
    operation_id="change_closure",
    summary="Make a closure another one",
    description="As its own preview showed. What is left out stays as it is.",
    tags=[OFFICE_TAG],
    request=ClosureBody,
    responses={
        200: ClosureAnswer,
        **{status: said for status, said in REFUSALS.items() if status[0] != 403},
        **problems(404),
    },
)
@extend_schema(
    methods=["DELETE"],
    operation_id="lift_closure",
    summary="Open again what a closure closed",
    description="Visits that it moved stay where they are.",
    tags=[OFFICE_TAG],
    responses={204: None, **problems(404, 409, conflicts="`not_allowed_now`: it has been lifted already.")},
)
@call("PATCH", "DELETE")
def one(request: Request, pk: int) -> Response:
    closure = _found(request, pk)
    user = access.office(request)
    now = timezone.now()
    if request.method == "DELETE":
        locks.door(lifting.lift)(closure.pk, by=user, now=now)
        return Response(status=204)
    said = checked(ClosureBody, request.data, partial=True)
    if "seal" not in said:
        raise serializers.ValidationError({"seal": [_("Please look at a preview first.")]}, code="required")
    changed = locks.door(closures.change)(
        closure.pk,
        draft_of(said, closure),
        seal=said["seal"],
        decisions=said.get("decisions", {}),
        by=user,
        now=now,
    )
    return Response(shapes.closure(changed, catalogue.museum()))


def _found(request: Request, pk: int) -> Closure:
    return office_finds(request, Closure.objects.all(), pk=pk)


def draft_of(said: Mapping[str, Any], closure: Closure | None = None) -> ClosureDraft:
    """A closure as it was sent; what was left out is as the present one has it."""
    there: dict[str, Any] = {"spaces": None, "end": None, "rrule": "", "until_further_notice": False}
    if closure is not None:
        there = {
            "spaces": list(closure.spaces.all()),
            "start": closure.period.lower,
            "end": closure.period.upper,
            "rrule": closure.rrule,
            "until_further_notice": closure.span.upper is None,
            "kind": closure.kind,
            "notice": {language: getattr(closure, f"notice_{language}") for language in ("kk", "ru", "en")},
        }
    names = ("spaces", "start", "end", "kind", "rrule", "until_further_notice")
    meant = there | {name: said[name] for name in names if name in said}
    notice = there.get("notice", {}) | said.get("notice", {})
    return ClosureDraft(
        tuple(meant["spaces"] or ()),
        meant["start"],
        meant["end"],
        meant["kind"],
        notice,
        rrule=meant["rrule"] or "",
        until_further_notice=meant["until_further_notice"],
    )

"""Closures that the office has begun and will publish later: the same drafts that its pages keep. A draft closes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler import closures, decisions, drafts, locks, recurring
from scheduler.api import access, shapes
from scheduler.api.access import READS, call, office_finds
from scheduler.api.answers import Answer, ClosureAnswer, Time
from scheduler.api.closures import DRAFT, REFUSALS, DecisionsField, DraftBody, PreviewAnswer
from scheduler.api.decisions import TAG
from scheduler.api.fields import Instant, Line, Strict, Titles, checked, zone
from scheduler.api.paging import PAGE, paged, pages
from scheduler.api.problems import problems
from scheduler.forms.drafts import closure_of, missing_in, said_in, typed_from
from scheduler.models import Closure, KeptDraft
from tours import queries as catalogue
from tours.models import Museum


class KeptBody(DraftBody):
    """As much of a closure as is known. A draft may be kept with anything missing; `missing` of the answer says what is."""

    start = Instant(required=False)
    kind = serializers.ChoiceField(Closure.Kind.choices, required=False)
    notice = Titles(required=False, help_text="What the public is told.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        rule = attrs.get("rrule")
        if rule and not recurring.ends(rule.upper()) and not attrs.pop("until_further_notice", False):
            said = _("This rule never ends. Please say until when it recurs, or “until further notice”.")
            raise serializers.ValidationError({"until_further_notice": [said]}, code="required")
        return attrs


class NewDraftBody(KeptBody):
    """The same, of a draft that is begun."""

    closure = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=2**31 - 1,
        help_text="The closure that it is to change; null: a new one.",
    )


class DecidedBody(Strict):
    """The seal of the draft's preview, and what was decided for each visit that it hits."""

    seal = Line(max_length=64)
    decisions = DecisionsField(default=dict)


class MissingAnswer(Answer):
    """What keeps a draft from being published as it is."""

    field = serializers.CharField()
    detail = serializers.CharField(help_text="For a person, in the asker's language.")


class NoticeAnswer(Answer):
    """What the public is told, in each language."""

    kk = serializers.CharField()
    ru = serializers.CharField()
    en = serializers.CharField()


class DraftAnswer(Answer):
    """A draft; what it does not say yet, or what was typed and cannot be read, is null and named by `missing`."""

    id = serializers.IntegerField()
    closure = serializers.IntegerField(allow_null=True, help_text="The closure that it is to change.")
    spaces = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="Null: all of them.")
    start = Time(allow_null=True)
    end = Time(allow_null=True, help_text="Null: until further notice, or not said yet.")
    rrule = serializers.CharField(allow_null=True)
    until_further_notice = serializers.BooleanField(help_text="It has no end, or its rule has none.")
    kind = serializers.ChoiceField(Closure.Kind.choices, allow_null=True)
    notice = NoticeAnswer()
    missing = MissingAnswer(many=True)
    kept_at = Time()
    kept_by = serializers.CharField(allow_null=True)


KEPT = OpenApiExample(
    "Only when and where", value={name: DRAFT[name] for name in ("spaces", "start", "end")}, request_only=True
)
NO_DRAFT = {status: said for status, said in REFUSALS.items() if status[0] != 403} | problems(404)


@extend_schema(
    methods=["GET"],
    operation_id="drafts_of_closures",
    summary="Closures that were begun",
    description="The latest kept first.",
    tags=[TAG],
    parameters=PAGE,
    responses={200: pages(DraftAnswer), **problems(403, 404)},
)
@extend_schema(
    methods=["POST"],
    operation_id="keep_draft",
    summary="Begin a closure without publishing it",
    description="Closes nothing and holds nothing. The office's pages show it among their drafts.",
    tags=[TAG],
    request=NewDraftBody,
    examples=[KEPT],
    responses={201: DraftAnswer, **problems(403, body=True)},
)
@call("GET", "POST")
def many(request: Request) -> Response:
    user, museum = access.office(request), catalogue.museum()
    if request.method in READS:
        return paged(request, _drafts(), lambda row: _shown(row, museum))
    said = checked(NewDraftBody, request.data)
    changes = said.get("closure")
    if changes is not None and not Closure.objects.filter(pk=changes, lifted_at=None).exists():
        raise serializers.ValidationError({"closure": [_("There is no such closure.")]}, code="does_not_exist")
    kept = locks.door(drafts.keep)(typed_from(said, {}), draft_id=None, closure_id=changes, by=user, now=timezone.now())
    return Response(_shown(kept, museum), status=201)


@extend_schema(
    methods=["GET"],
    operation_id="draft_of_closure",
    summary="A closure that was begun",
    tags=[TAG],
    responses={200: DraftAnswer, **problems(404)},
)
@extend_schema(
    methods=["PATCH"],
    operation_id="change_draft",
    summary="Go on with a draft",
    description="What is left out stays as it is.",
    tags=[TAG],
    request=KeptBody,
    responses={200: DraftAnswer, **problems(404, body=True)},
)
@extend_schema(
    methods=["DELETE"],
    operation_id="discard_draft",
    summary="Throw a draft away",
    tags=[TAG],
    responses={204: None, **problems(404)},
)
@call("GET", "PATCH", "DELETE")
def one(request: Request, pk: int) -> Response:
    draft = _found(request, pk)
    if request.method == "DELETE":
        locks.door(drafts.discard)(draft.pk)
        return Response(status=204)
    if request.method == "PATCH":
        said = checked(KeptBody, request.data, partial=True)
        typed = typed_from(said, draft.typed)
        draft = locks.door(drafts.keep)(
            typed, draft_id=draft.pk, closure_id=draft.closure_id, by=access.office(request), now=timezone.now()
        )
    return Response(_shown(draft, catalogue.museum()))


@extend_schema(
    operation_id="preview_draft",
    summary="What a draft would do",
    description="Changes nothing. The notice may still be missing.",
    tags=[TAG],
    request=None,
    responses={
        200: PreviewAnswer,
        **problems(404, 422),
    },
)
@call("POST")
def preview(request: Request, pk: int) -> Response:
    draft = _found(request, pk)
    seen = closures.preview(closure_of(draft), now=timezone.now(), closure=draft.closure, notice_later=True)
    return Response(decisions.as_json(seen, zone()))


@extend_schema(
    operation_id="publish_draft",
    summary="Publish a draft",
    description="Does exactly what its preview showed, with your decision for each visit, tells everybody concerned, and the draft is gone;"
    " or does nothing and keeps it.",
    tags=[TAG],
    request=DecidedBody,
    responses={201: ClosureAnswer, **NO_DRAFT},
)
@call("POST")
def publish(request: Request, pk: int) -> Response:
    draft = _found(request, pk)
    said = checked(DecidedBody, request.data)
    made = locks.door(drafts.publish)(
        closure_of(draft),
        draft_id=draft.pk,
        closure_id=draft.closure_id,
        **said,
        by=access.office(request),
        now=timezone.now(),
    )
    return Response(shapes.closure(made, catalogue.museum()), status=201)


def _drafts() -> QuerySet[KeptDraft]:
    return KeptDraft.objects.select_related("closure", "kept_by")


def _found(request: Request, pk: int) -> KeptDraft:
    return office_finds(request, _drafts(), pk=pk)


def _shown(row: KeptDraft, museum: Museum) -> dict[str, Any]:
    """A draft as `DraftAnswer` has it."""
    said: Mapping[str, Any] = said_in(row.typed)
    spaces = said.get("spaces")
    return {
        "id": row.pk,
        "closure": row.closure_id,
        "spaces": [space.code for space in spaces] if spaces else None,
        "start": shapes.clock(said.get("start"), museum),
        "end": shapes.clock(said.get("end"), museum),
        "rrule": said.get("rrule") or None,
        "until_further_notice": said.get("until_further_notice", False) or ("end" in said and said["end"] is None),
        "kind": said.get("kind"),
        "notice": said["notice"],
        "missing": [{"field": name, "detail": detail} for name, detail in missing_in(row.typed).items()],
        "kept_at": shapes.clock(row.kept_at, museum),
        "kept_by": str(row.kept_by) if row.kept_by else None,
    }

"""What the schema says of refusals: every answer that is not a success is a problem document (RFC 9457)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

MEDIA_TYPE = "application/problem+json"


class FieldProblem(serializers.Serializer[Any]):
    """What is wrong with one field."""

    pointer = serializers.CharField(
        help_text="Where: a JSON pointer (RFC 6901) into what was sent, empty for the whole."
    )
    detail = serializers.CharField(help_text="What, for a person.")
    code = serializers.CharField(help_text="What, for a program.")


class Problem(serializers.Serializer[Any]):
    """Why something was not done. `code` is stable; `title` and `detail` are for a person, in their language."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]  # a field, which hides the property here


class TimeProblem(Problem):
    """A time that cannot be had, with others that can."""

    alternatives = serializers.ListField(
        child=serializers.DateTimeField(), required=False, help_text="Starts near the one asked for."
    )
    largest = serializers.IntegerField(required=False, help_text="The largest group that the day could receive.")
    most = serializers.IntegerField(
        required=False, help_text="How many people could come at the visit's own time (`too_many_then`)."
    )
    earliest = serializers.DateField(
        required=False, allow_null=True, help_text="The first day that this group may ask for (`too_soon`)."
    )
    notice = serializers.CharField(required=False, help_text="The closure's public notice (`closed`).")


WORDS = {
    400: "What was sent cannot be used; `errors` lists the fields (`invalid`).",
    403: "Seen, and not yours to do (`permission_denied`).",
    404: "There is no such thing for you (`not_found`).",
    409: "Not possible as things stand: ",
    413: "Larger than anything that this call takes (`too_large`).",
    415: "Bodies are JSON (`unsupported_media_type`).",
    422: "Contradicts the museum's rules whatever the day: ",
    429: "Too many requests from strangers (`too_often`); try again after `Retry-After` seconds.",
}


def problems(
    *statuses: int, conflicts: str = "", rules: str = "`bad_wish`.", times: bool = False, body: bool = False
) -> dict[tuple[int, str], Any]:
    """How a call may be refused, for its schema: like every call with a body, and as these say. `conflicts`, `rules`: codes of 409, 422.

    What holds for all calls is added to the schema by `config/api.py`.
    """
    every = {*statuses, *((400, 413, 415) if body else ())}
    said = WORDS | {409: WORDS[409] + conflicts, 422: WORDS[422] + rules}
    return {
        (status, MEDIA_TYPE): OpenApiResponse(
            TimeProblem if times and status in (409, 422) else Problem, description=said[status]
        )
        for status in sorted(every)
    }

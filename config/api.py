"""The API's frame: where its parts are mounted, who is asking, how lists and problems look."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from io import BytesIO
from typing import IO, Any, Protocol, runtime_checkable

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from tours import services

PROBLEM = "application/problem+json"
AWAY = (OperationalError, InterfaceError)
"""No connection, or no lock in time: nothing was done, and it may go well in a moment."""
RETRY_SECONDS = 5

logger = logging.getLogger(__name__)
MOST_BYTES = 2**20
COMMON = {
    "401": "The token is not known (`authentication_failed`), or nobody has signed in (`not_authenticated`).",
    "404": "There is no such thing for you (`not_found`).",
    "406": "Answers are JSON (`not_acceptable`).",
    "503": "Too many people at this moment, no certain answer in time, or no museum yet (`busy`, `not_known`, `no_museum`); "
    "try again after `Retry-After` seconds.",
}
NAMED = {
    "visits/{code}": "The visit's code, as its letters and its answer have it: `K7RM2QX`.",
    "tours/{code}": "The tour's code, as the list has it.",
    "audiences/{code}": "The code of the kind of group, as the list has it.",
    "spaces/{code}": "The place's code, as the list has it.",
    "closures/{id}": "The closure's `id`, as the list has it.",
    "drafts/{id}": "The draft's `id`, as the list has it.",
    "changes/{id}": "The late change's `id`, as the answer to whoever asked for it and the visit's `changes` have it.",
    "duties/{id}": "The duty's `id`, as `me/duties/` has it, and for the office each of a visit's `parties` (`duty`).",
    "jobs/{id}": "The job's `id`, as `roster/plan/` answered.",
    "guides/{guide}": "The guide's code.",
    "absences/{id}": "The absence's `id`, as the list has it.",
}
"""What an address names, by the part of the address that names it."""


@runtime_checkable
class Refusal(Protocol):
    """What an error of ours has, whichever room it comes from (`scheduler/errors.py`, `notifications/limits.py`)."""

    code: str
    status: int
    detail: Any
    extra: Mapping[str, Any]


class Pages(PageNumberPagination):
    """Lists come as `{count, next, previous, results}`."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500


class StaffToken(BaseAuthentication):
    """`Authorization: Bearer <token>` of somebody on the staff, made by `manage.py api_token`; only its hash is stored.

    A visit's own token has a dot in it and is the visit view's matter.
    """

    keyword = b"bearer"

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        parts = get_authorization_header(request).split()
        if len(parts) != 2 or parts[0].lower() != self.keyword or b"." in parts[1]:
            return None
        token = parts[1].decode("latin-1")
        user = services.authenticate_token(token)
        if user is None:
            raise exceptions.AuthenticationFailed(_("This token is not known."))
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class StaffTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass registers it untyped
    """How the schema describes it."""

    target_class = StaffToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A staff member's token, or the token of a visit's link.",
        }


class TooLarge(exceptions.APIException):
    """A body that no call needs."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _lazy("This is more than can be sent at once.")


class Json(JSONParser):
    """JSON that nobody can make a fault of ours: of bounded size and depth, of letters that can be written again."""

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        body = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise TooLarge
        try:
            said = super().parse(BytesIO(body), media_type, parser_context)
            if b"\\u" in body:
                json.dumps(said, ensure_ascii=False).encode()  # half a surrogate pair is no letter
        except (RecursionError, UnicodeError) as error:
            raise exceptions.ParseError(_("This is no JSON that can be used.")) from error
        return said


def common_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Says of every call in the schema how it may be refused whatever it does."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            paged = any(parameter["name"] == "page" for parameter in operation.get("parameters", ()))
            known = COMMON if paged or "{" in path else {status: COMMON[status] for status in COMMON if status != "404"}
            for status, words in known.items():
                content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
                operation["responses"].setdefault(status, {"description": words, "content": content})
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def addresses_explained(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Says of every call in the schema what its address names."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    before, _name, _rest = path.partition(f"/{{{parameter['name']}}}")
                    parameter["description"] = NAMED[f"{before.rpartition('/')[2]}/{{{parameter['name']}}}"]
    return result


def _errors(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """DRF's nested errors, flat: where (a JSON pointer, RFC 6901) and what."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            yield from _errors(value, pointer + name)
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            yield from _errors(value, f"{pointer}/{index}" if isinstance(value, Mapping | list) else pointer)
    elif detail:
        yield {"pointer": pointer, "detail": str(detail), "code": str(getattr(detail, "code", "invalid"))}


def document(*, status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """A problem (RFC 9457). `code` is stable, `title` and `detail` are for a person."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }


def problem(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Any error of a view as a problem document; None (a 500) for what nobody foresaw.

    Foreseen are DRF's errors and every `Refusal`.
    """
    headers = {}
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        status = error.status_code
        extra: Mapping[str, Any] = {}
        if isinstance(error, exceptions.ValidationError):
            code, detail = "invalid", _("Some of what was sent cannot be used.")
            extra = {"errors": list(_errors(error.detail))}
        else:
            code, detail = str(getattr(error.detail, "code", error.default_code)), str(error.detail)
        if header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = header
        if (wait := getattr(error, "wait", None)) is not None:
            headers["Retry-After"] = str(int(wait))
    elif isinstance(error, Refusal):
        status, code, detail = error.status, error.code, str(error.detail)
        extra = dict(error.extra)
        retry_after = extra.pop("retry_after", RETRY_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else None)
        if retry_after is not None:
            headers["Retry-After"] = str(int(retry_after))
    elif isinstance(error, AWAY):
        logger.error("The database is away: %s", error)
        status, code, detail, extra = 503, "unavailable", unavailable_detail(), {}
        headers["Retry-After"] = str(RETRY_SECONDS)
    else:
        return None
    response = Response(document(status=status, code=code, detail=detail, **extra), status=status, headers=headers)
    response.content_type = PROBLEM
    return response


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks: it is answered with a problem, not with a page."""
    return request.path_info.startswith("/api/")


def not_found(request: HttpRequest) -> JsonResponse:
    """The API's answer for an address that nothing has."""
    return JsonResponse(
        document(status=404, code="not_found", detail=_("Not found.")), status=404, content_type=PROBLEM
    )


def unavailable_detail() -> str:
    """What a person reads while the database is away."""
    return _("The service cannot do this at the moment. Nothing was changed; please try again shortly.")


def unavailable() -> JsonResponse:
    """The API's answer while the database is away."""
    problem = document(status=503, code="unavailable", detail=unavailable_detail())
    return JsonResponse(problem, status=503, content_type=PROBLEM, headers={"Retry-After": str(RETRY_SECONDS)})


def failed(request: HttpRequest) -> JsonResponse:
    """The API's answer for what nobody foresaw; it tells nothing of it."""
    detail = _("Something went wrong here. It has been noted.")
    return JsonResponse(document(status=500, code="error", detail=detail), status=500, content_type=PROBLEM)

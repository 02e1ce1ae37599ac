"""What every page has: the museum, its wall clock, and words for a service's refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from scheduler.errors import Refused
from scheduler.models import Visit
from tours import queries as catalogue
from tours.errors import CatalogueError

Answer = TypeVar("Answer")
PACK = GZipMiddleware(lambda _request: HttpResponse())


def show(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page on the museum's wall clock: every instant in it is shown as that clock shows it. One query for the museum.

    It goes compressed to whoever takes that: a fifth of its weight, also where no proxy stands before us. Django's middleware lengthens
    it by chance (against BREACH); only pages go through it, since a calendar's ETag would be weakened by it.
    """
    museum = catalogue.museum()
    with timezone.override(ZoneInfo(museum.time_zone)):
        page = render(request, template, {"museum": museum, **(context or {})}, status=status)
    PACK.process_response(request, page)  # in place
    return page


def data(request: HttpRequest, found: Mapping[str, Any]) -> HttpResponse:
    """What a page's own script draws, as JSON; it goes compressed, as pages do. An ETag is given to it afterwards."""
    answer = JsonResponse(found)
    PACK.process_response(request, answer)  # in place
    return answer


def remember_language(response: HttpResponse) -> HttpResponse:
    """The same answer; the reader's next pages come in the language of this one."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        get_language() or settings.LANGUAGE_CODE,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]  # the settings say "Lax", which mypy reads as any text
    )
    return response


def visit_named(fields: QueryDict) -> Visit | None:
    """The visit whose code stands in an address or a form as `visit`, if there is one."""
    code = fields.get("visit", "")
    return Visit.objects.filter(code=code).first() if code.isalnum() else None  # PostgreSQL takes no NUL


def tried(change: Callable[[], Answer]) -> tuple[Answer | None, Refused | CatalogueError | None]:
    """What a service gave, or why it refused: the page says so and keeps what was typed."""
    try:
        return change(), None
    except (Refused, CatalogueError) as refused:
        return None, refused


def status_of(refused: Refused | CatalogueError | None) -> int:
    """The HTTP status of a page that shows a refusal."""
    return refused.status if refused else 200

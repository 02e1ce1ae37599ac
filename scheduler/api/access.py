"""Who is asking: a visit's organiser by the token of their link, or somebody of the house by theirs or by signing in.

Looking up and checking access are one step: what an asker may not see is a 404, whether it exists or not. What they see and may not do
is a 403. A call that only the house makes and that names nothing answers 401 to whoever has not said who they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.http import Http404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.settings import api_settings

from notifications import links
from scheduler import permissions, queries
from scheduler.models import Party, Visit
from tours.models import Guide, User

ORGANISER, GUIDE, OFFICE = "organiser", "guide", "office"
READS = ("GET", "HEAD")
View = Callable[..., Any]
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class VisitLink:
    """The token of a visit's link, as it was sent: whether it opens anything is asked of the visit."""

    token: str


class LinkToken(BaseAuthentication):
    """`Authorization: Bearer <token>` with the token of a visit's link. It has a dot in it, a staff member's has none.

    Whoever sends one is nobody of the house, even with a session beside it.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, VisitLink] | None:
        parts = get_authorization_header(request).split()
        if len(parts) != 2 or parts[0].lower() != b"bearer" or b"." not in parts[1]:
            return None
        return AnonymousUser(), VisitLink(parts[1].decode("latin-1"))

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class LinkTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass registers it untyped
    """How the schema describes it."""

    target_class = LinkToken
    name = "link"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of a visit's link: `token` in the answer to `POST visits/`, or the part of the link after `/visit/`.",
        }


class AskedBelow(BasePermission):
    """What somebody sees and may do is asked of the object, with `visit_for` and its like; the schema says that a token is needed."""


def call(*methods: str, link: bool = False, public: bool = False) -> Callable[[View], View]:
    """A call of the API. `link`: for organisers too, by the token of their link; `public`: for everybody; else for the house."""

    def wrap(view: View) -> View:
        house = cast(list[type[BaseAuthentication]], list(api_settings.DEFAULT_AUTHENTICATION_CLASSES))
        asking = authentication_classes([LinkToken, *house] if link else house)
        answered = [*methods, "HEAD"] if "GET" in methods else list(methods)
        return api_view(answered)(permission_classes([AllowAny if public else AskedBelow])(asking(view)))

    return wrap


def role(request: Request) -> str | None:
    """What the asker is to the house, their token aside."""
    if permissions.is_office(request.user):
        return OFFICE
    return GUIDE if request.user.is_authenticated else None


def visit_for(request: Request, code: str) -> tuple[Visit, str]:
    """The visit of this code and what the asker is to it, or 404."""
    if isinstance(request.auth, VisitLink):
        visit = queries.visits().filter(code=code).first()
        version = visit.link_version if visit else 0  # checked all the same: what does not exist takes as long
        if links.matches(request.auth.token, "visit", code, version) and visit is not None:
            return visit, ORGANISER
        raise Http404
    visit = queries.visits_for(request.user).filter(code=code).first()
    asker = role(request)
    if visit is None or asker is None:
        raise Http404
    return visit, asker


def refuse_unless(asker: str | None, *allowed: str) -> None:
    """403 for whoever sees a thing and may not do this to it."""
    if asker not in allowed:
        raise exceptions.PermissionDenied


def office(request: Request) -> User:
    """The member of the office who asks; 401 for whoever has not signed in, 403 for others of the house."""
    if not request.user.is_authenticated:
        raise exceptions.NotAuthenticated
    refuse_unless(role(request), OFFICE)
    assert isinstance(request.user, User)  # is_office
    return request.user


def guide(request: Request) -> Guide:
    """The guide who asks; 401 for whoever has not signed in, 404 for whoever guides no more."""
    if not request.user.is_authenticated:
        raise exceptions.NotAuthenticated
    found = permissions.guide_of(request.user)
    if found is None:
        raise Http404
    return found


def duty_for(request: Request, pk: int) -> tuple[Party, str]:
    """The duty and what the asker is to it, or 404: the office sees all, a guide their own once they were told of it."""
    asker = role(request)
    there = Party.objects.select_related("visit", "guide").filter(pk=pk, holds=True)
    duty = there.first() if asker == OFFICE else queries.duty_for(request.user, pk)
    if duty is None or asker is None:
        raise Http404
    return duty, asker


def office_finds(request: Request, rows: QuerySet[Row], **named: Any) -> Row:
    """A row that the office alone may know of, or 404."""
    found = rows.filter(**named).first() if role(request) == OFFICE else None
    if found is None:
        raise Http404
    return found

"""Who may open a page. Looking up and checking are one step: whatever an asker may not see is a 404."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from notifications import links
from scheduler import permissions, queries, telling
from scheduler.models import Party, Visit
from scheduler.views.resuming import sign_in_first
from tours.models import User

View = Callable[..., HttpResponse]
TOLD = (Visit.Status.CONFIRMED, Visit.Status.DONE)


def office_only(view: View) -> View:
    """For the office: whoever has not signed in is asked to, anybody else finds nothing."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        if not permissions.is_office(request.user):
            raise Http404
        return view(request, *args, **named)

    return door


def guide_only(view: View) -> View:
    """For whoever guides here, handed over as the second argument."""

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return sign_in_first(request)
        guide = permissions.guide_of(request.user)
        if guide is None:
            raise Http404
        return view(request, guide, *args, **named)

    return door


def staff(request: HttpRequest) -> User:
    """The member of the office who asks, behind `office_only`."""
    assert isinstance(request.user, User)  # office_only
    return request.user


def visit_behind(token: str, purpose: str = "visit") -> Visit:
    """The visit that a link opens, or 404."""
    code = links.object_id(token)
    visit = queries.visits().filter(code=code).first() if code else None
    version = visit.link_version if visit else 0  # checked all the same: what does not exist takes as long
    if not links.matches(token, purpose, code, version) or visit is None:
        raise Http404
    return visit


def duty_behind(token: str) -> Party:
    """The tour that a guide's link opens while it is theirs, or 404."""
    said = links.object_id(token)
    party_id, _dash, guide_id = said.partition("-")
    found = None
    if party_id.isdecimal() and guide_id.isdecimal() and len(said) < 20:
        told = queries.duties().filter(holds=True, visit__promised_at__isnull=False, visit__status__in=TOLD)
        found = told.filter(pk=int(party_id), guide=int(guide_id)).first()
    version = found.guide.link_version if found and found.guide else 0
    if not links.matches(token, "duty", telling.duty_id(found) if found else said, version) or found is None:
        raise Http404
    return found

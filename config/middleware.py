"""What holds for every request, whoever's page it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import is_valid_path, reverse
from django.utils import timezone
from pghistory.middleware import HistoryMiddleware

from config.logs import without_secrets

View = Callable[[HttpRequest], HttpResponse]
LINK_PREFIXES = tuple(path.partition("{")[0] for path in settings.LINK_PATHS.values())
LAST_SEEN = "last_seen"
LISTED_TO = timedelta(minutes=1)
MOST_OF_A_NAME = 200
"""So much of what a browser calls itself is kept with its session."""
WATCHING = "X-Watching"
"""What a page that keeps itself up to date says of its own requests: nobody need be sitting before it."""


def client_address(get_response: View) -> View:
    """Put the client's own address into REMOTE_ADDR: what our outermost proxy saw, never what the client claims."""

    def middleware(request: HttpRequest) -> HttpResponse:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
            request.META["REMOTE_ADDR"] = hops[-settings.TRUSTED_PROXIES]
        request.META.pop("HTTP_X_FORWARDED_FOR", None)
        return get_response(request)

    return middleware


def personal_pages(get_response: View) -> View:
    """No store keeps a page behind a link or a sign-in, and no other site learns a link's address."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        behind_link = request.path_info.startswith(LINK_PREFIXES)
        if behind_link:
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        user = getattr(request, "user", None)  # absent where an outer layer has answered
        if "Cache-Control" not in response and (
            behind_link or request.headers.get("Authorization") or (user is not None and user.is_authenticated)
        ):
            # A calendar program asks again with its ETag; a browser's page is not kept at all.
            response.headers["Cache-Control"] = (
                "private, no-cache" if request.path_info.endswith(".ics") else "no-store"
            )
        return response

    return middleware


def see_other(get_response: View) -> View:
    """After a change the browser fetches another page with GET: 303, as RFC 9110 (15.4.4) has it; 302 leaves the method open.

    Here and not at each `redirect()`, so that sign-in and admin, whose views are not ours, answer alike.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == HTTPStatus.FOUND and request.method == "POST":
            response.status_code = HTTPStatus.SEE_OTHER
        return response

    return middleware


def leads_to_its_page(get_response: View) -> View:
    """An address that only takes forms, opened from the address bar or by a tab that comes back, leads to the page above it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        asked = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if asked and response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return redirect(_page_above(request.path_info))
        return response

    return middleware


def _page_above(path: str) -> str:
    """The nearest address above this one that leads anywhere."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(path):
            return path
    return path


def signing_out_forgets(get_response: View) -> View:
    """Whoever signs out leaves nothing on the device: not the page that a guide's phone keeps, nor a draft (W3C Clear-Site-Data)."""
    sign_out = reverse("account_logout")

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "POST" and request.path_info == sign_out:
            response.headers["Clear-Site-Data"] = '"storage"'
        return response

    return middleware


def admin_runs_alpine(get_response: View) -> View:
    """The catalogue's admin is built with Alpine.js, which evaluates expressions; no other page may."""
    prefix = reverse("admin:index")

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith(prefix):
            vars(response)["_csp_update"] = {
                "script-src": [UNSAFE_EVAL],
                "style-src": [UNSAFE_INLINE],
            }  # django-csp's name
        return response

    return middleware


def office_idles(get_response: View) -> View:
    """Whoever works in the office is signed out after some hours without a request."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and request.user.is_staff:
            now = int(timezone.now().timestamp())
            seen = request.session.get(LAST_SEEN, now)
            if now - seen > settings.OFFICE_IDLE_SECONDS:
                logout(request)
            elif (now - seen >= 60 and WATCHING not in request.headers) or LAST_SEEN not in request.session:
                request.session[LAST_SEEN] = now
        return get_response(request)

    return middleware


def sessions_are_listed(get_response: View) -> View:
    """Keep allauth's list of everybody's sessions up to date, to the minute: a page that is only read writes nothing."""
    from allauth.account.adapter import get_adapter
    from allauth.usersessions.models import UserSession

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and (key := request.session.session_key):
            listed = UserSession.objects.filter(session_key=key, last_seen_at__gt=timezone.now() - LISTED_TO)
            client = get_adapter().get_client_ip(request), request.META.get("HTTP_USER_AGENT", "")[:MOST_OF_A_NAME]
            if client not in listed.values_list("ip", "user_agent"):
                UserSession.objects.create_from_request(request)
        return get_response(request)

    return middleware


def office_proves_itself(get_response: View) -> View:
    """Where a second factor is required, the office sets one up before it does anything else."""
    from allauth.mfa.utils import is_mfa_enabled

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            settings.OFFICE_NEEDS_SECOND_FACTOR
            and request.user.is_authenticated
            and request.user.is_staff
            and not request.path_info.startswith(
                (reverse("account_login").removesuffix("login/"), "/i18n/", settings.STATIC_URL)
            )
            and not is_mfa_enabled(request.user)
        ):
            return redirect("mfa_index")
        return get_response(request)

    return middleware


class History(HistoryMiddleware):
    """The audit trail notes who and where, but no token of a link: a dump of the database opens nothing."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request)
        return context | {"url": without_secrets(str(context["url"]))}

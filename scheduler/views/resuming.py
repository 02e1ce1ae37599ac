"""What somebody had typed when their session was over: kept until they have signed in again, then sent with one press.

It waits in the session, for an hour, only of a browser that had a session before, and only what a person sent from a page: a script's
own requests begin anew by themselves. Nothing of it is sent before whoever signs in says so; the page that gets it checks it anew.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduler.views.pages import show

KEPT = "typed_before"
KEPT_SECONDS = 3600
MOST_LETTERS = 20_000
OURS = "csrfmiddlewaretoken"


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Leads to the sign-in, and from there back: for a form, to what it brought; else to the address that was asked for."""
    if not _is_by_hand(request) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return redirect_to_login(request.get_full_path())
    typed = _typed(request)
    if sum(len(name) + len(value) for name, value in typed) > MOST_LETTERS:
        return redirect_to_login(request.get_full_path())
    until = timezone.now().timestamp() + KEPT_SECONDS
    request.session[KEPT] = {"path": request.get_full_path(), "typed": typed, "until": until}
    request.session.set_expiry(KEPT_SECONDS)  # signing in sets its own
    return redirect_to_login(reverse("typed_before"))


@require_http_methods(["GET", "HEAD", "POST"])
def typed_before(request: HttpRequest) -> HttpResponse:
    """What was typed before the sign-in: it goes on to its page as it is (307: with all of it), or is given up."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    kept = _kept(request)
    if request.method == "POST":
        request.session.pop(KEPT, None)
        if kept is None or "give_up" in request.POST:
            return redirect(settings.LOGIN_REDIRECT_URL)
        return HttpResponse(status=HTTPStatus.TEMPORARY_REDIRECT, headers={"Location": kept["path"]})
    if kept is None:
        request.session.pop(KEPT, None)
        return redirect(settings.LOGIN_REDIRECT_URL)
    return show(request, "scheduler/typed_before.html", {"typed": kept["typed"]})


def once_more(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Instead of Django's page for a form without today's token: one of our own pages gets all of it back, to send with one press.

    A form that may come from another site gets nothing but the words; nor do passwords ever stand in a page.
    """
    from_here = request.headers.get("Sec-Fetch-Site") == "same-origin" and _is_by_hand(request)
    secret = request.path_info.startswith((reverse("account_login").removesuffix("login/"), reverse("admin:index")))
    typed = _typed(request) if from_here and not secret else []
    return render(request, "403_csrf.html", {"typed": typed, "path": request.get_full_path()}, status=403)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in request.POST.lists() for value in values if name != OURS]


def _is_by_hand(request: HttpRequest) -> bool:
    by_hand = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate" and "HX-Request" not in request.headers
    return request.method == "POST" and by_hand


def _kept(request: HttpRequest) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get(KEPT)
    return kept if kept is not None and timezone.now().timestamp() < kept["until"] else None

"""Who may have an account: whom the office gives one."""

from __future__ import annotations

from collections.abc import Mapping

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class NoSignUp(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Sign-in without sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The office to its day, a guide to their week."""
        return reverse("office_day" if request.user.is_staff else "guide_week")


def who_signs_in(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Whose attempts are counted. Names are looked up whatever their case, so they are counted so."""
    given = (credentials or {}).get("username") or request.POST.get("login", "")
    return given.casefold()

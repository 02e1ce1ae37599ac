"""Whoever has signed in shows anew that it is they: before accounts and tokens are touched, and before a person's data leaves or goes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate as _has_proved
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

View = Callable[..., HttpResponse]


def proven_anew(view: View, *, back_to: str = "") -> View:
    """Ask whoever has not proved in the last minutes that it is they, where a second factor is required at all.

    They come back to the same address, or to the page called `back_to` where the address takes forms alone. What was typed is not kept
    meanwhile: it may be somebody's password, or whose data is asked for.
    """

    @wraps(view)
    def door(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not settings.OFFICE_NEEDS_SECOND_FACTOR or not request.user.is_authenticated or _has_proved(request):
            return view(request, *args, **named)
        if request.method == "POST":
            messages.info(request, _("This was not sent. Please confirm that it is you, then enter it once more."))
        ask = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
        return redirect(f"{ask}?{urlencode({'next': reverse(back_to) if back_to else request.path})}")

    return door

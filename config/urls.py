"""Every address, and whose it is."""

from __future__ import annotations

import sys

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import include, path
from django.views.defaults import page_not_found, server_error
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import api

# One sign-in, with its second factor, for every door.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the way that allauth documents

urlpatterns = [
    path("", include("scheduler.urls")),
    path("api/v1/", include("scheduler.api")),
    path("api/v1/", include("tours.api")),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing there, or nothing for this asker."""
    return api.not_found(request) if api.is_api(request) else page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    """A fault of ours, told without its details; a database that is away is told as such, for it comes back."""
    away = isinstance(sys.exc_info()[1], api.AWAY)
    if api.is_api(request):
        return api.unavailable() if away else api.failed(request)
    if away:
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": api.RETRY_SECONDS})
    return server_error(request)

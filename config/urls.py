"""Every address, and whose it is."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLResolver, include, path
from django.views.defaults import page_not_found, server_error
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import api

# One sign-in, with its second factor, for every door.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # the way that allauth documents


def mounted(*modules: str) -> list[URLResolver]:
    """The addresses of the first of `modules` that there is and that has any."""
    for name in modules:
        with suppress(ModuleNotFoundError):
            module = import_module(name)
            if hasattr(module, "urlpatterns"):
                return [path("", include(module))]
    return []


pages = mounted("scheduler.urls")
calls = [*mounted("tours.api.urls", "tours.api"), *mounted("scheduler.api.urls", "scheduler.api")]

urlpatterns = [
    *pages,
    path("api/v1/", include(calls)),
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
    """A fault of ours, told without its details."""
    return api.failed(request) if api.is_api(request) else server_error(request)

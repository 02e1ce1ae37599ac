"""What every answer tells the browser, whichever address is asked, and by whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from config import middleware
from tests.museum import ALZHIR
from tours import importing, museum_files
from tours.models import User

SAMPLES = {"int": "1", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000", "path": "x", "str": "x", None: "x"}
HEADERS = {
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"DENY"},
    "Referrer-Policy": {"same-origin", "no-referrer"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Permissions-Policy": {", ".join(f"{feature}=()" for feature in settings.PERMISSIONS_POLICY)},
}
DIRECTIVES = {
    "default-src": {"'none'"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
}


def addresses(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address of the house, its parameters filled with samples; of the admin and of sign-in only the first page."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = str(pattern.pattern).replace("^", "").replace("$", "").replace("\\Z", "").replace("\\.", ".")
        route = re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES.get(match[1], "x"), route)
        route = re.sub(r"\(\?P<\w+>.*?\)|\(.*?\)", "x", route).replace("/?", "/")
        if isinstance(pattern, URLResolver):
            if pattern.app_name == "admin":
                yield f"{prefix}{route}"
            else:
                yield from addresses(pattern.url_patterns, f"{prefix}{route}")
        else:
            yield f"{prefix}{route}"


ADDRESSES = sorted({*addresses(), "/healthz", "/no/such/page", "/api/v1/no/such/call"})


def policy(answer: HttpResponse) -> dict[str, set[str]]:
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in parts}


def faults(address: str, answer: HttpResponse) -> Iterator[str]:
    """What is wrong with the headers of an answer."""
    if answer.status_code >= 500:
        yield f"{answer.status_code}"
    for name, value in HEADERS.items():
        if answer.headers.get(name) not in value:
            yield f"{name}: {answer.headers.get(name)}"
    said = policy(answer)
    relaxed = {
        "/admin/": {"script-src": "'unsafe-eval'", "style-src": "'unsafe-inline'"},
        "/api/docs": {"style-src": "'unsafe-inline'"},
    }
    for directive, sources in DIRECTIVES.items():
        more = {source for source in said.get(directive, set()) if not source.startswith("'nonce-")} - sources
        if more - {relaxed.get(address, {}).get(directive)} or not sources & said.get(directive, set()):
            yield f"{directive}: {said.get(directive)}"
    if any(source == "*" or source.startswith("http:") for sources in said.values() for source in sources):
        yield f"too wide: {said}"


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["stranger", "guide", "office"])
def test_every_address_carries_the_headers(client: Client, role: str) -> None:
    importing.load_catalogue(museum_files.read_museum(ALZHIR), with_guides=True)
    if role != "stranger":
        client.force_login(User.objects.create(username=role, is_staff=role == "office", is_superuser=role == "office"))
    client.raise_request_exception = False
    found = {address: wrong for address in ADDRESSES if (wrong := list(faults(address, client.get(address))))}
    assert found == {}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/visit/AB12.x/", "/duty/7.x/"])
def test_a_page_behind_a_link_is_kept_by_nobody_and_tells_no_other_site_its_address(
    client: Client, address: str
) -> None:
    answer = client.get(address)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.django_db
def test_a_page_behind_a_sign_in_is_kept_by_nobody(client: Client) -> None:
    client.force_login(User.objects.create(username="guide"))
    assert "no-store" in client.get("/no/such/page").headers["Cache-Control"]


@pytest.mark.django_db
def test_a_stranger_gets_no_cookie_but_the_one_that_guards_forms(client: Client) -> None:
    cookies = client.get("/accounts/login/").cookies
    assert set(cookies) == {settings.CSRF_COOKIE_NAME}
    guard = cookies[settings.CSRF_COOKIE_NAME]
    assert (guard["httponly"], guard["samesite"], guard["path"], guard["domain"]) == (True, "Lax", "/", "")


@pytest.mark.parametrize(
    ("proxies", "claimed", "seen"),
    [
        (0, "203.0.113.7", "198.51.100.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "1.2.3.4, 203.0.113.7", "203.0.113.7"),  # the first was claimed by the client itself
        (2, "1.2.3.4, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "198.51.100.1"),
    ],
)
def test_a_client_cannot_choose_its_address(
    proxies: int, claimed: str, seen: str, settings: Any
) -> None:  # pytest-django's
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", headers={"x-forwarded-for": claimed}, REMOTE_ADDR="198.51.100.1")
    noted: list[str] = []

    def view(request: Any) -> HttpResponse:
        noted.append(request.META["REMOTE_ADDR"])
        assert "HTTP_X_FORWARDED_FOR" not in request.META
        return HttpResponse()

    middleware.client_address(view)(request)
    assert noted == [seen]


def test_the_audit_trail_keeps_no_token() -> None:
    secret = "A" * 43
    request = RequestFactory().post(f"/visit/AB12.{secret}/cancel/")
    request.user = None
    context = middleware.History(lambda request: HttpResponse()).get_context(request)
    assert context["url"] == "/visit/AB12.[secret]/cancel/"


@pytest.mark.django_db
def test_after_a_post_the_browser_is_sent_on_with_303_and_after_a_get_with_302(client: Client) -> None:
    """RFC 9110, 15.4.4: See Other. The office's pages are only for it; whoever has not signed in is sent to do so."""
    importing.load_catalogue(museum_files.read_museum(ALZHIR), with_guides=True)
    assert client.post("/office/door/").status_code == 303
    assert client.get("/office/").status_code == 302
    assert client.post("/i18n/setlang/", {"language": "kk"}).status_code == 303  # a view that is not ours


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/visit/AB12.x/change/", "/visit/AB12.x/"),
        ("/guide/tours/7/accept/", "/guide/"),
        ("/office/visits/AB12/contacts/5/", "/office/visits/AB12/contacts/"),
        ("/office/changes/3/grant/", "/office/"),
    ],
)
def test_a_forms_address_opened_in_a_browser_leads_to_the_page_above(client: Client, address: str, page: str) -> None:
    importing.load_catalogue(museum_files.read_museum(ALZHIR), with_guides=True)
    answer = client.get(address, headers={"accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers.get("Location")) == (302, page)
    assert client.get(address).status_code == 405  # whoever is no browser is told what is wrong

"""Callers of the API by role. Every answer that one of them gets is held against the schema."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pytest
import time_machine
from django.urls import Resolver404
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

from tests.scheduler.conftest import at
from tours import services
from tours.models import Guide, Museum, User

API = "/api/v1"
FAR = date(2025, 6, 18)
"""A Wednesday beyond the promise horizon."""
NEAR = date(2025, 5, 21)
"""A Wednesday within it."""


@cache
def schema() -> dict[str, Any]:
    """The API's schema, as OpenAPI 3.1: its parts are JSON schemas."""
    with patched_settings({"OAS_VERSION": "3.1.0"}):
        document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


class Caller(APIClient):
    """Calls the API with one token, or none; says so if an answer is not what the schema promises."""

    def __init__(self, token: str = "", **headers: str) -> None:
        super().__init__(**headers)
        if token:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def request(self, **request: Any) -> Any:
        response = super().request(**request)
        undocumented = described(response)
        assert not undocumented, undocumented
        return response

    def at(self, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        """Call `method` on a path below the API's root."""
        return getattr(self, method.lower())(
            f"{API}/{path}", body, format=None if method == "GET" else "json", **headers
        )


def described(response: Any) -> str:
    """What of an answer the schema does not say; "" if it says all of it."""
    request = response.wsgi_request
    try:
        route = response.resolver_match.route
    except Resolver404:
        return ""
    if not request.path.startswith(f"{API}/") or request.method in ("HEAD", "OPTIONS"):
        return ""
    route = re.sub(
        r"<(?:\w+:)?(\w+)>",
        lambda match: "{id}" if match[1] == "pk" else f"{{{match[1]}}}",
        route,
    )
    operation = schema()["paths"].get(f"/{route}", {}).get(request.method.lower())
    if operation is None:
        return "" if response.status_code == 405 else f"no operation {request.method} {route}"
    answer = operation["responses"].get(str(response.status_code))
    where = f"{request.method} {route} {response.status_code}"
    if answer is None:
        return f"{where} is undocumented: {response.content[:300]!r}"
    content = answer.get("content")
    if content is None:
        return f"{where} has a body" if response.content else ""
    media = response.headers["Content-Type"].partition(";")[0]
    if media not in content:
        return f"{where} is {media}"
    validator = Draft202012Validator(
        {**content[media]["schema"], "components": schema()["components"]}, format_checker=FormatChecker()
    )
    return "; ".join(f"{where}{error.json_path}: {error.message}" for error in validator.iter_errors(response.json()))


@pytest.fixture
def clock(season_now: datetime) -> Iterator[time_machine.Traveller]:
    """The wall clock stands at `season_now` until it is moved."""
    with time_machine.travel(season_now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def house(alzhir: Museum, clock: time_machine.Traveller, settings: Any) -> Museum:
    """The museum, with strangers' limits out of the way, and with no answers kept from another test."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (100_000, 1))
    Museum.objects.update(catalogue_version=time.time_ns())
    schema()  # made once, and not by several threads
    return alzhir


@pytest.fixture
def stranger(house: Museum) -> Caller:
    """Somebody of whom nothing is known."""
    return Caller()


def caller_of(user: User) -> Caller:
    """Somebody of the house with a token of theirs."""
    return Caller(services.make_token(user, name="test", now=datetime.now(UTC)))


@pytest.fixture
def office(house: Museum) -> Caller:
    """The office."""
    return caller_of(User.objects.create(username="office", is_staff=True))


def sign_in_of(code: str) -> User:
    """The account of a guide."""
    guide = Guide.objects.get(code=code)
    if guide.user is None:
        guide.user = User.objects.create(username=code)
        guide.save(update_fields=["user"])
    return guide.user


@pytest.fixture
def guide_called(house: Museum) -> Callable[[str], Caller]:
    """A guide by code, who calls."""
    return lambda code: caller_of(sign_in_of(code))


Booked = Callable[..., dict[str, Any]]
FLOWERS = {"tour": "grounds-flowers", "language": "en"}


def own(visit: dict[str, Any]) -> Caller:
    """The organiser of a visit, with the token of its link."""
    return Caller(visit["token"])


def asked(**others: Any) -> dict[str, Any]:
    """A body for `POST visits/`, each part of it with a sensible default."""
    start = others.pop("start", at(FAR, "11:00"))
    email = others.pop("email", "asker@example.org")
    return {
        "tour": "halls",
        "language": "ru",
        "audience": "general",
        "heads": 10,
        "start": start.isoformat() if isinstance(start, datetime) else start,
        "locale": "ru",
        "organiser": {"name": "Асан", "email": email, "organisation": "A school"},
    } | others


@pytest.fixture
def booked(stranger: Caller) -> Booked:
    """Ask for a visit as a stranger; gives what the organiser is told."""

    def ask(**others: Any) -> dict[str, Any]:
        response = stranger.at("POST", "visits/", asked(**others))
        assert response.status_code == 201, response.content
        answer: dict[str, Any] = response.json()
        return answer

    return ask

"""The API's frame: problems look alike wherever they come from, and a staff token is known by its hash alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from rest_framework import exceptions, serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from config.api import StaffToken
from scheduler.errors import Busy, StartTaken
from tours import services
from tours.models import ApiToken, User


class Wish(serializers.Serializer[Any]):
    heads = serializers.IntegerField(min_value=1)
    stops = serializers.ListField(child=serializers.IntegerField(), required=False)


def answer(error: Exception | None = None, body: object = None) -> Response:
    """What a view that raises `error`, or reads `body`, answers."""

    @api_view(["POST"])
    @permission_classes([AllowAny])
    def view(request: Request) -> Response:
        if error is not None:
            raise error
        Wish(data=request.data).is_valid(raise_exception=True)
        return Response({})

    response = view(APIRequestFactory().post("/", body or {}, format="json"))
    response.render()
    return response


def test_a_refusal_is_a_problem_document_with_its_code_and_extras() -> None:
    response = answer(StartTaken(alternatives=["2027-05-28T11:00:00+05:00"]))
    assert response.status_code == 409
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.data == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "start_taken",
        "detail": "This time is not free any more.",
        "alternatives": ["2027-05-28T11:00:00+05:00"],
    }


def test_too_many_at_once_is_told_when_to_come_again() -> None:
    response = answer(Busy())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ParseError(), 400, "parse_error"),
    ],
)
def test_the_framework_s_errors_look_the_same(error: Exception, status: int, code: str) -> None:
    response = answer(error)
    assert (response.status_code, response.data["status"], response.data["code"]) == (status, status, code)
    assert response.headers["Content-Type"] == "application/problem+json"


def test_each_field_s_error_says_where_it_is() -> None:
    response = answer(body={"heads": 0, "stops": [1, "x"]})
    assert (response.status_code, response.data["code"]) == (400, "invalid")
    assert [(error["pointer"], error["code"]) for error in response.data["errors"]] == [
        ("/heads", "min_value"),
        ("/stops/1", "invalid"),
    ]


def test_what_nobody_foresaw_is_not_hidden_as_a_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        answer(ZeroDivisionError())


@pytest.mark.django_db
def test_an_address_that_nothing_has(client: Client) -> None:
    response = client.get("/api/v1/nothing/", headers={"accept-language": "ru"})
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_found"
    assert response.json()["detail"] == "Не найдено."


def whose(token: str) -> User | None:
    request = Request(APIRequestFactory().get("/", headers={"authorization": f"Bearer {token}"}))
    found = StaffToken().authenticate(request)
    return found[0] if found else None


@pytest.mark.django_db
def test_a_token_opens_for_its_owner_while_active() -> None:
    user = User.objects.create(username="office", is_staff=True)
    token = services.make_token(user, name="", now=datetime.now(UTC))
    assert whose(token) == user
    assert ApiToken.objects.get().last_used_at is not None
    with pytest.raises(exceptions.AuthenticationFailed):
        whose("another-token")
    user.is_active = False
    user.save(update_fields=["is_active"])
    with pytest.raises(exceptions.AuthenticationFailed):
        whose(token)


@pytest.mark.django_db
def test_a_visit_s_own_token_is_left_to_the_visit() -> None:
    assert whose("AB12.0123456789") is None


@pytest.mark.django_db
def test_a_wrong_token_is_a_401_that_says_how_to_sign_in(client: Client) -> None:
    response = client.get("/api/v1/tours/", headers={"authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["code"] == "authentication_failed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "kind"), [("/api/v1/tours/", "application/problem+json"), ("/", "text/html; charset=utf-8")]
)
def test_while_the_database_is_away_everybody_is_asked_to_come_again(client: Client, address: str, kind: str) -> None:
    client.raise_request_exception = False
    client.cookies["session"] = "x"  # read before any view is reached
    connection.close()
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        response = client.get(address)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
    assert (response.status_code, response.headers["Retry-After"], response.headers["Content-Type"]) == (503, "5", kind)


def test_every_call_says_what_it_does_and_what_its_address_names() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    calls = [
        (f"{method} {path}", call) for path, of_path in schema["paths"].items() for method, call in of_path.items()
    ]
    assert [name for name, call in calls if not call.get("summary") or not call["tags"][0][0].isupper()] == []
    unsaid = [
        (name, each["name"])
        for name, call in calls
        for each in call.get("parameters", ())
        if not each.get("description")
    ]
    assert unsaid == []

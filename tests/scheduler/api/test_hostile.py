"""What nobody means well by: no answer is a 500, every refusal is a problem document."""

from __future__ import annotations

import pytest

from scheduler.api import urlpatterns
from scheduler.models import Visit
from tests.scheduler.api.conftest import Booked, Caller, asked

pytestmark = pytest.mark.django_db

NAMES = [
    "<script>alert(1)</script>",
    "{{7*7}}{% debug %}",
    "%s%n%(name)s",
    "{0.__class__}",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE scheduler_visit; --",
    "../../etc/passwd",
    "Ә" * 200,
    "👨‍👩‍👧‍👦",
    "ﷺ" * 100,
    "https://link.invalid/visit/AAAAAAA/1/",
]
BODIES = [
    b"",
    b"{",
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"heads": NaN}',
    b'{"heads": 1e999}',
    b'{"heads": ' + b"9" * 5000 + b"}",
    b'{"tour": "\\ud800"}',
    b'{"\\udfff": 1}',
    b"\xff\xfe{}",
    b'"\x00"',
    b"null",
    b"[]",
    b"0",
    b'{"tour": {"code": {"$gt": ""}}}',
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize("path", ["visits/", "waiting/"])
def test_no_body_is_a_fault_of_ours(stranger: Caller, path: str, body: bytes) -> None:
    answer = stranger.post(f"/api/v1/{path}", data=body, content_type="application/json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert not Visit.objects.exists()


def test_a_body_that_is_too_large_is_refused_as_such(stranger: Caller) -> None:
    answer = stranger.at("POST", "visits/", asked(notes="x" * 2**20))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "media", ["text/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
)
def test_bodies_are_json(stranger: Caller, media: str) -> None:
    answer = stranger.post("/api/v1/visits/", data=b"tour=halls", content_type=media)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_answers_are_json(stranger: Caller) -> None:
    answer = stranger.at("GET", "closures/", HTTP_ACCEPT="text/html")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_and_comes_back_as_it_was(stranger: Caller, booked: Booked, office: Caller, name: str) -> None:
    who = {"name": name, "organisation": name, "email": "asker@example.org"}
    visit = booked(organiser=who, notes=name, leader={"name": name})
    shown = office.at("GET", f"visits/{visit['code']}/").json()
    assert (shown["contacts"][0]["name"], shown["notes"], shown["leader"]["name"]) == (name, name, name)


@pytest.mark.parametrize(
    "path",
    [
        "visits/%00/",
        "visits/..%2f..%2fadmin/",
        f"visits/{'A' * 5000}/",
        "visits/Ә/",
        "visits/AAAAAAA/nothing/",
        "visits/x.css",
        "duties/99999999999999999999/accept/",
        "duties/-1/accept/",
        "changes/0/grant/",
        "closures/9223372036854775808/",
        "guides/%27/absences/",
    ],
)
def test_no_address_is_a_fault_of_ours(office: Caller, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = office.at(method, path, None if method == "GET" else {})
        assert answer.status_code in (404, 405), (method, answer.status_code)
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Basic YTpi",
        "Bearer " + "a" * 7000,
        "Bearer é",
        "bearer .",
        "Bearer \x00",
    ],
)
def test_no_authorisation_is_a_fault_of_ours(stranger: Caller, header: str) -> None:
    answer = stranger.at("GET", "visits/AAAAAAA/", HTTP_AUTHORIZATION=header)
    assert answer.status_code in (401, 404)


def test_every_method_of_every_call_is_answered(office: Caller) -> None:
    for pattern in urlpatterns:
        path = str(pattern.pattern).replace("<int:pk>", "1").replace("<slug:code>", "A").replace("<slug:guide>", "g")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"):
            answer = office.generic(method, f"/api/v1/{path}", data=b"{}", content_type="application/json")
            assert answer.status_code < 500, (method, path)


def test_a_start_may_be_written_in_any_zone(booked: Booked) -> None:
    assert booked(start="2025-06-18T01:00:00-05:00")["start"] == "2025-06-18T11:00:00+05:00"

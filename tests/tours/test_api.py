"""The catalogue, read by anybody."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tours.models import Audience, Museum, Price, Qualification, Space, Stop, Tour

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def get(api: APIClient, path: str, language: str = "en") -> Any:
    response = api.get(f"/api/v1/{path}", headers={"accept-language": language})
    assert response.status_code == 200
    assert response["Content-Language"] == language
    return response.json()


def test_a_tour_tells_its_stops_minutes_and_languages(alzhir: Museum, api: APIClient) -> None:
    page = get(api, "tours/")
    assert (page["count"], page["next"], page["previous"]) == (6, None, None)
    assert page["results"][3] == {
        "code": "grounds-flowers",
        "name": "Flower-laying and the memorial grounds",
        "minutes": 60,
        "languages": ["en", "kk", "ru"],
        "heads_per_guide": 25,
        "needs_review": True,
        "lead_business_days": 7,
        "stops": [
            {
                "space": {"code": "wall", "name": "Memorial Wall"},
                "minutes": 15,
                "kind": "ceremony",
                "movable": False,
                "together": True,
                "exclusive": True,
                "languages": [],
                "advised_age": None,
            },
            {
                "space": {"code": "grounds", "name": "Memorial grounds"},
                "minutes": 45,
                "kind": "talk",
                "movable": False,
                "together": False,
                "exclusive": False,
                "languages": [],
                "advised_age": None,
            },
        ],
    }
    assert page["results"][0]["lead_business_days"] == 1


def test_an_audience_tells_price_proof_and_deadlines(alzhir: Museum, api: APIClient) -> None:
    rows = {row["code"]: row for row in get(api, "audiences/", "ru")["results"]}
    assert rows["school"] == {
        "code": "school",
        "name": "Школа",
        "free": False,
        "proof": "",
        "currency": "KZT",
        "prices": [
            {"max_heads": 30, "amount": 6000, "per_head_above": None},
            {"max_heads": None, "amount": None, "per_head_above": 200},
        ],
        "free_adults_per": 10,
        "heads_per_guide": None,
        "tours": None,
        "needs_review": False,
        "lead_business_days": 1,
        "change_days": 3,
        "cancel_days": 1,
    }
    assert rows["preschool"]["tours"] == ["grounds"]
    assert rows["veterans"]["free"]
    assert rows["veterans"]["proof"] == "Удостоверение ветерана, показать по прибытии"
    assert rows["delegation"]["lead_business_days"] == 3


def test_a_place_tells_how_many_groups_and_people_it_takes(alzhir: Museum, api: APIClient) -> None:
    rows = {row["code"]: row for row in get(api, "spaces/", "kk")["results"]}
    assert rows["grounds"] == {
        "code": "grounds",
        "name": "Мемориалдық аумақ",
        "kind": "outdoors",
        "lanes": 4,
        "max_heads": None,
    }
    assert rows["cinema"]["max_heads"] == 50


def test_one_is_found_by_its_code(alzhir: Museum, api: APIClient) -> None:
    assert get(api, "tours/halls/")["code"] == "halls"
    assert get(api, "audiences/soldiers/")["code"] == "soldiers"
    assert get(api, "spaces/wall/")["name"] == "Memorial Wall"
    assert api.get("/api/v1/tours/nothing/").status_code == 404


def test_what_is_no_longer_offered_is_not_there(alzhir: Museum, api: APIClient) -> None:
    Tour.objects.filter(code="grounds").update(active=False)
    Audience.objects.filter(code="school").update(active=False)
    assert "grounds" not in [row["code"] for row in get(api, "tours/")["results"]]
    assert api.get("/api/v1/tours/grounds/").status_code == 404
    rows = {row["code"]: row for row in get(api, "audiences/")["results"]}
    assert "school" not in rows
    assert rows["preschool"]["tours"] == []  # not null: not all tours


@pytest.mark.parametrize(
    "path", ["tours/", "tours/halls/", "audiences/", "audiences/general/", "spaces/", "spaces/wall/"]
)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_is_for_reading_only(alzhir: Museum, api: APIClient, path: str, method: str) -> None:
    assert getattr(api, method)(f"/api/v1/{path}", {}).status_code in (401, 403, 405)
    assert Tour.objects.count() == 6


COUNTS = {"tours/": 4, "audiences/": 5, "spaces/": 3}
"""A count, the museum, the rows; stops with tours, prices and tours with audiences."""


@pytest.mark.parametrize("path", COUNTS)
def test_the_number_of_queries_is_the_same_for_one_row_and_for_many(alzhir: Museum, api: APIClient, path: str) -> None:
    model: Any = {"tours/": Tour, "audiences/": Audience, "spaces/": Space}[path]
    with CaptureQueriesContext(connection) as many:
        assert len(get(api, path)["results"]) > 1
    Qualification.objects.all().delete()
    Price.objects.all().delete()
    Audience.objects.filter(code="preschool").delete()
    Stop.objects.all().delete()
    model.objects.exclude(pk=model.objects.first().pk).delete()
    with CaptureQueriesContext(connection) as one:
        assert len(get(api, path)["results"]) == 1
    assert len(one) == len(many) == COUNTS[path]


def test_before_a_museum_is_loaded_the_catalogue_says_so(api: APIClient) -> None:
    response = api.get("/api/v1/tours/")
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "no_museum"

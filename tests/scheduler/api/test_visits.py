"""Asking for a visit, and what its organiser does with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.scheduler.api.conftest import Caller, asked

pytestmark = pytest.mark.django_db

Booked = Callable[..., dict[str, Any]]


def test_a_group_asks_and_is_answered_at_once(stranger: Caller) -> None:
    response = stranger.at("POST", "visits/", asked(heads=30))
    answer = response.json()
    assert (response.status_code, answer["status"], answer["heads"]) == (201, "confirmed", 30)
    assert (answer["start"], answer["end"]) == ("2025-06-18T11:00:00+05:00", "2025-06-18T12:00:00+05:00")
    assert answer["parties"] == [
        {"number": number, "wave": 0, "heads": 15, "guide": None, "legs": None} for number in (1, 2)
    ]
    assert answer["price"] == {"amount": 12000, "currency": "KZT", "free": False, "reason": ""}
    assert answer["manage_url"] == f"http://testserver/visit/{answer['token']}/"
    assert response.headers["Location"] == f"/api/v1/visits/{answer['code']}/"
    assert response.headers["Cache-Control"] == "no-store"

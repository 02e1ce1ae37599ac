"""Planning a roster by API: asked for, looked at, published once."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from scheduler import planning
from scheduler.models import Party
from tests.scheduler.api.conftest import FAR, Booked, Caller
from tests.scheduler.conftest import at
from tours.models import Guide

pytestmark = pytest.mark.django_db

DAYS = {"from": FAR.isoformat(), "to": FAR.isoformat(), "seconds": 10}


def test_a_roster_is_planned_seen_and_published(office: Caller, booked: Booked) -> None:
    for clock in ("10:00", "11:30", "13:00"):
        booked(start=at(FAR, clock), email=f"{clock[:2]}@example.org")
    Party.objects.update(guide=Guide.objects.get(code="g04"))
    asked = office.at("POST", "roster/plan/", DAYS)
    assert (asked.status_code, asked.json()["status"], asked.json()["changes"]) == (202, "queued", [])
    job = asked.json()["id"]
    early = office.at("POST", "roster/publish/", {"job": job})
    assert (early.status_code, early.json()["code"]) == (409, "not_allowed_now")
    planning.run(job, now=timezone.now())
    seen = office.at("GET", f"roster/jobs/{job}/").json()
    assert (seen["status"], seen["progress"], seen["unassigned"]) == ("ready", 100, [])
    assert [aim["aim"] for aim in seen["reached"]] == ["covered", "fair", "unchanged", "gaps"]
    assert {change["was"] for change in seen["changes"]} == {"g04"}
    done = office.at("POST", "roster/publish/", {"job": job})
    assert (done.status_code, done.json()) == (200, {"changed": len(seen["changes"])})
    again = office.at("POST", "roster/publish/", {"job": job})
    assert again.status_code == 409


def test_the_better_plan_stands_beside_the_quiet_one(office: Caller, booked: Booked) -> None:
    for clock in ("10:00", "11:30", "13:00"):
        booked(start=at(FAR, clock), email=f"{clock[:2]}@example.org")
    Party.objects.update(guide=Guide.objects.get(code="g04"))
    job = office.at("POST", "roster/plan/", {**DAYS, "quiet": True}).json()["id"]
    planning.run(job, now=timezone.now())
    seen = office.at("GET", f"roster/jobs/{job}/").json()
    assert seen["changes"] == []
    assert {change["told"] for change in seen["other"]["changes"]} == {False}
    done = office.at("POST", "roster/publish/", {"job": job, "other": True})
    assert (done.status_code, done.json()) == (200, {"changed": len(seen["other"]["changes"])})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**DAYS, "to": "2020-01-01"}, 400),
        ({**DAYS, "from": "2025-09-01", "to": "2025-08-01"}, 422),
        ({**DAYS, "seconds": 0}, 400),
        ({**DAYS, "days": 3}, 400),
        ({"from": FAR.isoformat()}, 400),
    ],
)
def test_impossible_plans_are_refused(office: Caller, body: dict[str, Any], status: int) -> None:
    assert office.at("POST", "roster/plan/", body).status_code == status

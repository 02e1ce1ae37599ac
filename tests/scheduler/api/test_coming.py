"""A group on its way, by the API: still coming, late, in two parts; and one at the door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from scheduler.models import Visit
from tests.scheduler.api.conftest import FAR, NEAR, Booked, Caller
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db

DOOR = {"tour": "halls", "language": "ru", "audience": "general", "heads": 12}


def test_the_organiser_says_that_they_come_and_how_many(booked: Booked, clock: time_machine.Traveller) -> None:
    visit = booked(start=at(FAR, "11:00").isoformat(), heads=20)
    mine = Caller(visit["token"])
    said = mine.at("POST", f"visits/{visit['code']}/reconfirm/", {"heads": 40})
    assert said.status_code == 200
    assert (said.json()["heads"], len(said.json()["parties"])) == (40, 2)
    assert said.json()["reconfirmed_at"] is not None
    clock.move_to(at(FAR, "11:00") - timedelta(days=2))
    assert mine.at("POST", f"visits/{visit['code']}/reconfirm/", {"heads": 41}).status_code == 202
    assert mine.at("POST", f"visits/{visit['code']}/reconfirm/", {}).status_code == 200


def test_a_group_is_split_by_its_link_and_the_answer_has_both(booked: Booked) -> None:
    visit = booked(start=at(FAR, "11:00").isoformat(), heads=45)
    mine = Caller(visit["token"])
    done = mine.at(
        "POST",
        f"visits/{visit['code']}/split/",
        {"heads": 20, "start": at(FAR + timedelta(days=1), "12:00").isoformat()},
    )
    assert done.status_code == 201
    assert (done.json()["visit"]["heads"], done.json()["part"]["heads"]) == (25, 20)
    assert Caller(done.json()["part"]["token"]).at("GET", f"visits/{done.json()['part']['code']}/").status_code == 200


@pytest.mark.parametrize("wrong", [{"heads": 45}, {"heads": 0}, {"adults": 21}, {"start": None}, {"more": 1}])
def test_a_split_that_cannot_be_changes_nothing(booked: Booked, wrong: dict[str, Any]) -> None:
    visit = booked(start=at(FAR, "11:00").isoformat(), heads=45)
    body = {"heads": 20, "start": at(FAR + timedelta(days=1), "12:00").isoformat()} | wrong
    refused = Caller(visit["token"]).at("POST", f"visits/{visit['code']}/split/", body)
    assert refused.status_code in (400, 422)
    assert Visit.objects.get().heads == 45


def test_a_stranger_and_another_groups_organiser_find_nothing(stranger: Caller, booked: Booked) -> None:
    visit, other = booked(start=at(FAR, "11:00").isoformat()), booked(start=at(FAR, "14:00").isoformat())
    for caller in (stranger, Caller(other["token"])):
        for call in ("reconfirm", "split", "late", "late/ways", "receive"):
            assert caller.at("POST", f"visits/{visit['code']}/{call}/", {}).status_code in (401, 404), call


def test_a_late_bus_is_told_and_received(office: Caller, booked: Booked, clock: time_machine.Traveller) -> None:
    visit = booked(start=at(NEAR, "11:00").isoformat())
    path = f"visits/{visit['code']}"
    clock.move_to(at(NEAR, "10:50"))
    told = Caller(visit["token"]).at("POST", f"{path}/late/", {"minutes": 20})
    assert told.json()["arrives_at"] == "2025-05-21T11:20:00+05:00"
    found = office.at("POST", f"{path}/late/ways/", {"arrives": told.json()["arrives_at"]}).json()["ways"]
    assert (found[0]["kind"], found[0]["lost"]) == ("later", 0)
    body = {"arrives": told.json()["arrives_at"], "kind": "later"}
    received = office.at("POST", f"{path}/receive/", body)
    assert (received.json()["start"], received.json()["arrives_at"]) == ("2025-05-21T11:20:00+05:00", None)
    assert Caller(visit["token"]).at("POST", f"{path}/receive/", body).status_code == 403


def test_a_group_at_the_door_is_the_offices_to_receive(
    stranger: Caller, office: Caller, clock: time_machine.Traveller
) -> None:
    clock.move_to(at(NEAR, "11:03"))
    assert stranger.at("POST", "office/walk-ins/", DOOR).status_code == 401
    visit = office.at("POST", "office/walk-ins/", DOOR)
    assert (visit.status_code, visit.json()["start"]) == (201, "2025-05-21T11:05:00+05:00")
    clock.move_to(at(NEAR, "18:30"))
    refused = office.at("POST", "office/walk-ins/", DOOR)
    assert (refused.status_code, refused.json()["code"]) == (409, "start_taken")

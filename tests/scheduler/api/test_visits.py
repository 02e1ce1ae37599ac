"""What an organiser does with a visit, and who may read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from notifications.models import OutboxMessage
from scheduler import offers, waiting
from scheduler.models import ChangeRequest, Visit
from tests.scheduler.api.conftest import FAR, FLOWERS, NEAR, Booked, Caller, asked, caller_of, own, sign_in_of
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db


def test_notes_and_leader_are_changed_and_the_revision_tells(booked: Booked) -> None:
    visit = booked()
    change = {"notes": "Two wheelchairs", "leader": {"name": "Болат", "phone": "87010000045"}, "revision": 1}
    changed = own(visit).at("PATCH", f"visits/{visit['code']}/", change).json()
    assert (changed["notes"], changed["leader"]) == ("Two wheelchairs", {"name": "Болат", "phone": "+77010000045"})
    assert changed["revision"] == 2
    stale = own(visit).at("PATCH", f"visits/{visit['code']}/", change)
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")


def test_more_people_are_placed_anew_at_the_same_time(booked: Booked) -> None:
    visit = booked()
    changed = own(visit).at("PATCH", f"visits/{visit['code']}/", {"heads": 40}).json()
    assert (changed["start"], [party["heads"] for party in changed["parties"]]) == (visit["start"], [20, 20])
    assert changed["price"]["amount"] == 16000
    refused = own(visit).at("PATCH", f"visits/{visit['code']}/", {"heads": 1000})
    assert (refused.status_code, refused.json()["code"], refused.json()["most"]) == (409, "too_many_then", 100)


@pytest.mark.parametrize("wrong", [{"adults": 11}, {"heads": 5, "adults": 6}])
def test_adults_are_some_of_the_people(booked: Booked, wrong: dict[str, int]) -> None:
    visit = booked()
    assert own(visit).at("PATCH", f"visits/{visit['code']}/", wrong).json()["code"] == "bad_wish"


@pytest.mark.parametrize(
    "foreign", ["status", "code", "price", "token", "link_version", "contacts", "discreet", "tour"]
)
def test_nothing_else_can_be_changed(booked: Booked, foreign: str) -> None:
    visit = booked()
    before = Visit.objects.values().get(code=visit["code"])
    refused = own(visit).at("PATCH", f"visits/{visit['code']}/", {foreign: "confirmed"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, f"/{foreign}")
    assert Visit.objects.values().get(code=visit["code"]) == before


def test_a_visit_is_moved_to_a_time_that_can_be_had(booked: Booked) -> None:
    visit, there = booked(), booked(**FLOWERS, email="b@example.org", start=at(FAR, "14:00"))
    moved = own(visit).at("POST", f"visits/{visit['code']}/move/", {"start": "2025-06-19T06:00:00Z"})
    assert moved.json()["start"] == "2025-06-19T11:00:00+05:00"
    flowers = booked(**FLOWERS, email="c@example.org")
    refused = own(flowers).at("POST", f"visits/{flowers['code']}/move/", {"start": there["start"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "start_taken")
    assert there["start"] not in refused.json()["alternatives"]
    assert own(flowers).at("GET", f"visits/{flowers['code']}/").json()["start"] == flowers["start"]


def test_late_changes_are_asked_of_the_office(booked: Booked, office: Caller, clock: time_machine.Traveller) -> None:
    visit = booked()
    mine = own(visit)
    clock.move_to(at(FAR - timedelta(days=2), "11:00"))
    late = mine.at("PATCH", f"visits/{visit['code']}/", {"heads": 12, "notes": "Two more"})
    assert (late.status_code, late.json()["change"]["kind"], late.json()["visit"]["heads"]) == (202, "heads", 10)
    assert late.json()["visit"]["notes"] == "Two more"
    late_move = mine.at("POST", f"visits/{visit['code']}/move/", {"start": at(FAR, "12:00").isoformat()}).json()
    assert late_move["change"]["start"] == "2025-06-18T12:00:00+05:00"
    clock.move_to(at(FAR, "09:00"))
    late_end = mine.at("POST", f"visits/{visit['code']}/cancel/", {"reason": "Snow"}).json()
    kinds = [change["kind"] for change in mine.at("GET", f"visits/{visit['code']}/").json()["changes"]]
    assert kinds == ["heads", "move", "cancel"]
    assert office.at("POST", f"changes/{late.json()['change']['id']}/grant/").json()["visit"]["heads"] == 12
    assert office.at("POST", f"changes/{late_move['change']['id']}/refuse/").json()["visit"]["start"] == visit["start"]
    assert office.at("POST", f"changes/{late_end['change']['id']}/grant/").json()["visit"]["status"] == "cancelled"
    again = office.at("POST", f"changes/{late_end['change']['id']}/grant/")
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed_now")


def test_a_cancelled_visit_frees_its_time_and_stays_to_be_read(booked: Booked) -> None:
    visit = booked(**FLOWERS)
    ended = own(visit).at("POST", f"visits/{visit['code']}/cancel/", {"reason": "Snow"}).json()
    assert (ended["status"], ended["reason"]) == ("cancelled", "Snow")
    assert booked(**FLOWERS, email="b@example.org")["start"] == visit["start"]
    again = own(visit).at("POST", f"visits/{visit['code']}/cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed_now")
    assert own(visit).at("GET", f"visits/{visit['code']}/").json()["status"] == "cancelled"


def test_a_discreet_visit_is_an_official_event_to_its_own_contacts_too(booked: Booked, office: Caller) -> None:
    visit = booked(start=at(NEAR, "11:00"), ceremony=["flowers"])
    Visit.objects.filter(code=visit["code"]).update(discreet=True)
    shown = own(visit).at("GET", f"visits/{visit['code']}/", HTTP_ACCEPT_LANGUAGE="en").json()
    assert (shown["title"], shown["tour"], shown["audience"], shown["ceremony"], shown["price"]) == (
        "Official event",
        None,
        None,
        [],
        None,
    )
    assert office.at("GET", f"visits/{visit['code']}/").json()["tour"] == "halls"


def test_each_sees_what_is_meant_for_them(booked: Booked, office: Caller) -> None:
    visit = booked(start=at(NEAR, "11:00"), notes="One wheelchair", leader={"name": "L", "phone": "+77010000044"})
    path = f"visits/{visit['code']}/"
    guide = caller_of(sign_in_of(visit["parties"][0]["guide"]["code"]))
    hidden = {
        name: {key for key, value in caller.at("GET", path).json().items() if value is None}
        for name, caller in {"organiser": own(visit), "guide": guide, "office": office}.items()
    }
    never = {"decide_by", "offer", "waiting", "arrives_at", "reconfirmed_at"}
    assert hidden == {
        "organiser": never | {"contacts", "arrived_heads"},
        "guide": never | {"contacts", "arrived_heads", "price", "changes", "token", "manage_url", "calendar_url"},
        "office": never | {"arrived_heads", "token", "manage_url", "calendar_url"},
    }
    assert guide.at("GET", path).json()["leader"]["phone"] == "+77010000044"


def test_a_token_opens_its_own_visit_only_and_nothing_once_it_is_revoked(booked: Booked, office: Caller) -> None:
    visit, other = booked(), booked(start=at(FAR, "14:00"), email="b@example.org")
    assert own(visit).at("GET", f"visits/{other['code']}/").status_code == 404
    code, proof = visit["token"].split(".")
    calendar = visit["calendar_url"].rpartition("/")[2].removesuffix(".ics")
    forged = [
        f"{other['code']}.{proof}",  # another's code with our proof
        f"{code}.{proof[:-1]}",
        f"{code}.{proof}=",
        f"{code}.{proof}.{proof}",
        f"{code}.",
        f".{proof}",
        ".",
        calendar,  # of another purpose
        f"{code.lower()}.{proof}",
        f"{code}.{proof.swapcase()}",
        "\xe9." * 50,
    ]
    for token in forged:
        answer = Caller(token).at("GET", f"visits/{visit['code']}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), token
    Visit.objects.filter(code=visit["code"]).update(link_version=2)
    assert own(visit).at("GET", f"visits/{visit['code']}/").status_code == 404


def test_a_token_beside_a_session_is_still_a_strangers(booked: Booked, django_user_model: Any) -> None:
    visit, other = booked(), booked(start=at(FAR, "14:00"), email="b@example.org")
    both = Caller(visit["token"])
    both.force_login(django_user_model.objects.create(username="chief", is_staff=True))
    assert both.at("GET", f"visits/{other['code']}/").status_code == 404
    assert both.at("POST", f"visits/{visit['code']}/confirm/").status_code == 403


def test_a_session_needs_its_csrf_token(booked: Booked, django_user_model: Any) -> None:
    visit = booked(**FLOWERS)
    signed_in = Caller(enforce_csrf_checks=True)  # type: ignore[arg-type]  # APIClient's own option
    signed_in.force_login(django_user_model.objects.create(username="chief", is_staff=True))
    refused = signed_in.at("POST", f"visits/{visit['code']}/confirm/")
    assert (refused.status_code, Visit.objects.get(code=visit["code"]).status) == (403, "requested")


def test_reading_changes_nothing(booked: Booked) -> None:
    visit = booked()
    before = list(Visit.objects.values()), OutboxMessage.objects.count(), ChangeRequest.objects.count()
    for _time in range(3):
        own(visit).at("GET", f"visits/{visit['code']}/")
    assert (list(Visit.objects.values()), OutboxMessage.objects.count(), ChangeRequest.objects.count()) == before


def test_personal_answers_are_kept_by_nobody(booked: Booked) -> None:
    visit = booked()
    assert own(visit).at("GET", f"visits/{visit['code']}/").headers["Cache-Control"] == "no-store"


def test_a_group_waits_and_is_suggested_a_time(stranger: Caller) -> None:
    body = {name: value for name, value in asked(**FLOWERS).items() if name != "start"}
    answer = stranger.at(
        "POST", "waiting/", body | {"days": [FAR.isoformat()], "hours": {"earliest": "11:00", "latest": "11:00"}}
    )
    visit = answer.json()
    assert (answer.status_code, visit["status"], visit["start"], visit["waiting"]) == (
        201,
        "waiting",
        None,
        {"days": ["2025-06-18"], "earliest": "11:00:00", "latest": "11:00:00", "place": 1},
    )
    nothing = own(visit).at("POST", f"visits/{visit['code']}/accept/")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "not_allowed_now")
    waiting.serve(FAR, now=timezone.now())
    offered = own(visit).at("GET", f"visits/{visit['code']}/").json()
    assert (offered["status"], offered["start"]) == ("offered", "2025-06-18T11:00:00+05:00")
    assert offered["offer"]["answer_by"] == "2025-05-14T09:00:00+05:00"
    taken = own(visit).at("POST", f"visits/{visit['code']}/accept/").json()
    assert (taken["status"], taken["offer"]) == ("confirmed", None)


def test_a_group_takes_none_of_the_suggested_times(booked: Booked) -> None:
    visits = [booked(start=at(FAR, hour), email=f"{hour[:2]}@example.org") for hour in ("11:00", "14:00")]
    for visit, wait, status in zip(visits, (False, True), ("cancelled", "waiting"), strict=True):
        now = timezone.now()
        pk = Visit.objects.get(code=visit["code"]).pk
        offers.offer(pk, (at(FAR, "15:00"),), answer_by=now + timedelta(days=2), now=now)
        answer = own(visit).at("POST", f"visits/{visit['code']}/decline/", {"wait": wait}).json()
        assert answer["status"] == status

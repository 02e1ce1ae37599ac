"""What the office decides, books and closes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from notifications.models import OutboxMessage
from scheduler.models import Closure, Visit
from tests.scheduler.api.conftest import FAR, FLOWERS, NEAR, Booked, Caller, asked
from tests.scheduler.conftest import at
from tours.models import User

pytestmark = pytest.mark.django_db

CONTACT = {"name": "Protocol", "organisation": "Embassy", "email": "protocol@example.org", "locale": "en"}
EVENT = {
    "kind": "event",
    "start": "2025-06-18T11:00:00+05:00",
    "spaces": ["zerde"],
    "minutes": 60,
    "heads": 20,
    "title": {"ru": "Меморандум", "en": "Memorandum"},
    "contacts": [CONTACT, {"name": "Head teacher", "phone": "87010000044", "locale": "kk"}],
}
STATE_VISIT = {
    "kind": "protocol",
    "start": "2025-06-18T10:00:00+05:00",
    "stops": [
        {"space": "wall", "minutes": 15, "kind": "ceremony", "exclusive": True, "together": True},
        {"space": "alash", "minutes": 25},
    ],
    "closes_all": True,
    "margin_before": 30,
    "margin_after": 10,
    "language": "kk",
    "audience": "delegation",
    "heads": 15,
    "ceremony": ["flowers", "silence"],
    "discreet": True,
    "waived": "state visit",
    "contacts": [CONTACT],
}


def letters(visit: dict[str, Any]) -> list[str]:
    """The kinds of letters about a visit, oldest first."""
    rows = OutboxMessage.objects.filter(thread__about=f"visit:{visit['code']}").exclude(status="superseded")
    return list(rows.order_by("created_at").values_list("kind", flat=True))


def test_a_request_is_confirmed_or_refused_once(booked: Booked, office: Caller) -> None:
    yes, no = booked(**FLOWERS), booked(**FLOWERS, start=at(FAR, "14:00"), email="b@example.org")
    confirmed = office.at("POST", f"visits/{yes['code']}/confirm/").json()
    assert (confirmed["status"], confirmed["decide_by"]) == ("confirmed", None)
    refused = office.at("POST", f"visits/{no['code']}/refuse/", {"reason": "A state visit"}).json()
    assert (refused["status"], refused["reason"]) == ("declined", "A state visit")
    assert office.at("POST", f"visits/{no['code']}/confirm/").json()["code"] == "not_allowed_now"
    assert "declined" in letters(no)


def test_who_is_refused_is_told_why(booked: Booked, office: Caller) -> None:
    visit = booked(**FLOWERS)
    nothing = office.at("POST", f"visits/{visit['code']}/refuse/", {"reason": "  "})
    assert (nothing.status_code, nothing.json()["errors"][0]["pointer"]) == (400, "/reason")


def test_a_waived_visit_keeps_who_and_why(booked: Booked, office: Caller) -> None:
    visit = booked()
    waived = office.at("POST", f"visits/{visit['code']}/waive/", {"reason": "Orphans"}).json()
    assert waived["price"] == {"amount": 0, "currency": "KZT", "free": True, "reason": "Orphans"}
    assert Visit.objects.get(code=visit["code"]).waived_by == User.objects.get(username="office")


def test_the_day_itself_is_noted(booked: Booked, office: Caller, clock: time_machine.Traveller) -> None:
    came, missed = booked(), booked(start=at(FAR, "14:00"), email="b@example.org")
    clock.move_to(at(FAR, "15:30"))
    assert office.at("POST", f"visits/{came['code']}/arrive/", {"heads": 9}).json()["arrived_heads"] == 9
    assert office.at("POST", f"visits/{missed['code']}/no-show/").json()["status"] == "no_show"


def test_the_office_moves_and_cancels_whenever(booked: Booked, office: Caller, clock: time_machine.Traveller) -> None:
    visit = booked()
    clock.move_to(at(FAR, "09:00"))
    moved = office.at("POST", f"visits/{visit['code']}/move/", {"start": at(FAR, "12:00").isoformat()})
    assert (moved.status_code, moved.json()["start"]) == (200, "2025-06-18T12:00:00+05:00")
    assert office.at("POST", f"visits/{visit['code']}/cancel/").json()["status"] == "cancelled"


def test_a_tour_is_booked_by_telephone_without_lead_time_or_review(office: Caller) -> None:
    body = {name: value for name, value in asked(**FLOWERS).items() if name not in ("organiser", "locale")}
    contacts = [{"name": "Head teacher", "phone": "8 701 000 00 44", "locale": "kk"}]
    answer = office.at(
        "POST", "office/visits/", body | {"start": at(NEAR, "11:00").isoformat(), "contacts": contacts}
    ).json()
    assert (answer["status"], answer["kind"], answer["token"]) == ("confirmed", "tour", None)
    assert answer["contacts"] == [
        {"name": "Head teacher", "organisation": "", "email": "", "phone": "+77010000044", "locale": "kk"}
    ]


def test_an_event_takes_its_hall_and_tells_each_partner_in_their_language(office: Caller) -> None:
    answer = office.at("POST", "office/visits/", EVENT, HTTP_ACCEPT_LANGUAGE="en")
    event = answer.json()
    assert (answer.status_code, event["title"], event["tour"], event["parties"]) == (201, "Memorandum", None, [])
    assert event["legs"] == [
        {"space": "zerde", "start": "2025-06-18T11:00:00+05:00", "end": "2025-06-18T12:00:00+05:00"}
    ]
    again = office.at("POST", "office/visits/", EVENT)
    assert (again.status_code, again.json()["code"], again.json()["visits"]) == (409, "start_taken", [event["code"]])
    moved = office.at("POST", f"visits/{event['code']}/move/", {"start": "2025-06-18T13:00:00+05:00"})
    assert moved.json()["legs"][0]["start"] == "2025-06-18T13:00:00+05:00"


def test_a_state_visit_holds_the_whole_complex_with_its_margins(office: Caller, stranger: Caller) -> None:
    visit = office.at("POST", "office/visits/", STATE_VISIT, HTTP_ACCEPT_LANGUAGE="en").json()
    assert (visit["kind"], visit["discreet"], visit["price"]["reason"]) == ("protocol", True, "state visit")
    assert [leg["space"] for leg in visit["parties"][0]["legs"]] == ["wall", "alash"]
    wish = {"tour": "halls", "language": "ru", "audience": "general", "heads": 10}
    day = {"from": "2025-06-18", "to": "2025-06-18"}
    starts = stranger.at("GET", "availability/", wish | day).json()["days"][0]["starts"]
    assert starts[0] == "2025-06-18T11:00:00+05:00"  # ends 10:40, and ten minutes more: 10:50


def test_who_is_in_the_way_of_a_state_visit_gives_way_as_the_office_decides(booked: Booked, office: Caller) -> None:
    group = booked(start=at(FAR, "10:15"))
    coming = STATE_VISIT | {"start": at(FAR, "10:00").isoformat()}
    assert office.at("POST", "office/visits/", coming).json()["visits"] == [group["code"]]
    shown = office.at("POST", "office/visits/preview/", coming).json()
    assert [hit["visit"] for hit in shown["hit"]] == [group["code"]]
    undecided = office.at("POST", "office/visits/", coming | {"seal": shown["seal"]})
    assert (undecided.status_code, undecided.json()["code"]) == (409, "undecided_visits")
    proposal = shown["hit"][0]["proposal"]
    decided = coming | {"seal": shown["seal"], "decisions": {group["code"]: proposal}}
    assert office.at("POST", "office/visits/", decided).status_code == 201
    moved = office.at("GET", f"visits/{group['code']}/").json()
    assert moved["start"] == proposal["start"] != group["start"]
    again = office.at("POST", "office/visits/", decided)
    assert (again.status_code, again.json()["code"]) == (409, "preview_out_of_date")


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (EVENT | {"kind": "party"}, 400, "/kind"),
        (EVENT | {"kind": ["event"]}, 400, "/kind"),
        (EVENT | {"spaces": []}, 400, "/spaces"),
        (EVENT | {"spaces": ["moon"]}, 422, None),
        (EVENT | {"minutes": 7}, 422, None),
        (EVENT | {"minutes": 10**6}, 400, "/minutes"),
        (EVENT | {"contacts": []}, 400, "/contacts"),
        (EVENT | {"contacts": [{"name": "Nobody"}]}, 400, "/contacts/0/email"),
        (EVENT | {"title": {"de": "Treffen"}}, 400, "/title/de"),
        (EVENT | {"heads": 500}, 422, None),
        (STATE_VISIT | {"stops": []}, 400, "/stops"),
        (STATE_VISIT | {"stops": [{"space": "wall"}]}, 400, "/stops/0/minutes"),
        (STATE_VISIT | {"closes": ["moon"], "closes_all": False}, 422, None),
        (STATE_VISIT | {"margin_before": 1440}, 422, None),
        ([], 400, ""),
        ("event", 400, ""),
        (None, 400, None),
    ],
)
def test_what_the_office_may_not_book(office: Caller, body: Any, status: int, pointer: str | None) -> None:
    refused = office.at("POST", "office/visits/", body)
    assert refused.status_code == status, refused.content
    if pointer is not None:
        assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert not Visit.objects.exists()


DRAFT = {
    "spaces": None,
    "start": at(FAR, "00:00").isoformat(),
    "end": at(FAR + timedelta(days=1), "00:00").isoformat(),
    "kind": "renovation",
    "notice": {"kk": "Жөндеу", "en": "Works"},
}


def test_a_closure_moves_and_cancels_what_it_hits_as_was_decided(booked: Booked, office: Caller) -> None:
    moved, ended = booked(), booked(start=at(FAR, "14:00"), email="b@example.org")
    shown = office.at("POST", "closures/preview/", DRAFT).json()
    assert [hit["visit"] for hit in shown["hit"]] == [moved["code"], ended["code"]]
    proposal = shown["hit"][0]["proposal"]
    assert proposal["action"] == "move"
    assert not Closure.objects.exists()
    body = DRAFT | {"seal": shown["seal"]}
    undecided = office.at("POST", "closures/", body | {"decisions": {moved["code"]: proposal}})
    assert (undecided.status_code, undecided.json()["code"]) == (409, "undecided_visits")
    assert undecided.json()["visits"] == [ended["code"]]
    decisions = {moved["code"]: proposal, ended["code"]: {"action": "cancel"}}
    made = office.at("POST", "closures/", body | {"decisions": decisions})
    assert made.status_code == 201
    assert Caller(moved["token"]).at("GET", f"visits/{moved['code']}/").json()["start"] == proposal["start"]
    ended_now = Caller(ended["token"]).at("GET", f"visits/{ended['code']}/", HTTP_ACCEPT_LANGUAGE="kk").json()
    assert (ended_now["status"], ended_now["reason"]) == ("cancelled", "Жөндеу")


def test_an_old_preview_is_refused_with_a_fresh_one(booked: Booked, office: Caller) -> None:
    shown = office.at("POST", "closures/preview/", DRAFT).json()
    visit = booked()
    refused = office.at("POST", "closures/", DRAFT | {"seal": shown["seal"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "preview_out_of_date")
    assert [hit["visit"] for hit in refused.json()["preview"]["hit"]] == [visit["code"]]
    assert not Closure.objects.exists()


def close(office: Caller, **others: Any) -> dict[str, Any]:
    """A closure that hits nobody."""
    body = DRAFT | others
    seal = office.at("POST", "closures/preview/", body).json()["seal"]
    made: dict[str, Any] = office.at("POST", "closures/", body | {"seal": seal}).json()
    return made


def test_everybody_reads_what_is_closed_in_their_language(office: Caller, stranger: Caller) -> None:
    later = close(office, start=at(FAR + timedelta(days=7), "00:00").isoformat(), end=None, spaces=["cinema"])
    first = close(office)
    listed = stranger.at("GET", "closures/", HTTP_ACCEPT_LANGUAGE="kk").json()
    assert (listed["count"], listed["next"]) == (2, None)
    assert [row["id"] for row in listed["results"]] == [first["id"], later["id"]]
    assert [row["notice"] for row in listed["results"]] == ["Жөндеу"] * 2
    assert [row["spaces"] for row in listed["results"]] == [None, ["cinema"]]
    assert listed["results"][1]["end"] is None
    page = stranger.at("GET", "closures/", {"page_size": 1}).json()
    assert (page["count"], len(page["results"]), page["next"] is not None) == (2, 1, True)
    assert stranger.at("GET", "closures/", {"page": 99}).status_code == 404


def test_a_closure_is_changed_after_its_own_preview_and_lifted(office: Caller, stranger: Caller) -> None:
    closure = close(office)
    path = f"closures/{closure['id']}/"
    blind = office.at("PATCH", path, {"kind": "technical"})
    assert (blind.status_code, blind.json()["errors"][0]["pointer"]) == (400, "/seal")
    change = {"end": at(FAR, "14:00").isoformat(), "kind": "technical"}
    seal = office.at("POST", f"{path}preview/", change).json()["seal"]
    half = office.at("PATCH", path, change | {"seal": seal, "decisions": {"NOBODY7": {"start": None}}})
    assert half.json()["errors"][0]["pointer"] == "/decisions/NOBODY7/action"
    changed = office.at("PATCH", path, change | {"seal": seal, "notice": {"kk": "Жабық"}}).json()
    assert Closure.objects.get().notice_kk == "Жабық"
    assert (changed["end"], changed["kind"]) == ("2025-06-18T14:00:00+05:00", "technical")
    assert (changed["start"], changed["notice"]) == (closure["start"], "Works")
    assert office.at("DELETE", path).status_code == 204
    assert stranger.at("GET", "closures/").json()["count"] == 0
    again = office.at("DELETE", path)
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed_now")


@pytest.mark.parametrize(
    ("wrong", "status", "pointer"),
    [
        ({"spaces": ["moon"]}, 400, "/spaces"),
        ({"spaces": "all"}, 400, "/spaces"),
        ({"end": at(FAR - timedelta(days=1), "00:00").isoformat()}, 422, None),
        ({"start": at(FAR, "00:01").isoformat()}, 400, "/start"),
        ({"kind": "holiday"}, 400, "/kind"),
        ({"notice": {}}, 422, None),
        ({"notice": {"en": "x" * 501}}, 400, "/notice/en"),
        ({"rrule": "FREQ=SECONDLY"}, 422, None),
    ],
)
def test_what_is_no_closure(office: Caller, wrong: dict[str, Any], status: int, pointer: str | None) -> None:
    refused = office.at("POST", "closures/preview/", DRAFT | wrong)
    assert refused.status_code == status, refused.content
    if pointer:
        assert pointer in [error["pointer"] for error in refused.json()["errors"]]


@pytest.mark.parametrize(
    "decisions",
    [
        {"NOBODY7": {"action": "cancel"}},
        {"NOBODY7": {"action": "explode"}},
        {"NOBODY7": None},
        {"\x00": {"action": "cancel"}},
        [],
        "all",
    ],
)
def test_decisions_about_what_is_not_hit_are_refused(office: Caller, decisions: Any) -> None:
    seal = office.at("POST", "closures/preview/", DRAFT).json()["seal"]
    refused = office.at("POST", "closures/", DRAFT | {"seal": seal, "decisions": decisions})
    assert refused.status_code in (400, 422)
    assert not Closure.objects.exists()

"""Asking for a visit, and what its organiser does with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from notifications.models import OutboxMessage
from scheduler import offers, waiting
from scheduler.models import ChangeRequest, Contact, Visit
from tests.scheduler.api.conftest import FAR, NEAR, Caller, asked, caller_of, sign_in_of
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db

Booked = Callable[..., dict[str, Any]]
FLOWERS = {"tour": "grounds-flowers", "language": "en"}


def own(visit: dict[str, Any]) -> Caller:
    """The organiser of a visit, with the token of its link."""
    return Caller(visit["token"])


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
    assert own(answer).at("GET", f"visits/{answer['code']}/").json() == answer


def test_what_the_office_decides_is_held_until_then(booked: Booked, stranger: Caller) -> None:
    visit = booked(**FLOWERS)
    assert (visit["status"], visit["decide_by"]) == ("requested", "2025-05-14T10:00:00+05:00")
    assert stranger.at("POST", "visits/", asked(**FLOWERS)).status_code == 409


def test_soldiers_come_free_and_the_answer_says_why(booked: Booked) -> None:
    assert booked(audience="soldiers")["price"] == {"amount": 0, "currency": "KZT", "free": True, "reason": "Soldiers"}


def test_guides_and_places_are_told_once_they_are_promised(booked: Booked, office: Caller) -> None:
    later, soon = booked(), booked(start=at(NEAR, "11:00"))
    assert [party["guide"] for party in later["parties"]] == [None]
    party = office.at("GET", f"visits/{later['code']}/").json()["parties"][0]
    assert party["guide"]["code"].startswith("g0")
    assert len(party["legs"]) == 2
    assert (soon["promised"], soon["parties"][0]["guide"] is not None) == (True, True)
    assert [leg["start"] for leg in soon["parties"][0]["legs"]] == [
        "2025-05-21T11:00:00+05:00",
        "2025-05-21T11:30:00+05:00",
    ]


def test_a_large_group_comes_in_waves(stranger: Caller, booked: Booked) -> None:
    wish = {"tour": "halls", "language": "ru", "audience": "soldiers", "heads": 120}
    days = stranger.at("GET", "availability/", wish | {"from": FAR.isoformat(), "to": FAR.isoformat()}).json()["days"]
    waves = days[0]["waves"][0]
    visit = booked(**wish, start=None, waves=waves)
    assert visit["waves"] == waves
    assert visit["start"] == waves[0]
    assert {party["wave"] for party in visit["parties"]} == {0, 1}
    assert OutboxMessage.objects.filter(thread__about=f"visit:{visit['code']}").count() == 1


def test_a_taken_start_is_answered_with_others_that_can_be_had(booked: Booked, stranger: Caller) -> None:
    booked(**FLOWERS)
    refused = stranger.at("POST", "visits/", asked(**FLOWERS))
    problem = refused.json()
    assert (refused.status_code, problem["code"], refused.headers["Content-Type"]) == (
        409,
        "start_taken",
        "application/problem+json",
    )
    assert len(problem["alternatives"]) == 3
    assert booked(**FLOWERS, start=problem["alternatives"][0])["start"] == problem["alternatives"][0]
    assert Visit.objects.count() == 2


def test_a_group_that_is_too_large_hears_how_many_could_come(stranger: Caller, booked: Booked) -> None:
    problem = stranger.at("POST", "visits/", asked(audience="soldiers", heads=900)).json()
    assert problem["code"] == "group_too_large"
    assert 0 < problem["largest"] < 900


def test_too_soon_says_from_when(stranger: Caller) -> None:
    refused = stranger.at("POST", "visits/", asked(start=at(date(2025, 5, 14), "11:00"), **FLOWERS))
    assert (refused.status_code, refused.json()["code"], refused.json()["earliest"]) == (422, "too_soon", "2025-05-21")


@pytest.mark.parametrize(
    ("language", "detail"),
    [("kk", "Бұл уақыт енді бос емес."), ("ru", "Это время уже занято."), ("en", "This time is not free any more.")],
)
def test_problems_speak_the_askers_language(booked: Booked, stranger: Caller, language: str, detail: str) -> None:
    booked(**FLOWERS)
    refused = stranger.at("POST", "visits/", asked(**FLOWERS), HTTP_ACCEPT_LANGUAGE=language)
    assert (refused.headers["Content-Language"], refused.json()["detail"]) == (language, detail)


def test_letters_are_in_the_language_asked_for_or_the_requests(stranger: Caller) -> None:
    body = asked()
    del body["locale"]
    code = stranger.at("POST", "visits/", body, HTTP_ACCEPT_LANGUAGE="kk").json()["code"]
    assert Contact.objects.get(visit__code=code).locale == "kk"


def test_a_telephone_number_is_enough_and_is_kept_as_telephones_know_it(booked: Booked) -> None:
    visit = booked(
        organiser={"name": "Мұғалім", "phone": "8 (701) 000-00-44"},
        leader={"name": "Leader", "phone": "+49 30 901820"},
    )
    assert Contact.objects.get(visit__code=visit["code"]).phone == "+77010000044"
    assert visit["leader"] == {"name": "Leader", "phone": "+4930901820"}


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"tour": "nowhere"}, "/tour", "does_not_exist"),
        ({"tour": ["halls"]}, "/tour", "does_not_exist"),
        ({"audience": None}, "/audience", "null"),
        ({"language": "de"}, "/language", "invalid_choice"),
        ({"heads": 0}, "/heads", "min_value"),
        ({"heads": 2**40}, "/heads", "max_value"),
        ({"heads": "10; DROP TABLE"}, "/heads", "invalid"),
        ({"adults": -1}, "/adults", "min_value"),
        ({"start": None}, "/start", "required"),
        ({"start": "2025-06-18T11:00:00"}, "/start", "no_offset"),
        ({"start": "2025-06-18T11:01:00+05:00"}, "/start", "off_the_ticks"),
        ({"start": "9999-12-31T23:55:00+05:00"}, "/start", "far"),
        ({"start": "0001-01-01T00:00:00+05:00"}, "/start", "past"),
        ({"start": 1750226400}, "/start", "invalid"),
        ({"start": "2025-06-18T11:00+05:00", "waves": ["2025-06-18T12:00+05:00"]}, "/start", "contradiction"),
        ({"waves": ["2025-06-18T12:00+05:00"] * 11}, "/waves", "max_length"),
        ({"organiser": {"name": "Асан"}}, "/organiser/email", "unreachable"),
        ({"organiser": {"name": " ", "email": "a@example.org"}}, "/organiser/name", "blank"),
        ({"organiser": {"name": "Асан", "email": "nobody"}}, "/organiser/email", "invalid"),
        ({"organiser": {"name": "Асан", "email": "a@example.org\nBcc: b@example.org"}}, "/organiser/email", "invalid"),
        ({"organiser": {"name": "Асан", "phone": "12345"}}, "/organiser/phone", "phone"),
        ({"organiser": {"name": "A\x00", "phone": "+77010000044"}}, "/organiser/name", "null_characters_not_allowed"),
        ({"organiser": {"name": "A\x1b[2J", "phone": "+77010000044"}}, "/organiser/name", "control_characters"),
        ({"organiser": {"name": "A\u202e", "phone": "+77010000044"}}, "/organiser/name", "control_characters"),
        ({"organiser": {"name": "A\rATTENDEE:b", "phone": "+77010000044"}}, "/organiser/name", "line_break"),
        ({"organiser": {"name": "A" * 10_000, "phone": "+77010000044"}}, "/organiser/name", "max_length"),
        ({"organiser": "Асан"}, "/organiser", "invalid"),
        ({"organiser": {"name": "Асан", "phone": "+77010000044", "admin": True}}, "/organiser/admin", "unknown_field"),
        ({"leader": {"phone": "+7 000"}}, "/leader/phone", "phone"),
        ({"ceremony": ["fireworks"]}, "/ceremony/0", "invalid_choice"),
        ({"notes": "x" * 2001}, "/notes", "max_length"),
        ({"notes": "\x9b"}, "/notes", "control_characters"),
        ({"status": "confirmed"}, "/status", "unknown_field"),
        ({"price_amount": 0}, "/price_amount", "unknown_field"),
        ({"discreet": True}, "/discreet", "unknown_field"),
        ({"code": "AAAAAAA"}, "/code", "unknown_field"),
    ],
)
def test_what_is_wrong_is_named_field_by_field(
    stranger: Caller, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    refused = stranger.at("POST", "visits/", asked(**wrong))
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert (pointer, code) in [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"adults": 11}, "bad_wish"),
        ({"audience": "preschool"}, "bad_wish"),
        ({"start": at(FAR, "11:05")}, "bad_wish"),
        ({"start": None, "waves": ["2025-06-18T11:00+05:00", "2025-06-19T11:00+05:00"]}, "bad_wish"),
        ({"start": at(date(2025, 5, 1), "11:00")}, "too_soon"),
        ({"start": at(date(2025, 6, 16), "11:00")}, "closed"),
        ({"start": at(FAR, "04:00")}, "start_taken"),
        ({"start": at(FAR, "17:45")}, "start_taken"),
    ],
)
def test_what_the_museums_rules_refuse_is_a_problem_and_books_nothing(
    stranger: Caller, wrong: dict[str, Any], code: str
) -> None:
    refused = stranger.at("POST", "visits/", asked(**wrong))
    assert (refused.json()["code"], refused.status_code) == (code, 422 if code in ("bad_wish", "too_soon") else 409)
    assert not Visit.objects.exists()


def test_ten_clicks_are_one_visit_and_one_letter(stranger: Caller) -> None:
    body, key = asked(), str(uuid.uuid4())
    answers = [stranger.at("POST", "visits/", body, HTTP_IDEMPOTENCY_KEY=key) for _click in range(10)]
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert Visit.objects.count() == 1
    assert OutboxMessage.objects.count() == 1


def test_a_key_used_for_another_request_is_refused(stranger: Caller) -> None:
    stranger.at("POST", "visits/", asked(), HTTP_IDEMPOTENCY_KEY="k1")
    refused = stranger.at("POST", "visits/", asked(heads=11), HTTP_IDEMPOTENCY_KEY="k1")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert stranger.at("POST", "visits/", asked(heads=11), HTTP_IDEMPOTENCY_KEY="k2").status_code == 201
    assert Visit.objects.count() == 2


def test_a_key_says_nothing_in_the_database(stranger: Caller) -> None:
    stranger.at("POST", "visits/", asked(), HTTP_IDEMPOTENCY_KEY="a-secret-key")
    assert "a-secret-key" not in str(Visit.objects.values_list("request_key", flat=True).get())


def test_a_refused_request_may_be_made_again_with_its_key(booked: Booked, stranger: Caller, office: Caller) -> None:
    there = booked(**FLOWERS)
    again = asked(**FLOWERS, email="second@example.org")
    assert stranger.at("POST", "visits/", again, HTTP_IDEMPOTENCY_KEY="k").status_code == 409
    office.at("POST", f"visits/{there['code']}/cancel/")
    assert stranger.at("POST", "visits/", again, HTTP_IDEMPOTENCY_KEY="k").status_code == 201


def test_strangers_are_counted_and_told_when_to_come_back(stranger: Caller, office: Caller, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"request_by_address": (2, 600), "request_by_network": (3, 3600)}
    key = "once"
    assert stranger.at("POST", "visits/", asked(), HTTP_IDEMPOTENCY_KEY=key).status_code == 201
    assert stranger.at("POST", "visits/", asked(start=at(FAR, "14:00"))).status_code == 201
    refused = stranger.at("POST", "visits/", asked(start=at(FAR, "15:00")))
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (429, "too_often", "300")
    assert stranger.at("POST", "visits/", asked(), HTTP_IDEMPOTENCY_KEY=key).status_code == 201  # an answer, no request
    assert office.at("POST", "visits/", asked(start=at(FAR, "15:00"))).status_code == 201
    elsewhere = Caller(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert elsewhere.at("POST", "visits/", asked(start=at(FAR, "15:30"))).status_code == 429  # the same address
    other = asked(start=at(FAR, "15:30"), email="other@example.org")
    assert elsewhere.at("POST", "visits/", other).status_code == 201
    assert Visit.objects.count() == 4


@pytest.mark.parametrize("again", ["Asker@Example.org", "asker+school@example.org", "ASKER+2@example.ORG"])
def test_another_spelling_of_an_address_is_the_same_person(stranger: Caller, settings: Any, again: str) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"request_by_address": (1, 600)}
    assert stranger.at("POST", "visits/", asked()).status_code == 201
    assert stranger.at("POST", "visits/", asked(start=at(FAR, "14:00"), email=again)).status_code == 429


def test_what_was_refused_is_not_counted(booked: Booked, stranger: Caller, settings: Any) -> None:
    booked(**FLOWERS, email="b@example.org")
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"request_by_address": (1, 600), "request_by_network": (1, 600)}
    for _try in range(3):
        assert stranger.at("POST", "visits/", asked(**FLOWERS)).status_code == 409
    other = asked(**FLOWERS, start=at(FAR, "14:00"))
    assert [stranger.at("POST", "visits/", other).status_code for _try in range(2)] == [201, 429]


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

"""Asking for a visit: what is booked, refused, repeated and counted."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest

from notifications.models import OutboxMessage
from scheduler.core.packing import Floor
from scheduler.core.solving import Undecided
from scheduler.models import CeremonyPlan, Contact, Unserved, Visit
from tests.scheduler.api.conftest import FAR, FLOWERS, NEAR, Booked, Caller, asked, own
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db


def test_a_group_asks_and_is_answered_at_once(stranger: Caller) -> None:
    response = stranger.at("POST", "visits/", asked(heads=30))
    answer = response.json()
    assert (response.status_code, answer["status"], answer["heads"]) == (201, "confirmed", 30)
    assert (answer["start"], answer["end"]) == ("2025-06-18T11:00:00+05:00", "2025-06-18T12:00:00+05:00")
    assert answer["parties"] == [
        {"number": number, "wave": 0, "heads": 15, "duty": None, "guide": None, "legs": None} for number in (1, 2)
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


PLAN = {
    "led_by": "The ambassador",
    "press": "Two houses",
    "interpreter": "German",
    "embassy": "+49 30 901820",
    "vehicles": "Coach 123 ABC 01",
}


def test_the_plan_of_a_ceremony_is_kept_for_the_few_who_may_read_it(booked: Booked, office: Caller) -> None:
    visit = booked(**FLOWERS, ceremony=["flowers"], ceremony_plan=PLAN)
    kept = CeremonyPlan.objects.get(visit__code=visit["code"])
    assert {name: getattr(kept, name) for name in PLAN} == PLAN
    assert "123 ABC 01" not in str([visit, office.at("GET", f"visits/{visit['code']}/").json()])


def test_of_a_tour_without_a_ceremony_no_plan_is_taken(stranger: Caller) -> None:
    refused = stranger.at("POST", "visits/", asked(ceremony_plan=PLAN))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/ceremony_plan")
    assert not Visit.objects.exists()
    for none, clock in (({}, "11:00"), (None, "15:00")):
        body = asked(**FLOWERS, start=at(FAR, clock), ceremony_plan=none)
        assert stranger.at("POST", "visits/", body).status_code == 201
    assert not CeremonyPlan.objects.exists()


def test_soldiers_come_free_and_the_answer_says_why(booked: Booked) -> None:
    assert booked(audience="soldiers")["price"] == {"amount": 0, "currency": "KZT", "free": True, "reason": "Soldiers"}


def test_guides_and_places_are_told_once_they_are_promised(booked: Booked, office: Caller) -> None:
    later, soon = booked(), booked(start=at(NEAR, "11:00"))
    assert [party["guide"] for party in later["parties"]] == [None]
    party = office.at("GET", f"visits/{later['code']}/").json()["parties"][0]
    assert party["guide"]["code"].startswith("g0")
    assert len(party["legs"]) == 2
    assert office.at("GET", f"duties/{party['duty']}/candidates/").status_code == 200
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


def test_where_the_check_runs_out_of_time_nothing_is_booked_and_it_is_said_and_counted(
    stranger: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def endless(self: Floor, news: object, budget: object) -> None:
        raise Undecided

    with monkeypatch.context() as patched:
        patched.setattr(Floor, "fewest", endless)
        refused = stranger.at("POST", "visits/", asked(language="ru"))
    assert (refused.status_code, refused.json()["code"]) == (503, "not_known")
    assert int(refused.headers["Retry-After"]) > 0
    assert not Visit.objects.exists()
    assert Unserved.objects.get().how == Unserved.How.UNKNOWN
    assert "ran out of time" in caplog.text
    assert stranger.at("POST", "visits/", asked(language="ru")).status_code == 201


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
        ({"ceremony_plan": {"led_by": "x" * 301}}, "/ceremony_plan/led_by", "max_length"),
        ({"ceremony_plan": {"vehicles": "two\nlines"}}, "/ceremony_plan/vehicles", "line_break"),
        ({"ceremony_plan": {"flowers": "red"}}, "/ceremony_plan/flowers", "unknown_field"),
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

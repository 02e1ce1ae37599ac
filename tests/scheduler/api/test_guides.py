"""Guides' duties and absences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler.models import Party, Visit
from tests.scheduler.api.conftest import FAR, NEAR, Booked, Caller
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db

Called = Callable[[str], Caller]
MONTH = {"from": NEAR.isoformat(), "to": (NEAR + timedelta(days=60)).isoformat()}


def led(visit: dict[str, Any]) -> Party:
    """The only sub-group of a visit."""
    return Visit.objects.get(code=visit["code"]).parties.get()


def code_of(visit: dict[str, Any]) -> str:
    guide = led(visit).guide
    assert guide is not None
    return guide.code


def test_a_guide_sees_what_is_promised_and_what_may_still_change(booked: Booked, guide_called: Called) -> None:
    soon = booked(start=at(NEAR, "11:00"), leader={"name": "L", "phone": "+77010000044"}, notes="One wheelchair")
    later = booked()
    Party.objects.filter(visit__code=later["code"]).update(guide=led(soon).guide)
    listed = guide_called(code_of(soon)).at("GET", "me/duties/", MONTH).json()
    first, second = listed["results"]
    assert (first["visit"], first["promised"], first["start"]) == (soon["code"], True, "2025-05-21T11:00:00+05:00")
    assert [leg["space"] for leg in first["legs"]] in (["alash", "alzhir"], ["alzhir", "alash"])
    assert (first["leader"]["phone"], first["notes"]) == ("+77010000044", "One wheelchair")
    assert (second["visit"], second["promised"], second["legs"], second["leader"]) == (later["code"], False, None, None)


def test_a_list_of_duties_takes_the_same_queries_for_one_and_for_many(booked: Booked, guide_called: Called) -> None:
    visit = booked(start=at(NEAR, "11:00"))
    me = guide_called(code_of(visit))
    counts = []
    for hour in ("13:00", "15:00"):
        with CaptureQueriesContext(connection) as queries:
            listed = me.at("GET", "me/duties/", MONTH).json()
        counts.append((listed["count"], len(queries)))
        other = booked(start=at(NEAR, hour), email=f"{hour[:2]}@example.org")
        Party.objects.filter(visit__code=other["code"]).update(guide=led(visit).guide)
    assert counts == [(1, counts[0][1]), (2, counts[0][1])]


def test_a_guide_accepts_and_the_office_cannot_for_them(booked: Booked, guide_called: Called, office: Caller) -> None:
    visit = booked(start=at(NEAR, "11:00"))
    pk = led(visit).pk
    assert guide_called(code_of(visit)).at("POST", f"duties/{pk}/accept/").json() == {"id": pk, "answer": "accepted"}
    assert office.at("POST", f"duties/{pk}/accept/").status_code == 403


def test_who_declines_is_replaced_and_sees_the_duty_no_more(booked: Booked, guide_called: Called) -> None:
    visit = booked(start=at(NEAR, "11:00"))
    before, pk = code_of(visit), led(visit).pk
    me = guide_called(before)
    assert me.at("POST", f"duties/{pk}/decline/", {"reason": "I am ill"}).json() == {"id": pk, "answer": "declined"}
    assert code_of(visit) != before
    assert me.at("POST", f"duties/{pk}/accept/").status_code == 404
    assert me.at("GET", f"visits/{visit['code']}/").status_code == 404
    assert me.at("GET", "me/duties/", MONTH).json()["count"] == 0


def test_a_duty_beyond_the_horizon_is_not_the_guides_to_answer(booked: Booked, guide_called: Called) -> None:
    visit = booked()
    assert guide_called(code_of(visit)).at("POST", f"duties/{led(visit).pk}/accept/").status_code == 404


def test_the_office_sees_who_could_lead_and_why_the_others_cannot(booked: Booked, office: Caller) -> None:
    visit = booked(start=at(NEAR, "11:00"), language="en")
    pk = led(visit).pk
    answer = office.at("GET", f"duties/{pk}/candidates/", HTTP_ACCEPT_LANGUAGE="en").json()
    why_not = {row["guide"]["code"]: row["why_not"] for row in answer["results"]}
    assert set(why_not) == {f"g0{number}" for number in range(1, 7)}
    assert [code for code, reasons in why_not.items() if not reasons] == [
        row["guide"]["code"] for row in answer["results"][:3]
    ]
    refused = office.at("POST", f"duties/{pk}/assign/", {"guide": "g02"}, HTTP_ACCEPT_LANGUAGE="en")
    assert (refused.status_code, refused.json()["code"]) == (409, "guide_cannot")
    assert refused.json()["reasons"] == why_not["g02"]
    other = next(code for code, reasons in why_not.items() if not reasons and code != code_of(visit))
    assert office.at("POST", f"duties/{pk}/assign/", {"guide": other}).json()["guide"]["code"] == other
    assert code_of(visit) == other
    nobody = office.at("POST", f"duties/{pk}/assign/", {"guide": "g99"})
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (400, "/guide")


def test_an_absence_gives_duties_to_others_and_can_be_removed(
    booked: Booked, guide_called: Called, office: Caller
) -> None:
    visit = booked(start=at(NEAR, "11:00"))
    before = code_of(visit)
    me = guide_called(before)
    body = {"start": at(NEAR, "00:00").isoformat(), "end": None, "reason": "Ill"}
    absence = me.at("POST", "me/absences/", body)
    assert (absence.status_code, absence.json()["end"]) == (201, None)
    assert code_of(visit) != before
    assert me.at("GET", "me/absences/").json()["results"] == [absence.json()]
    assert office.at("GET", f"guides/{before}/absences/").json()["results"] == [absence.json()]
    elsewhere = office.at("DELETE", f"guides/{code_of(visit)}/absences/{absence.json()['id']}/")
    assert elsewhere.status_code == 404
    assert me.at("DELETE", f"me/absences/{absence.json()['id']}/").status_code == 204
    assert me.at("GET", "me/absences/").json()["count"] == 0
    past = at(NEAR - timedelta(days=90), "00:00")
    over = me.at("POST", "me/absences/", {"start": past.isoformat(), "end": (past + timedelta(days=1)).isoformat()})
    assert (over.status_code, over.json()["code"]) == (409, "absence_over")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"start": "tomorrow"}, "/start"),
        ({"end": at(FAR, "00:00").isoformat()}, "/end"),
        ({"reason": "two\nlines"}, "/reason"),
        ({"guide": "g02"}, "/guide"),
    ],
)
def test_what_is_no_absence(guide_called: Called, wrong: dict[str, Any], pointer: str) -> None:
    refused = guide_called("g01").at("POST", "me/absences/", {"start": at(FAR, "00:00").isoformat()} | wrong)
    assert refused.status_code == 400
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]

"""When a group can come."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from scheduler import locks, starts, steps
from scheduler.models import Leg, Party, Visit
from tests.scheduler.api.conftest import FAR, Booked, Caller
from tests.scheduler.conftest import ASTANA, at
from tours.models import Audience, Guide, Lane, Tour

pytestmark = pytest.mark.django_db

WISH = {"tour": "halls", "language": "ru", "audience": "general", "heads": 10}
MONTH = {"from": "2025-06-03", "to": "2025-07-02"}


def days_of(answer: Any) -> dict[str, dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return {day["date"]: day for day in answer.json()["days"]}


def test_each_day_has_its_state_and_its_starts_on_the_museums_clock(stranger: Caller) -> None:
    days = days_of(stranger.at("GET", "availability/", WISH | {"from": "2025-05-11", "to": "2025-05-19"}))
    assert {day: shown["state"] for day, shown in days.items()} == {
        "2025-05-11": "past",
        "2025-05-12": "too_soon",
        **{f"2025-05-{number}": "open" for number in range(13, 19)},
        "2025-05-19": "closed",
    }
    assert days["2025-05-13"]["starts"][0] == "2025-05-13T10:00:00+05:00"
    assert days["2025-05-13"]["starts"][-1] == "2025-05-13T16:30:00+05:00"
    assert days["2025-05-19"]["starts"] == []


def test_what_is_offered_can_be_booked_and_is_then_gone(stranger: Caller, booked: Booked) -> None:
    wish = WISH | {"tour": "grounds-flowers", "language": "en", "from": FAR.isoformat(), "to": FAR.isoformat()}
    start = days_of(stranger.at("GET", "availability/", wish))[FAR.isoformat()]["starts"][0]
    booked(tour="grounds-flowers", language="en", start=start)
    assert start not in days_of(stranger.at("GET", "availability/", wish))[FAR.isoformat()]["starts"]


def test_who_has_the_answer_already_is_not_sent_it_again(stranger: Caller, booked: Booked) -> None:
    wish = WISH | {"tour": "grounds-flowers", "language": "en", "from": FAR.isoformat(), "to": FAR.isoformat()}
    first = stranger.at("GET", "availability/", wish)
    again = stranger.at("GET", "availability/", wish, HTTP_IF_NONE_MATCH=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert stranger.at("GET", "availability/", wish, HTTP_IF_NONE_MATCH='"other"').status_code == 200
    booked(tour="grounds-flowers", language="en")
    assert stranger.at("GET", "availability/", wish, HTTP_IF_NONE_MATCH=first.headers["ETag"]).status_code == 200


def test_a_group_for_which_one_wave_is_too_little_is_shown_waves(stranger: Caller) -> None:
    answer = stranger.at(
        "GET", "availability/", WISH | {"audience": "soldiers", "heads": 120, "from": "2025-06-18", "to": "2025-06-18"}
    )
    day = days_of(answer)["2025-06-18"]
    assert (day["state"], day["starts"]) == ("open", [])
    assert all(len(wave) == 2 for wave in day["waves"])
    assert answer.json()["largest"] >= 120


def test_a_closure_is_shown_with_its_notice_in_the_askers_language(stranger: Caller, office: Caller) -> None:
    closed(office, {"kk": "Жабық", "ru": "Закрыто на ремонт", "en": "Closed for works"})
    for language, notice in (("kk", "Жабық"), ("ru", "Закрыто на ремонт"), ("en-GB", "Closed for works")):
        answer = stranger.at(
            "GET", "availability/", WISH | {"from": "2025-06-18", "to": "2025-06-18"}, HTTP_ACCEPT_LANGUAGE=language
        )
        day = days_of(answer)["2025-06-18"]
        assert (day["state"], day["reason"]) == ("closed", notice)
        assert answer.headers["Content-Language"] == language[:2]


def closed(office: Caller, notice: dict[str, str]) -> dict[str, Any]:
    """A closure of all for the whole of FAR."""
    draft = {
        "spaces": None,
        "start": at(FAR, "00:00").isoformat(),
        "end": at(FAR + timedelta(days=1), "00:00").isoformat(),
        "kind": "renovation",
        "notice": notice,
    }
    seal = office.at("POST", "closures/preview/", draft).json()["seal"]
    made: dict[str, Any] = office.at("POST", "closures/", draft | {"seal": seal}).json()
    return made


def test_the_office_is_not_held_to_lead_times(stranger: Caller, office: Caller) -> None:
    today = WISH | {"from": "2025-05-13", "to": "2025-05-13", "tour": "grounds-flowers"}
    assert days_of(stranger.at("GET", "availability/", today))["2025-05-13"]["state"] == "too_soon"
    assert days_of(office.at("GET", "availability/", today))["2025-05-13"]["state"] == "open"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"tour": "nowhere"}, "/tour"),
        ({"tour": "halls\0"}, "/tour"),
        ({"language": "de"}, "/language"),
        ({"audience": ""}, "/audience"),
        ({"heads": 0}, "/heads"),
        ({"heads": 10**9}, "/heads"),
        ({"heads": "many"}, "/heads"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "/from"),
        ({"from": "0001-01-01"}, "/from"),
        ({"from": "2025-06-18", "to": "2025-06-17"}, "/to"),
        ({"from": "2025-06-01", "to": "2025-08-02"}, "/to"),
    ],
)
def test_what_cannot_be_asked_is_named(stranger: Caller, wrong: dict[str, Any], pointer: str) -> None:
    answer = stranger.at("GET", "availability/", WISH | MONTH | wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_a_tour_that_is_not_for_this_kind_of_group_is_refused_in_words(stranger: Caller) -> None:
    answer = stranger.at("GET", "availability/", WISH | MONTH | {"audience": "preschool"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_wish")


def test_a_month_takes_the_same_queries_with_40_visits_and_with_400(stranger: Caller, season_now: datetime) -> None:
    worked_out, kept = [], []
    for number in (40, 360):
        fill(number, season_now)
        locks.raise_versions(date.fromisoformat(MONTH["from"]) + timedelta(days=offset) for offset in range(30))
        for counts in (worked_out, kept):
            with CaptureQueriesContext(connection) as queries:
                assert stranger.at("GET", "availability/", WISH | MONTH).status_code == 200
            counts.append(len(queries))
    assert Visit.objects.filter(parties__holds=True).count() == 400
    assert (worked_out, kept) == ([11, 11], [6, 6])


def fill(number: int, now: datetime) -> None:
    """Write so many visits into the month, each with a guide and lanes of its own."""
    first = Visit.objects.count()
    days = [date.fromisoformat(MONTH["from"]) + timedelta(days=offset) for offset in range(30)]
    stops = starts.stops_of(Tour.objects.get(code="halls"))
    common = {
        "status": Visit.Status.CONFIRMED,
        "tour": Tour.objects.get(code="halls"),
        "audience": Audience.objects.get(code="general"),
        "language": "ru",
        "heads": 5,
        "stops": stops,
        "created_at": now,
        "updated_at": now,
    }
    for turn in range(first, first + number):
        day, slot = days[turn % 30], turn // 30  # at most 14 a day: one after the other each hour, two at a time
        begin = at(day, "10:00") + timedelta(hours=slot % 7)
        when = steps.when((begin,), 12, ASTANA)
        visit = Visit.objects.create(code=f"V{turn}", **common, **when)
        guide, _made = Guide.objects.get_or_create(code=f"x{slot // 7}", defaults={"name": "X"})
        party = Party.objects.create(visit=visit, number=1, heads=5, guide=guide, walk=[0, 1], period=visit.period)
        for index, stop in enumerate(stops):
            lane = Lane.objects.get(space__code=stop["space"], number=1 + slot // 7)
            half = begin + index * timedelta(minutes=30)
            period = DateTimeTZRange(half, half + timedelta(minutes=30), "[)")
            Leg.objects.create(visit=visit, party=party, stop=index, lane=lane, period=period, heads=5)

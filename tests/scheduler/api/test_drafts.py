"""Drafts of closures: a program begins, reads, changes, looks at, publishes and discards the same that the office's pages keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from scheduler.models import Closure, KeptDraft
from tests.scheduler.api.conftest import FAR, Booked, Caller
from tours.models import User

pytestmark = pytest.mark.django_db

DRAFTS = "closures/drafts/"
WHOLE = {
    "spaces": ["alash", "alzhir"],
    "start": f"{FAR}T10:00:00+05:00",
    "end": f"{FAR}T17:00:00+05:00",
    "kind": "renovation",
    "notice": {"kk": "Жөндеу", "en": "Works"},
}
RULE = WHOLE | {"rrule": "FREQ=WEEKLY;BYDAY=WE;UNTIL=20250730"}


def kept(office: Caller, **said: Any) -> dict[str, Any]:
    answer = office.at("POST", DRAFTS, said)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def page_of(draft: dict[str, Any]) -> str:
    return f"/office/closures/drafts/{draft['id']}/"


@pytest.fixture
def pages(office: Caller) -> Client:
    """The office's own browser."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        User.objects.filter(is_staff=True).earliest("pk"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_a_draft_keeps_what_is_said_names_what_is_missing_and_closes_nothing(office: Caller) -> None:
    draft = kept(office, start=WHOLE["start"])
    assert (draft["start"], draft["end"], draft["spaces"], draft["kind"]) == (WHOLE["start"], None, None, None)
    assert [each["field"] for each in draft["missing"]] == ["kind", "end", "notice"]
    assert not draft["until_further_notice"]
    assert not Closure.objects.exists()
    early = office.at("POST", f"{DRAFTS}{draft['id']}/preview/")
    assert (early.status_code, early.json()["code"]) == (422, "bad_wish")
    changed = office.at("PATCH", f"{DRAFTS}{draft['id']}/", {name: WHOLE[name] for name in ("end", "kind", "notice")})
    assert changed.json()["missing"] == []
    assert changed.json()["notice"] == {"kk": "Жөндеу", "ru": "", "en": "Works"}
    assert office.at("GET", DRAFTS).json()["results"] == [changed.json()]


def test_what_is_left_out_of_a_change_stays(office: Caller) -> None:
    draft = kept(office, **WHOLE)
    changed = office.at("PATCH", f"{DRAFTS}{draft['id']}/", {"end": None, "notice": {"ru": "Ремонт"}}).json()
    assert (changed["end"], changed["until_further_notice"]) == (None, True)
    assert changed["notice"] == {"kk": "Жөндеу", "ru": "Ремонт", "en": "Works"}
    assert (changed["spaces"], changed["start"], changed["kind"]) == (WHOLE["spaces"], WHOLE["start"], "renovation")
    assert office.at("PATCH", f"{DRAFTS}{draft['id']}/", {"spaces": None}).json()["spaces"] is None


def test_a_draft_of_a_program_is_the_pages_draft_and_the_other_way_about(office: Caller, pages: Client) -> None:
    draft = kept(office, **RULE)
    page = pages.get(page_of(draft)).content.decode()
    for shown in ('name="first" value="2025-06-18"', 'name="ends" value="17:00"', 'value="weekly" selected', "Works"):
        assert shown in page
    typed = {"first": "2025-06-18", "starts": "10:00", "last": "2025-06-18", "repeats": "last", "keep": "1"}
    pages.post(page_of(draft), typed | {"notice_en": "Cleaning", "spaces": ["cinema"]})
    read = office.at("GET", f"{DRAFTS}{draft['id']}/").json()
    assert (read["spaces"], read["rrule"], read["notice"]["en"]) == (["cinema"], "FREQ=MONTHLY;BYDAY=-1WE", "Cleaning")
    assert (read["end"], read["until_further_notice"]) == (f"{FAR + timedelta(days=1)}T00:00:00+05:00", True)
    pages.post(page_of(draft), {"first": "some day", "last": "2025-06-18", "kind": "technical", "keep": "1"})
    read = office.at("GET", f"{DRAFTS}{draft['id']}/").json()
    assert (read["start"], [each["field"] for each in read["missing"]]) == (None, ["start", "notice"])


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=WE;UNTIL=20250730",
        "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20250730",
        "FREQ=WEEKLY;BYDAY=FR;COUNT=3",
        "FREQ=MONTHLY;BYDAY=3WE;UNTIL=20251231T120000",
        "FREQ=DAILY;INTERVAL=2;COUNT=10",
    ],
)
def test_a_rule_means_the_same_in_a_draft_as_in_a_closure(office: Caller, rule: str) -> None:
    body = WHOLE | {"rrule": rule}
    draft = kept(office, **body)
    seal = office.at("POST", f"{DRAFTS}{draft['id']}/preview/").json()["seal"]
    assert seal == office.at("POST", "closures/preview/", body).json()["seal"]
    later = f"{FAR + timedelta(days=7)}T10:00:00+05:00"
    moved = office.at("PATCH", f"{DRAFTS}{draft['id']}/", {"start": later, "end": None}).json()
    assert moved["rrule"] == draft["rrule"]  # not another weekday's, since it begins on another day


def test_a_rule_that_is_none_or_never_ends_is_said(office: Caller) -> None:
    endless = office.at("POST", DRAFTS, WHOLE | {"rrule": "FREQ=WEEKLY"})
    assert endless.status_code == 400
    assert endless.json()["errors"][0]["pointer"] == "/until_further_notice"
    draft = kept(office, **WHOLE, rrule="FREQ=WEEKLY", until_further_notice=True)
    assert draft["until_further_notice"]
    hourly = kept(office, **WHOLE, rrule="FREQ=HOURLY;COUNT=3")
    assert [each["field"] for each in hourly["missing"]] == ["rrule"]


def test_publishing_does_what_the_preview_showed_and_takes_the_draft_away(booked: Booked, office: Caller) -> None:
    visit = booked()
    draft = kept(office, **WHOLE)
    path = f"{DRAFTS}{draft['id']}/"
    shown = office.at("POST", f"{path}preview/").json()
    assert [hit["visit"] for hit in shown["hit"]] == [visit["code"]]
    undecided = office.at("POST", f"{path}publish/", {"seal": shown["seal"]})
    assert (undecided.status_code, undecided.json()["code"]) == (409, "undecided_visits")
    assert KeptDraft.objects.count() == 1
    decided = {"seal": shown["seal"], "decisions": {visit["code"]: shown["hit"][0]["proposal"]}}
    made = office.at("POST", f"{path}publish/", decided)
    assert made.status_code == 201
    assert (made.json()["id"], made.json()["start"]) == (Closure.objects.get().pk, WHOLE["start"])
    assert Caller(visit["token"]).at("GET", f"visits/{visit['code']}/").json()["start"] != visit["start"]
    assert office.at("POST", f"{path}publish/", decided).status_code == 404
    assert not KeptDraft.objects.exists()


def test_a_draft_without_a_notice_is_looked_at_but_not_published(office: Caller) -> None:
    draft = kept(office, **{name: value for name, value in WHOLE.items() if name != "notice"})
    path = f"{DRAFTS}{draft['id']}/"
    seal = office.at("POST", f"{path}preview/").json()["seal"]
    refused = office.at("POST", f"{path}publish/", {"seal": seal})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_wish")
    office.at("PATCH", path, {"notice": {"ru": "Ремонт"}})
    assert office.at("POST", f"{path}publish/", {"seal": seal}).status_code == 201


def test_a_draft_may_change_a_closure_that_stands(office: Caller) -> None:
    seal = office.at("POST", "closures/preview/", WHOLE).json()["seal"]
    closure = office.at("POST", "closures/", WHOLE | {"seal": seal}).json()
    nobody = office.at("POST", DRAFTS, WHOLE | {"closure": closure["id"] + 1})
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (400, "/closure")
    draft = kept(office, **WHOLE | {"closure": closure["id"], "end": f"{FAR}T18:00:00+05:00"})
    assert draft["closure"] == closure["id"]
    path = f"{DRAFTS}{draft['id']}/"
    changed = office.at("PATCH", path, {"kind": "technical"}).json()
    assert changed["closure"] == closure["id"]
    seal = office.at("POST", f"{path}preview/").json()["seal"]
    made = office.at("POST", f"{path}publish/", {"seal": seal}).json()
    assert (made["id"], made["end"], made["kind"]) == (closure["id"], f"{FAR}T18:00:00+05:00", "technical")


def test_a_discarded_draft_is_gone(office: Caller) -> None:
    path = f"{DRAFTS}{kept(office, **WHOLE)['id']}/"
    assert office.at("DELETE", path).status_code == 204
    assert office.at("GET", path).status_code == 404
    assert office.at("DELETE", path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"spaces": ["moon"]}, "/spaces"),
        ({"start": "2025-06-18T10:00:00"}, "/start"),
        ({"kind": "holiday"}, "/kind"),
        ({"notice": {"en": "x" * 501}}, "/notice/en"),
        ({"closure": "first"}, "/closure"),
        ({"seal": "x"}, "/seal"),
    ],
)
def test_what_no_draft_keeps(office: Caller, wrong: dict[str, Any], pointer: str) -> None:
    refused = office.at("POST", DRAFTS, WHOLE | wrong)
    assert refused.status_code == 400
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]
    assert not KeptDraft.objects.exists()

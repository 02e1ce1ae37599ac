"""Closures that cannot be, and decisions that cannot: refused with what is wrong, and nothing done."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from scheduler import bookings, closures
from scheduler.decisions import Decision
from scheduler.errors import BadWish, PreviewOutOfDate, Refused, StartTaken, StillHit
from scheduler.models import Closure
from tests.scheduler.closing import SATURDAY, TUESDAY, Ask, as_proposed, close, draft, rows, tuesdays
from tests.scheduler.conftest import at
from tours import services
from tours.models import Guide, Museum

pytestmark = pytest.mark.django_db


def test_a_visit_left_undecided_stops_everything(asking: Ask, season_now: datetime) -> None:
    first, second = (bookings.book(asking(at(SATURDAY, clock)), now=season_now) for clock in ("11:00", "12:00"))
    seen = closures.preview(draft(), now=season_now)
    with pytest.raises(StillHit) as refused:
        closures.close(draft(), seal=seen.seal, decisions={first.code: Decision("cancel")}, by=None, now=season_now)
    assert refused.value.extra["visits"] == [second.code]
    first.refresh_from_db()
    assert first.status == "confirmed"
    assert not Closure.objects.exists()


def test_a_preview_that_is_out_of_date_is_refused_with_a_fresh_one(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    seen = closures.preview(draft(), now=season_now)
    other = bookings.book(asking(at(SATURDAY, "14:00")), now=season_now)
    with pytest.raises(PreviewOutOfDate) as refused:
        closures.close(draft(), seal=seen.seal, decisions=as_proposed(seen), by=None, now=season_now)
    fresh = refused.value.extra["preview"]
    assert other.code in [hit["visit"] for hit in fresh["hit"]]
    assert fresh["seal"] == closures.preview(draft(), now=season_now).seal != seen.seal


@pytest.mark.parametrize("meanwhile", ["nothing", "far_day", "guide", "other_draft"])
def test_the_seal_holds_for_what_was_looked_at_alone(asking: Ask, season_now: datetime, meanwhile: str) -> None:
    bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    closing = draft()
    seen = closures.preview(closing, now=season_now)
    if meanwhile == "far_day":
        bookings.book(asking(at(date(2025, 7, 1), "11:00")), now=season_now)
    elif meanwhile == "guide":
        with services.changing_catalogue():
            Guide.objects.filter(code="g01").update(active=False)
    elif meanwhile == "other_draft":
        closing = draft("alash", "alzhir")
    assert (closures.preview(closing, now=season_now).seal == seen.seal) is (meanwhile in ("nothing", "far_day"))


@pytest.mark.parametrize(
    "decision",
    [Decision("drop"), Decision("move"), Decision("move", at(SATURDAY, "15:00")), Decision("reroute")],
    ids=["unknown", "no start", "into the closure", "no way round"],
)
def test_a_decision_that_cannot_be_carried_out_changes_nothing(
    asking: Ask, season_now: datetime, decision: Decision
) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    before = rows()
    with pytest.raises(Refused) as refused:
        close(draft(), season_now, {visit.code: decision})
    assert refused.value.extra["visit"] == visit.code
    assert rows() == before


def test_a_decision_for_a_visit_that_is_not_hit_is_refused(asking: Ask, season_now: datetime) -> None:
    with pytest.raises(BadWish):
        close(draft(), season_now, {"QX7K": Decision("cancel")})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"end": at(SATURDAY, "00:00")}, "end"),
        ({"end": at(date(2025, 5, 23), "00:00")}, "end"),
        ({"start": at(date(2025, 5, 10), "00:00"), "end": at(date(2025, 5, 11), "00:00")}, "end"),
        ({"start": at(date(2025, 5, 10), "00:00")}, "start"),
        ({"start": at(SATURDAY, "00:00") + timedelta(minutes=2)}, "start"),
        ({"end": at(SATURDAY, "10:00") + timedelta(seconds=2)}, "end"),
        ({"kind": "holiday"}, "kind"),
        ({"notice": {}}, "notice"),
        ({"notice": {"en": "  "}}, "notice"),
        ({"notice": {"en": "x" * 501}}, "notice"),
        ({"notice": {"en": "a\x00b"}}, "notice"),
    ],
    ids=str,
)
def test_a_closure_that_cannot_be_is_refused_with_what_is_wrong(
    alzhir: Museum, season_now: datetime, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadWish) as refused:
        closures.preview(draft(**wrong), now=season_now)
    assert refused.value.extra["field"] == field


def test_what_is_taken_meanwhile_is_refused_with_the_visit(asking: Ask, season_now: datetime) -> None:
    first, second = (
        bookings.book(asking(at(SATURDAY, clock), tour="grounds-flowers", agreed=True), now=season_now)
        for clock in ("11:00", "12:00")
    )
    same = Decision("move", at(date(2025, 5, 29), "11:00"))
    with pytest.raises(StartTaken) as refused:
        close(draft(), season_now, {first.code: same, second.code: same})
    assert refused.value.extra["visit"] == second.code


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"until_further_notice": False}, "rrule"),  # never ends
        ({"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "rrule"),  # never occurs
        ({"rrule": "FREQ=HOURLY"}, "rrule"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20250501"}, "rrule"),  # over before it begins
        ({"rrule": "FREQ=YEARLY;COUNT=20"}, "rrule"),
        ({"end": None}, "end"),
        (
            {"rrule": "FREQ=DAILY", "end": at(TUESDAY + timedelta(days=1), "10:00")},
            "rrule",
        ),  # one time runs into the next
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_is_refused(
    alzhir: Museum, season_now: datetime, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadWish) as refused:
        closures.preview(tuesdays(**wrong), now=season_now)
    assert refused.value.extra["field"] == field
    assert str(refused.value.detail)


@pytest.mark.parametrize(
    ("spaces", "others", "refused"),
    [
        ((), {}, True),  # the same
        (("alash",), {"first": "11:00", "last": "12:00"}, True),  # within it
        ((), {"last": "23:00", "first": "12:30"}, True),  # all places, and overlapping
        (("alash",), {"first": "12:00", "last": "14:00"}, False),  # reaches beyond it
        ((), {"first": "13:00", "last": "14:00"}, False),  # begins when it ends
        ((), {"rrule": "FREQ=WEEKLY;COUNT=2"}, False),  # the second time is new
        ((), {"rrule": "FREQ=WEEKLY;COUNT=1"}, True),
    ],
    ids=str,
)
def test_what_is_closed_already_is_not_closed_again(
    alzhir: Museum, season_now: datetime, spaces: tuple[str, ...], others: dict[str, Any], refused: bool
) -> None:
    there = close(draft(first="10:00", last="13:00"), season_now)
    again = draft(*spaces, **{"first": "10:00", "last": "13:00", **others})
    if not refused:
        assert close(again, season_now).pk
        return
    with pytest.raises(BadWish) as said:
        closures.preview(again, now=season_now)
    assert said.value.extra["closure"] == there.pk

"""What is proposed and decided for displaced visits: the least change for all at once, asked where that is right, all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from notifications.models import OutboxMessage
from scheduler import bookings, closures, expiry, offers
from scheduler.bookings import Request
from scheduler.decisions import Decision
from scheduler.errors import PreviewOutOfDate, Refused, StartTaken
from scheduler.models import Closure, Offer, Visit
from tests.scheduler.closing import SATURDAY, as_proposed, close, draft, inside, rows, send_all
from tests.scheduler.conftest import at
from tours.models import Audience, Guide

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
WEEK = timedelta(days=7)


def codes(visit: Visit) -> list[str]:
    return [stop["space"] for stop in visit.stops]


def test_who_is_dear_to_move_is_moved_least(asking: Ask, season_now: datetime) -> None:
    """One guide, and room for both only one after the other: the delegation gets the nearer time."""
    Guide.objects.exclude(code="g03").update(active=False)
    group = bookings.book(asking(at(SATURDAY, "10:45"), language="en"), now=season_now)
    delegation = bookings.book(
        asking(at(SATURDAY, "12:00"), language="en", audience="delegation", agreed=True), now=season_now
    )
    seen = closures.preview(draft(last="13:00"), now=season_now)
    starts = {hit.visit.code: hit.proposal.start for hit in seen.hits}
    assert starts == {delegation.code: at(SATURDAY, "13:00"), group.code: at(SATURDAY, "14:15")}
    assert (seen.cost.minutes, seen.cost.least, seen.cost.left, seen.cost.proven) == (
        5 * 60 + 210,
        5 * 60 + 210,
        0,
        True,
    )
    assert [hit.minutes for hit in seen.hits] == [210, 60]
    Audience.objects.update(move_weight=1)
    alike = closures.preview(draft(last="13:00"), now=season_now)
    assert alike.cost.minutes == 270


def dropping(asking: Ask, now: datetime, day: date = SATURDAY, **decided: Any) -> tuple[Visit, Closure]:
    """A group whose first hall shuts for the day, decided as proposed."""
    visit = bookings.book(asking(at(day, "11:00"), contacts=asking(at(day, "11:00")).contacts), now=now)
    closing = draft("alash", day=day)
    seen = closures.preview(closing, now=now)
    proposal = seen.hits[0].proposal
    assert (proposal.action, proposal.start, seen.hits[0].minutes) == ("drop", at(day, "11:00"), 120)
    assert len(proposal.alternatives) == 2
    send_all(now)
    closure = close(closing, now, {visit.code: Decision(**{**vars_of(proposal), **decided})})
    visit.refresh_from_db()
    return visit, closure


def vars_of(decision: Decision) -> dict[str, Any]:
    return {name: getattr(decision, name) for name in Decision.__dataclass_fields__}


def test_a_stop_is_left_out_only_if_the_organiser_agrees(asking: Ask, season_now: datetime) -> None:
    visit, closure = dropping(asking, season_now)
    assert (visit.status, codes(visit), visit.period.upper) == ("offered", ["alzhir"], at(SATURDAY, "11:30"))
    assert inside(closure) == set()
    letter = OutboxMessage.objects.get(kind="offered")
    assert "Жөндеу" in letter.facts["reason"]
    assert "«Алаш» залы" in letter.facts["reason"]
    offers.accept(visit.pk, now=season_now)
    visit.refresh_from_db()
    assert (visit.status, codes(visit), [stop["space"] for stop in visit.left_out]) == (
        "confirmed",
        ["alzhir"],
        ["alash"],
    )


def test_another_suggested_time_has_the_whole_programme(asking: Ask, season_now: datetime) -> None:
    visit, _closure = dropping(asking, season_now)
    offers.accept(visit.pk, start=Offer.objects.get().alternatives[0], now=season_now)
    visit.refresh_from_db()
    assert (visit.status, codes(visit), visit.left_out) == ("confirmed", ["alash", "alzhir"], [])
    assert visit.day != SATURDAY


@pytest.mark.parametrize(("rule", "status"), [("wait", "waiting"), ("cancel", "cancelled")])
def test_silence_ends_by_the_rule_that_the_office_chose(
    asking: Ask, season_now: datetime, rule: str, status: str
) -> None:
    visit, _closure = dropping(asking, season_now, on_silence=rule)
    late = Offer.objects.get().answer_by
    expiry.release_expired([SATURDAY], now=late)
    visit.refresh_from_db()
    assert visit.status == status
    assert (codes(visit) == ["alash", "alzhir"]) is (rule == "wait")


def test_a_request_loses_the_stop_at_once_and_is_told(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00"), audience="delegation"), now=season_now)
    assert visit.status == "requested"
    seen = closures.preview(draft("alash"), now=season_now)
    assert seen.hits[0].proposal == Decision("drop", at(SATURDAY, "11:00"))
    close(draft("alash"), season_now)
    visit.refresh_from_db()
    assert (visit.status, codes(visit), Offer.objects.count()) == ("requested", ["alzhir"], 0)


def test_a_time_far_away_is_suggested_rather_than_given(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    closing = draft(
        start=at(SATURDAY - WEEK - timedelta(days=2), "00:00"), end=at(SATURDAY + WEEK + timedelta(days=2), "00:00")
    )
    seen = closures.preview(closing, now=season_now)
    proposal = seen.hits[0].proposal
    assert (proposal.action, proposal.start) == ("offer", at(date(2025, 6, 3), "11:00"))  # ten days later, or earlier
    assert proposal.answer_by == season_now + timedelta(days=2)
    close(closing, season_now)
    visit.refresh_from_db()
    made = Offer.objects.get()
    assert (visit.status, visit.period.lower, made.was.lower) == ("offered", proposal.start, at(SATURDAY, "11:00"))
    assert list(made.alternatives) == list(proposal.alternatives)
    assert OutboxMessage.objects.filter(kind="offered").count() == 1


def test_a_suggestion_that_is_displaced_itself_suggests_the_new_time(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 29), "11:00")), now=season_now)
    offers.offer(
        visit.pk,
        (at(SATURDAY, "11:00"),),
        answer_by=at(SATURDAY, "10:00"),
        alternatives=[at(SATURDAY, "12:00")],
        now=season_now,
    )
    close(draft(last="13:00"), season_now)
    visit.refresh_from_db()
    made = Offer.objects.get()
    assert (visit.status, visit.period.lower, made.alternatives) == ("offered", at(SATURDAY, "13:00"), [])
    offers.accept(visit.pk, now=season_now)


@pytest.mark.parametrize(
    "decided",
    [
        {"action": "offer"},
        {"action": "offer", "start": at(SATURDAY + WEEK, "11:00"), "answer_by": at(SATURDAY + WEEK, "12:00")},
        {"action": "offer", "start": at(SATURDAY + WEEK, "11:00"), "answer_by": at(date(2025, 5, 1), "12:00")},
        {"action": "offer", "start": at(SATURDAY + WEEK, "11:00"), "on_silence": "shrug"},
        {"action": "move", "start": at(SATURDAY + WEEK, "11:00"), "waves": (at(SATURDAY + WEEK, "12:00"),)},
        {"action": "move", "start": at(SATURDAY + WEEK, "09:00")},
        {"action": "move", "start": at(SATURDAY + WEEK, "11:05")},
        {"action": "move", "start": at(date(2025, 5, 26), "11:00")},  # a Monday
        {"action": "move", "start": at(date(2025, 5, 11), "11:00")},  # yesterday
        {"action": "vanish"},
    ],
    ids=str,
)
def test_a_decision_that_cannot_be_is_refused_with_its_visit(
    asking: Ask, season_now: datetime, decided: dict[str, Any]
) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    before = rows()
    with pytest.raises(Refused) as refused:
        close(draft(), season_now, {visit.code: Decision(**decided)})
    assert refused.value.extra["visit"] == visit.code
    assert str(refused.value.detail)
    assert rows() == before


def test_only_what_is_confirmed_is_suggested_another_time(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00"), audience="delegation"), now=season_now)
    with pytest.raises(Refused) as refused:
        close(draft(), season_now, {visit.code: Decision("offer", at(SATURDAY + WEEK, "11:00"))})
    assert refused.value.extra["visit"] == visit.code


def test_a_decision_for_a_visit_that_has_changed_since_is_refused_with_a_fresh_preview(
    asking: Ask, season_now: datetime
) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    seen = closures.preview(draft(), now=season_now)
    bookings.change(visit.pk, heads=12, now=season_now)
    before = rows()
    with pytest.raises(PreviewOutOfDate) as refused:
        closures.close(draft(), seal=seen.seal, decisions=as_proposed(seen), by=None, now=season_now)
    assert [hit["visit"] for hit in refused.value.extra["preview"]["hit"]] == [visit.code]
    assert rows() == before


def test_bookings_elsewhere_leave_a_preview_as_it_is(asking: Ask, season_now: datetime) -> None:
    """The telephone does not stop while the office decides."""
    bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    seen = closures.preview(draft(), now=season_now)
    bookings.book(asking(at(date(2025, 5, 28), "11:00")), now=season_now)
    closures.close(draft(), seal=seen.seal, decisions=as_proposed(seen), by=None, now=season_now)


def test_a_time_that_was_taken_since_is_refused_with_its_visit(asking: Ask, season_now: datetime) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    visit = bookings.book(asking(at(SATURDAY, "11:00"), language="en"), now=season_now)
    seen = closures.preview(draft(), now=season_now)
    start = seen.hits[0].proposal.start
    assert start is not None
    bookings.book(asking(start, language="en", email="faster@example.org"), now=season_now)
    before = rows()
    with pytest.raises(StartTaken) as refused:
        closures.close(draft(), seal=seen.seal, decisions=as_proposed(seen), by=None, now=season_now)
    assert refused.value.extra["visit"] == visit.code
    assert rows() == before


def test_the_waves_of_a_proposal_are_what_is_written(asking: Ask, season_now: datetime) -> None:
    begins = (at(SATURDAY, "10:00"), at(SATURDAY, "11:15"))
    visit = bookings.book(asking(*begins, tour="halls-flowers", heads=120, agreed=True), now=season_now)
    seen = closures.preview(draft(), now=season_now)
    proposal = seen.hits[0].proposal
    assert len(proposal.waves) == 1
    close(draft(), season_now)
    starts = sorted({party.period.lower for party in visit.parties.all()})
    assert starts == [proposal.start, *proposal.waves]

"""What a closure would do: whom it hits, and the least change for each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import OutboxMessage
from scheduler import bookings, closures, events
from scheduler.decisions import Decision
from scheduler.events import Event
from scheduler.models import Visit
from scheduler.steps import Person
from tests.scheduler.closing import SATURDAY, Ask, close, draft, inside, rows, send_all
from tests.scheduler.conftest import at
from tours.models import Guide, Museum

pytestmark = pytest.mark.django_db


def event(clock: str = "11:00", **others: Any) -> Event:
    told: dict[str, Any] = {"kind": "event", "spaces": ("zerde",), "minutes": 60, "start": at(SATURDAY, clock)}
    person = Person("Partner", email="partner@example.org", locale="en")
    return Event(heads=20, contacts=(person,), **{**told, **others})


def test_a_preview_changes_nothing(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    before = rows()
    assert len(closures.preview(draft(), now=season_now).hits) == 1
    assert rows() == before


def test_it_is_quiet_where_nothing_is_booked(alzhir: Museum, season_now: datetime) -> None:
    assert closures.preview(draft(), now=season_now).hits == ()
    closure = close(draft(), season_now)
    assert [closure.pk for closure in closures.shown(season_now)] == [closure.pk]
    assert list(closures.shown(at(SATURDAY, "23:55"))) == []


def test_only_visits_in_the_closed_place_at_that_time_are_hit(asking: Ask, season_now: datetime) -> None:
    halls = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    bookings.book(asking(at(SATURDAY, "11:00"), tour="grounds"), now=season_now)
    bookings.book(asking(at(SATURDAY, "14:00")), now=season_now)
    seen = closures.preview(draft("alash", "alzhir", last="13:00"), now=season_now)
    assert [hit.visit for hit in seen.hits] == [halls]


def test_a_visit_walks_in_another_order_where_that_is_enough(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)  # Alash first
    seen = closures.preview(draft("alash", first="11:00", last="11:30"), now=season_now)
    assert seen.hits[0].proposal == Decision("reroute", at(SATURDAY, "11:00"))
    closure = close(draft("alash", first="11:00", last="11:30"), season_now)
    assert inside(closure) == set()
    assert visit.parties.get().walk == [1, 0]
    visit.refresh_from_db()
    assert (visit.status, visit.period.lower) == ("confirmed", at(SATURDAY, "11:00"))


def test_a_rerouted_group_that_knew_no_walk_gets_no_letter(asking: Ask, season_now: datetime) -> None:
    later = SATURDAY + timedelta(days=7)
    visit = bookings.book(asking(at(later, "11:00")), now=season_now)
    assert visit.promised_at is None
    send_all(season_now)
    close(draft("alash", first="11:00", last="11:30", day=later), season_now)
    letters = OutboxMessage.objects.filter(thread__about=f"visit:{visit.code}")
    assert [letter.kind for letter in letters] == ["confirmed"]


def test_a_visit_moves_to_the_nearest_start_of_its_day_with_its_guide(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    guide = visit.parties.get().guide
    seen = closures.preview(draft(first="10:00", last="13:00"), now=season_now)
    hit = seen.hits[0]
    assert hit.proposal == Decision("move", at(SATURDAY, "13:00"))
    assert hit.alternatives == tuple(at(SATURDAY, clock) for clock in ("13:15", "13:30", "13:45"))
    closure = close(draft(first="10:00", last="13:00"), season_now)
    visit.refresh_from_db()
    assert (visit.period.lower, visit.displaced_by) == (at(SATURDAY, "13:00"), closure)
    assert visit.parties.get().guide == guide


def test_a_visit_moves_to_the_nearest_open_day_at_its_hour(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    seen = closures.preview(draft(start=at(SATURDAY, "00:00"), end=at(date(2025, 5, 28), "00:00")), now=season_now)
    assert seen.hits[0].proposal == Decision(
        "move", at(date(2025, 5, 23), "11:00")
    )  # the 25th is closed, the 26th a Monday


def test_where_no_day_is_left_cancelling_is_proposed(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    seen = closures.preview(draft(start=at(date(2025, 5, 12), "00:00"), end=None), now=season_now)
    assert (seen.hits[0].proposal, seen.hits[0].alternatives) == (Decision("cancel"), ())


def test_proposals_do_not_compete(asking: Ask, season_now: datetime) -> None:
    visits = [
        bookings.book(asking(at(SATURDAY, clock), tour="grounds-flowers", language="en", agreed=True), now=season_now)
        for clock in ("10:00", "10:30", "11:00")  # the Wall takes one group at a time
    ]
    closing = draft(last="14:00")
    seen = closures.preview(closing, now=season_now)
    starts = [hit.proposal.start for hit in seen.hits]
    assert [hit.visit for hit in seen.hits] == visits
    assert len(set(starts)) == 3
    closure = close(closing, season_now)
    assert inside(closure) == set()
    assert [visit.period.lower for visit in Visit.objects.order_by("pk")] == starts


def test_one_may_go_where_another_still_is(asking: Ask, season_now: datetime) -> None:
    """One guide for both: the first moves into the second's hour, which moves on. All let go before any is placed."""
    Guide.objects.exclude(code="g03").update(active=False)
    first = bookings.book(asking(at(SATURDAY, "11:00"), tour="grounds", language="en"), now=season_now)
    second = bookings.book(asking(at(SATURDAY, "12:00"), language="en"), now=season_now)
    closing = draft("grounds", "alash", first="11:30", last="12:30")
    seen = closures.preview(closing, now=season_now)
    assert [hit.visit for hit in seen.hits] == [first, second]
    decisions = {
        first.code: Decision("move", at(SATURDAY, "12:30")),
        second.code: Decision("move", at(SATURDAY, "14:00")),
    }
    closure = closures.close(closing, seal=seen.seal, decisions=decisions, by=None, now=season_now)
    assert inside(closure) == set()
    assert [visit.period.lower for visit in Visit.objects.order_by("pk")] == [
        at(SATURDAY, "12:30"),
        at(SATURDAY, "14:00"),
    ]


def test_a_large_group_keeps_its_waves(asking: Ask, season_now: datetime) -> None:
    begins = (at(SATURDAY, "10:00"), at(SATURDAY, "11:15"))
    visit = bookings.book(asking(*begins, tour="halls-flowers", heads=120, agreed=True), now=season_now)
    assert visit.parties.count() == 5
    closure = close(draft(last="13:00"), season_now)
    assert inside(closure) == set()
    visit.refresh_from_db()
    waves = sorted({party.period.lower for party in visit.parties.all()})
    assert len(waves) == 2
    assert waves[0] >= at(SATURDAY, "13:00") or visit.day != SATURDAY


def test_an_event_keeps_its_hour_on_the_nearest_day_on_which_its_hall_is_free(
    alzhir: Museum, season_now: datetime
) -> None:
    visit = events.place(event(), by=None, now=season_now)
    events.place(event(start=at(date(2025, 5, 25), "11:30")), by=None, now=season_now)  # in the way on Sunday
    seen = closures.preview(draft(), now=season_now)
    assert [(hit.visit, hit.proposal) for hit in seen.hits] == [
        (visit, Decision("move", at(date(2025, 5, 23), "11:00")))
    ]
    close(draft(), season_now)
    visit.refresh_from_db()
    assert visit.period.lower == at(date(2025, 5, 23), "11:00")


def test_an_official_visit_is_moved_by_a_person_only(alzhir: Museum, season_now: datetime) -> None:
    stops = ({"space": "wall", "minutes": 15, "kind": "ceremony", "exclusive": True, "together": True},)
    visit = events.place(
        event(kind="protocol", spaces=(), minutes=0, stops=stops, closes="all"), by=None, now=season_now
    )
    seen = closures.preview(draft(), now=season_now)
    assert seen.hits[0].proposal == Decision("cancel")
    close(draft(), season_now, {visit.code: Decision("move", at(date(2025, 5, 29), "12:00"))})
    visit.refresh_from_db()
    assert visit.hold.lower == at(date(2025, 5, 29), "12:00")


def test_a_place_that_an_official_visit_only_keeps_empty_may_close(alzhir: Museum, season_now: datetime) -> None:
    stops = ({"space": "wall", "minutes": 15, "kind": "ceremony", "exclusive": True, "together": True},)
    events.place(event(kind="protocol", spaces=(), minutes=0, stops=stops, closes="all"), by=None, now=season_now)
    assert closures.preview(draft("cinema"), now=season_now).hits == ()


def test_what_has_begun_is_cancelled_or_nothing(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    during = at(SATURDAY, "11:10")
    seen = closures.preview(draft(kind="weather"), now=during)
    assert seen.hits[0].proposal.action == "move"
    assert all(start > during for start in (seen.hits[0].proposal.start, *seen.hits[0].alternatives) if start)
    over = closures.preview(draft(kind="weather"), now=at(SATURDAY, "12:00"))
    assert [hit.visit for hit in over.hits if hit.visit == visit] == []


def test_a_preview_takes_as_many_queries_for_many_visits_as_for_one(asking: Ask, season_now: datetime) -> None:
    def counted() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            closures.preview(draft(), now=season_now)
        return len(seen)

    bookings.book(asking(at(SATURDAY, "10:00"), tour="grounds"), now=season_now)
    one = counted()
    for clock in ("10:00", "10:30", "12:00", "13:00", "14:00"):
        bookings.book(asking(at(SATURDAY, clock), tour="grounds"), now=season_now)
    assert counted() == one

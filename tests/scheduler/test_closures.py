"""Closing spaces: what is shown is what is done, and no visit is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from notifications import threads
from notifications.models import OutboxMessage
from scheduler import bookings, calendars, closures, conflicts, events, offers, queries, snapshot, waiting
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft, Decision, Preview
from scheduler.errors import BadWish, Closed, NotAllowedNow, PreviewOutOfDate, Refused, StartTaken, StillHit
from scheduler.events import Event
from scheduler.models import Closure, Freed, Leg, Party, Visit
from scheduler.steps import Person
from tests.scheduler.conftest import at
from tours import services
from tours.models import Guide, Museum, Space, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
SATURDAY = date(2025, 5, 24)
NOTICE = {"kk": "Жөндеу", "ru": "Ремонт", "en": "Renovation"}


def draft(*spaces: str, first: str = "00:00", last: str = "23:55", day: date = SATURDAY, **others: Any) -> ClosureDraft:
    rows = tuple(Space.objects.filter(code__in=spaces))
    told: dict[str, Any] = {"start": at(day, first), "end": at(day, last), "kind": "renovation", "notice": NOTICE}
    return ClosureDraft(spaces=rows, **{**told, **others})


def as_proposed(seen: Preview) -> Mapping[str, Decision]:
    return {hit.visit.code: hit.proposal for hit in seen.hits}


def close(closing: ClosureDraft, now: datetime, decisions: Mapping[str, Decision] | None = None) -> Closure:
    """Publish what the preview proposes, or what was decided instead."""
    seen = closures.preview(closing, now=now)
    decided = {**as_proposed(seen), **(decisions or {})}
    return closures.close(closing, seal=seen.seal, decisions=decided, by=None, now=now)


def inside(closure: Closure) -> set[str]:
    """Visits that are in a closed space during a closure: there must be none."""
    return {visit.code for visit in queries.visits_hit_by(closure.spaces.all(), closure.period)}


def send_all(now: datetime) -> None:
    """Count every letter as sent."""
    for row in OutboxMessage.objects.filter(status="queued"):
        OutboxMessage.objects.filter(pk=row.pk).update(claimed_at=now, status="sent")
        threads.write_letters_told([row.pk], at=now)


def rows() -> list[Any]:
    """All that a preview must leave as it is."""
    models = (Visit, Party, Leg, Closure, OutboxMessage)
    return [list(model.objects.order_by("pk").values()) for model in models]


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


def test_what_was_decided_wins_over_what_was_proposed(asking: Ask, season_now: datetime) -> None:
    kept = bookings.book(asking(at(SATURDAY, "11:00"), email="kept@example.org"), now=season_now)
    given_up = bookings.book(asking(at(SATURDAY, "12:00"), email="lost@example.org"), now=season_now)
    decisions = {
        kept.code: Decision("move", at(date(2025, 5, 29), "15:00")),
        given_up.code: Decision("cancel"),
    }
    close(draft(), season_now, decisions)
    kept.refresh_from_db()
    given_up.refresh_from_db()
    assert (kept.period.lower, kept.status) == (at(date(2025, 5, 29), "15:00"), "confirmed")
    assert (given_up.status, given_up.ended_by) == ("cancelled", "office")
    assert not Leg.objects.filter(visit=given_up, holds=True).exists()


def test_each_reader_gets_the_notice_as_the_reason_in_their_language(asking: Ask, season_now: datetime) -> None:
    people = tuple(Person(code, email=f"{code}@example.org", locale=code) for code in ("kk", "ru", "en"))
    visit = bookings.book(asking(at(SATURDAY, "11:00"), contacts=people), now=season_now)
    send_all(season_now)
    close(draft(), season_now, {visit.code: Decision("cancel")})
    for code, notice in NOTICE.items():
        letter = OutboxMessage.objects.get(to_email=f"{code}@example.org", kind="cancelled")
        assert letter.facts["reason"] == notice
        assert notice in letter.text
        assert letter.method == "CANCEL"


def test_a_moved_group_is_told_why_with_the_same_entry(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    send_all(season_now)
    first = OutboxMessage.objects.get(kind="programme")
    close(draft(last="13:00"), season_now)
    letter = OutboxMessage.objects.get(thread=first.thread, kind="moved")
    assert (letter.uid, letter.sequence, letter.method) == (first.uid, first.sequence + 1, "REQUEST")
    assert "Жөндеу" in letter.text
    assert letter.facts["before"]["start"] == at(SATURDAY, "11:00").isoformat()
    moved = OutboxMessage.objects.get(kind="duty_moved")
    assert moved.facts["start"] == at(SATURDAY, "13:00").isoformat()
    assert visit.parties.count() == 1


def test_a_later_change_does_not_go_on_blaming_the_closure(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    close(draft(last="13:00"), season_now)
    bookings.move(visit.pk, (at(SATURDAY, "15:00"),), now=season_now)
    visit.refresh_from_db()
    assert queries.reason_of(visit) == ""


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


def test_a_closure_is_seen_by_whoever_asks_next(asking: Ask, season_now: datetime) -> None:
    version = Museum.objects.get().catalogue_version
    close(draft(), season_now)
    assert Museum.objects.get().catalogue_version > version
    with translation.override("ru"), pytest.raises(Closed) as refused:
        bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    assert (refused.value.detail, refused.value.extra["notice"]) == ("Ремонт", "Ремонт")


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


def event(clock: str = "11:00", **others: Any) -> Event:
    told: dict[str, Any] = {"kind": "event", "spaces": ("zerde",), "minutes": 60, "start": at(SATURDAY, clock)}
    person = Person("Partner", email="partner@example.org", locale="en")
    return Event(heads=20, contacts=(person,), **{**told, **others})


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


def test_an_unanswered_suggestion_is_released_rather_than_decided_about(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 29), "11:00")), now=season_now)
    until = season_now + timedelta(days=1)
    offers.offer(visit.pk, (at(SATURDAY, "11:00"),), answer_by=until, now=season_now)
    assert len(closures.preview(draft(), now=season_now).hits) == 1
    later = until + timedelta(minutes=1)
    assert closures.preview(draft(), now=later).hits == ()
    closure = close(draft(), later)
    assert inside(closure) == set()


def test_changing_a_closure_asks_about_what_it_now_hits(asking: Ask, season_now: datetime) -> None:
    closure = close(draft(last="13:00"), season_now)
    visit = bookings.book(asking(at(SATURDAY, "14:00")), now=season_now)
    longer = draft()
    seen = closures.preview(longer, now=season_now, closure=closure)
    assert [hit.visit for hit in seen.hits] == [visit]
    with pytest.raises(PreviewOutOfDate):  # sealed for a new closure, not for this one
        closures.change(
            closure.pk,
            longer,
            seal=closures.preview(draft(day=SATURDAY + timedelta(days=1)), now=season_now).seal,
            decisions=as_proposed(seen),
            by=None,
            now=season_now,
        )
    closures.change(closure.pk, longer, seal=seen.seal, decisions=as_proposed(seen), by=None, now=season_now)
    closure.refresh_from_db()
    assert closure.period.upper == at(SATURDAY, "23:55")
    assert (Closure.objects.count(), inside(closure)) == (1, set())


def test_a_shorter_closure_gives_its_own_hours_back_as_new_times(asking: Ask, season_now: datetime) -> None:
    closure = close(draft(), season_now)
    shorter = draft(last="13:00")
    seen = closures.preview(shorter, now=season_now, closure=closure)
    closures.change(closure.pk, shorter, seal=seen.seal, decisions={}, by=None, now=season_now)
    assert bookings.book(asking(at(SATURDAY, "14:00")), now=season_now).status == "confirmed"
    assert Freed.objects.filter(day=SATURDAY).exists()


def test_a_lifted_closure_is_gone_and_cannot_be_lifted_again(asking: Ask, season_now: datetime) -> None:
    office = User.objects.create(username="office", is_staff=True)
    closure = close(draft(), season_now)
    closures.lift(closure.pk, by=office, now=season_now)
    assert list(closures.shown(season_now)) == []
    assert bookings.book(asking(at(SATURDAY, "11:00")), now=season_now).status == "confirmed"
    assert Freed.objects.filter(day=SATURDAY).exists()
    with pytest.raises(NotAllowedNow):
        closures.lift(closure.pk, by=office, now=season_now)
    seen = closures.preview(draft(), now=season_now, closure=closure)
    with pytest.raises(NotAllowedNow):
        closures.change(closure.pk, draft(), seal=seen.seal, decisions=as_proposed(seen), by=office, now=season_now)


def test_an_open_ended_closure_shuts_until_it_is_lifted(asking: Ask, season_now: datetime) -> None:
    closure = close(draft(end=None), season_now)
    with pytest.raises(Closed):
        bookings.book(asking(at(date(2025, 9, 2), "11:00")), now=season_now)
    assert list(closures.shown(at(date(2027, 1, 1), "00:00"))) == [closure]


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


def test_a_running_closure_may_be_changed_without_moving_its_beginning(alzhir: Museum, season_now: datetime) -> None:
    closure = close(draft(day=date(2025, 5, 12)), season_now)
    longer = draft(start=closure.period.lower, end=at(date(2025, 5, 15), "00:00"))
    later = season_now + timedelta(days=1)
    seen = closures.preview(longer, now=later, closure=closure)
    closures.change(closure.pk, longer, seal=seen.seal, decisions={}, by=None, now=later)
    assert Closure.objects.get().period.upper == at(date(2025, 5, 15), "00:00")


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


def test_what_is_taken_meanwhile_is_refused_with_the_visit(asking: Ask, season_now: datetime) -> None:
    first, second = (
        bookings.book(asking(at(SATURDAY, clock), tour="grounds-flowers", agreed=True), now=season_now)
        for clock in ("11:00", "12:00")
    )
    same = Decision("move", at(date(2025, 5, 29), "11:00"))
    with pytest.raises(StartTaken) as refused:
        close(draft(), season_now, {first.code: same, second.code: same})
    assert refused.value.extra["visit"] == second.code


TUESDAYS = "FREQ=WEEKLY;BYDAY=TU"
TUESDAY = date(2025, 5, 20)


def tuesdays(**others: Any) -> ClosureDraft:
    """Every Tuesday morning until further notice."""
    told = {"rrule": TUESDAYS, "until_further_notice": True, "day": TUESDAY, "first": "10:00", "last": "13:00"}
    return draft(**{**told, **others})


def test_a_closure_that_recurs_closes_each_time_and_no_other(asking: Ask, season_now: datetime) -> None:
    closure = close(tuesdays(), season_now)
    for weeks in (0, 1, 30):
        with pytest.raises(Closed):
            bookings.book(asking(at(TUESDAY + timedelta(weeks=weeks), "11:00")), now=season_now)
    assert bookings.book(asking(at(TUESDAY, "13:00")), now=season_now).pk
    assert bookings.book(asking(at(TUESDAY + timedelta(days=1), "11:00")), now=season_now).pk
    assert list(closures.shown(at(date(2026, 5, 1), "00:00"))) == [closure]


def test_every_time_of_a_rule_is_previewed(asking: Ask, season_now: datetime) -> None:
    booked = [
        bookings.book(asking(at(TUESDAY + timedelta(weeks=weeks), "11:00")), now=season_now) for weeks in range(3)
    ]
    bookings.book(asking(at(TUESDAY + timedelta(days=1), "11:00")), now=season_now)
    seen = closures.preview(tuesdays(), now=season_now)
    assert [hit.visit for hit in seen.hits] == booked
    assert [hit.proposal.start for hit in seen.hits] == [
        at(TUESDAY + timedelta(weeks=weeks), "13:00") for weeks in range(3)
    ]
    close(tuesdays(), season_now)
    assert [each.kind for each in conflicts.every(now=season_now) if each.kind == "inside_closure"] == []


def test_a_rule_begins_with_its_first_time(alzhir: Museum, season_now: datetime) -> None:
    closure = close(tuesdays(day=date(2025, 5, 15)), season_now)  # a Thursday
    assert closure.period.lower == at(TUESDAY, "10:00")
    assert (closure.span.lower, closure.span.upper) == (at(TUESDAY, "10:00"), None)


def test_a_rule_until_further_notice_is_ended_later(asking: Ask, season_now: datetime) -> None:
    closure = close(tuesdays(), season_now)
    ended = tuesdays(rrule=f"{TUESDAYS};UNTIL=20250531", until_further_notice=False)
    seen = closures.preview(ended, now=season_now, closure=closure)
    closures.change(closure.pk, ended, seal=seen.seal, decisions={}, by=None, now=season_now)
    assert bookings.book(asking(at(date(2025, 6, 3), "11:00")), now=season_now).pk
    with pytest.raises(Closed):
        bookings.book(asking(at(date(2025, 5, 27), "11:00")), now=season_now)


def test_lifting_a_rule_offers_its_own_days_back(alzhir: Museum, season_now: datetime) -> None:
    closure = close(tuesdays(rrule=f"{TUESDAYS};COUNT=3", until_further_notice=False), season_now)
    Freed.objects.all().delete()
    closures.lift(closure.pk, by=None, now=season_now)
    assert sorted(Freed.objects.values_list("day", flat=True)) == [
        TUESDAY + timedelta(weeks=weeks) for weeks in range(3)
    ]


def test_lifting_shows_first_whom_it_offers_the_times_to(asking: Ask, season_now: datetime) -> None:
    closure = close(tuesdays(rrule=f"{TUESDAYS};COUNT=3", until_further_notice=False), season_now)
    group = waiting.wait(asking(at(TUESDAY, "11:00")), [TUESDAY, SATURDAY], waiting.Hours(), now=season_now)
    waiting.wait(asking(at(TUESDAY, "11:00"), email="other@example.org"), [SATURDAY], waiting.Hours(), now=season_now)
    seen = closures.preview_lift(closure.pk, now=season_now)
    assert seen.days == tuple(TUESDAY + timedelta(weeks=weeks) for weeks in range(3))
    assert seen.waiting == (group,)
    with pytest.raises(NotAllowedNow):
        closures.lift(closure.pk, by=None, now=season_now, seal="another")
    closures.lift(closure.pk, by=None, now=season_now, seal=seen.seal)
    assert list(closures.shown(season_now)) == []


def test_an_old_visit_at_a_time_of_a_rule_is_shown_as_a_conflict(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(TUESDAY + timedelta(weeks=1), "11:00")), now=season_now)
    bookings.book(asking(at(TUESDAY + timedelta(days=8), "11:00")), now=season_now)
    period = DateTimeTZRange(at(TUESDAY, "10:00"), at(TUESDAY, "13:00"), "[)")
    span = DateTimeTZRange(period.lower, None, "[)")
    Closure.objects.create(period=period, span=span, rrule=TUESDAYS, kind="other", created_at=season_now)
    found = [each for each in conflicts.every(now=season_now) if each.kind == "inside_closure"]
    assert [each.visit for each in found] == [visit]


def test_the_calendar_of_closures_has_each_time(alzhir: Museum, season_now: datetime) -> None:
    close(tuesdays(rrule=f"{TUESDAYS};COUNT=3", until_further_notice=False), season_now)
    entries = list(calendars.closure_entries(alzhir, now=season_now))
    assert [each.entry.start for each in entries] == [
        at(TUESDAY + timedelta(weeks=weeks), "10:00") for weeks in range(3)
    ]
    assert len({each.uid for each in entries}) == 3


def test_a_rule_costs_no_query_more_than_a_closure_that_does_not_recur(alzhir: Museum, season_now: datetime) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as seen:
            snapshot.of_days(TUESDAY, TUESDAY + timedelta(days=61))
        return len(seen)

    close(draft(), season_now)
    once = counted()
    close(tuesdays(), season_now)
    assert counted() == once


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

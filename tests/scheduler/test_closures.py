"""Publishing a closure: what was decided is done, everybody is told, and no visit is lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import translation

from notifications.models import OutboxMessage
from scheduler import bookings, closures, offers, queries
from scheduler.decisions import Decision
from scheduler.errors import Closed, PreviewOutOfDate
from scheduler.models import Closure, Freed, Leg
from scheduler.steps import Person
from tests.scheduler.closing import (
    NOTICE,
    SATURDAY,
    TUESDAY,
    Ask,
    as_proposed,
    close,
    draft,
    inside,
    send_all,
    tuesdays,
)
from tests.scheduler.conftest import at
from tours.models import Museum

pytestmark = pytest.mark.django_db


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


def test_a_closure_is_seen_by_whoever_asks_next(asking: Ask, season_now: datetime) -> None:
    version = Museum.objects.get().catalogue_version
    close(draft(), season_now)
    assert Museum.objects.get().catalogue_version > version
    with translation.override("ru"), pytest.raises(Closed) as refused:
        bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    assert (refused.value.detail, refused.value.extra["notice"]) == ("Ремонт", "Ремонт")


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


def test_a_running_closure_may_be_changed_without_moving_its_beginning(alzhir: Museum, season_now: datetime) -> None:
    closure = close(draft(day=date(2025, 5, 12)), season_now)
    longer = draft(start=closure.period.lower, end=at(date(2025, 5, 15), "00:00"))
    later = season_now + timedelta(days=1)
    seen = closures.preview(longer, now=later, closure=closure)
    closures.change(closure.pk, longer, seal=seen.seal, decisions={}, by=None, now=later)
    assert Closure.objects.get().period.upper == at(date(2025, 5, 15), "00:00")


def test_a_closure_that_recurs_closes_each_time_and_no_other(asking: Ask, season_now: datetime) -> None:
    closure = close(tuesdays(), season_now)
    for weeks in (0, 1, 30):
        with pytest.raises(Closed):
            bookings.book(asking(at(TUESDAY + timedelta(weeks=weeks), "11:00")), now=season_now)
    assert bookings.book(asking(at(TUESDAY, "13:00")), now=season_now).pk
    assert bookings.book(asking(at(TUESDAY + timedelta(days=1), "11:00")), now=season_now).pk
    assert list(closures.shown(at(date(2026, 5, 1), "00:00"))) == [closure]

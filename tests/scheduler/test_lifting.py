"""Lifting a closure: its times go to whoever waits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from scheduler import bookings, closures, lifting, offers, waiting
from scheduler.decisions import Decision
from scheduler.errors import Closed, NotAllowedNow
from scheduler.models import Closure, Freed, Visit
from tests.scheduler.closing import SATURDAY, TUESDAY, TUESDAYS, Ask, as_proposed, close, draft, rows, tuesdays
from tests.scheduler.conftest import at
from tours.models import Museum, User

pytestmark = pytest.mark.django_db


def test_a_lifted_closure_is_gone_and_cannot_be_lifted_again(asking: Ask, season_now: datetime) -> None:
    office = User.objects.create(username="office", is_staff=True)
    closure = close(draft(), season_now)
    lifting.lift(closure.pk, by=office, now=season_now)
    assert list(closures.shown(season_now)) == []
    assert bookings.book(asking(at(SATURDAY, "11:00")), now=season_now).status == "confirmed"
    assert Freed.objects.filter(day=SATURDAY).exists()
    with pytest.raises(NotAllowedNow):
        lifting.lift(closure.pk, by=office, now=season_now)
    seen = closures.preview(draft(), now=season_now, closure=closure)
    with pytest.raises(NotAllowedNow):
        closures.change(closure.pk, draft(), seal=seen.seal, decisions=as_proposed(seen), by=office, now=season_now)


def test_an_open_ended_closure_shuts_until_it_is_lifted(asking: Ask, season_now: datetime) -> None:
    closure = close(draft(end=None), season_now)
    with pytest.raises(Closed):
        bookings.book(asking(at(date(2025, 9, 2), "11:00")), now=season_now)
    assert list(closures.shown(at(date(2027, 1, 1), "00:00"))) == [closure]


def test_lifting_a_rule_offers_its_own_days_back(alzhir: Museum, season_now: datetime) -> None:
    closure = close(tuesdays(rrule=f"{TUESDAYS};COUNT=3", until_further_notice=False), season_now)
    Freed.objects.all().delete()
    lifting.lift(closure.pk, by=None, now=season_now)
    assert sorted(Freed.objects.values_list("day", flat=True)) == [
        TUESDAY + timedelta(weeks=weeks) for weeks in range(3)
    ]


def test_lifting_shows_first_whom_it_offers_the_times_to(asking: Ask, season_now: datetime) -> None:
    closure = close(tuesdays(rrule=f"{TUESDAYS};COUNT=3", until_further_notice=False), season_now)
    group = waiting.wait(asking(at(TUESDAY, "11:00")), [TUESDAY, SATURDAY], waiting.Hours(), now=season_now)
    waiting.wait(asking(at(TUESDAY, "11:00"), email="other@example.org"), [SATURDAY], waiting.Hours(), now=season_now)
    seen = lifting.preview(closure.pk, now=season_now)
    assert seen.days == tuple(TUESDAY + timedelta(weeks=weeks) for weeks in range(3))
    assert seen.waiting == (group,)
    with pytest.raises(NotAllowedNow):
        lifting.lift(closure.pk, by=None, now=season_now, seal="another")
    lifting.lift(closure.pk, by=None, now=season_now, seal=seen.seal)
    assert list(closures.shown(season_now)) == []


def test_a_group_that_was_moved_is_shown_where_it_could_be_again(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    closure = close(draft(last="13:00"), season_now)
    seen = lifting.preview(closure.pk, now=season_now)
    assert [(each.visit, each.begins) for each in seen.returning] == [(visit, (at(SATURDAY, "11:00"),))]
    bookings.move(
        visit.pk, (at(SATURDAY, "15:00"),), now=season_now
    )  # for a reason of its own: the closure is not blamed any more
    assert lifting.preview(closure.pk, now=season_now).returning == ()


def test_whoever_took_a_suggested_time_or_changed_since_is_shown_too(asking: Ask, season_now: datetime) -> None:
    asked = bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    moved = bookings.book(asking(at(SATURDAY, "15:00"), email="other@example.org"), now=season_now)
    friday = at(SATURDAY - timedelta(days=1), "11:00")
    closure = close(draft(), season_now, {asked.code: Decision("offer", friday)})
    offers.accept(asked.pk, now=season_now)
    bookings.change(moved.pk, heads=12, now=season_now)
    seen = lifting.preview(closure.pk, now=season_now)
    assert [(each.visit, each.begins) for each in seen.returning] == [
        (asked, (at(SATURDAY, "11:00"),)),
        (moved, (at(SATURDAY, "15:00"),)),
    ]


def test_a_time_that_somebody_else_has_since_is_no_time_to_return_to(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(SATURDAY, "11:00"), tour="grounds-flowers", agreed=True), now=season_now)
    closure = close(draft(last="13:00"), season_now)
    wall = draft("wall", first="10:00", last="13:00", notice={"en": "The Wall"})
    Closure.objects.filter(pk=closure.pk).update(lifted_at=season_now)  # so that the other is not within it
    close(wall, season_now)
    Closure.objects.filter(pk=closure.pk).update(lifted_at=None)
    assert lifting.preview(closure.pk, now=season_now).returning == ()


def test_who_waits_is_shown_with_the_time_that_they_will_be_offered(asking: Ask, season_now: datetime) -> None:
    closure = close(draft(), season_now)
    groups = [
        waiting.wait(asking(at(SATURDAY, "11:00"), email=f"g{number}@example.org"), [SATURDAY], hours, now=season_now)
        for number, hours in enumerate((waiting.Hours(), waiting.Hours(time(14)), waiting.Hours(time(3), time(4))))
    ]
    seen = lifting.preview(closure.pk, now=season_now)
    assert seen.waiting == tuple(groups)
    lifting.lift(closure.pk, by=None, now=season_now, seal=seen.seal)
    waiting.serve_freed(now=season_now)
    offered = {visit.pk: visit for visit in Visit.objects.filter(status="offered")}
    assert [each.visit for each in seen.served] == groups[:2]
    assert {each.visit.pk: each.begins[0] for each in seen.served} == {
        pk: visit.period.lower for pk, visit in offered.items()
    }


def test_a_preview_of_lifting_changes_nothing(asking: Ask, season_now: datetime) -> None:
    bookings.book(asking(at(SATURDAY, "11:00")), now=season_now)
    closure = close(draft(), season_now)
    before = rows()
    lifting.preview(closure.pk, now=season_now)
    assert rows() == before

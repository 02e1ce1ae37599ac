"""Suggested times: held, answered, or released when nobody answers; and the waiting list that lives on what is freed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest

from scheduler import bookings, expiry, offers, starts, waiting
from scheduler.bookings import Request
from scheduler.errors import BadWish, GroupTooLarge, NotAllowedNow, Refused, StartTaken
from scheduler.models import Freed, Leg, Offer, Party, Visit
from scheduler.waiting import Hours
from tests.scheduler.conftest import at
from tours.models import Audience, Guide, Tour

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY, NEXT = date(2025, 5, 29), date(2025, 5, 30)
ANY = Hours()


@pytest.fixture
def visit(asking: Ask, season_now: datetime) -> Visit:
    return bookings.book(asking(at(DAY, "11:00"), tour="grounds"), now=season_now)


def suggest(visit: Visit, now: datetime, clock: str = "11:00", **options: object) -> Offer:
    until = now + timedelta(days=2)
    others = (at(NEXT, "15:00"),)
    return offers.offer(visit.pk, (at(NEXT, clock),), answer_by=until, alternatives=others, now=now, **options)


def test_a_suggested_time_is_held_and_the_old_one_is_free(visit: Visit, season_now: datetime) -> None:
    made = suggest(visit, season_now)
    visit.refresh_from_db()
    assert (visit.status, visit.period.lower) == ("offered", at(NEXT, "11:00"))
    assert made.was.lower == at(DAY, "11:00")
    assert {leg.period.lower for leg in Leg.objects.filter(holds=True)} == {at(NEXT, "11:00")}


def test_yes_confirms_the_time_that_was_held(visit: Visit, season_now: datetime) -> None:
    suggest(visit, season_now)
    taken = offers.accept(visit.pk, now=season_now)
    assert (taken.status, taken.period.lower) == ("confirmed", at(NEXT, "11:00"))
    assert Offer.objects.get().outcome == "accepted"


def test_another_of_the_times_shown_is_checked_at_that_moment(visit: Visit, season_now: datetime) -> None:
    suggest(visit, season_now)
    with pytest.raises(Refused):
        offers.accept(visit.pk, start=at(NEXT, "12:00"), now=season_now)
    Guide.objects.update(active=False)
    with pytest.raises(StartTaken):
        offers.accept(visit.pk, start=at(NEXT, "15:00"), now=season_now)
    Guide.objects.update(active=True)
    taken = offers.accept(visit.pk, start=at(NEXT, "15:00"), now=season_now)
    assert (taken.period.lower, Offer.objects.get().outcome) == (at(NEXT, "15:00"), "other")


@pytest.mark.parametrize(("waits", "status"), [(False, "cancelled"), (True, "waiting")])
def test_no_frees_the_time(visit: Visit, season_now: datetime, waits: bool, status: str) -> None:
    suggest(visit, season_now)
    assert offers.give_up(visit.pk, waits=waits, now=season_now).status == status
    assert not Leg.objects.filter(holds=True).exists()
    assert not Party.objects.filter(holds=True).exists()
    with pytest.raises(NotAllowedNow):
        offers.accept(visit.pk, now=season_now)


def test_silence_ends_by_the_rule_that_was_set(visit: Visit, season_now: datetime) -> None:
    suggest(visit, season_now, on_silence="wait")
    late = season_now + timedelta(days=2)
    with pytest.raises(offers.OfferExpired):
        offers.accept(visit.pk, now=late)
    assert expiry.release_expired([NEXT], now=late - timedelta(seconds=1)) == 0
    assert expiry.release_expired([NEXT], now=late) == 1
    visit.refresh_from_db()
    assert (visit.status, visit.period, Offer.objects.get().outcome) == ("waiting", None, "expired")


def test_who_asks_for_a_time_that_silence_has_freed_gets_it(asking: Ask, visit: Visit, season_now: datetime) -> None:
    Guide.objects.exclude(code="g01").update(active=False)
    suggest(visit, season_now)
    asked = asking(at(NEXT, "11:00"), tour="grounds")
    with pytest.raises(StartTaken):
        bookings.book(asked, now=season_now)
    booked = bookings.book(asked, now=season_now + timedelta(days=3))
    visit.refresh_from_db()
    assert (booked.status, visit.status) == ("confirmed", "cancelled")


def test_an_answer_that_is_due_after_the_visit_is_refused(visit: Visit, season_now: datetime) -> None:
    with pytest.raises(Refused):
        offers.offer(visit.pk, (at(NEXT, "11:00"),), answer_by=at(NEXT, "12:00"), now=season_now)
    visit.refresh_from_db()
    assert visit.status == "confirmed"


def waiting_group(asking: Ask, now: datetime, *days: date, hours: Hours = ANY, **asked: object) -> Visit:
    wish = asking(at(days[0], "11:00"), tour="grounds-flowers", language="en", **asked)
    return waiting.wait(wish, days, hours, now=now)


def test_a_waiting_group_holds_nothing_and_knows_its_place(asking: Ask, season_now: datetime) -> None:
    first = waiting_group(asking, season_now, DAY)
    second = waiting_group(asking, season_now + timedelta(minutes=1), DAY, NEXT)
    assert (first.status, first.period, Leg.objects.count()) == ("waiting", None, 0)
    assert (waiting.place_in_line(first), waiting.place_in_line(second)) == (1, 2)


def test_a_group_that_no_day_could_hold_does_not_wait_for_one(asking: Ask, season_now: datetime) -> None:
    with pytest.raises(GroupTooLarge) as refused:
        waiting_group(asking, season_now, DAY, NEXT, audience="soldiers", heads=900)
    assert refused.value.detail == "The museum can receive 300 people at most."
    assert refused.value.extra["largest"] == 300
    assert not Visit.objects.exists()
    most = waiting_group(asking, season_now, DAY, audience="soldiers", heads=refused.value.extra["largest"])
    assert most.status == "waiting"


def test_what_is_freed_goes_to_the_first_in_line_that_fits(asking: Ask, season_now: datetime) -> None:
    evening = Hours(time(16), time(16, 30))
    wall = [at(DAY, f"{hour}:00") for hour in range(10, 17)]
    Guide.objects.exclude(code="g05").update(active=False)
    booked = [
        bookings.book(asking(start, tour="grounds-flowers", language="en"), now=season_now)
        for start in (wall[0], wall[2], wall[4], wall[6])
    ]
    late = waiting_group(asking, season_now, DAY, hours=evening)
    first = waiting_group(asking, season_now + timedelta(minutes=1), DAY, hours=Hours(latest=time(12)))
    waiting_group(asking, season_now + timedelta(minutes=2), DAY, hours=Hours(latest=time(12)))
    assert waiting.serve(DAY, now=season_now) == 0
    bookings.cancel(booked[0].pk, by="organiser", now=season_now)
    assert set(Freed.objects.values_list("day", flat=True)) == {DAY}
    assert waiting.serve(DAY, now=season_now) == 1
    first.refresh_from_db()
    late.refresh_from_db()
    assert (first.status, first.period.lower, late.status) == ("offered", at(DAY, "10:00"), "waiting")
    assert Offer.objects.get(visit=first).on_silence == "wait"


def test_priority_is_data(asking: Ask, season_now: datetime) -> None:
    Audience.objects.filter(code="veterans").update(priority=5)
    early = waiting_group(asking, season_now, DAY)
    veterans = waiting_group(asking, season_now + timedelta(hours=1), DAY, audience="veterans")
    assert (waiting.place_in_line(early), waiting.place_in_line(veterans)) == (2, 1)


def test_a_wish_without_days_or_with_hours_the_wrong_way_round_is_refused(asking: Ask, season_now: datetime) -> None:
    with pytest.raises(BadWish):
        waiting_group(asking, season_now, date(2025, 5, 1))
    with pytest.raises(BadWish):
        waiting_group(asking, season_now, DAY, hours=Hours(time(16), time(10)))
    with pytest.raises(BadWish):
        waiting_group(asking, season_now, date(2025, 6, 16), date(2025, 6, 23))  # Mondays: it would wait for ever
    assert not Visit.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_sweep_serves_each_freed_day_once_and_lets_the_past_go(asking: Ask, season_now: datetime) -> None:
    group = waiting_group(asking, season_now, DAY)
    assert waiting.serve_freed(now=season_now) == 1
    assert not Freed.objects.filter(day=DAY, at=season_now, pk__lte=group.pk).exists()
    group.refresh_from_db()
    assert group.status == "offered"
    offers.sweep(now=season_now + timedelta(days=3))
    group.refresh_from_db()
    assert group.status == "waiting"
    assert waiting.lapse(now=at(NEXT, "10:00")) == 1
    group.refresh_from_db()
    assert (group.status, group.ended_by) == ("cancelled", "silence")


def test_a_time_that_nobody_answered_for_is_shown_as_free_before_any_sweep(
    asking: Ask, visit: Visit, season_now: datetime
) -> None:
    Guide.objects.exclude(code="g01").update(active=False)
    suggest(visit, season_now)
    group = asking(at(NEXT, "11:00"), tour="grounds").group
    held = starts.offered(group, NEXT, NEXT, now=season_now).days[0].starts
    freed = starts.offered(group, NEXT, NEXT, now=season_now + timedelta(days=2)).days[0].starts
    assert at(NEXT, "11:00") not in held
    assert at(NEXT, "11:00") in freed


def test_a_visit_cancelled_meanwhile_has_nothing_more_to_answer(
    visit: Visit, asking: Ask, season_now: datetime
) -> None:
    suggest(visit, season_now)
    bookings.cancel(visit.pk, by="office", now=season_now)
    assert Offer.objects.get().outcome == "withdrawn"
    later = season_now + timedelta(days=3)
    bookings.book(asking(at(NEXT, "11:00"), tour="grounds"), now=later)  # looks past the old offer


def test_a_group_whose_tour_is_not_for_it_any_more_is_in_nobodys_way(asking: Ask, season_now: datetime) -> None:
    stuck = waiting_group(asking, season_now, DAY)
    served = waiting_group(asking, season_now + timedelta(minutes=1), DAY, audience="veterans")
    stuck.audience.tours.set(Tour.objects.exclude(pk=stuck.tour.pk))
    assert waiting.serve(DAY, now=season_now) == 1
    stuck.refresh_from_db()
    served.refresh_from_db()
    assert (stuck.status, served.status) == ("waiting", "offered")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("silent", [False, True])
def test_what_a_waiting_group_declined_goes_to_the_next_in_line(
    asking: Ask, season_now: datetime, silent: bool
) -> None:
    Guide.objects.exclude(code="g05").update(active=False)
    noon = Hours(time(12), time(12))
    first = waiting_group(asking, season_now, DAY, hours=noon)
    second = waiting_group(asking, season_now + timedelta(minutes=1), DAY, hours=noon)
    assert waiting.serve_freed(now=season_now) == 1
    later = season_now + timedelta(days=2 if silent else 1)
    if silent:
        offers.sweep(now=later)
    else:
        offers.give_up(first.pk, waits=True, now=later)
    assert waiting.serve_freed(now=later) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("waiting", "offered")
    assert (waiting.place_in_line(first), first.wish.declined[0]) == (1, at(DAY, "12:00"))


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_another_time_is_suggested_one_of_that_day_once_something_else_is_freed(
    asking: Ask, season_now: datetime
) -> None:
    group = waiting_group(asking, season_now, DAY)
    other = bookings.book(asking(at(DAY, "15:00"), tour="grounds"), now=season_now)
    assert waiting.serve_freed(now=season_now) == 1
    shown = Offer.objects.get()
    group.refresh_from_db()
    declined = {group.period.lower, *shown.alternatives}
    offers.give_up(group.pk, waits=True, now=season_now)
    assert waiting.serve_freed(now=season_now) == 0  # only its own time has become free
    bookings.cancel(other.pk, by="organiser", now=season_now)
    assert waiting.serve_freed(now=season_now) == 1
    group.refresh_from_db()
    again = Offer.objects.get(outcome="open")
    assert not declined & {group.period.lower, *again.alternatives}


def test_silence_puts_a_group_behind_those_who_wait_as_well(asking: Ask, season_now: datetime) -> None:
    first = waiting_group(asking, season_now, DAY)
    second = waiting_group(asking, season_now + timedelta(minutes=1), DAY)
    offers.offer(
        first.pk, (at(DAY, "12:00"),), answer_by=season_now + timedelta(days=1), on_silence="wait", now=season_now
    )
    expiry.release_expired([DAY], now=season_now + timedelta(days=1))
    line = [Visit.objects.get(pk=each.pk) for each in (second, first)]
    assert [waiting.place_in_line(each) for each in line] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_who_had_to_give_way_waits_with_the_priority_of_its_kind_and_is_suggested_another_day(
    visit: Visit, season_now: datetime
) -> None:
    Audience.objects.update(priority=3)
    suggest(visit, season_now)
    offers.give_up(visit.pk, waits=True, now=season_now)
    visit.refresh_from_db()
    assert visit.wish.priority == 3
    assert waiting.serve_freed(now=season_now) == 1
    visit.refresh_from_db()
    assert visit.status == "offered"
    assert visit.day > NEXT

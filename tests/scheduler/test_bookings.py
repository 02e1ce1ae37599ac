"""Asking for, deciding, moving, changing and ending visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from notifications.models import OutboxMessage
from scheduler import arrivals, bookings, changes, starts
from scheduler.bookings import Request
from scheduler.errors import (
    BadWish,
    Closed,
    GroupTooLarge,
    NotAllowedNow,
    StaleForm,
    StartTaken,
    TooFar,
    TooManyThen,
    TooSoon,
)
from scheduler.models import ChangeRequest, Closure, Leg, Party, Visit
from tests.scheduler.conftest import at
from tours.models import Guide, Space, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
WEDNESDAY = date(2025, 5, 28)


def kinds(visit: Visit) -> list[str]:
    """The letters written about a visit to its contacts, oldest first."""
    rows = OutboxMessage.objects.filter(thread__about=f"visit:{visit.code}", thread__key__contains=":contact:")
    return list(rows.exclude(status="superseded").order_by("created_at").values_list("kind", flat=True))


def test_a_visit_gets_parties_guides_and_lanes(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00"), heads=30), now=season_now)
    parties = list(visit.parties.all())
    assert (visit.status, [party.heads for party in parties]) == ("confirmed", [15, 15])
    assert len({party.guide_id for party in parties}) == 2
    legs = Leg.objects.filter(visit=visit)
    assert legs.count() == 4
    assert {leg.period.lower for leg in legs} == {at(WEDNESDAY, "11:00"), at(WEDNESDAY, "11:30")}
    assert (visit.price_amount, visit.free) == (12000, False)


def test_a_visit_beyond_the_horizon_is_told_without_guides(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00")), now=season_now)
    assert visit.promised_at is None
    assert kinds(visit) == ["confirmed"]
    assert not OutboxMessage.objects.filter(thread__key__contains=":duty:").exists()


def test_a_visit_within_the_horizon_is_promised_at_once_and_its_guide_told(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 20), "11:00")), now=season_now)
    assert visit.promised_at == season_now
    assert kinds(visit) == ["programme"]
    assert OutboxMessage.objects.filter(thread__about=f"visit:{visit.code}", kind="duty").count() == (
        1 if visit.parties.get().guide.email else 0
    )


def test_a_tour_with_a_ceremony_waits_for_the_office(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00"), tour="grounds-flowers", language="en"), now=season_now)
    assert (visit.status, kinds(visit)) == ("requested", ["requested"])
    assert visit.decide_by == at(date(2025, 5, 14), "10:00")  # two business days, and when the museum has opened
    assert Leg.objects.filter(visit=visit, holds=True).exists()


def test_what_is_taken_is_refused_and_leaves_nothing_behind(asking: Ask, season_now: datetime) -> None:
    asked = asking(at(WEDNESDAY, "11:00"), tour="grounds-flowers", language="en")
    bookings.book(asked, now=season_now)
    with pytest.raises(StartTaken):
        bookings.book(asked, now=season_now)
    assert Visit.objects.count() == 1


def test_lead_times_bind_strangers_and_not_the_office(asking: Ask, season_now: datetime) -> None:
    soon = asking(at(date(2025, 5, 20), "11:00"), tour="grounds-flowers", language="en")
    with pytest.raises(TooSoon) as refused:
        bookings.book(soon, now=season_now)
    assert refused.value.extra["earliest"] == "2025-05-21"
    office = User.objects.create(username="office", is_staff=True)
    assert bookings.book(soon, now=season_now, by=office).status == "confirmed"


def test_the_past_and_mondays_are_refused(asking: Ask, season_now: datetime) -> None:
    with pytest.raises(TooSoon):
        bookings.book(asking(season_now - timedelta(hours=1)), now=season_now)
    with pytest.raises(Closed):
        bookings.book(asking(at(date(2025, 5, 19), "11:00")), now=season_now)


@pytest.mark.parametrize("clock", ["11:05", "11:07"])
def test_a_start_off_the_grid_is_refused(asking: Ask, season_now: datetime, clock: str) -> None:
    with pytest.raises(BadWish):
        bookings.book(asking(at(WEDNESDAY, clock)), now=season_now)


def test_the_same_request_twice_is_one_visit(asking: Ask, season_now: datetime) -> None:
    asked = asking(at(WEDNESDAY, "11:00"), keys={"request_key": "k1", "request_print": "p"})
    assert bookings.book(asked, now=season_now) == bookings.book(asked, now=season_now)
    other = asking(at(WEDNESDAY, "12:00"), keys={"request_key": "k1", "request_print": "q"})
    with pytest.raises(BadWish):
        bookings.book(other, now=season_now)


def test_confirming_tells_the_asker(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00"), tour="grounds-flowers", language="en"), now=season_now)
    OutboxMessage.objects.update(claimed_at=season_now)
    mark_told(visit)
    visit = bookings.confirm(visit.pk, now=season_now + timedelta(minutes=5))
    assert (visit.status, visit.decide_by) == ("confirmed", None)
    assert kinds(visit)[-1] == "confirmed"


def mark_told(visit: Visit) -> None:
    """As if every letter written so far had been claimed for sending."""
    from notifications import delivery

    while delivery.claim() is not None:
        pass


def test_declining_frees_the_time_and_says_why(asking: Ask, season_now: datetime) -> None:
    asked = asking(at(WEDNESDAY, "11:00"), tour="grounds-flowers", language="en")
    visit = bookings.book(asked, now=season_now)
    visit = bookings.decline(visit.pk, reason="The Wall is being cleaned.", now=season_now)
    assert (visit.status, visit.reason) == ("declined", "The Wall is being cleaned.")
    assert not Leg.objects.filter(holds=True).exists()
    assert not Party.objects.filter(holds=True).exists()
    assert bookings.book(asked, now=season_now).status == "requested"


def test_a_cancelled_visit_cannot_be_cancelled_again(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00")), now=season_now)
    bookings.cancel(visit.pk, by="organiser", now=season_now)
    with pytest.raises(NotAllowedNow):
        bookings.cancel(visit.pk, by="organiser", now=season_now)


def test_moving_keeps_code_guides_and_party_rows(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 20), "11:00"), heads=30), now=season_now)
    before = dict(visit.parties.values_list("pk", "guide"))
    moved = bookings.move(visit.pk, (at(date(2025, 5, 21), "14:00"),), now=season_now)
    assert moved.code == visit.code
    assert dict(moved.parties.values_list("pk", "guide")) == before
    assert {leg.period.lower for leg in moved.legs.all()} == {
        at(date(2025, 5, 21), "14:00"), at(date(2025, 5, 21), "14:30"),
    }  # fmt: skip
    assert moved.revision == visit.revision + 1


def test_who_may_not_lead_a_tour_any_more_is_not_kept_when_it_moves(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 20), "11:00"), language="en"), now=season_now)
    led = visit.parties.get().guide
    assert led is not None
    led.qualifications.filter(tour=visit.tour, language="en").delete()
    moved = bookings.move(visit.pk, (at(date(2025, 5, 21), "14:00"),), now=season_now)
    now_led = moved.parties.get().guide
    assert now_led is not None
    assert now_led != led
    assert now_led.qualifications.filter(tour=visit.tour, language="en").exists()


def test_a_visit_may_move_into_the_time_that_it_holds_itself(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00"), tour="grounds-flowers", language="en"), now=season_now)
    moved = bookings.move(visit.pk, (at(WEDNESDAY, "11:15"),), now=season_now)
    assert moved.period.lower == at(WEDNESDAY, "11:15")


def test_more_heads_may_need_another_guide(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00"), heads=20), now=season_now)
    visit = bookings.change(visit.pk, heads=40, now=season_now)
    assert [party.heads for party in visit.parties.all()] == [20, 20]
    assert (visit.heads, visit.price_amount) == (40, 16000)
    visit = bookings.change(visit.pk, heads=10, now=season_now)
    assert visit.parties.count() == 1


def test_more_heads_than_can_be_led_change_nothing(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00"), heads=20), now=season_now)
    with pytest.raises(TooManyThen) as refused:
        bookings.change(visit.pk, heads=400, now=season_now)
    assert refused.value.extra["most"] == 100
    visit.refresh_from_db()
    assert (visit.heads, visit.parties.count()) == (20, 1)


def test_a_form_that_is_out_of_date_is_refused(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00")), now=season_now)
    bookings.change(visit.pk, notes="By bus", now=season_now)
    with pytest.raises(StaleForm):
        bookings.change(visit.pk, notes="On foot", revision=visit.revision, now=season_now)


def test_a_late_cancellation_waits_for_the_office(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 20), "11:00")), now=season_now)
    late = at(date(2025, 5, 20), "09:00")
    assert changes.may_still_cancel(visit, now=season_now)
    assert not changes.may_still_cancel(visit, now=late)
    asked = changes.ask_for_change(visit.pk, kind=ChangeRequest.Kind.CANCEL, reason="Ill", now=late)
    visit.refresh_from_db()
    assert visit.status == "confirmed"
    office = User.objects.create(username="office", is_staff=True)
    changes.decide_change(asked.pk, grant=True, by=office, now=late)
    visit.refresh_from_db()
    assert (visit.status, visit.ended_by) == ("cancelled", "organiser")


@pytest.mark.django_db(transaction=True)
def test_the_door_names_other_starts(asking: Ask, season_now: datetime) -> None:
    asked = asking(at(WEDNESDAY, "11:00"), tour="grounds-flowers", language="en")
    bookings.request_visit(asked, now=season_now)
    with pytest.raises(StartTaken) as refused:
        bookings.request_visit(asked, now=season_now)
    assert refused.value.extra["alternatives"] == [
        "2025-05-28T10:45:00+05:00", "2025-05-28T11:15:00+05:00", "2025-05-28T10:30:00+05:00",
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_group_that_no_day_can_hold_is_told_how_many_could_come(asking: Ask, season_now: datetime) -> None:
    with pytest.raises(GroupTooLarge) as refused:
        bookings.request_visit(asking(at(WEDNESDAY, "11:00"), heads=2000), now=season_now)
    assert refused.value.extra["largest"] > 100


def test_what_nobody_decided_is_declined_at_its_start(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(WEDNESDAY, "11:00"), tour="grounds-flowers", language="en"), now=season_now)
    assert bookings.decide_overdue(now=season_now) == 0
    assert bookings.decide_overdue(now=at(WEDNESDAY, "11:00")) == 1
    visit.refresh_from_db()
    assert visit.status == "declined"
    assert Guide.objects.exists()


def test_a_start_beside_a_closed_place_is_booked_as_it_is_shown(asking: Ask, season_now: datetime) -> None:
    alash = Space.objects.get(code="alash")
    half_an_hour = DateTimeTZRange(at(WEDNESDAY, "11:00"), at(WEDNESDAY, "11:30"), "[)")
    shut = Closure.objects.create(
        period=half_an_hour,
        span=half_an_hour,
        notice_en="Cleaning",
        created_at=season_now,
    )
    shut.spaces.add(alash)
    visit = bookings.book(asking(at(WEDNESDAY, "11:00")), now=season_now)  # the other hall first
    assert visit.parties.get().walk == [1, 0]
    with pytest.raises(Closed) as refused:
        bookings.book(asking(at(WEDNESDAY, "10:45")), now=season_now)  # in either order, into Alash while it is closed
    assert refused.value.detail == "Cleaning"


def test_strangers_ask_for_one_year_ahead_at_most(asking: Ask, season_now: datetime) -> None:
    far = asking(at(date(2026, 12, 9), "11:00"))
    with pytest.raises(TooFar):
        bookings.book(far, now=season_now)
    shown = starts.offered(far.group, date(2026, 12, 9), date(2026, 12, 9), now=season_now).days[0]
    assert (shown.state, shown.reason) == ("closed", "Visits can be asked for one year ahead.")
    office = User.objects.create(username="office", is_staff=True)
    assert bookings.book(far, now=season_now, by=office).status == "confirmed"


def test_the_office_may_offer_any_tour_to_anybody(asking: Ask, season_now: datetime) -> None:
    children = asking(at(WEDNESDAY, "11:00"), audience="preschool", tour="halls")
    with pytest.raises(BadWish):
        bookings.book(children, now=season_now)
    office = User.objects.create(username="office", is_staff=True)
    assert bookings.book(children, now=season_now, by=office).status == "confirmed"


def test_what_was_still_asked_for_ends_with_the_visit(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 20), "11:00")), now=season_now)
    changes.ask_for_change(visit.pk, kind=ChangeRequest.Kind.HEADS, heads=30, now=at(date(2025, 5, 20), "09:00"))
    bookings.cancel(visit.pk, by="organiser", now=at(date(2025, 5, 20), "09:30"))
    assert ChangeRequest.objects.get().status == "void"


def test_a_late_wish_that_nobody_could_grant_is_refused_at_once(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 20), "11:00")), now=season_now)
    with pytest.raises(GroupTooLarge):
        changes.change(visit.pk, heads=2000, now=at(date(2025, 5, 20), "09:00"))
    assert not ChangeRequest.objects.exists()


def test_people_arrive_on_the_day_and_in_a_number_that_can_be_meant(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 20), "11:00")), now=season_now)
    with pytest.raises(NotAllowedNow):
        arrivals.arrive(visit.pk, heads=10, now=season_now)
    with pytest.raises(BadWish):
        arrivals.arrive(visit.pk, heads=999, now=at(date(2025, 5, 20), "11:00"))
    assert arrivals.arrive(visit.pk, heads=12, now=at(date(2025, 5, 20), "11:00")).arrived_heads == 12

"""A group in two parts: each is served exactly, or nothing has changed; and both are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from notifications.models import OutboxMessage
from scheduler import bookings, changes, splitting
from scheduler.bookings import Request
from scheduler.errors import BadWish, NotAllowedNow, StartTaken, TooSoon
from scheduler.models import ChangeRequest, Freed, Leg, Visit
from tests.scheduler.conftest import at
from tours.models import Guide, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY, LATER = date(2025, 6, 18), date(2025, 6, 19)


@pytest.fixture
def whole(asking: Ask, season_now: datetime) -> Visit:
    return bookings.book(asking(at(DAY, "11:00"), heads=45, adults=4, notes="A choir"), now=season_now)


def state(visit: Visit) -> tuple[int, int, int, int]:
    visit.refresh_from_db()
    return visit.heads, visit.adults, visit.parties.count(), visit.revision


def test_the_new_part_has_its_own_code_and_time_and_the_rest_stays(whole: Visit, season_now: datetime) -> None:
    part = splitting.split(whole.pk, (at(LATER, "12:00"),), heads=20, adults=3, now=season_now)
    assert state(whole)[:3] == (25, 1, 1)
    assert whole.period.lower == at(DAY, "11:00")
    assert (part.heads, part.adults, part.parties.count()) == (20, 3, 1)
    assert (part.period.lower, part.status, part.notes) == (at(LATER, "12:00"), whole.status, "A choir")
    assert (part.split_from, part.code != whole.code) == (whole, True)
    assert part.contacts.get().email == whole.contacts.get().email
    assert Freed.objects.filter(day=DAY).exists()


def test_each_part_pays_for_its_own_people(whole: Visit, season_now: datetime) -> None:
    part = splitting.split(whole.pk, (at(LATER, "12:00"),), heads=20, now=season_now)
    for visit in (whole, part):
        visit.refresh_from_db()
        alone = Visit(audience=visit.audience, heads=visit.heads, adults=visit.adults)
        bookings.price_anew(alone)
        assert visit.price_amount == alone.price_amount


def test_what_the_office_has_waived_stays_free_for_both(whole: Visit, season_now: datetime) -> None:
    bookings.waive(whole.pk, reason="orphans", by=None, now=season_now)
    part = splitting.split(whole.pk, (at(LATER, "12:00"),), heads=20, now=season_now)
    assert (part.free, part.price_amount, part.price_reason) == (True, 0, "orphans")


def test_both_are_told_each_with_its_code(whole: Visit, season_now: datetime) -> None:
    OutboxMessage.objects.update(status=OutboxMessage.Status.SENT)
    part = splitting.split(whole.pk, (at(LATER, "12:00"),), heads=20, now=season_now)
    letters = {row.facts["code"]: row for row in OutboxMessage.objects.exclude(status=OutboxMessage.Status.SENT)}
    assert set(letters) == {whole.code, part.code}
    assert letters[whole.code].facts["heads"] == 25
    assert letters[part.code].facts["other_part"] == whole.code
    assert letters[whole.code].facts["other_part"] == part.code
    assert whole.code in letters[part.code].text
    assert part.code in letters[whole.code].text


def test_a_group_in_three_parts_reads_of_both_others(whole: Visit, season_now: datetime) -> None:
    parts = [splitting.split(whole.pk, (at(LATER, clock),), heads=10, now=season_now) for clock in ("12:00", "14:00")]
    letter = OutboxMessage.objects.get(thread__about=f"visit:{whole.code}", status=OutboxMessage.Status.QUEUED)
    assert letter.facts["other_part"] == f"{parts[0].code}, {parts[1].code}"


def test_a_part_that_cannot_be_served_leaves_everything_as_it_was(
    asking: Ask, whole: Visit, season_now: datetime
) -> None:
    before, legs = state(whole), Leg.objects.filter(holds=True).count()
    Guide.objects.exclude(pk__in=whole.parties.values("guide")).update(active=False)
    for clock in ("12:00",):
        bookings.book(asking(at(LATER, clock), heads=45), now=season_now)
    with pytest.raises(StartTaken):
        splitting.split(whole.pk, (at(LATER, "12:15"),), heads=20, now=season_now)
    assert state(whole) == before
    assert Leg.objects.filter(holds=True, visit=whole).count() == legs
    assert not Visit.objects.filter(split_from=whole).exists()


def test_the_same_day_may_take_both(whole: Visit, season_now: datetime) -> None:
    """The guide whom the smaller group does not need any more may lead the other part right after."""
    Guide.objects.exclude(pk__in=whole.parties.values("guide")).update(active=False)
    part = splitting.split(whole.pk, (at(DAY, "11:15"),), heads=20, now=season_now)
    assert {party.guide_id for visit in (whole, part) for party in visit.parties.all()} == set(
        Guide.objects.filter(active=True).values_list("pk", flat=True)
    )


@pytest.mark.parametrize(
    ("heads", "adults", "clock"),
    [(0, 0, "12:00"), (45, 0, "12:00"), (20, 21, "12:00"), (44, 0, "12:00"), (20, 0, "11:00")],
)
def test_parts_that_are_none_are_refused_with_nothing_done(
    whole: Visit, season_now: datetime, heads: int, adults: int, clock: str
) -> None:
    before = state(whole)
    with pytest.raises(BadWish):
        splitting.split(whole.pk, (at(DAY, clock),), heads=heads, adults=adults, now=season_now)
    assert state(whole) == before


def test_lead_times_bind_the_organiser_and_not_the_office(whole: Visit, season_now: datetime) -> None:
    today = (at(season_now.date(), "15:00") + timedelta(days=1),)
    with pytest.raises(TooSoon):
        splitting.split(whole.pk, (at(date(2025, 5, 12), "15:00"),), heads=20, now=season_now)
    assert splitting.split(whole.pk, today, heads=20, now=season_now, by_office=True).period.lower == today[0]


def test_a_request_is_split_into_two_requests(asking: Ask, season_now: datetime) -> None:
    asked = bookings.book(asking(at(DAY, "11:00"), tour="grounds-flowers", heads=40), now=season_now)
    part = splitting.split(asked.pk, (at(LATER, "11:00"),), heads=15, now=season_now)
    assert (part.status, part.decide_by) == (Visit.Status.REQUESTED, asked.decide_by)


def test_what_has_ended_is_not_split(whole: Visit, season_now: datetime) -> None:
    bookings.cancel(whole.pk, by="office", now=season_now)
    with pytest.raises(NotAllowedNow):
        splitting.split(whole.pk, (at(LATER, "12:00"),), heads=20, now=season_now)


def test_after_the_deadline_the_office_decides_and_then_it_is_done_exactly(whole: Visit, season_now: datetime) -> None:
    late = at(DAY, "11:00") - timedelta(days=2)
    office = User.objects.create(username="office", is_staff=True)
    asked = changes.split(whole.pk, (at(LATER, "12:00"),), heads=20, adults=3, now=late)
    assert isinstance(asked, ChangeRequest)
    assert state(whole)[:2] == (45, 4)
    changes.decide_change(asked.pk, grant=True, by=office, now=late)
    assert state(whole)[:2] == (25, 1)
    part = Visit.objects.get(split_from=whole)
    assert (part.heads, part.adults, part.period.lower) == (20, 3, at(LATER, "12:00"))


def test_within_the_deadline_the_organiser_splits_it_alone(whole: Visit, season_now: datetime) -> None:
    part = changes.split(whole.pk, (at(LATER, "12:00"),), heads=20, now=season_now)
    assert isinstance(part, Visit)

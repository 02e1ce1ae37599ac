"""Promises, answers, replacements and absences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.models import OutboxMessage
from scheduler import bookings, history, roster
from scheduler.bookings import Request
from scheduler.errors import NotAllowedNow, Refused
from scheduler.models import Absence, Party, Visit
from tests.scheduler.conftest import at
from tours.models import Guide, Museum, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
SOON = date(2025, 5, 20)
LATER = date(2025, 5, 28)


@pytest.fixture
def office(db: None) -> User:
    return User.objects.create(username="office", is_staff=True, email="office@example.org", locale="en")


def english(asking: Ask, clock: str, now: datetime, day: date = SOON) -> Visit:
    return bookings.book(asking(at(day, clock), language="en"), now=now)


def test_a_declined_duty_goes_to_somebody_else_at_once(asking: Ask, season_now: datetime) -> None:
    visit = english(asking, "11:00", season_now)
    party = visit.parties.get()
    first = party.guide
    party = roster.decline(party.pk, reason="Ill", now=season_now)
    party.refresh_from_db()
    assert party.guide not in (None, first)
    assert party.guide.qualifications.filter(tour=visit.tour, language="en").exists()


def test_when_nobody_is_left_the_office_is_told_why(asking: Ask, season_now: datetime, office: User) -> None:
    Guide.objects.exclude(code="g03").update(active=False)
    visit = english(asking, "11:00", season_now)
    roster.decline(visit.parties.get().pk, reason="Ill", now=season_now)
    assert visit.parties.get().guide is None
    alarm = OutboxMessage.objects.get(kind="office_alarm")
    assert alarm.to_email == office.email
    assert "Елена М. cannot come: Ill" in alarm.text
    Guide.objects.filter(code="g01").update(active=True, daily_duties=0)
    assert roster.what_would_help(visit.parties.get().pk, but=["g03"], now=season_now) == [
        "It would help if Айгүл С. led more than usual on this day."
    ]


def test_what_helps_another_group_is_not_said_to_help_this_one(asking: Ask, season_now: datetime) -> None:
    """Two that nobody leads: for the later the one who has done enough would do, for the earlier they lead another group."""
    Guide.objects.exclude(code__in=["g01", "g03"]).update(active=False)
    visits = [english(asking, clock, season_now) for clock in ("11:00", "11:00", "14:00")]
    parties = [visit.parties.get() for visit in visits]
    enough = next(party.guide for party in parties[:2] if party.guide and party.guide.code == "g01")
    parties[2].guide = None
    parties[2].save(update_fields=["guide"])
    enough.daily_duties = 1
    enough.save(update_fields=["daily_duties"])
    roster.add_absence(Guide.objects.get(code="g03").pk, at(SOON, "00:00"), None, reason="Ill", now=season_now)
    early = next(party for party in parties[:2] if party.guide != enough)
    limit = "It would help if Айгүл С. led more than usual on this day."
    assert limit in roster.what_would_help(parties[2].pk, now=season_now)
    assert limit not in roster.what_would_help(early.pk, now=season_now)


def test_an_absence_replaces_in_every_duty_it_covers(asking: Ask, season_now: datetime) -> None:
    visits = [english(asking, clock, season_now) for clock in ("10:00", "14:00")]
    guide = visits[0].parties.get().guide
    assert guide is not None
    mine = Party.objects.filter(guide=guide).count()
    roster.add_absence(guide.pk, at(SOON, "00:00"), at(SOON, "23:55"), reason="Ill", now=season_now)
    assert mine >= 1
    assert not Party.objects.filter(guide=guide, holds=True).exists()
    assert not Party.objects.filter(guide=None, holds=True).exists()


def test_of_two_whom_one_guide_cannot_lead_both_are_led_where_that_can_be(asking: Ask, season_now: datetime) -> None:
    """The first by time alone would take the only one who could lead the second, too."""
    Guide.objects.exclude(code__in=["g01", "g03", "g04"]).update(active=False)
    russian = bookings.book(asking(at(SOON, "10:00")), now=season_now)
    english_one = english(asking, "12:00", season_now)
    ill, both = Guide.objects.get(code="g01"), Guide.objects.get(code="g03")
    Guide.objects.filter(pk=both.pk).update(daily_duties=1)
    Party.objects.update(guide=ill)
    roster.add_absence(ill.pk, at(SOON, "00:00"), at(SOON, "23:55"), now=season_now)
    assert (russian.parties.get().guide.code, english_one.parties.get().guide) == ("g04", both)


def test_an_absence_that_ends_before_it_starts_is_refused(alzhir: Museum, season_now: datetime) -> None:
    guide = Guide.objects.get(code="g01")
    with pytest.raises(Refused):
        roster.add_absence(guide.pk, at(SOON, "12:00"), at(SOON, "11:00"), now=season_now)
    assert not Absence.objects.exists()


def test_an_absence_that_is_over_is_refused_and_one_that_still_lasts_is_not(
    alzhir: Museum, season_now: datetime
) -> None:
    guide, hour = Guide.objects.get(code="g01"), timedelta(hours=1)
    with pytest.raises(roster.AbsenceOver):
        roster.add_absence(guide.pk, season_now - 2 * hour, season_now, now=season_now)
    assert not Absence.objects.exists()
    roster.add_absence(guide.pk, season_now - hour, season_now + hour, now=season_now)
    roster.add_absence(guide.pk, season_now - hour, None, now=season_now)
    assert Absence.objects.count() == 2


def test_accepting_is_kept_and_a_former_guide_cannot_answer(asking: Ask, season_now: datetime) -> None:
    visit = english(asking, "11:00", season_now)
    party = visit.parties.get()
    assert roster.accept(party.pk, now=season_now).answer == "accepted"
    bookings.cancel(visit.pk, by="organiser", now=season_now)
    with pytest.raises(NotAllowedNow):
        roster.accept(party.pk, now=season_now)


def test_an_unpromised_duty_makes_room_for_the_one_the_office_gives(
    asking: Ask, season_now: datetime, office: User
) -> None:
    visit = english(asking, "11:00", season_now, LATER)
    other = english(asking, "11:00", season_now, LATER)
    wanted, party = other.parties.get().guide, visit.parties.get()
    assert wanted is not None
    roster.assign(party.pk, wanted.code, by=office, now=season_now)
    assert visit.parties.get().guide == wanted
    assert other.parties.get().guide not in (None, wanted)


def test_a_guide_without_the_language_is_refused_with_the_reason(
    asking: Ask, season_now: datetime, office: User
) -> None:
    party = english(asking, "11:00", season_now).parties.get()
    with pytest.raises(roster.GuideCannot) as refused:
        roster.assign(party.pk, "g06", by=office, now=season_now)
    assert refused.value.extra["reasons"] == ["Does not lead this tour in this language."]


def test_candidates_come_with_every_reason(asking: Ask, season_now: datetime) -> None:
    party = english(asking, "11:00", season_now).parties.get()
    found = {each.guide.code: each.reasons for each in roster.candidates(party.pk)}
    assert found["g02"] == ("Does not lead this tour in this language.",)
    assert found["g01"] == ()
    assert set(found) == {"g01", "g02", "g03", "g04", "g05", "g06"}


def test_what_comes_within_the_horizon_is_promised_by_night(asking: Ask, season_now: datetime) -> None:
    visit = english(asking, "11:00", season_now, LATER)
    assert roster.promise_due(now=season_now) == 0
    night = at(LATER, "11:00") - timedelta(days=14)
    assert roster.promise_due(now=night) == 1
    assert roster.promise_due(now=night) == 0
    visit.refresh_from_db()
    assert visit.promised_at == night


def test_the_story_says_who_declined_and_why(asking: Ask, season_now: datetime) -> None:
    visit = english(asking, "11:00", season_now)
    first = visit.parties.get().guide
    roster.decline(visit.parties.get().pk, reason="Ill", now=season_now)
    said = [what for step in history.story_of(visit, ZoneInfo("Asia/Almaty")) for what in step.what]
    assert f"{first} cannot lead: Ill" in said

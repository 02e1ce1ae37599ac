"""Planning a roster as a job: seen before it is published, and refused when it is out of date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from kombu.exceptions import OperationalError

from notifications.models import OutboxMessage
from scheduler import bookings, locks, planning, roster
from scheduler.bookings import Request
from scheduler.errors import BadWish, NotAllowedNow
from scheduler.models import Party, RosterJob, Visit
from tests.scheduler.conftest import at
from tours import queries as catalogue
from tours.models import Guide, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
FIRST, LAST = date(2025, 5, 28), date(2025, 6, 1)


@pytest.fixture
def office(db: None) -> User:
    return User.objects.create(username="office", is_staff=True)


@pytest.fixture
def visits(asking: Ask, season_now: datetime) -> list[Visit]:
    """Four tours a day on which everybody might lead, given to one guide alone."""
    made = [
        bookings.book(asking(at(day, clock)), now=season_now)
        for day in (FIRST, FIRST + timedelta(days=1))
        for clock in ("10:00", "11:30", "13:00", "14:30")
    ]
    Party.objects.update(guide=Guide.objects.get(code="g04"))
    return made


def planned(office: User, now: datetime) -> RosterJob:
    job = planning.ask(FIRST, LAST, by=office, seconds=20, now=now)
    assert planning.run(job.pk, now=now)
    job.refresh_from_db()
    return job


def test_a_plan_spreads_the_work_and_writes_nothing_yet(
    visits: list[Visit], office: User, season_now: datetime
) -> None:
    job = planned(office, season_now)
    assert (job.status, job.progress) == ("ready", 100)
    assert set(Party.objects.values_list("guide__code", flat=True)) == {"g04"}
    assert {change.was for change in planning.changes(job)} == {"g04"}
    assert len({change.becomes for change in planning.changes(job)}) == 5
    covered, *_ = job.plan["reached"]
    assert covered == ["covered", 0, 0]


def test_publishing_writes_promises_and_tells(visits: list[Visit], office: User, season_now: datetime) -> None:
    job = planned(office, season_now)
    changes = len(planning.changes(job))
    assert planning.publish(job.pk, now=season_now) == changes
    assert Visit.objects.filter(promised_at=season_now).count() == len(visits)
    assert dict(job.plan["guides"]) == {str(pk): code for pk, code in Party.objects.values_list("pk", "guide__code")}
    assert OutboxMessage.objects.filter(kind="duty").count() == Party.objects.exclude(guide__email="").count()
    with pytest.raises(NotAllowedNow):
        planning.publish(job.pk, now=season_now)


def test_a_day_that_changed_makes_the_plan_out_of_date(
    asking: Ask, visits: list[Visit], office: User, season_now: datetime
) -> None:
    job = planned(office, season_now)
    bookings.cancel(visits[0].pk, by="organiser", now=season_now)
    with pytest.raises(planning.PlanOutOfDate):
        planning.publish(job.pk, now=season_now)
    assert not Visit.objects.filter(promised_at__isnull=False).exists()


def test_a_job_is_run_once_and_found_again_when_its_worker_died(
    office: User, visits: list[Visit], season_now: datetime
) -> None:
    job = planning.ask(FIRST, LAST, by=office, now=season_now)
    assert planning.waiting_jobs(now=season_now) == [job.pk]
    RosterJob.objects.update(status="running", begun_at=season_now)
    assert not planning.run(job.pk, now=season_now)
    assert planning.waiting_jobs(now=season_now + timedelta(minutes=4)) == []
    assert planning.waiting_jobs(now=season_now + timedelta(minutes=6)) == [job.pk]


@pytest.mark.django_db(transaction=True)
def test_a_job_is_kept_where_the_broker_is_gone(season_now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object, **kwargs: object) -> None:
        raise OperationalError("Timeout reading from socket")

    monkeypatch.setattr(planning.current_app, "send_task", gone)
    job = locks.door(planning.ask)(FIRST, LAST, by=None, now=season_now)
    assert planning.waiting_jobs(now=season_now) == [job.pk]


def test_a_job_that_was_stopped_keeps_what_it_has(office: User, visits: list[Visit], season_now: datetime) -> None:
    job = planning.ask(FIRST, LAST, by=office, now=season_now)
    planning.stop(job.pk)
    planning.run(job.pk, now=season_now)
    job.refresh_from_db()
    assert job.status == "stopped"
    assert set(job.plan["guides"]) == {str(pk) for pk in Party.objects.values_list("pk", flat=True)}


@pytest.mark.parametrize(
    ("first", "last", "seconds"), [(LAST, FIRST, 30), (FIRST, FIRST + timedelta(days=62), 30), (FIRST, LAST, 0)]
)
def test_impossible_jobs_are_refused(
    office: User, alzhir: object, season_now: datetime, first: date, last: date, seconds: int
) -> None:
    with pytest.raises(BadWish):
        planning.ask(first, last, by=office, seconds=seconds, now=season_now)


def test_what_was_led_in_the_four_weeks_before_counts(asking: Ask, office: User, season_now: datetime) -> None:
    visit = bookings.book(asking(at(date(2025, 5, 25), "11:00")), now=season_now)
    code = visit.parties.get().guide.code
    found = planning.loads(FIRST, catalogue.calendar())
    assert (found[code].ticks, found[code].weekend) == (12, 12)
    later = planning.loads(FIRST + timedelta(weeks=5), catalogue.calendar())
    assert {code: load.ticks for code, load in later.items() if load.ticks or load.there} == {code: 0}


@pytest.mark.django_db(transaction=True)
def test_by_night_the_days_within_the_horizon_are_planned_and_promised(
    visits: list[Visit], season_now: datetime
) -> None:
    night = at(FIRST, "18:00") - timedelta(days=14)
    assert planning.promise_due(now=season_now) == 0
    assert planning.promise_due(now=night) == 4
    assert set(Visit.objects.filter(promised_at=night).values_list("day", flat=True)) == {FIRST}
    first_day = Party.objects.filter(visit__day=FIRST)
    assert len(set(first_day.values_list("guide", flat=True))) == 4
    assert set(Party.objects.exclude(visit__day=FIRST).values_list("guide__code", flat=True)) == {"g04"}
    assert planning.promise_due(now=night) == 0


@pytest.fixture
def in_the_way(asking: Ask, season_now: datetime) -> tuple[Visit, Visit]:
    """A promised Russian tour led by who alone speaks English, and an English one at the same time that nobody leads."""
    Guide.objects.exclude(code__in=["g01", "g04"]).update(active=False)
    russian = bookings.book(asking(at(FIRST, "10:00")), now=season_now)
    Party.objects.filter(visit=russian).update(guide=Guide.objects.get(code="g01"))
    Visit.objects.filter(pk=russian.pk).update(promised_at=season_now)
    Guide.objects.filter(code="g05").update(active=True)
    english = bookings.book(asking(at(FIRST, "10:00"), language="en", email="b@example.org"), now=season_now)
    Party.objects.filter(visit=english).update(guide=None)
    Guide.objects.filter(code="g05").update(active=False)
    locks.raise_versions([FIRST])
    return russian, english


def test_what_was_promised_stays_and_the_plan_that_covers_more_stands_beside(
    in_the_way: tuple[Visit, Visit], office: User, season_now: datetime
) -> None:
    russian, english = in_the_way
    job = planned(office, season_now)
    assert [change.party.visit_id for change in planning.changes(job)] == []
    assert [party.visit_id for party in planning.unassigned(job)] == [english.pk]
    other = {change.party.visit_id: change for change in planning.changes(job, other=True)}
    assert {pk: (each.was, each.becomes, each.told) for pk, each in other.items()} == {
        russian.pk: ("g01", "g04", True),
        english.pk: (None, "g01", False),
    }
    assert planning.publish(job.pk, other=True, now=season_now) == 2
    assert (russian.parties.get().guide.code, english.parties.get().guide.code) == ("g04", "g01")
    assert Visit.objects.get(pk=english.pk).promised_at == season_now


def test_the_plan_that_changes_least_leaves_it_open(
    in_the_way: tuple[Visit, Visit], office: User, season_now: datetime
) -> None:
    russian, english = in_the_way
    job = planned(office, season_now)
    assert planning.publish(job.pk, now=season_now) == 0
    assert russian.parties.get().guide.code == "g01"
    assert english.parties.get().guide is None


def test_a_fairer_plan_stands_beside_one_that_changes_least(
    visits: list[Visit], office: User, season_now: datetime
) -> None:
    quiet = planning.ask(FIRST, LAST, by=office, quiet=True, seconds=20, now=season_now)
    planning.run(quiet.pk, now=season_now)
    quiet.refresh_from_db()
    assert planning.changes(quiet) == []
    assert len({change.becomes for change in planning.changes(quiet, other=True)}) == 5
    assert "other" not in planned(office, season_now).plan


def test_where_there_is_no_other_plan_none_is_published(
    visits: list[Visit], office: User, season_now: datetime
) -> None:
    job = planned(office, season_now)
    with pytest.raises(NotAllowedNow):
        planning.publish(job.pk, other=True, now=season_now)


def test_what_was_led_before_is_weighed_by_who_was_there(
    visits: list[Visit], office: User, season_now: datetime
) -> None:
    """One guide led; one was on leave; of the others none has ever led, so they are new and owe nothing for those weeks."""
    calendar = catalogue.calendar()
    first = FIRST + timedelta(days=2)
    led = planning.loads(first, calendar)
    assert (led["g04"].ticks, led["g04"].weekend) == (sum(v.parties.count() * 12 for v in visits), 0)
    assert led["g04"].there > 0
    assert all(load.there == 0 for code, load in led.items() if code != "g04")
    two_days = led["g04"].there
    long_ago = at(FIRST - timedelta(days=40), "10:00")
    Party.objects.filter(pk=Party.objects.order_by("pk").first().pk).update(
        period=(long_ago, long_ago + timedelta(minutes=90))
    )
    assert planning.loads(first, calendar)["g04"].there > two_days
    roster.add_absence(
        Guide.objects.get(code="g04").pk, at(FIRST - timedelta(days=60), "00:00"), at(FIRST, "00:00"), now=season_now
    )
    assert planning.loads(first, calendar)["g04"].there == two_days


def test_how_a_plan_moves_the_guides_hours_is_told(visits: list[Visit], office: User, season_now: datetime) -> None:
    job = planned(office, season_now)
    told = {share.guide: share for share in planning.shares(job)}
    leads = Guide.objects.get(code="g04").name
    led = sum(visit.parties.count() for visit in visits)
    assert (told[leads].before, told[leads].now) == (0, led)
    assert told[leads].planned < led
    assert sum(share.planned for share in told.values()) == led
    assert set(told) == set(Guide.objects.filter(active=True).values_list("name", flat=True))
    later = planning.ask(LAST + timedelta(days=7), LAST + timedelta(days=8), by=office, now=season_now)
    assert {share.guide: share for share in planning.shares(later)}[leads] == planning.Share(leads, led, 0, 0)

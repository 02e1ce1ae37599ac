"""The plan of a ceremony: kept apart, read by few, gone the day after."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection

from scheduler import bookings, ceremonies, permissions
from scheduler.ceremonies import Plan
from scheduler.models import CeremonyPlan, Visit
from tests.scheduler.conftest import at
from tours.models import Museum, User

pytestmark = pytest.mark.django_db

DAY = date(2025, 6, 18)
PLAN = Plan(led_by="The ambassador", embassy="+49 30 901820", vehicles="Coach 123 ABC 01")


@pytest.fixture
def visit(alzhir: Museum, asking: object, season_now: datetime) -> Visit:
    asked = asking(at(DAY, "11:00"), tour="halls-flowers", ceremony_plan=PLAN)  # type: ignore[operator]  # a factory
    return bookings.book(asked, now=season_now)


def test_a_plan_is_noted_with_its_visit(visit: Visit) -> None:
    plan = CeremonyPlan.objects.get(visit=visit)
    assert (plan.led_by, plan.press, plan.vehicles) == ("The ambassador", "", "Coach 123 ABC 01")


def test_where_nothing_was_said_nothing_is_kept(visit: Visit) -> None:
    CeremonyPlan.objects.all().delete()
    ceremonies.note(visit, Plan())
    ceremonies.note(visit, None)
    assert not CeremonyPlan.objects.exists()


def test_it_is_deleted_the_day_after_and_not_before(visit: Visit) -> None:
    end = visit.period.upper
    assert ceremonies.forget(now=end + timedelta(hours=23)) == 0
    assert CeremonyPlan.objects.exists()
    assert ceremonies.forget(now=end + timedelta(hours=25)) == 1
    assert not CeremonyPlan.objects.exists()


def test_it_is_deleted_once_the_visit_will_not_be(visit: Visit, season_now: datetime) -> None:
    bookings.cancel(visit.pk, by=bookings.OFFICE, reason="", now=season_now)
    assert ceremonies.forget(now=season_now) == 1


def test_once_deleted_it_is_nowhere_in_the_database(visit: Visit) -> None:
    """Not in the audit trail either, nor in a letter or a call that waits."""
    ceremonies.forget(now=datetime(2030, 1, 1, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s', ["%123 ABC 01%"])
            assert cursor.fetchone() == (0,), table


def test_only_whom_an_administrator_lets_reads_it(alzhir: Museum) -> None:
    office = User.objects.create(username="office", is_staff=True)
    assert not permissions.sees_ceremony_plans(office)
    office.user_permissions.add(Permission.objects.get(codename="view_ceremonyplan"))
    assert permissions.sees_ceremony_plans(User.objects.get(pk=office.pk))
    guide = User.objects.create(username="guide")
    guide.user_permissions.add(Permission.objects.get(codename="view_ceremonyplan"))
    assert not permissions.sees_ceremony_plans(guide)

"""From a booking to the alarm, with real workers, Redis and mail: planned and promised by night, told, declined, replaced, nobody left."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone

from notifications.models import Reply, Thread
from scheduler import bookings, locks, roster, starts
from scheduler.bookings import Request
from scheduler.models import Visit
from scheduler.starts import Group
from tests.conftest import worker_command
from tests.live import Program, Sink, wait_until
from tests.scheduler.conftest import at
from tours.models import Audience, Guide, Museum, Tour, User

Ask = Callable[..., Request]
ENGLISH = ("g01", "g03", "g05")


def nightly(task: str) -> None:
    """What beat does by night, or only now and then."""
    current_app.send_task(f"scheduler.tasks.{task}", queue="solve")


def open_day(now: datetime) -> date:
    """The first day beyond the horizon on which an English group can come at 11:00."""
    group = Group(Tour.objects.get(code="halls"), "en", Audience.objects.get(code="general"), 10)
    first = timezone.localdate(now) + timedelta(days=16)
    days = starts.offered(group, first, first + timedelta(days=20), now=now).days
    return next(day.day for day in days if at(day.day, "11:00") in day.starts)


def leader(visit: Visit) -> Guide | None:
    return visit.parties.select_related("guide").get().guide


def invited(sink: Sink, guide: Guide, method: str) -> bool:
    return any(part.get_param("method") == method for letter in sink.to(guide.email) for part in letter.walk())


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(500)
def test_a_visit_is_promised_declined_replaced_and_at_last_alarmed(
    asking: Ask, sink: Sink, start_program: Callable[..., Program], tmp_path: Path
) -> None:
    for queue in ("mail", "solve"):
        worker = start_program(queue, [*worker_command(queue), "-l", "INFO"])
        worker.wait_for(lambda worker=worker: " ready." in worker.said(), 120)
    # A letter whose thread is locked in the moment of its nudge goes with the next sweep, within 15 seconds.
    start_program("beat", [sys.executable, "-m", "celery", "-A", "config", "beat", "-s", str(tmp_path / "schedule")])
    now = timezone.now()
    User.objects.create(username="office", is_staff=True, email="office@example.org", locale="en")
    day = open_day(now)
    visit = locks.door(bookings.book)(asking(at(day, "11:00"), language="en"), now=now)
    assert visit.promised_at is None
    nightly("promise")

    Museum.objects.update(promise_days=40)  # the night comes on which the day is within the horizon
    nightly("promise")
    wait_until(lambda: Visit.objects.get(pk=visit.pk).promised_at, 60, "the promise")
    first = leader(visit)
    assert first is not None
    wait_until(lambda: invited(sink, first, "REQUEST"), 60, "the guide's invitation")

    late = locks.door(bookings.book)(asking(at(day, "15:00"), language="en", email="late@example.org"), now=now)
    assert late.promised_at == now  # within the horizon at once

    duty = Thread.objects.get(key__startswith=f"visit:{visit.code}:duty:", key__endswith=f":guide:{first.pk}")
    Reply.objects.create(
        message_id=f"<{uuid.uuid4()}@example.org>", thread=duty, verdict="applied", partstat="DECLINED",
        text="Ill", received_at=now,
    )  # fmt: skip
    nightly("take_answers")
    wait_until(lambda: leader(visit) != first, 60, "somebody else")
    second = leader(visit)
    assert second is not None
    assert second.code in ENGLISH
    wait_until(lambda: invited(sink, first, "CANCEL"), 60, "the cancellation for who declined")
    wait_until(lambda: invited(sink, second, "REQUEST"), 60, "the invitation of who came instead")

    for guide in Guide.objects.filter(code__in=ENGLISH).order_by("pk"):  # the last have nobody who could lead for them
        locks.door(roster.add_absence)(guide.pk, at(day, "00:00"), at(day, "13:00"), reason="Ill", now=now)
    assert leader(visit) is None
    assert leader(late) is not None
    alarm = wait_until(
        lambda: [said for said in _texts(sink) if "Nobody can lead this group." in said], 60, "the alarm"
    )
    for code, reason in (("g01", "Is absent"), ("g02", "Does not lead this tour in this language.")):
        assert f"{Guide.objects.get(code=code).name}: {reason}" in alarm[0]
    assert "minutes later, at 13:" in alarm[0]


def _texts(sink: Sink) -> list[str]:
    bodies = (letter.get_body(("plain",)) for letter in sink.to("office@example.org"))
    return [str(body.get_content()) for body in bodies if body is not None]

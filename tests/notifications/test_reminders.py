"""Reminders: written once, and sent only while what they say is true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from notifications import outbox
from notifications.messages import Address, Letter
from notifications.models import OutboxMessage
from tests.notifications.conftest import (
    ABOUT,
    LATER,
    NOW,
    ORGANISER,
    START,
    facts,
    organiser,
    rows,
)

pytestmark = pytest.mark.django_db


def remind(thread: str = f"{ABOUT}:contact:12", to: Address = ORGANISER) -> OutboxMessage | None:
    return outbox.enqueue(
        key=f"reminder_day:{thread}:{START.isoformat()}",
        thread=thread,
        to=to,
        letter=Letter("reminder_day", facts(to.locale)),
        not_before=NOW,
        expires_at=START + timedelta(days=4000),
        bulk=True,
    )


def test_a_reminder_is_written_once_and_has_no_calendar_part(send: Callable[..., Any]) -> None:
    assert remind() is not None
    assert remind() is None
    (letter,) = send()
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_a_reminder_of_a_time_that_changed_is_not_sent_and_of_one_that_changed_back_is(
    tell: Callable[..., None], send: Callable[..., Any]
) -> None:
    tell(organiser())
    send()
    remind()
    tell(organiser(start=LATER))
    tell(organiser())
    assert [row.status for row in rows(kind="reminder_day")] == ["cancelled"]
    assert remind() is not None
    assert len(send()) == 1


def test_a_reminder_after_the_visit_is_dropped(send: Callable[..., Any]) -> None:
    remind()
    OutboxMessage.objects.update(expires_at=NOW - timedelta(days=1))
    assert send() == []
    assert [(row.status, row.last_error) for row in rows()] == [("cancelled", "expired")]

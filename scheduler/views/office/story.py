"""A visit's whole story in the order of time: what changed, what was wished, each letter and each call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.models import Call, OutboxMessage
from scheduler import history
from scheduler.history import Step
from scheduler.models import ChangeRequest, Visit

A_MOMENT = timedelta(seconds=1)
"""What was written with a change stands after it, though the database's clock noted the change a blink later."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them happened then; `decided`: the wish's end, not its beginning."""

    at: datetime
    step: Step | None = None
    wish: ChangeRequest | None = None
    decided: bool = False
    letter: OutboxMessage | None = None
    call: Call | None = None


def story(
    visit: Visit,
    wishes: Iterable[ChangeRequest],
    letters: Iterable[OutboxMessage],
    calls: Iterable[Call],
    zone: ZoneInfo,
) -> list[Entry]:
    """All of it, oldest first. A letter stands where it was sent, a call where somebody rang; before that, where they were written."""
    return sorted(
        _entries(visit, wishes, letters, calls, zone), key=lambda entry: entry.at if entry.step else entry.at + A_MOMENT
    )


def _entries(
    visit: Visit,
    wishes: Iterable[ChangeRequest],
    letters: Iterable[OutboxMessage],
    calls: Iterable[Call],
    zone: ZoneInfo,
) -> Iterator[Entry]:
    for step in history.story_of(visit, zone):
        yield Entry(step.at, step=step)
    for wish in wishes:
        yield Entry(wish.asked_at, wish=wish)
        if wish.decided_at:
            yield Entry(wish.decided_at, wish=wish, decided=True)
    for letter in letters:
        yield Entry(letter.sent_at or letter.created_at, letter=letter)
    for call in calls:
        yield Entry(call.rang_at or call.created_at, call=call)

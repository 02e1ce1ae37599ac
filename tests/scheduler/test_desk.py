"""What the office has before it: the board of a day."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from scheduler import closures, desk
from scheduler.closures import ClosureDraft
from tests.scheduler.conftest import at
from tours.models import Museum

pytestmark = pytest.mark.django_db


def test_a_closure_that_recurs_stands_on_the_board_of_each_of_its_days_and_of_no_other(
    alzhir: Museum, season_now: datetime
) -> None:
    first, again, between = date(2025, 5, 20), date(2025, 5, 27), date(2025, 5, 28)
    weekly = ClosureDraft(
        spaces=(),
        start=at(first, "10:00"),
        end=at(first, "12:00"),
        kind="sanitary",
        notice={"en": "Cleaning."},
        rrule="FREQ=WEEKLY;COUNT=4",
    )
    seen = closures.preview(weekly, now=season_now)
    closures.close(weekly, seal=seen.seal, decisions={}, by=None, now=season_now)
    for day, closed in ((first, True), (again, True), (between, False)):
        blocks = [block for row in desk.board(day, alzhir).rows for lane in row.lanes for block in lane]
        assert any(block.notice for block in blocks) is closed

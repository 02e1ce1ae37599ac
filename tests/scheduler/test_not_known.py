"""What the exact check had no time for is said to be not known: never full, never taken, never an error, and not kept for long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from scheduler import bookings, lateness, starts
from scheduler.bookings import Request
from scheduler.core.availability import Wish
from scheduler.core.packing import Floor
from scheduler.core.solving import Undecided
from scheduler.core.state import State
from scheduler.errors import NotKnown, TooManyThen
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
DAY = date(2025, 5, 29)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the exact check end before so many of a day's starts are decided."""
    whole = State.starts

    def let(number: int) -> None:
        def some(self: State, wish: Wish, group: tuple[int, ...], candidates: int, budget: object) -> tuple[int, int]:
            early = (1 << 140) - 1 if number else 0  # ticks: before 11:40
            good, _ = whole(self, wish, group, candidates & early, budget)  # type: ignore[arg-type]  # as it was called
            return good, candidates & ~early

        monkeypatch.setattr(State, "starts", some)

    return let


def test_a_day_of_which_nothing_is_known_is_not_full(
    asking: Ask, season_now: datetime, checked: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = asking(at(DAY, "11:00"), heads=13).group  # so many ask in no other test: nothing is remembered of them
    with monkeypatch.context() as patched:
        patched.setattr(starts, "NOT_KNOWN_SECONDS", 0)
        checked(0)
        shown = starts.offered(group, DAY, DAY, now=season_now).days[0]
        assert (shown.state, shown.starts, shown.complete) == ("not_known", (), False)
        assert "ask again" in shown.reason
    monkeypatch.undo()
    again = starts.offered(group, DAY, DAY, now=season_now).days[0]
    assert (again.state, again.complete) == ("open", True)
    assert at(DAY, "11:00") in again.starts


def test_what_is_known_of_a_day_is_shown_and_that_there_may_be_more(
    asking: Ask, season_now: datetime, checked: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    group = asking(at(DAY, "11:00"), heads=14).group
    checked(1)
    shown = starts.offered(group, DAY, DAY, now=season_now).days[0]
    assert (shown.state, shown.starts[0], shown.complete) == ("open", at(DAY, "10:00"), False)
    assert at(DAY, "14:00") not in shown.starts
    assert "may be more times" in shown.reason
    monkeypatch.undo()  # for half a minute the next who ask are told the same, and take no time
    assert starts.offered(group, DAY, DAY, now=season_now).days[0] == shown


def test_all_days_of_a_request_share_its_time(
    asking: Ask, season_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = asking(at(DAY, "11:00"), heads=131).group
    monkeypatch.setattr(starts, "NOT_KNOWN_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(starts, "REQUEST_SECONDS", 0)
        states = {day.state for day in starts.offered(large, DAY, date(2025, 6, 27), now=season_now).days}
        assert states == {"not_known", "closed"}
    states = {day.state for day in starts.offered(large, DAY, date(2025, 6, 27), now=season_now).days}
    assert states == {"open", "closed"}


def endless(self: Floor, news: object, budget: object) -> None:
    raise Undecided


def test_ways_of_a_late_group_that_cannot_be_checked_are_not_known(
    asking: Ask, season_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = bookings.book(asking(at(DAY, "11:00"), tour="halls-film"), now=season_now)
    late = at(DAY, "11:20")
    monkeypatch.setattr(Floor, "fewest", endless)
    with pytest.raises(NotKnown):
        lateness.receptions(visit.pk, arrives=late, now=late)


def test_more_people_than_can_be_checked_in_time_are_told_who_surely_may_come(
    asking: Ask, season_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = bookings.book(asking(at(DAY, "11:00"), heads=20), now=season_now)
    fewest = Floor.fewest

    def hard(self: Floor, news: list[tuple[int, object, tuple[int, ...]]], budget: object) -> object:
        if len(news[0][2]) == 3:
            raise Undecided
        return None if len(news[0][2]) > 3 else fewest(self, news, budget)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(Floor, "fewest", hard)
    with pytest.raises(TooManyThen) as refused:
        bookings.change(visit.pk, heads=100, now=season_now)
    assert refused.value.extra["most"] == 50

"""What the office has before it: the board of a day, and the visits it looks for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from scheduler import bookings, closures, desk
from scheduler.closures import ClosureDraft
from scheduler.steps import Person
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
        blocks = [
            block
            for row in desk.day_table(day, alzhir, desk.visits_on(day, alzhir)).rows
            for lane in row.lanes
            for block in lane
        ]
        assert any(block.notice for block in blocks) is closed


@pytest.mark.parametrize("typed", ["8 701 000 00 86", "+77010000086", "0086", "000 00 86", "701-000-00-86"])
def test_a_visit_is_found_by_its_telephone_or_some_digits_of_it(
    typed: str, alzhir: Museum, asking: Any, season_now: datetime
) -> None:
    person = Person("Төраға", phone="+77010000086", locale="kk")
    visit = bookings.book(asking(at(date(2025, 6, 18), "11:00"), contacts=(person,)), now=season_now)
    bookings.book(asking(at(date(2025, 6, 18), "14:00")), now=season_now)
    assert [found.pk for found in desk.find({"q": typed}, alzhir)] == [visit.pk]


@pytest.mark.parametrize("typed", ["86", "QX 0086", "0087"])
def test_what_is_no_number_finds_no_telephone(typed: str, alzhir: Museum, asking: Any, season_now: datetime) -> None:
    person = Person("Төраға", phone="+77010000086", locale="kk")
    bookings.book(asking(at(date(2025, 6, 18), "11:00"), contacts=(person,)), now=season_now)
    assert not desk.find({"q": typed}, alzhir).exists()


@pytest.mark.parametrize("typed", ["+49 30 123", "+4930123456", "49301"])
def test_a_number_from_abroad_is_found_before_it_is_typed_to_its_end(
    typed: str, alzhir: Museum, asking: Any, season_now: datetime
) -> None:
    person = Person("Anna", phone="+49301234567", locale="en")
    visit = bookings.book(asking(at(date(2025, 6, 18), "11:00"), contacts=(person,)), now=season_now)
    assert [found.pk for found in desk.find({"q": typed}, alzhir)] == [visit.pk]


@pytest.mark.parametrize(
    "typed", ["Сейтқызы", "сейткызы", "АЙГУЛ", "айгүл", "мектебі", "мектеби", "№ 5", "Өмир", "омір"]
)
def test_a_name_is_found_with_the_kazakh_letters_and_without(
    typed: str, alzhir: Museum, asking: Any, season_now: datetime
) -> None:
    person = Person("Айгүл Сейтқызы", phone="+77010000086", organisation="№ 5 мектебі", locale="kk")
    visit = bookings.book(
        asking(at(date(2025, 6, 18), "11:00"), contacts=(person,), leader_name="Омир"), now=season_now
    )
    bookings.book(asking(at(date(2025, 6, 18), "14:00")), now=season_now)
    assert [found.pk for found in desk.find({"q": typed}, alzhir)] == [visit.pk]


@pytest.mark.parametrize("typed", [".*", "[аә]", "(", "\\", "Айг.л", "%", "_"])
def test_what_is_typed_is_text_and_no_pattern(typed: str, alzhir: Museum, asking: Any, season_now: datetime) -> None:
    person = Person("Айгүл Сейтқызы", phone="+77010000086", locale="kk")
    bookings.book(asking(at(date(2025, 6, 18), "11:00"), contacts=(person,)), now=season_now)
    assert not desk.find({"q": typed}, alzhir).exists()

"""What is said to help does help, and each kind of help has its case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.core import helping
from scheduler.core.assignment import Duty, Guide, Reason, what_would_help
from scheduler.core.day import Day, Opening
from scheduler.core.itinerary import Party, Space, Stop, Visit
from scheduler.core.ticks import Interval

SKILLS = frozenset([("halls", "kk")])
ABLE = Guide("g", SKILLS, (Interval(120, 216),))
ASKED = Duty("d", "v", "halls", "kk", Interval(132, 144))
OTHER = Duty("o", "w", "halls", "kk", Interval(146, 158), "g")


@pytest.mark.parametrize(
    ("guide", "others", "help_"),
    [
        (replace(ABLE, away=(Interval(130, 140),)), (), Reason("help_absence", "g")),
        (replace(ABLE, rest=3), (OTHER,), Reason("help_rest", "g")),
        (replace(ABLE, daily_duties=1), (OTHER,), Reason("help_limit", "g")),
        (replace(ABLE, hours=(Interval(140, 216),)), (), Reason("help_hours", "g")),
        (replace(ABLE, qualifications=frozenset()), (), Reason("help_skill", "g", "halls", "kk")),
    ],
)
def test_the_one_change_that_helps_is_named(guide: Guide, others: tuple[Duty, ...], help_: Reason) -> None:
    assert what_would_help((guide,), (ASKED, *others), "d") == [help_]


def test_a_promise_that_stands_in_the_way_is_named() -> None:
    second = Guide("h", frozenset([("grounds", "kk")]), ABLE.hours)
    promised = Duty("p", "w", "grounds", "kk", Interval(132, 144), "g", promised=True)
    both = replace(ABLE, qualifications=SKILLS | {("grounds", "kk")})
    assert Reason("help_promise", "p") in what_would_help((both, second), (ASKED, promised), "d")


def test_nothing_helps_where_all_are_led() -> None:
    assert what_would_help((ABLE,), (ASKED, OTHER), "d") == []


STOPS = (Stop("hall", 12),)
LED = Visit("w", "halls", "kk", STOPS, (Party("o", 20, 132, 0, "g", (0,)),), promised=True)


def day(*visits: Visit, lanes: int = 9, guides: tuple[Guide, ...] = (ABLE,)) -> Day:
    return Day((Opening(108, 216, 204),), {"hall": Space("hall", lanes)}, guides, visits)


def asked(heads: int, most: int) -> Visit:
    number = -(-heads // most)
    parties = tuple(Party(f"d{n}", heads // number + (n < heads % number), 132, 0, None, (0,)) for n in range(number))
    return Visit("v", "halls", "kk", STOPS, parties)


def test_the_nearest_times_at_which_the_group_could_be_led_are_named() -> None:
    found = helping.of_visit(day(LED, asked(20, 25)), "v")
    assert found == [Reason("help_move", -60, 120), Reason("help_move", 60, 144)]
    assert helping.of_visit(day(LED, asked(20, 25)), "v", earliest=121) == [Reason("help_move", 60, 144)]


def test_times_at_which_there_is_no_room_are_not_named() -> None:
    full = Visit("x", "", "", STOPS, (Party("x", 1, 144, 0, None, (0,)),), promised=True)
    found = helping.of_visit(day(LED, full, asked(20, 25), lanes=1), "v")
    assert found == [Reason("help_move", -60, 120), Reason("help_move", 120, 156)]


def test_who_has_said_no_is_not_counted_on() -> None:
    assert helping.of_visit(day(LED, asked(20, 25)), "v", but=["g"]) == []


def test_fewer_sub_groups_help_where_guides_are_few() -> None:
    two = (ABLE, replace(ABLE, code="h"))
    assert helping.of_visit(day(asked(52, 25), guides=two), "v") == [Reason("help_parties", 2, 3, 26)]


def test_one_sub_group_cannot_be_fewer() -> None:
    assert helping.of_visit(day(asked(20, 25), guides=()), "v") == []

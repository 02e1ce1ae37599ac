"""What is said to help does help, and each kind of help has its case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.core.assignment import Duty, Guide, Reason, what_would_help
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

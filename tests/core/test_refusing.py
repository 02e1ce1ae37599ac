"""What a day without starts says is true: others are to blame only where the day would do without them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.core import availability
from scheduler.core.availability import Closed, Day
from scheduler.core.itinerary import Party, Stop, Taken, Visit
from scheduler.core.rules import Reason
from scheduler.core.ticks import Interval
from tests.core.test_museum_tours import EMPTY, GUIDES, HALLS, wish

MORNING, NOON, EVENING = Interval(120, 150), Interval(150, 180), Interval(180, 216)
SKILL = ("halls", "ru")


def reasons(day: Day, heads: int = 10, earliest: int = 0) -> list[tuple[object, ...]]:
    found = availability.starts(day, wish("halls", heads), earliest=earliest).reasons
    return [(reason.code, *reason.params) for reason in found]


def shut(period: Interval, *spaces: str) -> Closed:
    return Closed(period, frozenset(spaces) or None, "works")


def working(*hours: Interval) -> Day:
    return replace(EMPTY, guides=tuple(replace(guide, hours=hours) for guide in GUIDES))


def taken(*periods: Interval) -> tuple[Taken, ...]:
    return tuple(Taken("alash", period, 2) for period in periods)


def elsewhere(*periods: Interval) -> tuple[Visit, ...]:
    """All guides are outside with others in these periods, as was promised."""
    return tuple(
        Visit(
            f"v{n}.{g.code}",
            "halls",
            "ru",
            (Stop("wall", period.ticks),),
            (Party(f"p{n}.{g.code}", 5, period.start, 0, g.code),),
            True,
            False,
        )
        for n, period in enumerate(periods)
        for g in GUIDES
    )


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (replace(working(MORNING), closed=(shut(MORNING),)), [("closed_then", "works")]),
        (
            replace(working(MORNING), closed=(shut(MORNING, "alash"),), visits=elsewhere(EVENING)),
            [("closed_then", "works")],
        ),
        (replace(working(MORNING), closed=(shut(MORNING, "wall"),), taken=taken(MORNING)), [("full", "alash")]),
        (
            replace(
                EMPTY,
                guides=tuple(replace(guide, away=(Interval(135, 216),)) for guide in GUIDES),
                closed=(shut(Interval(0, 130), "alzhir"),),
            ),
            [("closed_then", "works")],
        ),
    ],
    ids=["all", "one place", "another place", "while guides are there"],
)
def test_where_a_closure_is_the_cause_it_is_named_and_no_group(day: Day, said: list[tuple[object, ...]]) -> None:
    assert reasons(day) == said


def test_guides_who_are_free_only_after_the_places_are() -> None:
    tireless = tuple(replace(guide, daily_ticks=None) for guide in GUIDES)
    day = replace(EMPTY, guides=tireless, visits=elsewhere(Interval(120, 177)), taken=taken(Interval(170, 216)))
    assert reasons(day) == [("guides_taken", *SKILL, 1, 180), ("full", "alash")]


def test_guides_and_places_that_are_never_free_at_once() -> None:
    """Guides in the morning and in the evening, places at noon: nobody need be told that guides are free from the opening on."""
    day = replace(EMPTY, visits=elsewhere(Interval(135, 180)), taken=taken(Interval(120, 140), Interval(176, 216)))
    assert reasons(day) == [("never_both", *SKILL)]


def test_only_places_that_others_use_are_called_full() -> None:
    stops = (Stop("alash", 48), Stop("cinema", 48))
    others = tuple(
        Visit(f"v{n}", "halls", "kk", stops, (Party(f"p{n}", 5, 120, 0, g.code, (0, 1)),), True)
        for n, g in enumerate(GUIDES[:2])
    )
    day = replace(EMPTY, visits=others, closed=(shut(Interval(168, 216), "alash"),))
    found = availability.starts(replace(day, taken=()), wish("halls", 10)).reasons
    assert found == (Reason("full", "alash"),)


def test_of_a_group_in_waves_absent_guides_are_named_and_no_group() -> None:
    """All are there early, and at no time too few for one wave; but not long enough for the waves one after the other."""
    away = tuple(replace(guide, away=(Interval(145, 216),)) for guide in GUIDES)
    assert availability.starts(EMPTY, wish("halls", 300)).waves
    assert reasons(replace(EMPTY, guides=away), heads=300) == [("guides_fewer", *SKILL)]
    closed = (shut(Interval(138, 216), *(stop.space for stop in HALLS)),)
    assert reasons(replace(EMPTY, closed=closed), heads=300) == [("closed_then", "works")]
    assert reasons(replace(EMPTY, guides=away, closed=closed), heads=300) == [
        ("closed_then", "works"),
        ("guides_fewer", *SKILL),
    ]


def test_waves_that_only_began_too_late_are_too_late() -> None:
    assert reasons(EMPTY, heads=300, earliest=190) == [("too_late", 190)]

"""Groups that one wave cannot hold: how they are divided, and the nearest starts of their waves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import pytest

from scheduler.core import availability
from scheduler.core.availability import Day, Opening, Wish
from scheduler.core.itinerary import Party, Space, Stop, Visit
from scheduler.core.packing import Floor
from scheduler.core.rules import Guide
from scheduler.core.solving import Budget, Undecided
from scheduler.core.state import State
from scheduler.core.ticks import Interval, bits
from scheduler.core.waves import when_empty
from tests.core import oracle
from tests.core.test_museum_tours import EMPTY, FILM, GUIDES, HALLS, OPEN, SPACES, wish

SKILL = frozenset([("t", "ru")])


def at_work(*hours: tuple[int, int], rest: int = 0, duties: int | None = None) -> Guide:
    return Guide("g", SKILL, tuple(Interval(*each) for each in hours), (), rest, None, duties)


def crew(*guides: Guide) -> tuple[Guide, ...]:
    return tuple(replace(guide, code=f"g{number}") for number, guide in enumerate(guides))


LATE = Day(
    (Opening(0, 14, 14),),
    {"b": Space("b", 1, 30)},
    crew(at_work((4, 11))),
    grid=1,
)
APART = Day(
    (Opening(0, 14, 13),),
    {"a": Space("a", 1)},
    crew(at_work((0, 5), (6, 14), rest=2), at_work((4, 14), rest=3)),
    grid=1,
)
HALVES = Day((Opening(0, 14, 14),), {"b": Space("b", 2)}, crew(at_work((0, 5), (6, 11), rest=1, duties=2)), grid=1)


@pytest.mark.parametrize(
    ("day", "asked"),
    [
        (LATE, Wish("t", "ru", (Stop("b", 1, movable=True),), 60, 20)),
        (APART, Wish("t", "ru", (Stop("a", 2, together=True, exclusive=True),), 40, 10)),
        (replace(LATE, grid=2), Wish("t", "ru", (Stop("b", 2, movable=True),), 50, 25)),
        (HALVES, Wish("t", "ru", (Stop("b", 3, movable=True), Stop("b", 2)), 50, 25)),
    ],
    ids=["guides come late", "one comes late", "few starts", "hours in two parts"],
)
def test_a_group_is_divided_by_when_guides_work(day: Day, asked: Wish) -> None:
    groups = when_empty(day, asked).divided(asked.heads)
    assert groups == fewest_waves(day, asked)
    assert availability.starts(day, asked).waves == oracle.nearest(day, asked, groups)


def fewest_waves(day: Day, asked: Wish) -> tuple[tuple[int, ...], ...]:
    """The first division that the referee can serve: fewest waves, fewest parties, most even."""
    guides, floors = oracle.Guides(day), oracle.Floors(day)
    fewest = -(-asked.heads // asked.heads_per_guide)
    for waves in range(1, 5):
        for parties in range(max(fewest, waves), fewest + waves):
            sizes = oracle.even(asked.heads, -(-asked.heads // parties))
            every = [parts for parts in product(range(parties, 0, -1), repeat=waves) if sum(parts) == parties]
            for parts in sorted(
                (parts for parts in every if list(parts) == sorted(parts, reverse=True)),
                key=lambda p: (p[0] - p[-1], p),
            ):
                left = list(sizes)
                groups = tuple(tuple(left.pop(0) for _ in range(number)) for number in parts)
                for starts in product(oracle.begins(day, asked), repeat=waves):
                    news = list(zip(starts, groups, strict=True))
                    rising = all(a < b for a, b in pairwise(starts))
                    if rising and guides.can(asked, news) and floors.can(asked, news):
                        return groups
    return ()


def test_the_largest_group_is_told_where_guides_begin_after_the_doors_open() -> None:
    later = tuple(replace(guide, hours=(Interval(126, 216),)) for guide in GUIDES)
    assert availability.largest(replace(EMPTY, guides=later), wish("halls", 1)) == 400
    assert availability.starts(replace(EMPTY, guides=later), wish("halls", 300)).waves


def test_hours_in_two_parts_hold_no_visit_that_goes_over_both() -> None:
    """Ten ticks of work are two visits of five only where each part of the hours holds one."""
    torn = replace(HALVES, guides=crew(at_work((0, 3), (7, 14))))
    assert availability.largest(torn, Wish("t", "ru", (Stop("b", 5),), 1, 25)) == 25


def busy(*visits: tuple[int, tuple[Stop, ...], str, tuple[int, ...]]) -> Day:
    """The museum with these visits, one party each: start, stops, guide, walk."""
    return replace(
        EMPTY,
        visits=tuple(
            Visit(f"v{number}", "halls", "ru", stops, (Party(f"p{number}", 20, start, 0, guide, walk),))
            for number, (start, stops, guide, walk) in enumerate(visits)
        ),
    )


DAYS = [
    EMPTY,
    replace(EMPTY, guides=(*GUIDES, replace(GUIDES[0], code="g6", hours=(Interval(132, 200),)))),
    busy((132, HALLS, "g1", (0, 1)), (135, FILM, "g2", (1, 0, 2))),
    busy(
        (126, FILM, "g4", (2, 0, 1)),
        (141, HALLS, "g2", (1, 0)),
        (165, FILM, "g3", (0, 1, 2)),
        (177, HALLS, "g5", (0, 1)),
    ),
    replace(
        busy((150, FILM, "g1", (0, 1, 2))),
        closed=(availability.Closed(Interval(165, 172), frozenset(["cinema"]), "c"),),
    ),
]


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize(("tour", "heads"), [("halls", 120), ("halls-film", 120), ("halls-film", 200)])
def test_waves_are_the_nearest_that_a_search_without_any_shortcut_finds(day: Day, tour: str, heads: int) -> None:
    asked = wish(tour, heads)
    groups = when_empty(day, asked).divided(heads)
    found = availability.starts(day, asked)
    assert len(groups) > 1
    assert not found.unknown
    assert found.waves == plainly(day, asked, groups)


def plainly(day: Day, asked: Wish, groups: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Each first start with the soonest others: every combination asked of the whole day at once."""
    state, known = State(day), {}
    every = list(bits(state.candidates(asked.ticks)))

    def can(starts: tuple[int, ...]) -> bool:
        if starts not in known:
            known[starts] = state.can(asked, groups[: len(starts)], starts, Budget(60))
        return known[starts]

    def soonest(starts: tuple[int, ...], before: int) -> tuple[int, ...]:
        if not can(starts) or len(starts) == len(groups):
            return starts if can(starts) else ()
        best: tuple[int, ...] = ()
        for start in every:
            if starts[-1] < start < before and (more := soonest((*starts, start), before)):
                best, before = more, more[-1]
        return best

    return tuple(best for first in every if (best := soonest((first,), 1 << 30)))


def test_waves_may_begin_far_apart_while_other_groups_link_them() -> None:
    """Places are free at the day's ends alone; in between groups follow each other without a break."""
    stops = (Stop("a", 2, movable=True), Stop("b", 1, movable=True))
    others = tuple(
        Visit(f"v{n}", "t", "ru", stops, (Party(f"p{n}", 5, 2 + 2 * n, 0, f"g{n % 2}", (0, 1)),)) for n in range(11)
    )
    day = Day(
        (Opening(0, 30, 30),),
        {"a": Space("a", 1), "b": Space("b", 1)},
        crew(at_work((0, 30)), at_work((0, 30)), at_work((0, 30))),
        others,
        grid=1,
    )
    asked = Wish("t", "ru", stops, 20, 10)
    groups = when_empty(day, asked).divided(20)
    assert len(groups) == 2
    found = availability.starts(day, asked)
    assert found.waves == oracle.nearest(day, asked, groups)
    assert any(late - early > 12 for early, late in found.waves)


def test_what_empty_spaces_hold_is_asked_once_for_all_hours_and_days(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, count = Wish("halls-film", "ru", (Stop("alash", 6, movable=True), *FILM[1:]), 250, 25), 0
    arrange = Floor.arrange

    def counted(self, news, budget):
        nonlocal count
        count += 1
        return arrange(self, news, budget)

    monkeypatch.setattr(Floor, "arrange", counted)
    day = replace(EMPTY, spaces={**SPACES, "alzhir": Space("alzhir", 2, 60)})
    assert availability.starts(day, asked).waves
    assert 0 < count < 100  # every combination of starts would be more than a thousand
    before = count
    others = tuple(replace(guide, code=f"other {guide.code}") for guide in reversed(GUIDES))
    assert availability.starts(replace(day, guides=others), asked) == availability.starts(day, asked)
    assert count == before


def test_without_time_waves_are_unknown_and_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Wish("halls-film", "ru", FILM, 200, 20)

    def endless(self: Floor, news: object, budget: object) -> None:
        raise Undecided

    day = busy((150, HALLS, "g1", (0, 1)))
    assert when_empty(day, asked).divided(200)
    with monkeypatch.context() as patched:
        patched.setattr(Floor, "arrange", endless)
        found = availability.starts(day, asked)
    assert found.unknown
    assert not found.reasons
    assert set(found.waves) < set(availability.starts(day, asked).waves)


def test_the_rule_of_opening_hours_holds_for_every_wave() -> None:
    assert availability.way(EMPTY, wish("halls", 120), (120, 133)) is None
    assert OPEN[0].last_start == 198
    assert availability.way(EMPTY, wish("halls", 120), (120, 201)) is None

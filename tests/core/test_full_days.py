"""Days as full as a busy museum's: too large for the referee, so what the searches and the relaxations find is held against the solver."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scheduler.core import availability
from scheduler.core.availability import Day, Wish
from scheduler.core.itinerary import split
from scheduler.core.matching import Demand
from scheduler.core.matching_bound import Bound
from scheduler.core.packing_bound import Prices, Relaxation
from scheduler.core.packing_model import pack
from scheduler.core.solving import Budget
from scheduler.core.state import State
from scheduler.core.ticks import bits
from tests.benchmarks import museums
from tests.benchmarks.museums import HEADS_PER_GUIDE, stops, tour


def wish(kind: str, ticks: int, language: str, parties: int) -> Wish:
    return Wish(tour(kind, ticks), language, stops(kind, ticks), parties * HEADS_PER_GUIDE, HEADS_PER_GUIDE)


WISHES = (wish("halls", 18, "ru", 1), wish("halls", 12, "ru", 2), wish("film", 24, "kk", 1))


@pytest.fixture(scope="module")
def full_day() -> Day:
    """Guides who lead 70 % of all that they may."""
    day = museums.month(museums.BUSY, 2, 2)[1]
    assert museums.use(day) > 0.65
    return day


@pytest.mark.parametrize("asked", WISHES)
def test_on_a_full_day_the_starts_are_those_that_the_solver_alone_finds(full_day: Day, asked: Wish) -> None:
    state = State(full_day)
    expected = [start for start in bits(state.candidates(asked.ticks)) if by_solver(state, asked, start)]
    found = availability.starts(full_day, asked, seconds=60)
    assert list(found.starts) == expected
    assert found.unknown == ()


def by_solver(state: State, asked: Wish, start: int) -> bool:
    crew, floor, group = state.crew, state.floor, split(asked.heads, asked.heads_per_guide)
    groups = crew._groups(asked.tour, asked.language, [Demand(start, asked.ticks, len(group))])
    units = floor._new_units([(start, asked.stops, group)])
    return (
        crew._model(groups).solve(Budget(60)) is not None
        and all(unit.options for unit in units)
        and pack(
            floor.fields, floor.room, [*units, *floor.waves], floor.spaces, floor.origin, Budget(60), new=len(units)
        )
        is not None
    )


def test_what_one_start_of_the_guides_proves_of_another_is_true(full_day: Day) -> None:
    asked, crew = wish("halls", 18, "ru", 3), State(full_day).crew
    starts = bits(State(full_day).candidates(asked.ticks))
    groups = crew._groups(asked.tour, asked.language, [Demand(start, asked.ticks, 3) for start in starts])
    bound, disproved = Bound(crew.tasks, groups, crew.limits), 0
    for index, group in enumerate(groups):
        if bound.disproves(index) or bound.ask(index) is None:
            disproved += 1
            assert crew._model([group]).solve(Budget(60)) is None
    assert disproved >= 5


def test_what_one_start_of_the_spaces_proves_of_another_is_true() -> None:
    """Halls of three lanes where five were wanted."""
    narrow = museums.Museum("narrow", 30, 30, (3, 3, 3, 3, 3, 5))
    day = museums.month(narrow, 1, 1)[0]
    asked, state = wish("halls", 18, "ru", 2), State(day)
    floor, proofs, disproved = state.floor, list[Prices](), 0
    for start in bits(state.candidates(asked.ticks)):
        units = floor._new_units([(start, asked.stops, (HEADS_PER_GUIDE,) * 2)])
        if not all(unit.options for unit in units):
            continue
        waves = [*units, *floor.waves]
        answer = Relaxation(floor.fields, floor.room, waves, 2, floor.origin).ask()
        if isinstance(answer, Prices):
            proofs.append(answer)
        if any(prices.disprove(units) for prices in proofs):
            disproved += 1
            assert pack(floor.fields, floor.room, waves, floor.spaces, floor.origin, Budget(60)) is None
    assert disproved >= 5


@pytest.mark.parametrize("number", [0, 2])
def test_a_full_day_answers_after_a_booking_as_if_it_were_asked_alone(number: int) -> None:
    """With the rosters, arrangements and proofs of the day before the booking to begin from."""
    museum = museums.Museum("narrow", 30, 30, (3, 3, 3, 3, 3, 5)) if number else museums.BUSY
    before = replace(museums.month(museum, 2, 2)[1], seal=f"full {number} before")
    asked = wish("halls", 18, "ru", 1 + number)
    offered = availability.starts(before, asked, seconds=60).starts
    for place, start in enumerate(offered[:: max(1, len(offered) // 3)]):
        way = availability.way(before, asked, (start,), seconds=60)
        assert way is not None
        after = museums.booked(before, asked, way, f"b{place}")
        kept = availability.starts(replace(after, seal=f"full {number} after {place}"), asked, seconds=60)
        assert kept == availability.starts(after, asked, seconds=60)


@pytest.mark.parametrize("narrow", [False, True])
def test_what_was_refused_among_others_is_so_when_asked_for_alone(narrow: bool) -> None:
    """A reason asks again what the starts were asked: it gets the same answer, worked out or remembered."""
    museum = museums.Museum("narrow", 30, 30, (3, 3, 3, 3, 3, 5)) if narrow else museums.BUSY
    day, asked = museums.month(museum, 2, 6)[1 if narrow else 5], wish("halls", 18, "ru", 2 if narrow else 3)
    state, group = State(day), split(asked.heads, asked.heads_per_guide)
    state.starts(asked, group, state.candidates(asked.ticks), Budget(60))
    answers = set()
    for start in bits(state.candidates(asked.ticks)):
        alone = State(day)
        led, by_itself = (
            each.crew.can_lead(asked.tour, asked.language, start, asked.ticks, len(group), Budget(60))
            for each in (state, alone)
        )
        walked, by_themselves = (
            each.floor.arrange([(start, asked.stops, group)], Budget(60)) is not None for each in (state, alone)
        )
        assert (led, walked) == (by_itself, by_themselves)
        answers.add(walked if narrow else led)
    assert answers == {True, False}

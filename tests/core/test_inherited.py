"""What a day takes over from days alike is what it would have found: the engine with and without its memory, on chains of changes."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import count, product

from hypothesis import given
from hypothesis import strategies as st

from scheduler.core import availability
from scheduler.core.assignment import Guide
from scheduler.core.availability import Day, Wish
from scheduler.core.day import Starts
from scheduler.core.itinerary import Space
from scheduler.core.ticks import Interval
from tests.core.days import CLOSES, LANGUAGES, OPENS, STOPS, TOURS, days, wishes
from tests.core.test_availability import thorough
from tests.core.test_properties import HOURS, book, booked_days, without

number = count()


def kept(day: Day, wish: Wish, earliest: int = 0) -> Starts:
    """The answer of a day that may take over what days before it have answered."""
    return availability.starts(replace(day, seal=f"inherited {next(number)}"), wish, earliest=earliest)


def taken_over(day: Day, wish: Wish) -> tuple[int, int]:
    """How many starts of the day kept last others had settled: can be served, cannot."""
    state, _ = next(reversed(availability._kept.values()))
    yes, no = state.inherited.settled((wish, 0))
    return yes.bit_count(), no.bit_count()


@thorough(0.1)
@given(days(), wishes(), st.randoms(use_true_random=False))
def test_days_with_some_of_the_visits_answer_as_if_asked_alone(day, wish, chance):
    """Days as they come, rules broken and all: visits go and come back, are promised and given other guides."""
    availability._relatives.forget()
    for _ in range(6):
        some = [visit for visit in day.visits if chance.random() < 0.6]
        for place, visit in enumerate(some):
            if chance.random() < 0.2:
                some[place] = replace(visit, promised=not visit.promised)
            elif chance.random() < 0.1:
                nobody = tuple(replace(party, guide=None) for party in visit.parties)
                some[place] = replace(visit, parties=nobody)
        chance.shuffle(some)
        changed, earliest = replace(day, visits=tuple(some)), chance.choice((0, 0, 15))
        assert kept(changed, wish, earliest) == availability.starts(changed, wish, earliest=earliest)


@thorough(0.1)
@given(booked_days(), wishes(), wishes(), st.data())
def test_what_is_booked_moved_and_cancelled_leaves_each_answer_as_if_asked_alone(day, first, second, data):
    availability._relatives.forget()
    for _ in range(4):
        for wish in (first, second):
            assert kept(day, wish) == availability.starts(day, wish)
        shown = availability.starts(day, first).starts
        if shown and data.draw(st.booleans()):
            day = book(day, first, (data.draw(st.sampled_from(shown)),), f"n{next(number)}")
        elif day.visits:
            day = without(day, data.draw(st.sampled_from(day.visits)))


def test_a_chain_of_changes_takes_over_much_and_nothing_wrong():
    chance, found, compared = random.Random(4), Counter(), 0
    asked = [Wish(t, spoken, STOPS[t], heads, 10) for t, spoken, heads in product(TOURS, LANGUAGES, (16,))]
    for _museum in range(3):
        day = Day(HOURS, places_by_chance(chance), crew_by_chance(chance))
        for step in range(30):
            answers = {}
            for wish in asked:
                answers[wish] = kept(day, wish)
                yes, no = taken_over(day, wish)
                found["yes"] += yes
                found["no"] += no
                assert answers[wish] == availability.starts(day, wish)
                compared += 1
            wish, answer = chance.choice(list(answers.items()))
            if answer.starts and len(day.visits) < 6 and chance.random() < 0.6:
                day = book(day, wish, (chance.choice(answer.starts),), f"v{step}")
            elif day.visits and chance.random() < 0.3:
                some = chance.choice(day.visits)
                visits = tuple(replace(v, promised=not v.promised) if v is some else v for v in day.visits)
                day = replace(day, visits=visits)
            elif day.visits:
                day = without(day, chance.choice(day.visits))
    print(f"{compared} answers compared, 0 differences; starts taken over: {dict(found)}")
    assert min(found["yes"], found["no"]) > 200


def crew_by_chance(chance: random.Random) -> tuple[Guide, ...]:
    return tuple(
        Guide(
            f"g{n}",
            frozenset(skill for skill in product(TOURS, LANGUAGES) if chance.random() < 0.7),
            (Interval(OPENS, CLOSES),),
            (),
            chance.randrange(3),
            18,
            3,
        )
        for n in range(4)
    )


def places_by_chance(chance: random.Random) -> dict[str, Space]:
    places = (Space("a", chance.choice((1, 2))), Space("b", 2), Space("c", 1, 15), Space("w", 1))
    return {place.code: place for place in places}

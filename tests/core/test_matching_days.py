"""Mixtures of the guides' days: their prices against every day there is, their "no"s against every roster, and against the solver."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.core.matching import Demand
from scheduler.core.matching_days import Days, Priced
from scheduler.core.matching_model import NOBODY, Limits, Task
from scheduler.core.solving import Budget, Effort
from scheduler.core.state import State
from scheduler.core.ticks import bits
from tests.benchmarks import museums
from tests.benchmarks.museums import tour

GUIDES = 3


@st.composite
def scenes(draw):
    """A few tasks of two lengths, and three guides with rests and limits; some have nothing left of their day."""
    tasks = []
    for number in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, 10))
        ticks = draw(st.sampled_from((2, 4)))
        tasks.append(Task(str(number), start, start + ticks, draw(st.integers(0, 2**GUIDES - 1))))
    rest = [draw(st.integers(0, 2)) for _ in range(GUIDES)]
    ticks = [draw(st.sampled_from((-2, 0, 3, 6, 1 << 30))) for _ in range(GUIDES)]
    return tasks, Limits(rest, ticks, [1 << 30] * GUIDES)


def may_lead(day, guide, tasks, limits):
    mine = sorted((tasks[index] for index in day), key=lambda task: task.start)
    return (
        all(task.able >> guide & 1 for task in mine)
        and all(one.end + limits.rest[guide] <= two.start for one, two in itertools.pairwise(mine))
        and (not mine or sum(task.end - task.start for task in mine) <= limits.ticks[guide])
    )


def days_of(guide, tasks, limits):
    every = range(len(tasks))
    some = itertools.chain.from_iterable(itertools.combinations(every, size) for size in range(len(tasks) + 1))
    return [day for day in some if may_lead(day, guide, tasks, limits)]


@given(scenes(), st.lists(st.integers(0, 50), min_size=6, max_size=6))
def test_the_dearest_days_are_those_of_all_days(scene, prices) -> None:
    tasks, limits = scene
    prices = np.array(prices[: len(tasks)], np.int64)
    total, found = Priced(tasks, limits).dearest(prices)
    dearest = [
        max(sum(int(prices[i]) for i in day) for day in days_of(guide, tasks, limits)) for guide in range(GUIDES)
    ]
    assert total == sum(dearest)
    for guide, day in enumerate(found):
        assert may_lead(day, guide, tasks, limits)
        assert sum(int(prices[i]) for i in day) == dearest[guide]


def can_all_be_led(tasks, limits):
    """Whether every task can have as many guides as it wants: all rosters tried."""
    choices = [itertools.combinations(bits(task.able), task.number) for task in tasks]
    for led in itertools.product(*(list(choice) for choice in choices)):
        days = [[index for index, guides in enumerate(led) if guide in guides] for guide in range(GUIDES)]
        if all(may_lead(day, guide, tasks, limits) for guide, day in enumerate(days)):
            return True
    return False


@settings(max_examples=500)  # one in seven can be led
@given(scenes(), st.integers(1, 2))
def test_a_no_is_true_and_a_mixture_leads_all(scene, number) -> None:
    """The last task is asked for; what leads the others is not known."""
    (*tasks, group), limits = scene
    group.number = number
    shares = Days(tasks, limits, [NOBODY] * len(tasks)).ask(group, Effort(10))
    if shares is None:
        assert not can_all_be_led([*tasks, group], limits)
    else:
        assert {index for index, _ in shares} == {*range(len(tasks) + number)}


def test_on_full_days_every_no_of_the_solver_is_proven() -> None:
    """And for one start after another, each beginning with what was found for those before."""
    proven = 0
    for day in (museums.month(museums.BUSY, 2, 7)[number] for number in (5, 6)):
        state = State(day)
        crew = state.crew
        days = Days(crew.tasks, crew.limits, crew.witness)
        for start in list(bits(state.candidates(18)))[::2]:
            [group] = crew._groups(tour("halls", 18), "ru", [Demand(start, 18, 3)])
            answer = days.ask(group, Effort(30))
            solved = crew._model([group]).solve(Budget(60))
            assert (answer is None) == (solved is None)
            proven += answer is None
    assert proven >= 10

"""The relaxations, written down as they must be: the solver refuses a row that names a variable twice."""

from __future__ import annotations

import pytest

from scheduler.core.itinerary import Stop
from scheduler.core.packing_bound import Prices, Relaxation
from scheduler.core.packing_model import Option, Wave
from scheduler.core.profiles import Fields, Run
from scheduler.core.relaxing import INFINITE, Programme

LANES = ("hall", False)
FIELDS = Fields((LANES,), 24)


def wave(key: str, *runs: Run) -> Wave:
    """A wave that has one way only."""
    load = sum(FIELDS.load(run.channel, run.offset, run.ticks, run.amount) for run in runs)
    return Wave((key, 0), 0, (Stop("hall", 6),), (5,), given=[Option(load, runs, ((0,),))])


def test_a_row_that_names_a_variable_twice_is_refused() -> None:
    programme = Programme()
    [variable] = programme.add(1)
    programme.row(-INFINITE, 1, [variable, variable])
    with pytest.raises(ValueError, match="several times"):
        programme.solve()


def test_runs_of_one_way_that_overlap_take_their_sum() -> None:
    """Two sub-groups of one wave that are in a hall together, each leg a run of its own."""
    both = (Run(LANES, 0, 6, 1), Run(LANES, 3, 6, 1))
    room = FIELDS.load(LANES, 0, 24, 2)
    full = Relaxation(FIELDS, room, [wave("new", Run(LANES, 0, 6, 1)), wave("old", *both)], 1, 0).ask()
    assert isinstance(full, Prices)
    free = Relaxation(
        FIELDS, FIELDS.load(LANES, 0, 24, 3), [wave("new", Run(LANES, 0, 6, 1)), wave("old", *both)], 1, 0
    )
    assert not isinstance(free.ask(), Prices)

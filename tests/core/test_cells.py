"""The spaces at the moments that matter: what fits there fits everywhere, and the sweep finds a way if and only if there is one."""

from __future__ import annotations

import random
from itertools import product

import pytest

from scheduler.core.itinerary import Stop
from scheduler.core.packing_cells import LARGE, SMALL, Cells
from scheduler.core.packing_model import Option, Wave
from scheduler.core.packing_search import shuffle, sweep
from scheduler.core.profiles import Fields, Run
from scheduler.core.solving import Undecided

TICKS, ORIGIN = 30, 100
CHANNELS = (("hall", False), ("wall", False), ("hall", True))


def a_wave(chance: random.Random, fields: Fields, most: int) -> Wave:
    """A wave with some ways at random, the runs of which may overlap."""
    start, options = ORIGIN + chance.randrange(18), []
    for _ in range(chance.randint(1, 4)):
        runs = tuple(
            Run(chance.choice(CHANNELS), chance.randrange(6), chance.randint(1, 6), chance.randint(1, most))
            for _ in range(chance.randint(1, 3))
        )
        load = sum(fields.load(run.channel, start - ORIGIN + run.offset, run.ticks, run.amount) for run in runs)
        options.append(Option(load, runs, ()))
    return Wave(("w", 0), start, (Stop("hall", 12),), (1,), given=options)


@pytest.mark.parametrize(("most", "width"), [(2, SMALL), (60, LARGE)])
def test_what_fits_at_the_moments_that_matter_fits_at_every_tick(most: int, width: int) -> None:
    chance, fields = random.Random(most), Fields(CHANNELS, TICKS)
    outcomes = {True: 0, False: 0}
    for _ in range(150):
        waves = [a_wave(chance, fields, most) for _ in range(5)]
        room = fields.pack([[chance.randint(most, 4 * most) for _ in range(TICKS)] for _ in CHANNELS])
        cells = Cells(fields, room, ORIGIN, waves)
        assert cells.width == width
        for _ in range(20):
            chosen = [chance.choice(wave.options) for wave in waves]
            load = sum(option.load for option in chosen)
            free = cells.free - sum(cells.of(wave, option) for wave, option in zip(waves, chosen, strict=True))
            assert free == cells.left(load)
            assert cells.fits(free) == fields.fits(room, load)
            outcomes[cells.fits(free)] += 1
    assert min(outcomes.values()) > 100


@pytest.mark.parametrize("most", [2, 60])
def test_the_sweep_finds_a_way_if_and_only_if_there_is_one(most: int) -> None:
    chance, fields = random.Random(most + 1), Fields(CHANNELS, TICKS)
    outcomes = {True: 0, False: 0}
    for _ in range(200):
        waves = [a_wave(chance, fields, most) for _ in range(5)]
        room = fields.pack([[chance.randint(most, 3 * most // 2)] * TICKS for _ in CHANNELS])
        cells = Cells(fields, room, ORIGIN, waves)
        possible = any(
            fields.fits(room, sum(option.load for option in chosen))
            for chosen in product(*(wave.options for wave in waves))
        )
        found = sweep(cells, cells.free, waves, 100_000)
        assert (found is not None) == possible
        outcomes[possible] += 1
        near = shuffle(cells, waves, [wave.options[0] for wave in waves], 20)
        for ways in (found, near):
            if ways:
                assert fields.fits(room, sum(option.load for option in ways))
                assert all(option in wave.options for wave, option in zip(waves, ways, strict=True))
    assert min(outcomes.values()) > 30
    with pytest.raises(Undecided):
        sweep(cells, cells.free, waves, 0)

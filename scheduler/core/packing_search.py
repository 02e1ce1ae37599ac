"""Two searches for a way to walk all waves: one that can prove there is none, one that is quick to find one on a large day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scheduler.core.packing_cells import Cells
from scheduler.core.packing_model import Option, Wave
from scheduler.core.solving import Undecided

PATIENCE, WIDTH = 10, 6


def sweep(cells: Cells, free: int, waves: Sequence[Wave], tests: int) -> list[Option] | None:
    """An option for each wave so that all fit into what is free, or None, which is a proof. Raises Undecided after so many tests.

    The waves are placed in the order of their starts, all options of each beside all that may stand before it. What is over when a wave
    begins no longer matters, nor who of several alike walks how: there are few different states, however many ways lead to them.
    """
    if not tests:
        raise Undecided
    ways = {wave: cells.ways(wave) for wave in waves}
    order = sorted(waves, key=lambda wave: (wave.start, len(ways[wave]), [load for load, _ in ways[wave]]))
    guard, begun = cells.guard, 0
    states: dict[int, Any] = {free: None}  # what is free: who took the last of it, and from what state
    for wave in order:
        tests -= len(states) * len(ways[wave])
        if tests < 0:
            raise Undecided
        if (over := cells.before(wave.start)) != begun:
            states, begun = {state | over: came for state, came in states.items()}, over
        found: dict[int, Any] = {}
        for state, came in states.items():
            for load, option in ways[wave]:
                rest = state - load
                if rest & guard == guard and rest not in found:
                    found[rest] = option, came
        if not found:
            return None
        states = found
    chosen: dict[Wave, Option] = {}
    came = next(iter(states.values()))
    for wave in reversed(order):
        chosen[wave], came = came
    return [chosen[wave] for wave in waves]


def shuffle(
    cells: Cells, waves: Sequence[Wave], first: Sequence[Option], moves: int, free: int | None = None
) -> list[Option] | None:
    """An option for each wave so that all fit, beginning from `first`; None: not found in so many moves (no proof).

    `free`: what `first` leaves free, where that is known.

    In each move a wave that is where too many are takes the option that leaves the fewest cells overfull; what a wave left lately it
    does not take again.
    """
    chosen, guard = list(first), cells.guard
    if free is None:
        free = cells.left(sum(option.load for option in chosen))
    left_at: dict[int, int] = {}
    for move in range(moves):
        if free & guard == guard:
            return chosen
        over = cells.overfull(free)
        there = [i for i, option in enumerate(chosen) if option.load & over and len(waves[i].options) > 1]
        if not there:
            return None
        turn = move % len(there)
        best: tuple[int, int, int, Option] | None = None
        for i in (there[turn:] + there[:turn])[:WIDTH]:
            others = free + cells.of(waves[i], chosen[i])
            for load, option in cells.ways(waves[i]):
                if option is chosen[i] or left_at.get(id(option), -PATIENCE) > move - PATIENCE:
                    continue
                after = others - load
                fitting = (after & guard).bit_count()
                if best is None or fitting > best[0]:
                    best = fitting, after, i, option
        if best is None:
            continue
        _, free, i, option = best
        left_at[id(chosen[i])] = move
        chosen[i] = option
    return chosen if free & guard == guard else None

"""Whether new waves can walk beside those that are there: the searches and the relaxation one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from scheduler.core.packing_bound import Prices, Relaxation
from scheduler.core.packing_cells import Cells
from scheduler.core.packing_model import Option, Wave
from scheduler.core.packing_search import shuffle, sweep
from scheduler.core.solving import Undecided

FEW_WAVES, FEW_TESTS, TESTS = 14, 1_500, 50_000
MOVES, CORNERS = 40, 4
WHOLE = 1 - 1e-6


def find(
    cells: Cells, units: Sequence[Wave], waves: Sequence[Wave], present: Sequence[Option]
) -> list[Option] | Prices | None:
    """An option for each new unit and each wave; None or prices are a proof that there is none, [] is not.

    `present`: how the waves walk now. Among those of the time alone, for what cannot be done without the others can never be.
    """
    listed = [wave for wave in waves if wave.listed]
    near = _about(listed, units)
    chosen, free = {}, cells.beside(present)
    for unit in units:
        load, chosen[unit] = max(cells.ways(unit), key=lambda way: cells.fitting(free - way[0]))
        free -= load
    chosen |= zip(waves, present, strict=True)
    for tests in (FEW_TESTS, TESTS) if len(near) <= FEW_WAVES else (0,):
        with suppress(Undecided):
            found = sweep(cells, cells.free, [*units, *near], tests)
            if found is None:
                return None
            chosen |= zip([*units, *near], found, strict=True)
            free = cells.left(sum(option.load for option in chosen.values()))
        if found := shuffle(cells, list(chosen), list(chosen.values()), MOVES, free):
            return found
    if len(listed) <= FEW_WAVES:
        with suppress(Undecided):
            found = sweep(cells, cells.free, [*units, *listed], TESTS)
            if found is None or len(listed) == len(waves):
                return found
    return _relaxed(cells, units, _about(listed, [*units, *near]), dict(zip(waves, present, strict=True)))


def _relaxed(
    cells: Cells, units: Sequence[Wave], around: Sequence[Wave], present: dict[Wave, Option]
) -> list[Option] | Prices:
    """As `find`, by the relaxation among some of the waves: prices that prove that they leave no room, or a search from its corners."""
    divided = [*units, *around]
    relaxed = Relaxation(
        cells.fields, cells.room, divided, len(units), cells.origin, [present[wave] for wave in around]
    )
    answer = relaxed.ask()
    if isinstance(answer, Prices):
        return answer
    chosen = {unit: unit.options[0] for unit in units} | present
    for _ in range(CORNERS):
        if not answer:
            break
        split = [wave for wave, (_, share) in zip(divided, answer, strict=True) if share < WHOLE]
        chosen |= {wave: option for wave, (option, _) in zip(divided, answer, strict=True)}
        free = cells.left(sum(option.load for wave, option in chosen.items() if wave not in split))
        with suppress(Undecided):
            if cells.fits(free) and (found := sweep(cells, free, split, FEW_TESTS)):
                return list((chosen | dict(zip(split, found, strict=True))).values())
        tried = list(chosen.values())
        if found := shuffle(cells, list(chosen), tried, MOVES):
            return found
        answer = relaxed.again(tried)
    return []


def _about(waves: Iterable[Wave], others: Sequence[Wave]) -> list[Wave]:
    """Those of the waves that meet one of the others."""
    return [wave for wave in waves if any(wave.period.overlaps(other.period) for other in others)]

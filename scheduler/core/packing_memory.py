"""What a day's spaces have from a day that is nearly the same: arrangements to begin from, and proofs that still hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scheduler.core.packing_bound import Prices
from scheduler.core.packing_cells import Cells
from scheduler.core.packing_model import Option, Wave
from scheduler.core.packing_search import shuffle

MOVES = 25


def remembered(
    found: Sequence[Sequence[Option]],
    before: Sequence[Wave],
    waves: Sequence[Wave],
    present: Sequence[Option],
    cells: Cells,
) -> Iterator[list[Option]]:
    """The arrangements of a day with the same spaces, with all who are here now, as far as they can be mended."""
    names = [(wave.key, wave.parties) for wave in before]
    for options in found:
        walked = {name: option.load for name, option in zip(names, options, strict=True)}
        first = [
            next((option for option in wave.options if option.load == walked.get((wave.key, wave.parties))), now)
            for wave, now in zip(waves, present, strict=True)
        ]
        if mended := shuffle(cells, waves, first, MOVES):
            yield mended


def taken_over(proofs: Sequence[Prices], before: Sequence[Wave], waves: Sequence[Wave]) -> list[Prices]:
    """The proofs of a day with the same room, if these waves are those of that day and more: the others must pay, too."""
    more = {(wave.key, wave.start, wave.stops, wave.heads, wave.parties): wave for wave in waves if wave.listed}
    for wave in before:
        if wave.listed and not more.pop((wave.key, wave.start, wave.stops, wave.heads, wave.parties), None):
            return []
    return [replace(prices, spare=prices.spare - sum(map(prices.least, more.values()))) for prices in proofs]

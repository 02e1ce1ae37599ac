"""The linear relaxation of the spaces' side: most "no"s are proven here, in whole numbers.

Each wave is divided among its ways. If even then the new waves cannot all walk beside those that are there, they cannot. The proof is a
price for each channel at each moment (the dual solution): if what every wave must pay at least, over all its ways, is more than the
room at these moments is worth, there is not room for all. The prices are rounded to whole numbers and the sum is done again exactly, so
nothing rests on floating point; and prices found for one question often prove others of the same day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from scheduler.core.packing_model import Option, Wave
from scheduler.core.profiles import Channel, Fields
from scheduler.core.relaxing import INFINITE, Programme

WORTH = 1000  # of a new wave, so that prices may be whole numbers
NEAR = 0.3

Share = tuple[Option, float]
"""The way of a wave of which most is walked, and how much of it: 1 where the wave is not divided."""


@dataclass(slots=True)
class Prices:
    """What is paid for one of a channel up to each tick of the day; `spare`: the room's worth beyond what the old waves pay at least."""

    paid: dict[Channel, list[int]]
    origin: int
    spare: int = 0

    def disprove(self, news: Sequence[Wave]) -> bool:
        """Whether the new waves would have to pay more than there is to spare."""
        return sum(map(self.least, news)) > self.spare

    def least(self, wave: Wave) -> int:
        """What the cheapest way of a wave pays."""
        shift = wave.start - self.origin
        return min(self._of(option, shift) for option in wave.options)

    def _of(self, option: Option, shift: int) -> int:
        cost = 0
        for run in option.runs:
            if paid := self.paid.get(run.channel):
                begin = shift + run.offset
                cost += run.amount * (paid[begin + run.ticks] - paid[begin])
        return cost


class Relaxation:
    """Waves of a day, divided among their ways; the first `new` of them may be left out in part.

    `known`: ways of the others that fit together, from which the relaxation begins.
    """

    def __init__(
        self,
        fields: Fields,
        room: int,
        waves: Sequence[Wave],
        new: int,
        origin: int,
        known: Sequence[Option] = (),
    ) -> None:
        self.waves, self.new, self.origin, self.channels, self.ticks = waves, new, origin, fields.channels, fields.ticks
        self.known = {id(option) for option in known}
        self._chance = Random(1)  # noqa: S311  # guards nothing
        self.room = fields.unpack(room)
        # Between two moments at which a leg begins or there is less room, no more is asked for than before.
        begins = {w.start + run.offset - origin for w in waves for option in w.options for run in option.runs}
        for row in self.room:
            begins |= {tick for tick in range(1, self.ticks) if row[tick] < row[tick - 1]}
        self.moments = sorted(begins)
        self.rows: dict[tuple[Channel, int], int] = {}
        self.takes: list[range] = []
        self.programme = self._write()

    def ask(self) -> Prices | list[Share]:
        """Prices that prove that not all can walk; else a corner of the relaxation: the most walked way of each wave.

        It is a good beginning for a search; where no wave is divided, all fit. [] where the solver knows nothing.
        """
        for takes in self.takes[: self.new]:
            self.programme.worth(takes, WORTH)
        answer = self.programme.solve()
        if answer is None:
            return []
        walked, dual = answer
        if any(sum(walked[variable] for variable in takes) < 1 - 1e-6 for takes in self.takes[: self.new]):
            prices = self._prices(dual)
            if prices.disprove(self.waves[: self.new]):
                return prices
        return self._ways(walked)

    def again(self, tried: Collection[Option]) -> list[Share]:
        """Another corner at which the new ones walk: by chance, and rather near what was tried and was not quite one."""
        self.programme.worths(
            (variable, (WORTH if number < self.new else 0) + self._chance.random() + (NEAR if option in tried else 0))
            for number, (wave, takes) in enumerate(zip(self.waves, self.takes, strict=True))
            for option, variable in zip(wave.options, takes, strict=True)
        )
        answer = self.programme.solve()
        return [] if answer is None else self._ways(answer[0])

    def _ways(self, walked: list[float]) -> list[Share]:
        found = []
        for wave, takes in zip(self.waves, self.takes, strict=True):
            shares = [round(walked[variable], 6) for variable in takes]
            most = max(shares)
            found.append((wave.options[shares.index(most)], most))
        return found

    def _write(self) -> Programme:
        programme = Programme()
        places = [bisect_left(self.moments, tick) for tick in range(self.ticks + 1)]
        cells: dict[Channel, list[dict[int, int]]] = {channel: [{} for _ in self.moments] for channel in self.channels}
        for number, wave in enumerate(self.waves):
            shift, takes = wave.start - self.origin, programme.add(len(wave.options))
            for variable, option in zip(takes, wave.options, strict=True):
                if id(option) in self.known:
                    programme.begin_whole(variable)
                for run in option.runs:
                    begin, amount = shift + run.offset, run.amount
                    for cell in cells[run.channel][places[begin] : places[begin + run.ticks]]:
                        cell[variable] = cell.get(variable, 0) + amount  # runs of one way may overlap
            self.takes.append(takes)
            programme.row(0 if number < self.new else 1, 1, takes)
        for channel, column in cells.items():
            for moment, cell in zip(self.moments, column, strict=True):
                most = self.room[self.channels[channel]][moment]
                if sum(cell.values()) > most:
                    self.rows[channel, moment] = programme.row(-INFINITE, most, list(cell), cell.values())
        return programme

    def _prices(self, dual: list[float]) -> Prices:
        """The dual solution in whole numbers, with what it leaves to spare."""
        each: dict[Channel, list[int]] = {}
        worth = 0
        for (channel, moment), row in self.rows.items():
            if (price := round(dual[row])) > 0:
                each.setdefault(channel, [0] * self.ticks)[moment] = price
                worth += price * self.room[self.channels[channel]][moment]
        prices = Prices({channel: [0, *accumulate(row)] for channel, row in each.items()}, self.origin, worth)
        prices.spare -= sum(prices.least(wave) for wave in self.waves[self.new :])
        return prices

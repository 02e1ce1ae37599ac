"""The linear relaxation of the spaces' side: most "no"s are proven here, in whole numbers.

Each wave is divided among its ways. If even then the new waves cannot all walk beside those that are there, they cannot. The proof is a
price for each channel at each moment (the dual solution): if what every wave must pay at least, over all its ways, is more than the
room at these moments is worth, there is not room for all. The prices are rounded to whole numbers and the sum is done again exactly, so
nothing rests on floating point; and prices found for one question often prove others of the same day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from scheduler.core.packing_model import Option, Wave
from scheduler.core.profiles import Channel, Fields
from scheduler.core.relaxing import INFINITE, Programme

WORTH = 1000  # of a new wave, so that prices may be whole numbers


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
    """The waves of a day, divided among their ways; the first `new` of them may be left out in part."""

    def __init__(self, fields: Fields, room: int, waves: Sequence[Wave], new: int, origin: int) -> None:
        self.waves, self.new, self.origin, self.channels, self.ticks = waves, new, origin, fields.channels, fields.ticks
        self.room = fields.unpack(room)
        # Between two moments at which a leg begins or there is less room, no more is asked for than before.
        begins = {w.start + run.offset - origin for w in waves for option in w.options for run in option.runs}
        for row in self.room:
            begins |= {tick for tick in range(1, self.ticks) if row[tick] < row[tick - 1]}
        self.moments = sorted(begins)
        self.rows: dict[tuple[Channel, int], int] = {}
        self.takes: list[range] = []
        self.programme = self._write()

    def ask(self, tries: int) -> Prices | Iterator[list[Option]]:
        """Prices that prove that not all can walk; else so many corners of the relaxation, each a good beginning for a search.

        A corner is the way of each wave of which most is walked. All but the first are found with prices by chance.
        """
        for takes in self.takes[: self.new]:
            self.programme.worth(takes, WORTH)
        answer = self.programme.solve()
        if answer is None:
            return iter(())
        worth, walked, dual = answer
        if worth < WORTH * (self.new - 1e-6):
            prices = self._prices(dual)
            if prices.disprove(self.waves[: self.new]):
                return prices
        return self._corners(walked, tries)

    def _corners(self, walked: list[float], tries: int) -> Iterator[list[Option]]:
        chance = Random(self.new)  # noqa: S311  # guards nothing
        yield self._ways(walked)
        for _ in range(1, tries):
            for takes in self.takes[self.new :]:
                for variable in takes:
                    self.programme.worth([variable], chance.random())
            answer = self.programme.solve()
            if answer is None:
                return
            yield self._ways(answer[1])

    def _ways(self, walked: list[float]) -> list[Option]:
        found = []
        for wave, takes in zip(self.waves, self.takes, strict=True):
            shares = [round(walked[variable], 6) for variable in takes]
            found.append(wave.options[shares.index(max(shares))])
        return found

    def _write(self) -> Programme:
        programme, first = Programme(), bisect_left(self.moments, 0)
        cells: dict[tuple[Channel, int], dict[int, int]] = {}
        for number, wave in enumerate(self.waves):
            shift, begin = wave.start - self.origin, programme.variables
            for option in wave.options:
                variable = programme.variable()
                for run in option.runs:
                    place, end = bisect_left(self.moments, shift + run.offset, first), shift + run.offset + run.ticks
                    while place < len(self.moments) and self.moments[place] < end:
                        cell = cells.setdefault((run.channel, self.moments[place]), {})
                        cell[variable] = cell.get(variable, 0) + run.amount  # runs of one way may overlap
                        place += 1
            self.takes.append(range(begin, programme.variables))
            programme.row(0 if number < self.new else 1, 1, self.takes[-1], [1] * len(self.takes[-1]))
        for (channel, moment), cell in cells.items():
            most = self.room[self.channels[channel]][moment]
            if sum(cell.values()) > most:
                self.rows[channel, moment] = programme.row(-INFINITE, most, list(cell), list(cell.values()))
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

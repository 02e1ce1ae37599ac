"""The linear relaxation of the spaces' side: most "no"s are proven here, in whole numbers.

Each wave is divided among its ways. If even then the new waves cannot all walk beside those that are there, they cannot. The proof is a
price for each channel at each moment (the dual solution): if what every wave must pay at least, over all its ways, is more than the
room at these moments is worth, there is not room for all. The prices are rounded to whole numbers and the sum is done again exactly, so
nothing rests on floating point; and prices found for one question often prove others of the same day.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from scheduler.core.packing_model import Option, Wave
from scheduler.core.profiles import Channel, Fields

SCALE = 1000


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
        from ortools.linear_solver import pywraplp

        self.fields, self.room, self.new, self.origin = fields, fields.unpack(room), new, origin
        self.waves = waves
        lp = self.lp = pywraplp.Solver.CreateSolver("GLOP")
        lp.Objective().SetMaximization()
        self.rows: dict[tuple[Channel, int], Any] = {}
        ends = {
            wave.start + run.offset + ticks
            for wave in waves
            for option in wave.options
            for run in option.runs
            for ticks in (0, run.ticks)
        }
        self.moments = sorted(ends)
        self.takes = [self._add(wave, number < new) for number, wave in enumerate(waves)]

    def solve(self) -> Prices | list[Option]:
        """Prices that prove that not all can walk; else the ways of which most is walked, from which a search may begin."""
        status = self.lp.Solve()
        if status != self.lp.OPTIMAL:
            return []
        if self.lp.Objective().Value() < self.new - 1e-6:
            prices = self._prices()
            return prices if prices.disprove(self.waves[: self.new]) else []
        return self._ways()

    def _add(self, wave: Wave, new: bool) -> list[Any]:
        """A share for each way of a wave."""
        row, takes = self.lp.Constraint(0 if new else 1, 1), []
        for option in wave.options:
            variable = self.lp.NumVar(0, 1, "")
            takes.append(variable)
            row.SetCoefficient(variable, 1)
            if new:
                self.lp.Objective().SetCoefficient(variable, 1)
            for run in option.runs:
                begin = wave.start + run.offset
                for place in range(bisect_left(self.moments, begin), bisect_left(self.moments, begin + run.ticks)):
                    self._row(run.channel, self.moments[place]).SetCoefficient(variable, run.amount)
        return takes

    def _row(self, channel: Channel, moment: int) -> Any:
        if (channel, moment) not in self.rows:
            most = self.room[self.fields.channels[channel]][moment - self.origin]
            self.rows[channel, moment] = self.lp.Constraint(-self.lp.infinity(), most)
        return self.rows[channel, moment]

    def _prices(self) -> Prices:
        """The dual solution in whole numbers, with what it leaves to spare."""
        each: dict[Channel, list[int]] = {}
        worth = 0
        for (channel, moment), row in self.rows.items():
            if (price := round(SCALE * float(row.dual_value()))) > 0:
                tick = moment - self.origin
                each.setdefault(channel, [0] * self.fields.ticks)[tick] = price
                worth += price * self.room[self.fields.channels[channel]][tick]
        prices = Prices({channel: [0, *accumulate(row)] for channel, row in each.items()}, self.origin, worth)
        prices.spare -= sum(prices.least(wave) for wave in self.waves[self.new :])
        return prices

    def _ways(self) -> list[Option]:
        """The way of each wave that is walked most."""
        found = []
        for wave, takes in zip(self.waves, self.takes, strict=True):
            shares = [round(variable.solution_value(), 6) for variable in takes]
            found.append(wave.options[shares.index(max(shares))])
        return found

"""Fairer rosters by many small exchanges: a guide takes a duty of another, who takes those that stand in its way.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi, 1983): an exchange that makes the roster less fair is taken now and then, at first
often, in the end hardly ever. Within few seconds it brings any roster to where only searching in parts finds more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import exp

from scheduler.core.planning_table import FAIR, Table
from scheduler.core.solving import Budget
from scheduler.core.ticks import bits

HOT, COLD = 500.0, 5.0
"""How much less fair, in squared ticks, an exchange may make the roster, at first and in the end, to be taken every third time or so."""
ROUND = 500
ONE_MORE = 0.3
"""How often the other takes a duty besides that did not stand in the way."""


class Swaps:
    """The led duties of a table, one by one, and who leads them. On each day duties have a bit each."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.chance = random.Random(1)  # noqa: S311 -- a search, nothing secret
        guides, days = len(table.codes), len(table.days)
        self.group: list[int] = []
        self.leads: list[int] = []
        self.of_day: list[list[int]] = [[] for _ in range(days)]
        for number, led in enumerate(table.roster):
            for guide in sorted(led):
                self.of_day[table.groups[number].day].append(len(self.group))
                self.group.append(number)
                self.leads.append(guide)
        groups = [table.groups[number] for number in self.group]
        self.ticks, self.day = [group.ticks for group in groups], [group.day for group in groups]
        self.able, self.guides = [group.able for group in groups], [list(bits(group.able)) for group in groups]
        self.bit = [0] * len(groups)
        for duties in self.of_day:
            for place, duty in enumerate(duties):
                self.bit[duty] = 1 << place
        clashes = {rest: self._clashes(rest) for planned in table.days for rest, _, _ in planned.limits.values()}
        self.clash: list[list[Sequence[int]]] = [[()] * guides for _ in range(days)]
        self.held = [[0] * guides for _ in range(days)]
        self.left = [[0] * guides for _ in range(days)]
        self.more = [[0] * guides for _ in range(days)]
        for day, planned in enumerate(table.days):
            for guide, (rest, ticks, duties_left) in planned.limits.items():
                self.clash[day][guide] = clashes[rest]
                self.left[day][guide], self.more[day][guide] = ticks, duties_left
        for duty, guide in enumerate(self.leads):
            self.held[self.day[duty]][guide] |= self.bit[duty]
            self.left[self.day[duty]][guide] -= self.ticks[duty]
            self.more[self.day[duty]][guide] -= 1
        self.away, self.weekend = table.deviations()
        self.value = self.best = table.value(FAIR)
        self.best_leads = list(self.leads)

    def anneal(self, seconds: float, stopped: Callable[[], bool]) -> None:
        """Exchange for so long, or until somebody wants a stop, and write the best roster into the table."""
        budget = Budget(seconds)
        while self.group and self.best and (left := budget.left) and not stopped():
            heat = COLD * (HOT / COLD) ** (left / seconds)
            for _ in range(ROUND):
                self._exchange(heat)
        found: list[set[int]] = [set() for _ in self.table.groups]
        for duty, guide in enumerate(self.best_leads):
            found[self.group[duty]].add(guide)
        self.table.roster = [frozenset(led) for led in found]

    def _exchange(self, heat: float) -> None:
        """Try one exchange, and take it if it makes the roster no less fair or chance will have it."""
        chance = self.chance.random
        duty = int(chance() * len(self.group))
        giver, able, day = self.leads[duty], self.guides[duty], self.day[duty]
        taker = able[int(chance() * len(able))]
        if taker == giver:
            return
        held, clash, of_day = self.held[day], self.clash[day], self.of_day[day]
        given = clash[taker][duty] & held[taker]
        others = held[taker] & ~given
        if others and chance() < ONE_MORE:
            for _ in range(int(chance() * others.bit_count())):
                others &= others - 1
            given |= others & -others
        back, becomes, rest, change = list[int](), held[giver] ^ self.bit[duty], given, -self.ticks[duty]
        while rest:
            other = of_day[(rest & -rest).bit_length() - 1]
            rest &= rest - 1
            if not self.able[other] >> giver & 1 or clash[giver][other] & becomes:
                return
            becomes |= self.bit[other]
            back.append(other)
            change += self.ticks[other]
        left, more, extra = self.left[day], self.more[day], len(back) - 1
        if left[giver] < change or left[taker] < -change or more[giver] < extra or more[taker] < -extra:
            return
        away, weekend, counts = self.away, self.weekend, self.table.days[day].weekend
        worse = 2 * change * (away[giver] - away[taker] + change)
        if counts:
            worse += 2 * change * (weekend[giver] - weekend[taker] + change)
        if worse > 0 and chance() >= exp(-worse / heat):
            return
        self.leads[duty] = taker
        for other in back:
            self.leads[other] = giver
        held[giver], held[taker] = becomes, held[taker] & ~given | self.bit[duty]
        for amounts, by in ((left, -change), (more, -extra), (away, change), *([(weekend, change)] if counts else [])):
            amounts[giver] += by
            amounts[taker] -= by
        self.value += worse
        if self.value < self.best:
            self.best, self.best_leads = self.value, list(self.leads)

    def _clashes(self, rest: int) -> list[int]:
        """For each duty the others of its day that a guide with this rest could not lead besides."""
        found = [0] * len(self.group)
        for duties in self.of_day:
            for duty in duties:
                own = self.table.groups[self.group[duty]]
                for other in duties:
                    group = self.table.groups[self.group[other]]
                    if other != duty and group.start < own.end + rest and own.start < group.end + rest:
                        found[duty] |= self.bit[other]
        return found

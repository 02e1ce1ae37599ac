"""Better rosters by solving parts exactly: a few guides on some days share out anew what they lead, all others keep what they have.

Large neighbourhood search (Shaw, 1998). Of few guides a part is solved in some hundredths of a second, and any exchange between them is
in it, of single duties or of whole days. Parts that are as good otherwise are taken too, so the search does not stand still.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from scheduler.core.planning_model import Part
from scheduler.core.planning_table import FAIR, GAPS, Aim, Table
from scheduler.core.solving import Budget

EFFORT = 0.3
FEW, MANY = 3, 6
"""So many guides are in a part: more when nothing was found for long."""
MOST_CHOICES = 500
PATIENCE = 25
"""Parts for each guide that may bring nothing before the search ends."""

Targets = tuple[Sequence[float], Sequence[float]]


class Search:
    """One aim's search on a table; `keep`: the aims that came before it."""

    def __init__(self, table: Table, aim: Aim, keep: Collection[Aim], targets: Targets | None = None) -> None:
        self.table, self.aim, self.keep, self.targets = table, aim, keep, targets
        self.value, self.idle = table.value(aim), 0
        self.chance = random.Random(1)  # noqa: S311 -- a search, nothing secret
        self.choices = [[0] * len(table.codes) for _ in table.boards]
        for group in table.groups:
            for guide in range(len(table.codes)):
                self.choices[group.day][guide] += group.able >> guide & 1

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be expected."""
        return self.idle > PATIENCE * len(self.table.codes)

    def step(self, budget: Budget) -> None:
        """Solve one part, and take what it found if that is no worse."""
        guides = self._guides()
        found = Part(self.table, guides, self._days(guides), self.keep, (self.aim,)).least(budget, effort=EFFORT)
        self.idle += 1
        if found is None:
            return
        before = {number: self.table.roster[number] for number in found.roster}
        for number, led in found.roster.items():
            self.table.roster[number] = led
        value = self.table.value(self.aim)
        if value > self.value:
            for number, led in before.items():
                self.table.roster[number] = led
        elif value < self.value:
            self.value, self.idle = value, 0

    def _guides(self) -> list[int]:
        """Some guides by chance, rather those who are far from what they should lead."""
        guides = range(len(self.table.codes))
        number = min(len(guides), FEW + (MANY - FEW) * self.idle // (PATIENCE * len(guides)) + self.chance.randrange(2))
        weights = self._weights() if self.aim == FAIR else [1.0] * len(guides)
        chosen: set[int] = set()
        while len(chosen) < number:
            chosen.add(self.chance.choices(guides, weights)[0] if len(chosen) < 2 else self.chance.choice(guides))
        return sorted(chosen)

    def _weights(self) -> list[float]:
        away, weekend = self.table.deviations()
        aimed = self.targets or ([0.0] * len(away), [0.0] * len(away))
        return [
            1 + abs(now - to) + abs(weekend_now - weekend_to)
            for now, weekend_now, to, weekend_to in zip(away, weekend, *aimed, strict=True)
        ]

    def _days(self, guides: Sequence[int]) -> list[int]:
        """All days, or as many by chance as keep the part small."""
        days = list(range(len(self.table.boards)))
        self.chance.shuffle(days)
        room = MOST_CHOICES // 4 if self.aim == GAPS else MOST_CHOICES
        chosen: list[int] = []
        for day in days:
            room -= sum(self.choices[day][guide] for guide in guides) * len(guides) // 8
            if room < 0 and chosen:
                break
            chosen.append(day)
        return sorted(chosen)

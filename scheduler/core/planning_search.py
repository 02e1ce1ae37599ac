"""Better rosters by solving parts exactly: a few guides on some days share out anew what they lead, all others keep what they have.

Large neighbourhood search (Shaw, 1998). Of few guides a part is solved in some hundredths of a second, and any exchange between them is
in it, of single duties or of whole days. Parts that are as good otherwise are taken too, so the search does not stand still.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence

from scheduler.core.planning_model import Part
from scheduler.core.planning_table import FAIR, Aim, Table
from scheduler.core.solving import Budget

SIZES = (3, 4, 4, 5, 6, 8, 12)
"""So many guides are in a part,"""
CHOICES = ((250, 0.3), (350, 0.5), (500, 1.0))
"""and so many days that about so many choices of a guide are theirs to make; with the solver's effort for that."""
SPREAD = 0.2
"""A guide who is not to blame at all is taken as if for so much of what guides are to blame for on the average."""
PATIENCE = 25
"""Parts for each guide that may bring nothing before the search ends."""

Targets = tuple[Sequence[float], Sequence[float]]
Blame = Callable[[], Sequence[float]]


class Search:
    """One aim's search on a table; `keep`: the aims that came before it.

    `targets`: by guide what they should be above their shares, altogether and on weekends; `blame`: by guide how much of what the roster
    at hand is above its bound is theirs, which says more.
    """

    def __init__(
        self,
        table: Table,
        aim: Aim,
        keep: Collection[Aim],
        targets: Targets | None = None,
        blame: Blame | None = None,
    ) -> None:
        self.table, self.aim, self.keep, self.targets, self.blame = table, aim, keep, targets, blame
        self.value, self.idle = table.value(aim), 0
        self.chance = random.Random(1)  # noqa: S311 -- a search, nothing secret
        self.choices = [[0] * len(table.codes) for _ in table.days]
        for group in table.groups:
            for guide in range(len(table.codes)):
                self.choices[group.day][guide] += group.able >> guide & 1

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be expected."""
        return self.idle > PATIENCE * len(self.table.codes)

    def step(self, budget: Budget) -> None:
        """Solve one part, and take what it found if that is no worse."""
        choices, effort = self.chance.choice(CHOICES if self.blame else CHOICES[:1])
        guides, days = self._part(choices)
        found = Part(self.table, guides, days, self.keep, (self.aim,)).least(budget, effort=effort)
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

    def _part(self, room: int) -> tuple[list[int], list[int]]:
        """Few guides on all days, or many on few: by chance, rather those who are far from what they should lead."""
        guides = list(range(len(self.table.codes)))
        days = list(range(len(self.table.days)))
        number = self.chance.choice(SIZES)
        weights = self._weights() if self.aim == FAIR else [1.0] * len(guides)
        chosen: list[int] = []
        while guides and len(chosen) < number:
            place = self.chance.choices(range(len(guides)), weights)[0]
            chosen.append(guides.pop(place))
            del weights[place]
        self.chance.shuffle(days)
        if self.chance.randrange(2):
            days.sort(
                key=lambda day: not self.table.days[day].weekend
            )  # few days, so their exchanges are harder to find
        taken = list[int]()
        for day in days:
            room -= sum(self.choices[day][guide] for guide in chosen) * len(chosen) // len(self.table.codes)
            if room < 0 and taken:
                break
            taken.append(day)
        return sorted(chosen), sorted(taken)

    def _weights(self) -> list[float]:
        if self.blame:
            blame = self.blame()
            least = 0.01 + SPREAD * sum(blame) / len(blame)
            return [least + own for own in blame]
        away, weekend = self.table.deviations()
        aimed = self.targets or ([0.0] * len(away), [0.0] * len(away))
        return [
            1 + abs(now - to) + abs(weekend_now - weekend_to)
            for now, weekend_now, to, weekend_to in zip(away, weekend, *aimed, strict=True)
        ]

"""The days to be planned as one table: who could lead what, who leads it in the roster at hand, and what that is worth."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Literal

from scheduler.core.matching import Crew
from scheduler.core.matching_model import NOBODY
from scheduler.core.rules import Duty, Guide
from scheduler.core.ticks import bits

Aim = Literal["covered", "fair", "unchanged", "gaps"]
COVERED: Aim = "covered"
FAIR: Aim = "fair"
UNCHANGED: Aim = "unchanged"
GAPS: Aim = "gaps"


@dataclass(frozen=True, slots=True)
class Load:
    """What a guide led in the weeks before, and how long they were there then, in ticks: altogether, and on weekends."""

    ticks: int = 0
    weekend: int = 0
    there: int = 0
    weekend_there: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """One day to be planned: its guides as they are on that day, and its duties with the guides they have now."""

    guides: tuple[Guide, ...]
    duties: tuple[Duty, ...]
    weekend: bool = False


@dataclass(slots=True)
class Group:
    """Unpromised duties alike: one bit of `able` for each guide who could lead one. `present`: who validly leads each now."""

    day: int
    start: int
    end: int
    able: int
    keys: list[str] = field(default_factory=list)
    present: list[int] = field(default_factory=list)

    @property
    def ticks(self) -> int:
        return self.end - self.start

    @property
    def stayers(self) -> set[int]:
        """The guides whose duty would change if they did not lead one of these."""
        return {guide for guide in self.present if guide != NOBODY}


@dataclass(slots=True)
class PlannedDay:
    """One day: its groups by number, each guide's rest and what is left of their most ticks and duties, and their promised periods."""

    groups: list[int]
    limits: Mapping[int, tuple[int, int, int]]
    fixed: Mapping[int, list[tuple[int, int]]]
    weekend: bool


class Table:
    """Guides and groups by number over all days. `roster`: by group the guides who lead it, at first the valid part of what is planned."""

    def __init__(self, shifts: Sequence[Shift], before: Mapping[str, Load]) -> None:
        self.codes = sorted({guide.code for shift in shifts for guide in shift.guides})
        self.number = {code: number for number, code in enumerate(self.codes)}
        self.groups: list[Group] = []
        self.roster: list[frozenset[int]] = []
        self.days = [self._planned(day, shift) for day, shift in enumerate(shifts)]
        self.base, self.weekend_base = self._bases(shifts, before)

    def value(self, aim: Aim) -> int:
        """What the roster at hand is worth; less is better.

        covered: duties that nobody leads. fair: the squares of the ticks that each guide leads above or below their share, and of
        those of weekends. unchanged: duties whose guide of now does not lead one like it any more. gaps: ticks that guides wait
        between two duties of a day.
        """
        if aim == COVERED:
            return sum(len(group.keys) - len(led) for group, led in zip(self.groups, self.roster, strict=True))
        if aim == UNCHANGED:
            return sum(len(group.stayers - led) for group, led in zip(self.groups, self.roster, strict=True))
        if aim == FAIR:
            away, weekend = self.deviations()
            return sum(ticks * ticks for ticks in (*away, *weekend))
        return sum(self._waits(planned) for planned in self.days)

    def deviations(self) -> tuple[list[int], list[int]]:
        """Ticks above (below: negative) each guide's share, altogether and on weekends."""
        away, weekend = list(self.base), list(self.weekend_base)
        for group, led in zip(self.groups, self.roster, strict=True):
            for guide in led:
                away[guide] += group.ticks
                if self.days[group.day].weekend:
                    weekend[guide] += group.ticks
        return away, weekend

    def steps(self) -> tuple[list[int], list[int]]:
        """By guide: whatever they lead is a multiple of so many ticks, altogether and on weekends (0: they can lead nothing)."""
        steps, weekend = [0] * len(self.codes), [0] * len(self.codes)
        for group in self.groups:
            for guide in bits(group.able):
                steps[guide] = gcd(steps[guide], group.ticks)
                if self.days[group.day].weekend:
                    weekend[guide] = gcd(weekend[guide], group.ticks)
        return steps, weekend

    def size(self) -> int:
        """How many choices of a guide for a group there are."""
        return sum(group.able.bit_count() for group in self.groups)

    def decoded(self, shifts: Sequence[Shift]) -> dict[str, str | None]:
        """Which duty each chosen guide leads: who of a group stays keeps their own."""
        guides: dict[str, str | None] = {
            duty.key: duty.guide
            for shift in shifts
            for duty in shift.duties
            if duty.promised and duty.guide is not None
        }
        for group, led in zip(self.groups, self.roster, strict=True):
            free = sorted(led - set(group.present))
            for key, present in zip(group.keys, group.present, strict=True):
                number = present if present in led else (free.pop(0) if free else NOBODY)
                guides[key] = None if number == NOBODY else self.codes[number]
        return guides

    def _planned(self, day: int, shift: Shift) -> PlannedDay:
        """Read a day; where the crew's own search leads all that can be led, and changes nobody, its roster is the one to begin with."""
        crew = Crew(shift.guides, shift.duties)
        ours = [self.number[guide.code] for guide in crew.guides]
        whole = crew.needed == len(crew.tasks)
        groups: dict[tuple[int, int, int], int] = {}
        for task, led in zip(crew.tasks, crew.witness, strict=True):
            able = sum(1 << ours[guide] for guide in bits(task.able))
            key = (task.start, task.end, able)
            if key not in groups:
                groups[key] = len(self.groups)
                self.groups.append(Group(day, *key))
                self.roster.append(frozenset())
            group = self.groups[groups[key]]
            group.keys.append(task.key)
            group.present.append(NOBODY if task.present == NOBODY else ours[task.present])
            chosen = led if whole else task.present
            if chosen != NOBODY:
                self.roster[groups[key]] |= {ours[chosen]}
        fixed: dict[int, list[tuple[int, int]]] = {}
        for duty in shift.duties:
            if duty.promised and duty.guide in self.number:
                fixed.setdefault(self.number[duty.guide], []).append((duty.period.start, duty.period.end))
        limits = zip(crew.limits.rest, crew.limits.ticks, crew.limits.duties, strict=True)
        return PlannedDay(list(groups.values()), dict(zip(ours, limits, strict=True)), fixed, shift.weekend)

    def _bases(self, shifts: Sequence[Shift], before: Mapping[str, Load]) -> tuple[list[int], list[int]]:
        """By guide: the ticks of before and of promises, less the fair share of all that is to be led; and the same of weekends.

        A share is of the work of before by the time there before, and of the planned work by the time there on the planned days:
        who is there half as long owes half as much, and who was not there catches nothing up.
        """
        done = [before.get(code, Load()) for code in self.codes]
        weekends = [day for day, shift in enumerate(shifts) if shift.weekend]
        return (
            self._base(shifts, range(len(shifts)), [(load.ticks, load.there) for load in done]),
            self._base(shifts, weekends, [(load.weekend, load.weekend_there) for load in done]),
        )

    def _base(self, shifts: Sequence[Shift], days: Collection[int], done: Sequence[tuple[int, int]]) -> list[int]:
        """The same of these days and what was done before them, by guide: the ticks led, the ticks there."""
        if not days:
            return [0] * len(self.codes)
        promised, there = [0] * len(self.codes), [0] * len(self.codes)
        for day in days:
            for guide, periods in self.days[day].fixed.items():
                promised[guide] += sum(end - start for start, end in periods)
            for one in shifts[day].guides:
                there[self.number[one.code]] += one.there.bit_count()
        chosen = set(days)
        work = sum(promised) + sum(group.ticks * len(group.keys) for group in self.groups if group.day in chosen)
        before, was_there = sum(led for led, _ in done), [hours for _, hours in done]
        if not any(was_there):
            was_there = there
        whole, whole_before = sum(there) or 1, sum(was_there) or 1
        return [
            led + fixed - round(work * now / whole + before * then / whole_before)
            for (led, _), fixed, now, then in zip(done, promised, there, was_there, strict=True)
        ]

    def _waits(self, planned: PlannedDay) -> int:
        mine = {guide: list(periods) for guide, periods in planned.fixed.items()}
        for number in planned.groups:
            for guide in self.roster[number]:
                mine.setdefault(guide, []).append((self.groups[number].start, self.groups[number].end))
        return sum(
            max(end for _, end in led) - min(start for start, _ in led) - sum(end - start for start, end in led)
            for led in mine.values()
        )

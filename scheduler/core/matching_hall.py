"""Hall's theorem at single moments: the quickest proof that duties cannot all be led."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from scheduler.core.matching_model import Task
from scheduler.core.ticks import bits


class Moments:
    """The tasks of a day that have to be led, each with a guide who could lead it beside the others.

    Those under way at a moment, or not yet rested from by the least rest of any guide, need a guide each.
    """

    def __init__(self, tasks: Sequence[Task], leaders: Sequence[int], rest: int) -> None:
        self.tasks, self.leaders, self.rest = tasks, leaders, rest
        self.begins = sorted({task.start for task in tasks})
        self._known: dict[int, tuple[dict[int, int], int]] = {}

    def lack(self, groups: Sequence[Task]) -> bool:
        """Whether at some moment there are fewer guides than duties, the new groups' among them."""
        if any(group.able.bit_count() < group.number for group in groups):
            return True
        for group in groups:
            first, last = bisect_right(self.begins, group.start), bisect_left(self.begins, group.end + self.rest)
            for moment in [group.start, *self.begins[first:last]]:
                wanted = [group]
                if len(groups) > 1:
                    wanted = [g for g in groups if g.start <= moment < g.end + self.rest]
                leaders, taken = self._at(moment)
                if len(wanted) == 1 and (group.able & ~taken).bit_count() >= group.number:
                    continue
                if not _can_match(dict(leaders), taken, [g.able for g in wanted for _ in range(g.number)]):
                    return True
        return False

    def _at(self, moment: int) -> tuple[dict[int, int], int]:
        """The guides who lead at a moment with all who could in their stead, and the same guides as bits."""
        if moment not in self._known:
            here = {
                guide: task.able
                for task, guide in zip(self.tasks, self.leaders, strict=True)
                if task.start <= moment < task.end + self.rest
            }
            self._known[moment] = here, sum(1 << guide for guide in here)
        return self._known[moment]


def _can_match(leads: dict[int, int], taken: int, wanted: Sequence[int]) -> bool:
    """Whether all wanted can have a guide beside those who lead already: grow the matching that is there by augmenting paths."""
    seen = 0

    def place(able: int) -> bool:
        nonlocal seen, taken
        if free := able & ~taken:
            low = free & -free
            leads[low.bit_length() - 1] = able
            taken |= low
            return True
        for guide in bits(able & ~seen):
            if seen >> guide & 1:
                continue
            seen |= 1 << guide
            if place(leads[guide]):
                leads[guide] = able
                return True
        return False

    for able in wanted:
        seen = 0
        if not place(able):
            return False
    return True

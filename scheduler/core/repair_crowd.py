"""Hall's condition for guides: a moment at which the duties are more than the guides who could lead them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scheduler.core.matching_model import Task
from scheduler.core.ticks import bits


class Crowd(NamedTuple):
    """Of the duties under way at `moment` (`rest` included) that none but `guides` (bits) can lead, no more than these can be led."""

    moment: int
    guides: int
    rest: int

    def counts(self, tasks: Iterable[Task]) -> int:
        """How many of these duties are of the crowd."""
        return sum(
            task.number
            for task in tasks
            if task.start <= self.moment < task.end + self.rest and not task.able & ~self.guides
        )

    def room(self, must: Iterable[Task]) -> int:
        """How many more than those that must be led."""
        return self.guides.bit_count() - self.counts(must)


def crowd_of(tasks: Sequence[Task], rest: int, since: int = 0, until: int = 1 << 30) -> Crowd | None:
    """A crowd too large for its guides at a moment in [since, until), where every guide rests at least `rest`; None: there is none."""
    for moment in sorted({task.start for task in tasks if since < task.start < until} | {since}):
        guides = _too_few([task for task in tasks if task.start <= moment < task.end + rest])
        if guides is not None:
            return Crowd(moment, guides, rest)
    return None


def _too_few(tasks: Sequence[Task]) -> int | None:
    """Guides who are fewer than the tasks that only they can lead at once, found by augmenting paths; None: there are none such."""
    owner: dict[int, int] = {}
    seen = 0

    def place(index: int) -> bool:
        nonlocal seen
        able = tasks[index].able
        for guide in bits(able & ~seen):
            if guide not in owner:
                owner[guide] = index
                return True
        for guide in bits(able & ~seen):
            if seen >> guide & 1:
                continue
            seen |= 1 << guide
            if place(owner[guide]):
                owner[guide] = index
                return True
        return False

    for index, task in enumerate(tasks):
        for _ in range(task.number):
            seen = 0
            if not place(index):
                return seen
    return None

"""What a day's guides have from a day that is nearly the same: rosters to begin from, and proofs that still hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scheduler.core.matching_bound import Prices
from scheduler.core.matching_model import Limits, Task

Shown = tuple[int, list[int]]
"""The starts that a roster showed, as a mask, and a guide for each task."""


def remembered(
    found: Sequence[Shown], before: Sequence[Task], tasks: Sequence[Task]
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """The rosters of a day with the same guides, the last first: the starts that they showed, and who led which of these tasks."""
    places = {task.key: place for place, task in enumerate(tasks)}
    here = [places.get(task.key, -1) for task in before]
    for shown, roster in reversed(found):
        pairs = zip(here, roster, strict=True)
        yield shown, [(place, guide) for place, guide in pairs if place >= 0 and tasks[place].able >> guide & 1]


def taken_over(proofs: Sequence[Prices], before: Sequence[Task], tasks: Sequence[Task], limits: Limits) -> list[Prices]:
    """The proofs of a day whose guides had the same rights, if these tasks are those of that day and more: the others must be paid, too."""
    more = {task.key: task for task in tasks}
    for task in before:
        same = more.pop(task.key, None)
        if same is None or (same.start, same.end, same.able) != (task.start, task.end, task.able):
            return []
    return [
        replace(prices, spare=prices.spare - sum(prices.least(task, limits) for task in more.values()))
        for prices in proofs
    ]

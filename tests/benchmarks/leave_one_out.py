"""A job taken out of a full roster of a published instance and asked for again: the truth is always yes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter, process_time

from scheduler.core.ejection import Board
from scheduler.core.matching import Crew, Demand
from scheduler.core.matching_model import NOBODY, Limits, Task
from scheduler.core.rules import Duty, Guide
from scheduler.core.solving import Budget, Undecided
from scheduler.core.ticks import Interval


def put_back(
    tasks: Sequence[Task], limits: Limits, roster: Sequence[int], asks: int, seconds: float, seed: int
) -> tuple[int, int, int, float]:
    """With the fewest workers only, one job is out, the others change about, and the engine is asked for it as for any wish.

    How many were asked within `seconds`, were there for the taking, were found, and the slowest in CPU seconds.
    """
    chance, workers, began = random.Random(seed), sorted(set(roster)), perf_counter()
    kept = sum(1 << worker for worker in workers)
    few = [Task(task.key, task.start, task.end, task.able & kept) for task in tasks]
    day = Interval(0, max(task.end for task in tasks))
    crew = [
        Guide(str(worker), frozenset((task.key, "") for task in few if task.able >> worker & 1), (day,))
        for worker in workers
    ]
    asked = easy = found = 0
    slowest = 0.0
    while asked < asks and perf_counter() - began < seconds:
        index = chance.randrange(len(few))
        out, others = few[index], list(roster)
        others[index] = NOBODY
        trial = Board(few, others, limits, len(limits.rest))
        trial.stir(seed + index, 200 * len(few))
        duties = [
            Duty(task.key, task.key, task.key, "", Interval(task.start, task.end), str(guide))
            for task, guide in zip(few, trial.roster, strict=True)
            if task is not out
        ]
        length, before = out.end - out.start, process_time()
        engine = Crew(crew, duties)
        easy += bool(engine.starts(out.key, "", length, 1, 1 << out.start)[0])
        with suppress(Undecided):
            found += engine.serve(out.key, "", [Demand(out.start, length, 1)], Budget(60)) is not None
        slowest = max(slowest, process_time() - before)
        asked += 1
    return asked, easy, found, slowest

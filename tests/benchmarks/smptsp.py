"""The published personnel task scheduling instances: fewest workers, and a job put back into a full roster.

Krishnamoorthy, Ernst and Baatar, EJOR 219 (2012); Smet, Wauters, Mihaylov and Vanden Berghe, Omega 46 (2014). Read from a folder that
one names: comments (#), `Jobs = n`, n lines `start end`, `Qualifications = m`, m lines `count: job job …`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from scheduler.core.ejection import Board
from scheduler.core.matching_model import NOBODY, Cover, Limits, Task
from scheduler.core.solving import Budget, Undecided

UNLIMITED = 1 << 30


def read(path: Path) -> tuple[list[Task], Limits]:
    """The jobs as tasks, with the workers who may do each."""
    lines = [line for raw in path.read_text().splitlines() if (line := raw.partition("#")[0].strip())]
    jobs, able, workers = [], {}, 0
    it = iter(lines)
    for line in it:
        name, _, value = line.partition("=")
        if name.strip() == "Jobs":
            jobs = [tuple(map(int, next(it).split())) for _ in range(int(value))]
        elif name.strip() == "Qualifications":
            workers = int(value)
            for worker in range(workers):
                for job in next(it).partition(":")[2].split():
                    able[int(job)] = able.get(int(job), 0) | 1 << worker
    tasks = [Task(str(number), start, end, able.get(number, 0)) for number, (start, end) in enumerate(jobs)]
    return tasks, Limits([0] * workers, [UNLIMITED] * workers, [UNLIMITED] * workers)


def clique(tasks: Sequence[Task]) -> int:
    """The most jobs under way at once: no fewer workers will do."""
    return max(sum(other.start <= task.start < other.end for other in tasks) for task in tasks)


def fewest(tasks: Sequence[Task], limits: Limits, seconds: float) -> tuple[int | None, int, list[int], float]:
    """Workers used, the proven bound, who does each job, and the time; one worker of the solver first, then two."""
    began, bound, best, roster = perf_counter(), clique(tasks), None, []
    for workers, share in ((1, 0.5), (2, 1.0)):
        model = Cover(tasks, limits)
        used = {}
        for takes in model.takes:
            for worker, variable in takes.items():
                used.setdefault(worker, model.model.new_bool_var(""))
                model.model.add_implication(variable, used[worker])
        model.model.add(sum(used.values()) >= bound)
        model.model.minimize(sum(used.values()))
        try:
            found = model.solve(Budget((seconds - (perf_counter() - began)) * share), workers=workers)
        except Undecided:
            continue
        roster = [who[0] for who in found or []]
        count = len(set(roster))
        best = count if best is None else min(best, count)
        if best == bound:
            break
    return best, bound, roster, perf_counter() - began


def put_back(
    tasks: Sequence[Task], limits: Limits, roster: Sequence[int], asks: int, seed: int
) -> tuple[int, int, int, float]:
    """With the fewest workers only, one job is taken out, the others change about, and it is asked for again: the truth is yes.

    How many were asked, were there for the taking, were found, and the slowest in seconds.
    """
    chance = random.Random(seed)
    kept = sum(1 << worker for worker in set(roster))
    few = [Task(task.key, task.start, task.end, task.able & kept) for task in tasks]
    easy = found = 0
    slowest = 0.0
    for _ in range(asks):
        index = chance.randrange(len(few))
        others = list(roster)
        others[index] = NOBODY
        trial = Board(few, others, limits, len(limits.rest))
        trial.stir(seed + index, 200 * len(few))
        began = perf_counter()
        simple = any(
            trial.has_room(few[index].start, few[index].end, g)
            for g in range(len(limits.rest))
            if few[index].able >> g & 1
        )
        easy += simple
        found += simple or trial.insert([index], 400) or _exactly(few, limits, index)
        slowest = max(slowest, perf_counter() - began)
    return asks, easy, found, slowest


def _exactly(tasks: Sequence[Task], limits: Limits, index: int) -> bool:
    try:
        return Cover(tasks, limits).solve(Budget(20)) is not None
    except Undecided:
        return False

"""The published personnel task scheduling instances: fewest workers, and a job put back into a full roster.

Krishnamoorthy, Ernst and Baatar, EJOR 219 (2012); Smet, Wauters, Mihaylov and Vanden Berghe, Omega 46 (2014). Read from a folder that
one names: comments (#), `Jobs = n`, n lines `start end`, `Qualifications = m`, m lines `count: job job …`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from scheduler.core.ejection import Board
from scheduler.core.matching_model import NOBODY, Cover, Limits, Task, cliques
from scheduler.core.solving import Budget, Undecided, solve
from scheduler.core.ticks import bits

UNLIMITED = 1 << 30
PART = 20


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
    """Workers used, the proven bound, who does each job, and the time.

    First whether as few do as are needed at the busiest moment; then the fewest; then, from the best so far, by parts, each of them solved
    by one worker with the full linear relaxation.
    """
    began, bound, best = perf_counter(), clique(tasks), list[int]()
    whole = Budget(seconds)
    for workers, share, exactly in ((2, 0.25, True), (2, 0.4, False)):
        roster = _roster(tasks, bound, Budget(whole.left * share), workers, best, exactly=exactly)
        if roster and (not best or len(set(roster)) < len(set(best))):
            best = roster
        if best and len(set(best)) == bound:
            break
    if best:
        _fewer(tasks, best, bound, len(limits.rest), whole)
    return len(set(best)) or None, bound, best, perf_counter() - began


def _fewer(tasks: Sequence[Task], roster: list[int], bound: int, workers: int, budget: Budget) -> None:
    """Some of the workers who are used and some who are not share out anew what the former do, with as few of them as will do."""
    chance = random.Random(1)
    while budget.left and len(set(roster)) > bound:
        used = sorted(set(roster))
        idle = [worker for worker in range(workers) if worker not in set(used)]
        mine = {*chance.sample(used, min(PART, len(used))), *chance.sample(idle, min(PART // 2, len(idle)))}
        jobs = [index for index, worker in enumerate(roster) if worker in mine]
        able = sum(1 << worker for worker in mine)
        part = [replace(tasks[index], able=tasks[index].able & able) for index in jobs]
        now = [roster[index] for index in jobs]
        found = _roster(part, clique(part), Budget(min(2.0, budget.left)), 1, now, exactly=False)
        if found and len(set(found)) <= len(set(now)):
            for index, worker in zip(jobs, found, strict=True):
                roster[index] = worker


def _roster(
    tasks: Sequence[Task], bound: int, budget: Budget, workers: int, best: Sequence[int], *, exactly: bool
) -> list[int]:
    """Who does each job; [] where nothing was found. A worker takes one job of each clique if they are used at all, which binds more
    tightly than each job by itself."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    takes = [{worker: model.new_bool_var("") for worker in bits(task.able)} for task in tasks]
    held: dict[int, list[tuple[Task, cp_model.IntVar]]] = {}
    for index, (task, mine) in enumerate(zip(tasks, takes, strict=True)):
        model.add_exactly_one(mine.values())
        for worker, variable in mine.items():
            held.setdefault(worker, []).append((task, variable))
            if best:
                model.add_hint(variable, best[index] == worker)
    used = {worker: model.new_bool_var("") for worker in held}
    for worker, pairs in held.items():
        inside = set[int]()
        for clique_ in cliques(pairs, 0):
            model.add_at_most_one([*clique_, ~used[worker]])
            inside |= {variable.index for variable in clique_}
        for _, variable in pairs:
            if variable.index not in inside:
                model.add_implication(variable, used[worker])
    if exactly:
        model.add(sum(used.values()) <= bound)
    else:
        model.add(sum(used.values()) >= bound)
        model.minimize(sum(used.values()))
    try:
        solver = solve(model, budget, workers=workers)
    except Undecided:
        return []
    return [] if solver is None else [next(w for w in mine if solver.value(mine[w])) for mine in takes]


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
        simple = any(trial.fits(index, guide) for guide in range(len(limits.rest)) if few[index].able >> guide & 1)
        easy += simple
        found += simple or trial.insert([index], 400) or _exactly(few, limits, index)
        slowest = max(slowest, perf_counter() - began)
    return asks, easy, found, slowest


def _exactly(tasks: Sequence[Task], limits: Limits, index: int) -> bool:
    try:
        return Cover(tasks, limits).solve(Budget(20)) is not None
    except Undecided:
        return False

"""The roster's figures: a busy week and month planned, and sick calls."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter

from scheduler.core.availability import Day
from scheduler.core.planning import Shift, plan
from scheduler.core.ticks import Interval
from tests.benchmarks.figures import Row


def shifts(days: Sequence[Day], prefix: str = "") -> list[Shift]:
    """Days with nobody assigned yet; keys made different."""
    found = []
    for number, day in enumerate(days):
        duties = tuple(
            replace(duty, key=f"{number}:{duty.key}", visit=f"{number}:{duty.visit}", guide=None) for duty in day.duties
        )
        found.append(Shift(day.guides, duties, number % 7 in (4, 5)))
    return found


def week(days: Sequence[Day], unit_seconds: float, limit: float) -> Row:
    """A week or more planned from nothing: uncovered duties, how near each aim came to its bound."""
    began = perf_counter()
    covered = plan(shifts(days), seconds=limit / 3)
    taken = perf_counter() - began
    return {
        "duties": sum(len(day.duties) for day in days),
        "seconds": round(taken, 1),
        **{f"{r.aim} (bound)": f"{r.value} ({r.bound})" for r in covered.reached},
        "limit / U": round(limit / 3 / unit_seconds),
    }


def sick_calls(days: Sequence[Day], cases: int, seed: int, gone: int = 3) -> Row:
    """Some guides of a busy day fall ill in the morning: fewest uncovered, then fewest changes."""
    chance = random.Random(seed)
    taken, proven, uncovered, hit = [], 0, 0, 0
    for number in range(cases):
        day = days[number % len(days)]
        on_duty = sorted({duty.guide for duty in day.duties if duty.guide is not None})
        ill = set(chance.sample(on_duty, gone))
        guides = tuple(replace(g, away=(Interval(0, 288),)) if g.code in ill else g for g in day.guides)
        duties = tuple(replace(duty, guide=None if duty.guide in ill else duty.guide) for duty in day.duties)
        hit += sum(duty.guide in ill for duty in day.duties)
        began = perf_counter()
        found = plan([Shift(guides, duties)], quiet=True, seconds=4.0)
        taken.append(perf_counter() - began)
        proven += all(reached.proven for reached in found.reached[:2])
        uncovered += len(found.unassigned)
    return {
        "cases": cases,
        "duties hit": hit,
        "uncovered": uncovered,
        "first two aims proven": proven,
        "median s": round(median(taken), 2),
    }

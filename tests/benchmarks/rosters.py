"""The roster's figures: a busy week and month planned, and sick calls.

`python -m tests.benchmarks.rosters [seed …]`: busy weeks of these seeds (1 to 8) with every kind of history, in about eight minutes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter, process_time

from scheduler.core.availability import Day
from scheduler.core.matching import Crew
from scheduler.core.planning import Shift, plan
from scheduler.core.planning_table import COVERED, FAIR, UNCHANGED, Load
from scheduler.core.rules import Duty, Roster, why_not
from scheduler.core.ticks import Interval
from tests.benchmarks import museums
from tests.benchmarks.figures import Row

HISTORIES = ("none", "spread", "leave")


def shifts(days: Sequence[Day], prefix: str = "") -> list[Shift]:
    """Days with nobody assigned yet; keys made different."""
    found = []
    for number, day in enumerate(days):
        duties = tuple(
            replace(duty, key=f"{number}:{duty.key}", visit=f"{number}:{duty.visit}", guide=None) for duty in day.duties
        )
        found.append(Shift(day.guides, duties, number % 7 in (4, 5)))
    return found


def planned(days: Sequence[Day], unit_seconds: float, seconds: float) -> Row:
    """Days planned from nothing: what is left uncovered, and what the first free guide would leave; how near each aim came to its bound.

    `all led / U`: CPU time until nobody unassigned was proven; `fair`: squared ticks above and below the guides' shares.
    """
    asked = shifts(days)
    began = process_time()
    first = plan(asked, seconds=seconds, until=COVERED)
    covering = process_time() - began
    began, clock = process_time(), perf_counter()
    found = plan(asked, seconds=seconds, until=FAIR)
    reached = {each.aim: each for each in found.reached}
    fair = reached[FAIR]
    return {
        "duties": sum(len(day.duties) for day in days),
        "uncovered (bound)": f"{first.value(COVERED)} ({first.reached[0].bound})",
        "all led / U": round(covering / unit_seconds, 1),
        "uncovered by first-fit": sum(_first_fit(shift) for shift in asked),
        "fair (bound)": f"{fair.value} ({fair.bound})",
        "fair against its bound": round(fair.value / max(1, fair.bound), 3),
        "mean deviation, minutes": round(5 * (fair.value / 2 / len(days[0].guides)) ** 0.5, 1),
        "seconds": round(perf_counter() - clock, 1),
        "CPU seconds": round(process_time() - began, 1),
        "limit, seconds": round(seconds),
    }


def other_weeks(days: Sequence[Day], seconds: float) -> Row:
    """How near fairness comes to its bound in each six days of the month after the first, of which nothing was tuned on."""
    row: Row = {}
    for first in range(6, len(days) - 5, 6):
        found = plan(shifts(days[first : first + 6]), seconds=seconds, until=FAIR)
        fair = next(each for each in found.reached if each.aim == FAIR)
        row[f"days {first + 1} to {first + 6}: fair (bound)"] = f"{fair.value} ({fair.bound})"
    return row


def other_seeds(seeds: Sequence[int], seconds: float) -> Row:
    """How near fairness comes to its bound in busy weeks of these seeds, after four weeks of each kind."""
    row: Row = {}
    for seed in seeds:
        asked = shifts(museums.month(museums.BUSY, seed, 6))
        for kind in HISTORIES:
            clock = perf_counter()
            found = plan(asked, before=history(asked, kind, seed), seconds=seconds, until=FAIR)
            fair = next(each for each in found.reached if each.aim == FAIR)
            row[f"seed {seed}, {kind}: fair (bound)"] = (
                f"{fair.value} ({fair.bound}), {fair.value / max(1, fair.bound):.3f}, {perf_counter() - clock:.1f} s"
            )
    return row


def history(asked: Sequence[Shift], kind: str, seed: int) -> dict[str, Load]:
    """What each guide led in four weeks like these days: as much as they were there for, more or less; none: nobody anything.

    "leave": one guide was away all the time, and one has been there for a week.
    """
    codes = sorted({guide.code for shift in asked for guide in shift.guides})
    if kind == "none":
        return {}
    chance, found = random.Random(seed), dict[str, Load]()
    rates = [_rate(asked), _rate([shift for shift in asked if shift.weekend])]
    for number, code in enumerate(codes):
        there = [round(4 * each * chance.uniform(0.85, 1.15) / len(codes)) for _, each in rates]
        led = [chance.gauss(1, spread) for spread in (0.05, 0.1)]
        if kind == "leave" and number in (3, 12):
            there = [0 if number == 3 else each // 4 for each in there]
        ticks = [round(hours * rate * more) for hours, (rate, _), more in zip(there, rates, led, strict=True)]
        found[code] = Load(*ticks, *there)
    return found


def _rate(asked: Sequence[Shift]) -> tuple[float, int]:
    """The share of their time that all guides lead, and that time."""
    there = sum(hours.ticks for shift in asked for guide in shift.guides for hours in guide.hours)
    return sum(duty.period.ticks for shift in asked for duty in shift.duties) / max(1, there), there


def _first_fit(shift: Shift) -> int:
    """How many duties stay open if each, by its start, goes to the free guide who can do least else."""
    crew = Crew(shift.guides, ())
    led: list[Duty] = []
    for duty in sorted(shift.duties, key=lambda one: one.period):
        free = (guide for guide in crew.guides if not why_not(guide, duty, Roster(tuple(led))))
        if guide := next(free, None):
            led.append(replace(duty, guide=guide.code))
    return len(shift.duties) - len(led)


def sick_calls(days: Sequence[Day], cases: int, seed: int, unit_seconds: float = 0.0, gone: int = 3) -> Row:
    """Some guides of a busy day fall ill in the morning: fewest uncovered, then fewest changes."""
    chance = random.Random(seed)
    taken, proven, uncovered, changed, hit = [], 0, 0, 0, 0
    for number in range(cases):
        day = days[number % len(days)]
        on_duty = sorted({duty.guide for duty in day.duties if duty.guide is not None})
        ill = set(chance.sample(on_duty, gone))
        guides = tuple(replace(g, away=(Interval(0, 288),)) if g.code in ill else g for g in day.guides)
        duties = tuple(replace(duty, guide=None if duty.guide in ill else duty.guide) for duty in day.duties)
        hit += sum(duty.guide in ill for duty in day.duties)
        began = process_time()
        found = plan([Shift(guides, duties)], quiet=True, seconds=10.0, until=UNCHANGED)
        taken.append(process_time() - began)
        proven += all(reached.proven for reached in found.reached[:2])
        uncovered += found.value(COVERED)
        changed += found.value(UNCHANGED)
    row: Row = {
        "cases": cases,
        "duties hit": hit,
        "uncovered": uncovered,
        "others that change": changed,
        "both proven fewest": proven,
        "median CPU s": round(median(taken), 3),
        "slowest CPU s": round(max(taken), 3),
    }
    return row | ({"median / U": round(median(taken) / unit_seconds, 1)} if unit_seconds else {})


if __name__ == "__main__":
    for line, figures in other_seeds([int(seed) for seed in sys.argv[1:]] or range(1, 9), 30).items():
        print(f"{line:40} {figures}")

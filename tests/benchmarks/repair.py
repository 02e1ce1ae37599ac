"""Closure repair measured: museum-like and busy days closed as a whole, and a season's closure over a month with 400 visits hit.

Each case is solved three ways in the same run: by the engine, one by one at what is free just then (nobody gives way), and by rejecting
all. `python -m tests.benchmarks.repair [seeds]`; figures are medians over the seeds. "alone" is the sum of each visit's own best with the
others absent, "bound" what was proved that no repair can be below.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time

from scheduler.core import solving
from scheduler.core.day import Day
from scheduler.core.repair import Hit, Repair, Total, repair
from scheduler.core.repair_case import LEFT_MINUTES
from scheduler.core.repair_search import Plan
from scheduler.core.repair_spots import prepared
from scheduler.core.solving import Budget
from tests.benchmarks.repair_days import BUSY, MUSEUM, SEASON, Size, closed_day, days, season

Case = tuple[dict[int, Day], list[Hit]]
DAY, MONTH = 9, 29


@dataclass(frozen=True)
class Setting:
    name: str
    seconds: float
    make: Callable[[int], Case]
    goal: str


def one_day(size: Size, notice: int) -> Callable[[int], Case]:
    return lambda seed: closed_day(days(seed, size, 31), DAY, notice)


SETTINGS = (
    Setting("museum day, 7 days' notice", 1, one_day(MUSEUM, 7), "alone <= 1.05 in 1 s"),
    Setting("museum day, no notice", 1, one_day(MUSEUM, 0), "alone <= 1.05 in 1 s"),
    Setting("busy day, 7 days' notice", 10, one_day(BUSY, 7), "alone <= 1.05 in 10 s"),
    Setting("busy day, no notice", 10, one_day(BUSY, 0), "alone <= 1.05 in 10 s"),
    Setting(
        "season: a hall shut till 13:00, 4 days shut",
        5,
        lambda seed: season(days(seed, SEASON, MONTH), range(9, 13)),
        "5 s",
    ),
)


def one_by_one(found: dict[int, Day], hits: Sequence[Hit]) -> Total:
    """What a desk does without the engine: in order of their dates each takes the nearest start that is free."""
    wanted, sites = prepared(found, hits)
    for one in wanted:
        one.look(sites, Budget(5))
    plan = Plan(wanted, sites)
    for number in sorted(range(len(wanted)), key=lambda n: (wanted[n].hit.day, wanted[n].before, wanted[n].hit.visit)):
        plan.insert(number, hard=0)
    return plan.total


def measure(setting: Setting, seeds: Sequence[int]) -> None:
    rows: list[tuple[float, Repair, Total, list[Hit]]] = []
    spent = []
    for seed in seeds:
        found, hits = setting.make(seed)
        begun, worked = perf_counter(), process_time()
        repaired = repair(found, hits, seconds=setting.seconds)
        spent.append(process_time() - worked)
        rows.append((perf_counter() - begun, repaired, one_by_one(found, hits), hits))
    done = Counter(proposal.action for _, repaired, _, _ in rows for proposal in repaired.proposals)
    print(f"\n{setting.name}   (goal: {setting.goal}; {len(seeds)} seeds)")
    actions = ", ".join(f"{number} {action}" for action, number in sorted(done.items()))
    print(f"  visits hit          {median(len(hits) for *_, hits in rows):.0f} a case; {actions}")
    wall = [row[0] for row in rows]
    print(f"  seconds             {median(wall):.2f}, most {max(wall):.2f}; of the processor {median(spent):.2f}")
    over = sorted(r.cost.minutes / max(1, r.alone.minutes) for _, r, _, _ in rows)
    gap = sorted(r.cost.minutes / max(1, r.bound.minutes) for _, r, _, _ in rows)
    proven = sum(repaired.proven for _, repaired, _, _ in rows)
    print(f"  cost / alone        {median(over):.3f}, most {over[-1]:.3f}")
    print(f"  cost / bound        {median(gap):.3f}, most {gap[-1]:.3f}; proven least in {proven} of {len(rows)}")
    ours = (median(r.cost.left for _, r, _, _ in rows), median(r.cost.minutes for _, r, _, _ in rows))
    desk = (median(g.left for *_, g, _ in rows), median(g.minutes for *_, g, _ in rows))
    none = (median(len(h) for *_, h in rows), median(LEFT_MINUTES * sum(hit.weight for hit in h) for *_, h in rows))
    for name, (left, minutes) in (("engine", ours), ("one by one", desk), ("reject all", none)):
        print(f"  {name:<19} {left:.0f} left without a time, {minutes:,.0f} weighted minutes")


def main() -> None:
    seeds = range(1, 1 + (int(sys.argv[1]) if len(sys.argv) > 1 else 5))
    solving.load()  # a worker has them in memory

    for setting in SETTINGS:
        measure(setting, seeds if setting.seconds < 10 else seeds[:3])


if __name__ == "__main__":
    main()

"""New times for the visits that a closure hits: the least change for all of them at once, with a proof of how little that can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduler.core.day import Day
from scheduler.core.repair_case import (
    DAY_MINUTES,
    DROP_MINUTES,
    Hit,
    Placement,
    Proposal,
    Repair,
    Total,
    lifted,
    struck,
)
from scheduler.core.repair_master import Master
from scheduler.core.repair_recreate import recreate
from scheduler.core.repair_search import Plan, greedy, hardest, settle
from scheduler.core.repair_site import Site
from scheduler.core.repair_spots import Wanted, prepared
from scheduler.core.repair_ways import applied, proposals
from scheduler.core.solving import Budget

__all__ = ["DAY_MINUTES", "Hit", "Placement", "Proposal", "Repair", "Total", "applied", "lifted", "repair", "struck"]

SECONDS = 5.0
WORK_A_SECOND = 1000
ROUNDS_A_SECOND = 1000
SETTLE_TRIES = 4
MOST_EXACT = 80
"""With more visits than this the exact stage would find nothing in its time: the search has it."""
GREEDY, IMPROVE, EXACT = 0.2, 0.65, 0.85
"""The shares of the time after which the next stage begins."""


def repair(
    days: Mapping[int, Day],
    hits: Sequence[Hit],
    *,
    seconds: float = SECONDS,
    drop: int = DROP_MINUTES,
    decided: Mapping[str, Placement | None] | None = None,
) -> Repair:
    """The least change for all hit visits at once: first the fewest left without a time, then the fewest weighted minutes.

    `days`: every day that may be used, the hit visits still on them, what displaces them already in `closed` and `taken`. `decided`:
    what a person has decided for some of the visits; where that cannot be done beside the other decisions, its proposal is "leave".
    Visits that are not hit keep their times, the promised ones their guides and walks too. `drop`: minutes that a dropped stop counts.
    Raises KeyError where a hit visit is not on its day.
    """
    wanted, sites = prepared(days, hits, drop, decided)
    budget = Budget(seconds * EXACT)
    for one in wanted:
        one.look(sites, budget)
    alone = Total(sum(one.first is None for one in wanted), sum(one.best for one in wanted))
    plan, bound = _plan(wanted, sites, alone, budget, seconds)
    return Repair(proposals(plan, Budget(seconds * (1 - EXACT) / 2 + budget.left)), plan.total, bound, alone)


def _plan(
    wanted: Sequence[Wanted], sites: Mapping[int, Site], alone: Total, budget: Budget, seconds: float
) -> tuple[Plan, Total]:
    """The best plan found, and what no plan costs less than."""
    order, work = hardest(wanted, sites), seconds * WORK_A_SECOND
    plan = greedy(wanted, sites, order, work * GREEDY, lambda: budget.left > seconds * (EXACT - GREEDY))
    by_date = sorted(order, key=lambda number: (wanted[number].hit.day, wanted[number].before, number))
    if plan.total > alone:
        plan = min(plan, greedy(wanted, sites, by_date, 0, lambda: False), key=lambda plan: plan.total)
    if plan.total == alone:
        return plan, alone
    settle(plan, order, SETTLE_TRIES)
    share = IMPROVE if len(wanted) <= MOST_EXACT else EXACT
    plan = recreate(plan, alone, seconds * ROUNDS_A_SECOND, Budget(budget.left - seconds * (EXACT - share)))
    settle(plan, order, SETTLE_TRIES)
    if len(wanted) > MOST_EXACT:
        return plan, alone
    master = Master(wanted, sites, plan, alone, budget)
    plan = master.run()
    return plan, min(plan.total, master.total(master.bound))

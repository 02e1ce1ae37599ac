"""The roster of several days that is best in a strict order: covered, fair, unchanged, without gaps.

Days are independent but for fairness, which counts what a guide did before and what they do on all the days together. So the first aims
are proven day by day; then each aim is searched for in parts (`planning_search.py`), kept for those after it, and held against a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from scheduler.core import planning_gaps
from scheduler.core.planning_bound import Relaxation
from scheduler.core.planning_columns import Mixture
from scheduler.core.planning_model import Part, Solved
from scheduler.core.planning_search import Search
from scheduler.core.planning_swaps import Swaps
from scheduler.core.planning_table import COVERED, FAIR, GAPS, UNCHANGED, Aim, Load, Shift, Table
from scheduler.core.solving import Budget

__all__ = ["FAIR_ORDER", "QUIET_ORDER", "Load", "Plan", "Reached", "Shift", "Watch", "plan"]

QUIET_ORDER: tuple[Aim, ...] = (COVERED, UNCHANGED, FAIR, GAPS)
FAIR_ORDER: tuple[Aim, ...] = (COVERED, FAIR, UNCHANGED, GAPS)
SHARE_OF_TIME: Mapping[Aim, float] = {FAIR: 0.7, UNCHANGED: 0.6, GAPS: 1.0}
"""How much of the time that is left each aim may take."""
SMALL, WHOLE = 400, 6000
"""So many choices (a guide for a group): up to here the whole is solved at once; and up to here it is tried after the search."""
BURST = 0.1
"""The share of its time in which fairness is searched for before the relaxation: a better roster makes the relaxation smaller."""
NEAR = 1.05
"""So many times its bound fairness may be where the whole is asked for a roster whose loads allow that."""
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Reached:
    """How far one aim was reached: the value, the bound below which no roster can go, and whether they meet.

    covered: duties that nobody leads. fair: squares of the ticks that guides lead above or below their share. unchanged: duties that
    change their guide. gaps: ticks that guides wait between two duties.
    """

    aim: Aim
    value: int
    bound: int

    @property
    def proven(self) -> bool:
        return self.bound >= self.value


@dataclass(frozen=True, slots=True)
class Plan:
    """Who leads what (None: nobody can), and how good that is, aim by aim, in the order in which they were asked."""

    guides: Mapping[str, str | None]
    reached: tuple[Reached, ...]
    stopped: bool = False

    @property
    def unassigned(self) -> tuple[str, ...]:
        return tuple(key for key, guide in self.guides.items() if guide is None)

    def value(self, aim: Aim) -> int:
        return next(reached.value for reached in self.reached if reached.aim == aim)


@dataclass(slots=True)
class Watch:
    """Whom to tell how far it is (0 to 1), and whom to ask whether to stop: the best so far is then given."""

    progress: Callable[[float], None] = field(default=lambda _share: None)
    stopped: Callable[[], bool] = field(default=lambda: False)
    _asked: float = 0.0
    _said: bool = False

    def halted(self) -> bool:
        """Whether to stop; asked no more often than twice a second, and once said it stays so."""
        if not self._said and monotonic() - self._asked > LOOK_SECONDS:
            self._said, self._asked = self.stopped(), monotonic()
        return self._said


def plan(
    shifts: Sequence[Shift],
    *,
    before: Mapping[str, Load] | None = None,
    quiet: bool = False,
    seconds: float = 30.0,
    watch: Watch | None = None,
    until: Aim = GAPS,
) -> Plan:
    """The best roster of these days. Promised duties stay as they are; the others may go to any guide who may lead them.

    Nobody unassigned who could be assigned; then the squared deviation of each guide's time (with that of `before`) from their fair
    share, weekends once more; then the fewest changes; then the least waiting between duties. `quiet`: changes before fairness, for
    what has been told. `until`: the last aim to ask for; those after it are measured only. Lexicographic goal programming over interval
    cliques (Krishnamoorthy and Ernst, 2001, name the problem of the first aim); deterministic but where the time runs out.
    """
    watch = watch or Watch()
    table = Table(shifts, before or {})
    budget, order = Budget(seconds), QUIET_ORDER if quiet else FAIR_ORDER
    watch.progress(0.0)
    bounds = dict.fromkeys(order, 0)
    bounds[COVERED], bounds[UNCHANGED] = _cover(table, Budget(budget.left * 0.4), watch, changes=order[1] == UNCHANGED)
    for number, aim in enumerate(order[: order.index(until) + 1]):
        if aim == COVERED:
            continue
        watch.progress(number / len(order))
        if bounds[aim] < table.value(aim):
            own = Budget(0.0 if watch.halted() else budget.left * SHARE_OF_TIME[aim])
            bound = _reach(table, aim, order[:number], own, watch)
            bounds[aim] = max(bounds[aim], bound) if bounds[COVERED] == table.value(COVERED) else 0
    watch.progress(1.0)
    reached = tuple(Reached(aim, table.value(aim), bounds[aim]) for aim in order)
    return Plan(table.decoded(shifts), reached, watch.halted())


def _cover(table: Table, budget: Budget, watch: Watch, *, changes: bool) -> tuple[int, int]:
    """Each day's fewest open duties, then with `changes` the fewest that change their guide; gives what no roster goes below."""
    open_, changed = 0, 0
    guides = range(len(table.codes))
    for day, planned in enumerate(table.days):
        groups = [table.groups[number] for number in planned.groups]
        here = [table.roster[number] for number in planned.groups]
        left = sum(len(group.keys) - len(led) for group, led in zip(groups, here, strict=True))
        moved = sum(len(group.stayers - led) for group, led in zip(groups, here, strict=True))
        if not left and not (changes and moved):
            continue
        part = Part(table, guides, [day], (), (COVERED, UNCHANGED) if changes else (COVERED,))
        own = Budget(0.0 if watch.halted() else budget.left)
        found = part.least_in_time(own, 1, watch.halted) if own.left else None
        if found is None:
            continue
        for number, led in found.roster.items():
            table.roster[number] = led
        fewest, rest = divmod(max(0, found.bound), part.weight)
        left = sum(len(table.groups[number].keys) - len(table.roster[number]) for number in planned.groups)
        open_ += fewest
        changed += rest if fewest == left else 0
    return open_, changed


def _reach(table: Table, aim: Aim, keep: Sequence[Aim], budget: Budget, watch: Watch) -> int:
    """Search for the least of an aim, those before it kept; gives what no roster goes below."""
    bound = 0
    if aim == GAPS:
        days = range(len(table.days))
        bound = sum(planning_gaps.bound(table, day, budget.left / 4 / len(days)) for day in days)
    if table.size() > SMALL:
        if aim == FAIR:
            return _fairest(table, keep, budget, watch)
        _search(Search(table, aim, keep), bound, Budget(budget.left * 0.8), watch)
    for workers in (1, 2):
        if table.value(aim) > bound and table.size() <= WHOLE and budget.left and not watch.halted():
            share = Budget(budget.left * (0.5 if workers == 1 else 1.0))
            part = Part(table, *_everything(table), keep, (aim,))
            found = part.least_in_time(share, workers, watch.halted)
            if found is not None:
                bound = max(bound, found.bound)
                _take(table, aim, found)
    return bound


def _fairest(table: Table, keep: Sequence[Aim], budget: Budget, watch: Watch) -> int:
    """Search for the fairest roster, the relaxations showing where; gives what no roster goes below."""
    if UNCHANGED in keep:
        _search(Search(table, FAIR, keep), 0, Budget(budget.left * BURST), watch)
    else:
        Swaps(table).anneal(budget.left * BURST, watch.halted)
    relaxation = Relaxation(table, keep)
    bound = relaxation.bound(budget.left / 2)
    mixture = Mixture(table, keep)
    if table.value(FAIR) > bound and not watch.halted():
        bound = max(bound, mixture.bound(budget.left / 3, relaxation.prices, watch.halted))
    blame = mixture.blame if mixture.prices is not None else None
    _search(Search(table, FAIR, keep, relaxation.targets, blame), bound, Budget(budget.left * 0.75), watch)
    for nearest, share in ((NEAR, 0.6), (None, 1.0)):
        value = table.value(FAIR)
        limit = value - 1 if nearest is None else min(value - 1, round(bound * nearest))
        loads = mixture.loads(limit) if table.size() <= WHOLE and limit >= bound and not watch.halted() else None
        if loads is not None:
            part = Part(table, *_everything(table), keep, (FAIR,), loads)
            found = part.least_in_time(Budget(budget.left * share), 1, watch.halted)
            if found is not None:
                _take(table, FAIR, found)
            proven = limit + 1 if found is None else min(limit + 1, found.bound)
            if found is not None or part.impossible:
                bound = max(bound, proven)
    return bound


def _everything(table: Table) -> tuple[Sequence[int], Sequence[int]]:
    return range(len(table.codes)), range(len(table.days))


def _take(table: Table, aim: Aim, found: Solved) -> None:
    """The roster that was found, if it is no worse."""
    before, value = list(table.roster), table.value(aim)
    for number, led in found.roster.items():
        table.roster[number] = led
    if table.value(aim) > value:
        table.roster = before


def _search(search: Search, bound: int, budget: Budget, watch: Watch) -> None:
    while search.value > bound and budget.left and not search.ended and not watch.halted():
        search.step(budget)

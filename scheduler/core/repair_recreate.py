"""Better plans by ruin and recreate (Schrimpf and others, 2000): some visits near each other are taken off and placed anew."""

from __future__ import annotations

from math import log
from random import Random

from scheduler.core.repair_asked import Placed
from scheduler.core.repair_case import Total
from scheduler.core.repair_desk import Desk
from scheduler.core.repair_search import Plan
from scheduler.core.repair_spots import Spot
from scheduler.core.solving import Budget
from scheduler.core.ticks import TICK_MINUTES

WARM, COLD = 6.0, 0.5
"""How much worse a plan may be that is kept, at first and at the end: in ticks of a visit of weight 1."""

CALM = 100
"""With fewer rounds than this for each visit there is no time to go astray: the search begins colder in proportion."""

PATIENCE = 40
"""The search ends when it was in vain so many times for each visit."""

PUSHES = 6
"""Spots nearer than the first free one at which others are asked to change guide or walk."""

NEAR, MOST_RUINED, MOST_STIRRED, BLINK = 6, 6, 12, 0.03
LEFT = 1000


def recreate(plan: Plan, bound: Total, most: float, budget: Budget, seed: int = 1) -> Plan:
    """The best plan found from this one in so many rounds, or until the time is up; nothing costs less than `bound`.

    In each round a visit that pays more than its own best is taken off, with some of those about the time that it would rather have;
    they are placed anew in another order. A plan that is a little worse is kept now and then, the less so the later (annealing). Rounds
    are counted, so the same input gives the same answer as long as the clock does not end it first.
    """
    now = Recreation(plan, Random(seed))  # noqa: S311  (a search, no secret)
    time, least = budget.left, LEFT * bound.left + bound.minutes
    best, kept, vain, rounds = now.cost, now.state(), 0, 0
    warm = max(COLD, WARM * min(1, most / (CALM * len(plan.at))))
    while best > least and rounds < most and budget.left and vain < PATIENCE * (len(plan.at) + 3):
        over = max(rounds / most, 1 - budget.left / time)
        slack = -warm * (COLD / warm) ** over * TICK_MINUTES * log(1 - now.random.random())
        before, cost = now.state(), now.cost
        now.round()
        rounds, vain = rounds + 1, vain + 1
        if now.cost > cost + slack:
            now.become(before)
        elif now.cost < best:
            best, kept, vain = now.cost, now.state(), 0
    now.become(kept)
    return now.planned()


State = tuple[list[Spot | None], dict[int, Desk], int]


class Recreation:
    """A plan under change: a spot for each visit, and a desk for each day that has any."""

    def __init__(self, plan: Plan, random: Random) -> None:
        self.plan, self.wanted, self.random = plan, plan.wanted, random
        self.at: list[Spot | None] = list(plan.at)
        self.cost = sum(map(self.price, range(len(self.at))))
        self.desks = {
            day: Desk.of(plan.sites[day], arranged, self._numbers(day))
            for day, arranged in plan.days.items()
            if arranged.placed
        }
        self.own: set[int] = set()  # days whose desk is this round's, and no other state's

    def state(self) -> State:
        return list(self.at), dict(self.desks), self.cost

    def become(self, state: State) -> None:
        self.at, self.desks, self.cost = list(state[0]), dict(state[1]), state[2]

    def price(self, number: int) -> int:
        """What a visit pays; without a time, more than all others together could."""
        spot = self.at[number]
        return self.wanted[number].left * LEFT if spot is None else spot.cost

    def planned(self) -> Plan:
        plan = Plan(self.wanted, self.plan.sites)
        plan.at = list(self.at)
        for day, desk in self.desks.items():
            if desk.news:
                plan.days[day] = desk.arranged(sorted(desk.news))
        return plan

    def _numbers(self, day: int) -> list[int]:
        """Which visit each of a day's arrangement is; those alike in turn."""
        open_: dict[Placed, list[int]] = {}
        for number, spot in enumerate(self.at):
            if spot is not None and spot.day == day:
                open_.setdefault(spot.placed, []).append(number)
        return [open_[placed].pop(0) for placed in self.plan.days[day].placed]

    def round(self) -> None:
        """Take some visits off and place them anew."""
        self.own = set()
        sorry = [number for number in range(len(self.at)) if self._is_sorry(number)]
        number = self.random.choice(sorry or range(len(self.at)))
        for each in self._order(self._ruin(number)):
            self._insert(each)

    def _is_sorry(self, number: int) -> bool:
        spot, one = self.at[number], self.wanted[number]
        return one.first is not None and (spot is None or spot.cost > one.best)

    def _ruin(self, number: int) -> list[int]:
        """Take a visit off, with some of those that are about the time it would rather have."""
        random, one = self.random, self.wanted[number]
        aims = one.up_to(min(self.price(number), one.left) - 1)
        aim = aims[min(int(random.expovariate(0.15)), len(aims) - 1)] if aims else self.at[number]
        removed = [number]
        self._take(number)
        if aim is None:
            return removed
        start, end = aim.starts[0] - NEAR, aim.starts[-1] + one.ticks + NEAR
        near = [
            other
            for other, spot in enumerate(self.at)
            if spot is not None
            and spot.day == aim.day
            and spot.starts[0] < end
            and start < spot.starts[-1] + self.wanted[other].ticks
        ]
        random.shuffle(near)
        for other in near[: random.randint(1, MOST_RUINED)]:
            self._take(other)
            removed.append(other)
        if aim.day in self.desks:
            self._desk(aim.day).stir(random, start, end, random.randint(0, MOST_STIRRED))
        return removed

    def _order(self, removed: list[int]) -> list[int]:
        """In which they are placed anew: the dear first, the long first, as they came off, or by lot."""
        kind, wanted = self.random.random(), self.wanted
        if 0.4 <= kind < 0.6:
            return removed
        self.random.shuffle(removed)
        if kind < 0.4:
            return sorted(removed, key=lambda n: -wanted[n].hit.weight * wanted[n].parties)
        if kind < 0.8:
            return sorted(removed, key=lambda n: -wanted[n].ticks * wanted[n].parties)
        return removed

    def _insert(self, number: int) -> None:
        """The cheapest spot that is free, or one of a few cheaper ones at which others make room."""
        random, pushes = self.random, 0
        for spot in self.wanted[number].spots():
            if not self._looks_free(spot) and (pushes >= PUSHES or random.random() < 0.5):
                continue
            if random.random() < BLINK:
                continue
            if self._desk(spot.day).put(number, spot.placed, random, push=pushes < PUSHES):
                self.cost += spot.cost - self.price(number)
                self.at[number] = spot
                return
            pushes += 1

    def _looks_free(self, spot: Spot) -> bool:
        """Whether each wave has enough free guides at its start, each wave for itself."""
        site = self.plan.sites[spot.day]
        desk = self.desks.get(spot.day) or self._desk(spot.day)
        kind, tasks, at = site.kinds[spot.kind], site.asked.tasks(spot.placed), 0
        for start, group in zip(spot.starts, kind.groups, strict=True):
            if not desk.starts(tasks[at].able, kind.ticks, len(group)) >> start & 1:
                return False
            at += len(group)
        return True

    def _take(self, number: int) -> None:
        spot = self.at[number]
        if spot is not None:
            self.cost -= spot.cost
            self.at[number] = None
            self.cost += self.price(number)
            self._desk(spot.day).take(number)

    def _desk(self, day: int) -> Desk:
        """The desk of a day, as this round may change it."""
        if day not in self.own:
            self.own.add(day)
            there = self.desks.get(day)
            self.desks[day] = Desk(self.plan.sites[day]) if there is None else there.copy()
        return self.desks[day]

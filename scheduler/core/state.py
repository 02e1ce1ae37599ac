"""A day worked out: its guides' and its spaces' side together, and the starts that opening hours and the grid allow."""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.core.day import Day, Wish
from scheduler.core.inherited import Inheritance
from scheduler.core.matching import Crew, Demand
from scheduler.core.packing import Floor
from scheduler.core.solving import Budget
from scheduler.core.ticks import Interval

Group = tuple[int, ...]
"""The heads of each party of one wave."""


class State:
    """What can be asked of one day. The two sides are independent: guides stay with their party, and no order changes a length."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.crew = Crew(day.guides, day.duties)
        hours = [Interval(opening.opens, opening.closes) for opening in day.opening] or [Interval(0, 1)]
        whole = Interval(min(hour.start for hour in hours), max(hour.end for hour in hours))
        closed = [(closing.period, closing.spaces) for closing in day.closed]
        self.floor = Floor(day.spaces, day.visits, day.taken, closed, whole)
        self.inherited = Inheritance()

    @property
    def breaks_no_rule(self) -> bool:
        """Whether all duties are validly led and nothing is overfull: what can be served then depends on the visits' demands alone."""
        return self.crew.leads_all_now and self.floor.holds_all

    def candidates(self, ticks: int, earliest: int = 0) -> int:
        """The starts on the grid that the opening hours allow."""
        found = 0
        for opening in self.day.opening:
            first = -(-max(opening.opens, earliest) // self.day.grid) * self.day.grid
            for start in range(first, min(opening.last_start, opening.closes - ticks) + 1, self.day.grid):
                found |= 1 << start
        return found

    def possible(self, wish: Wish, group: Group, candidates: int) -> int:
        """Those of the candidates that a quick look does not rule out."""
        _, floor = self.floor.starts(wish.stops, group, candidates)
        _, crew = self.crew.starts(wish.tour, wish.language, wish.ticks, len(group), floor)
        return crew

    def starts(self, wish: Wish, group: Group, candidates: int, budget: Budget) -> tuple[int, int]:
        """Of the candidates, the starts at which one wave can be served, and those left undecided."""
        sure_floor, maybe_floor = self.floor.starts(wish.stops, group, candidates)
        skill, ticks, number = (wish.tour, wish.language), wish.ticks, len(group)
        led, maybe = self.crew.starts(*skill, ticks, number, maybe_floor)
        older = self.inherited.nearest() if maybe & ~led or maybe_floor & ~sure_floor else None
        more, unknown_led = self.crew.settle(*skill, ticks, number, maybe & ~led, budget, older and older.crew)
        led |= more
        asked = (led | unknown_led) & ~sure_floor
        more, unknown_walked = self.floor.settle(wish.stops, group, asked, budget, older and older.floor)
        sure_floor |= more
        good = led & sure_floor
        return good, (led | unknown_led) & (sure_floor | unknown_walked) & ~good

    def can(self, wish: Wish, groups: Sequence[Group], starts: Sequence[int], budget: Budget) -> bool:
        """Whether these waves can be served at these starts. Raises Undecided."""
        news = [(start, wish.stops, group) for start, group in zip(starts, groups, strict=True)]
        demands = [Demand(start, wish.ticks, len(group)) for start, group in zip(starts, groups, strict=True)]
        return (
            self.floor.arrange(news, budget) is not None
            and self.crew.serve(wish.tour, wish.language, demands, budget) is not None
        )

"""The nearest starts at which the waves of one group can be served.

Waves that share no moment, and have no other group's wave between them that links them, do not meet in the spaces: only chains of waves
are looked at. Where nobody is and nothing is closed a chain is possible or not by the distances between its starts alone, whatever the
hour and the day; so each such question is answered once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations

from scheduler.core.day import Wish
from scheduler.core.itinerary import Space, Stop
from scheduler.core.matching import Demand
from scheduler.core.packing import Floor
from scheduler.core.solving import Budget, Undecided
from scheduler.core.state import Group, State
from scheduler.core.ticks import Interval, bits, runs, span

MOST_WAVES = 4
MOST_KEPT = 20_000

Starts = tuple[int, ...]


class StepsTaken(Exception):
    """So many steps were taken as were allowed."""


class Steps:
    """How many steps a search may take: unlike seconds the same on any machine."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self) -> None:
        """One more. Raises StepsTaken."""
        if not self.left:
            raise StepsTaken
        self.left -= 1


def nearest(
    state: State, wish: Wish, groups: tuple[Group, ...], candidates: int, budget: Budget
) -> Iterator[tuple[int, Starts | None]]:
    """For each first start the starts at which the visit ends soonest, in order of the first; None where the budget left that open.

    Of several that end as soon those whose second wave, third wave, … begin soonest.
    """
    search = Search(state, wish, groups, candidates, budget)
    for first in bits(search.options[0]):
        try:
            found = search.soonest(first)
        except Undecided:
            yield first, None
            continue
        if found:
            yield first, found


class Search:
    """One group's waves on one day. What was found out of some starts is not asked again."""

    def __init__(
        self,
        state: State,
        wish: Wish,
        groups: tuple[Group, ...],
        candidates: int,
        budget: Budget,
        steps: Steps | None = None,
    ) -> None:
        self.state, self.wish, self.groups, self.budget, self.steps = state, wish, groups, budget, steps
        alone = {group: state.starts(wish, group, candidates, budget) for group in dict.fromkeys(groups)}
        self.sure = [alone[group][0] for group in groups]
        self.options = [alone[group][0] | alone[group][1] for group in groups]
        self.spaces = {stop.space: state.day.spaces[stop.space] for stop in wish.stops}
        self.empty = Empty.of(wish.stops, tuple(self.spaces[code] for code in sorted(self.spaces)))
        guides = [
            (guide.rest, runs(hours, wish.ticks), min(duties, ticks // wish.ticks))
            for guide, hours, ticks, duties in zip(
                state.crew.guides, state.crew.hours, state.crew.limits.ticks, state.crew.limits.duties, strict=True
            )
            if (wish.tour, wish.language) in guide.qualifications and duties >= 1 and ticks >= wish.ticks
        ]
        self.guides, self.least_rest = len(guides), min((rest for rest, _, _ in guides), default=0)
        self.kinds = Counter(guides)
        """Guides alike as one: their rest, the starts that they could lead, and how many at most."""
        self.apart = {
            (early, late): self._apart(groups[early], groups[late])
            for early, late in combinations(range(len(groups)), 2)
        }
        self.crossed = self.used = 0
        """Boundaries of ticks over which a wave that may be moved goes, and ticks at which the spaces are not as if empty."""
        for wave in state.floor.waves:
            self.crossed |= span(wave.period.start + 1, wave.period.end)
            self.used |= wave.period.mask
        self.used |= _differ(state.floor, self.spaces)
        self._walked: dict[tuple[Starts, tuple[Group, ...]], bool] = {}
        self._led: dict[Starts, bool] = {}

    def soonest(self, first: int) -> Starts | None:
        """The starts with this first one at which the visit ends soonest. Raises Undecided, and StepsTaken."""
        return self.completed((first,), self.beside((first,)), 1 << 30)

    def completed(self, starts: Starts, options: list[int], before: int) -> Starts | None:
        """The soonest completion that ends with a start before `before`. `options`: what each wave to come may begin at beside these."""
        if not self.budget.left:
            raise Undecided
        if self.steps:
            self.steps.take()
        if not self.can(starts):
            return None
        if not options:
            return starts
        best = None
        for start in bits(options[0]):
            if start >= before or not self._may_end(start, options, before):
                break
            further = (*starts, start)
            beside = self.beside(further)
            if all(beside) and (found := self.completed(further, beside, before)):
                best, before = found, found[-1]
        return best

    def _may_end(self, start: int, options: list[int], before: int) -> bool:
        """Whether the waves after one that begins at `start` may all begin one after the other, the last before `before`."""
        for later in options[1:]:
            later &= -2 << start
            if not later:
                return False
            start = (later & -later).bit_length() - 1
        return start < before

    def beside(self, starts: Starts) -> list[int]:
        """For each wave that has no start yet those that no wave which has one rules out by itself."""
        found = []
        for late in range(len(starts), len(self.groups)):
            options = self.options[late]
            for early, start in enumerate(starts):
                options &= self.apart[early, late] << start
            found.append(options)
        return found

    def can(self, starts: Starts) -> bool:
        """Whether the first waves can begin so, if those before the last can. Raises Undecided."""
        if len(starts) == 1 and self.sure[0] >> starts[0] & 1:
            return True
        return self._walk(starts) and self._lead(starts)

    def _walk(self, starts: Starts) -> bool:
        """The spaces' side: the chain of waves that the last is part of."""
        number = len(starts)
        first = number - 1
        while first and self._meet(starts[first - 1], starts[first]):
            first -= 1
        chain, groups = starts[first:], self.groups[first:number]
        if len(chain) == 1 and self.sure[first] >> chain[0] & 1:
            return True
        if (chain, groups) not in self._walked:
            self._walked[chain, groups] = self._walk_chain(chain, groups)
        return self._walked[chain, groups]

    def _walk_chain(self, chain: Starts, groups: tuple[Group, ...]) -> bool:
        near = len(chain) - 1  # from here on they share moments with each other: more cannot be asked of empty spaces
        while near and chain[near] - chain[near - 1] < self.wish.ticks:
            near -= 1
        offsets = tuple(start - chain[near] for start in chain[near:])
        if not self.empty.holds(groups[near:], offsets, self.budget):
            return False
        if not span(chain[0], chain[-1] + self.wish.ticks) & self.used:
            return True
        news = [(start, self.wish.stops, group) for start, group in zip(chain, groups, strict=True)]
        return self.state.floor.arrange(news, self.budget) is not None

    def _meet(self, early: int, late: int) -> bool:
        """Whether two waves share a moment, or others are under way from the one to the other without a break."""
        end = early + self.wish.ticks
        return late < end or not span(end, late + 1) & ~self.crossed

    def _lead(self, starts: Starts) -> bool:
        """The guides' side."""
        if starts not in self._led:
            demands = [
                Demand(start, self.wish.ticks, len(group)) for start, group in zip(starts, self.groups, strict=False)
            ]
            self._led[starts] = not self._too_few(starts) and (
                self.state.crew.serve(self.wish.tour, self.wish.language, demands, self.budget) is not None
            )
        return self._led[starts]

    def _too_few(self, starts: Starts) -> bool:
        """Whether some waves up to the last have more parties than all guides could lead, each as many of the waves as they can."""
        parties = 0
        for first in range(len(starts) - 1, -1, -1):
            parties += len(self.groups[first])
            if parties > sum(number * self._most(starts[first:], *kind) for kind, number in self.kinds.items()):
                return True
        return False

    def _most(self, starts: Starts, rest: int, able: int, duties: int) -> int:
        """How many of the waves one guide could lead, had they no other duty."""
        led, free = 0, -1
        for start in starts:
            if start >= free and able >> start & 1:
                led, free = led + 1, start + self.wish.ticks + rest
        return min(led, duties)

    def _apart(self, early: Group, late: Group) -> int:
        """The distances between two waves at which neither guides nor empty spaces forbid both, as bits without end."""
        ticks, grid = self.wish.ticks, self.state.day.grid
        if len(early) + len(late) > self.guides:  # somebody leads in both
            return -1 << ticks + self.least_rest
        found = -1 << ticks
        for distance in range(grid, ticks, grid):
            try:
                fits = self.empty.holds((early, late), (0, distance), self.budget)
            except Undecided:
                fits = True  # as yet
            found |= fits << distance
        return found


class Empty:
    """The spaces of one kind of wish with nobody in them, and what chains of waves they were found to hold."""

    def __init__(self, stops: tuple[Stop, ...], spaces: tuple[Space, ...]) -> None:
        self.stops, self.spaces = stops, {space.code: space for space in spaces}
        self.hours = Interval(0, MOST_WAVES * sum(stop.ticks for stop in stops))
        self._known: dict[tuple[tuple[Group, ...], Starts], bool] = {}

    @staticmethod
    @lru_cache(maxsize=256)
    def of(stops: tuple[Stop, ...], spaces: tuple[Space, ...]) -> Empty:
        """The same for all who ask."""
        return Empty(stops, spaces)

    def holds(self, groups: tuple[Group, ...], offsets: Starts, budget: Budget) -> bool:
        """Whether waves can begin so far after the first. Raises Undecided."""
        key = (groups, offsets)
        if key not in self._known:
            if len(self._known) > MOST_KEPT:
                self._known.clear()
            floor = Floor(self.spaces, (), (), (), self.hours)
            news = [(offset, self.stops, group) for offset, group in zip(offsets, groups, strict=True)]
            self._known[key] = floor.arrange(news, budget) is not None
        return self._known[key]


def _differ(floor: Floor, spaces: Mapping[str, Space]) -> int:
    """The ticks at which some of the spaces are not as if empty, the waves that may be moved left out."""
    found, whole = 0, floor.fields.unpack(floor.bare)
    for room in {floor.room, floor.entry}:
        left = floor.fields.unpack(room)
        for (code, _), row in floor.fields.channels.items():
            if code in spaces and left[row] != whole[row]:
                for tick, (here, most) in enumerate(zip(left[row], whole[row], strict=True)):
                    found |= (here != most) << tick
    return found << floor.origin

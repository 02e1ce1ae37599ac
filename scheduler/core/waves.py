"""Groups that one wave cannot hold: how they are divided, and the largest that a day could receive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import accumulate, combinations, combinations_with_replacement, pairwise

from scheduler.core.day import Day, Opening, Wish
from scheduler.core.itinerary import Space, Stop, shares
from scheduler.core.matching import Demand
from scheduler.core.nearest import MOST_WAVES, Empty, Search, Steps, StepsTaken
from scheduler.core.packing import Floor
from scheduler.core.profiles import profiles
from scheduler.core.rules import Guide
from scheduler.core.solving import Budget, Effort, Undecided
from scheduler.core.state import Group, State
from scheduler.core.ticks import Interval, bits, union

TRIES, STEPS, SECONDS = 24, 4_000, 5.0
"""For one division of a group on an empty day, for all its divisions into so many waves, and for whatever else is asked."""
MANY_PARTIES, FEWER = 12, 4


def divisions(heads: int, waves: int, parties: int, most: int) -> Iterator[tuple[Group, ...]]:
    """The ways to divide so many heads into so many parties and these into waves of at most `most` parties: the most even waves first.

    Larger waves come first. Where there are many parties only the most even way is given.
    """
    sizes = shares(heads, parties)
    even = tuple(parties // waves + (number < parties % waves) for number in range(waves))
    found = [even] if even[0] <= most else []
    if parties <= MANY_PARTIES:
        every = combinations_with_replacement(range(min(parties, most), 0, -1), waves)
        found = sorted(
            (parts for parts in every if sum(parts) == parties), key=lambda parts: (parts[0] - parts[-1], parts)
        )
    for parts in found:
        yield tuple(sizes[begin:end] for begin, end in pairwise([0, *accumulate(parts)]))


def spread(starts: list[int], waves: int) -> list[tuple[int, ...]]:
    """Some starts for so many waves, the furthest apart first: if any do on an empty day, these do."""
    if len(starts) < waves:
        return []
    last = len(starts) - 1
    even = tuple(starts[last * number // max(1, waves - 1)] for number in range(waves))
    some = sorted({*starts[:: max(1, last // 7)], *starts[-1:]})
    others = sorted(
        combinations(some, waves), key=lambda chosen: (-min((b - a for a, b in pairwise(chosen)), default=0), chosen)
    )
    return [even, *others[:TRIES]]


class EmptyDay:
    """One kind of wish on a day that is open and otherwise empty: nobody there, nobody absent, nothing closed."""

    def __init__(self, day: Day, wish: Wish) -> None:
        self.day, self.wish = day, wish
        self.state = State(day)
        self.candidates = self.state.candidates(wish.ticks)
        self.most_parties = sum(self._most(guide) for guide in day.guides)
        self.most_at_once = next(
            (
                n
                for n in range(len(day.guides), 0, -1)
                if self.state.crew.starts("", "", wish.ticks, n, self.candidates)[0]
            ),
            0,
        )
        self.spaces = tuple(day.spaces[code] for code in sorted(day.spaces))
        self.empty = Empty.of(wish.stops, self.spaces)
        self._groups: dict[tuple[int, int], tuple[Group, ...]] = {}
        self._largest: int | None = None

    def groups(self, heads: int, waves: int, budget: Budget | None = None) -> tuple[Group, ...]:
        """The parties' heads in just so many waves, or () where the empty day cannot serve them. Raises Undecided.

        Of the ways to divide them the one with the fewest parties, then the most even waves, the largest first.
        """
        if (heads, waves) not in self._groups:
            self._groups[heads, waves] = self._divide(heads, waves, budget or Effort(SECONDS))
        return self._groups[heads, waves]

    def divided(self, heads: int, budget: Budget | None = None) -> tuple[Group, ...]:
        """As `groups`, in the fewest waves."""
        every = (self.groups(heads, waves, budget) for waves in range(1, MOST_WAVES + 1))
        return next((groups for groups in every if groups), ())

    @property
    def largest(self) -> int:
        """The most heads of one visit: of equal waves as large as spaces and guides permit, the most that can be served.

        What is returned can be served. (A larger visit may be possible in unequal waves; it is tried when it is asked for.)
        """
        if self._largest is None:
            self._largest = max((self._most_in(waves) for waves in range(1, MOST_WAVES + 1)), default=0)
        return self._largest

    def _most_in(self, waves: int) -> int:
        """The most in so many equal waves spread evenly over the day."""
        parties = min(self.most_at_once, self.most_parties // waves)
        for number in range(parties, max(0, parties - FEWER), -1):
            at = spread(self._led(number), waves)[:1]
            if not at:
                continue
            heads = waves * largest_wave(self.wish.stops, self.wish.heads_per_guide, number, self.spaces)
            groups = next(divisions(heads, waves, -(-heads // self.wish.heads_per_guide), number)) if heads else ()
            if groups and self._served(at[0], groups):
                return heads
        return 0

    def _divide(self, heads: int, waves: int, budget: Budget) -> tuple[Group, ...]:
        fewest, steps = -(-heads // self.wish.heads_per_guide), Steps(STEPS)
        for parties in [fewest] if waves == 1 else range(max(fewest, waves), fewest + waves):
            if parties > min(heads, self.most_parties, waves * self.most_at_once):
                break
            for groups in divisions(heads, waves, parties, self.most_at_once):
                if self._holds(groups, budget, steps):
                    return groups
        return ()

    def _led(self, parties: int) -> list[int]:
        """The starts at which so many guides work."""
        return list(bits(self.state.crew.starts("", "", self.wish.ticks, parties, self.candidates)[0]))

    def _holds(self, groups: tuple[Group, ...], budget: Budget, steps: Steps) -> bool:
        """Whether these waves can be served at some starts: the likeliest first, then all. What `steps` leaves open is impossible.

        Raises Undecided where it is the budget that does not suffice.
        """
        if not all(self.empty.holds((group,), (0,), budget) for group in dict.fromkeys(groups)):
            return False
        if len(groups) == 1:
            good, undecided = self.state.starts(self.wish, groups[0], self.candidates, budget)
            if undecided and not good:
                raise Undecided
            return bool(good)
        if any(self._served(starts, groups) for starts in spread(self._led(len(groups[0])), len(groups))):
            return True
        search = Search(self.state, self.wish, groups, self.candidates, budget, steps)
        with suppress(StepsTaken):
            return any(search.soonest(first) for first in bits(search.options[0]))
        return False

    def _served(self, starts: tuple[int, ...], groups: tuple[Group, ...]) -> bool:
        """Whether waves, each of which the spaces hold, can be served at these starts; what no quick search finds counts as impossible."""
        demands = [Demand(start, self.wish.ticks, len(group)) for start, group in zip(starts, groups, strict=True)]
        if not self.state.crew.quickly("", "", demands):
            return False
        if all(late - early >= self.wish.ticks for early, late in pairwise(starts)):
            return True
        return bool(
            self.state.floor.quickly(
                [(start, self.wish.stops, group) for start, group in zip(starts, groups, strict=True)]
            )
        )

    def _most(self, guide: Guide) -> int:
        """No more parties than this can a guide lead on one day."""
        ticks, rest = self.wish.ticks, guide.rest
        most = [sum((length + rest) // (ticks + rest) for length in stretches(union(guide.hours)))]
        if guide.daily_duties is not None:
            most.append(guide.daily_duties)
        if guide.daily_ticks is not None:
            most.append(guide.daily_ticks // ticks)
        return min(most)


def stretches(mask: int) -> list[int]:
    """How many ticks each unbroken run of `mask` has."""
    return [len(run) for run in format(mask, "b").split("0") if run]


@lru_cache(maxsize=4096)
def holds(stops: tuple[Stop, ...], group: Group, spaces: tuple[Space, ...]) -> bool:
    """Whether empty spaces can hold one wave; where the solver does not decide in time, not."""
    places = {space.code: space for space in spaces}
    made = profiles(stops, group, places)
    if made is not None:
        return bool(made)
    try:
        floor = Floor(places, (), (), (), Interval(0, sum(stop.ticks for stop in stops)))
        return floor.arrange([(0, stops, group)], Effort(SECONDS)) is not None
    except Undecided:
        return False


@lru_cache(maxsize=4096)
def largest_wave(stops: tuple[Stop, ...], heads_per_guide: int, parties: int, spaces: tuple[Space, ...]) -> int:
    """The most heads that empty spaces can hold in one wave of at most so many parties."""
    for number in range(parties, 0, -1):
        low, high = (number - 1) * heads_per_guide, number * heads_per_guide
        if holds(stops, (heads_per_guide,) * number, spaces):
            return high
        if not holds(stops, shares(low + 1, number), spaces):
            continue
        while high - low > 1:  # somewhere a limit of heads is met
            middle = (low + high) // 2
            low, high = (middle, high) if holds(stops, shares(middle, number), spaces) else (low, middle)
        return low
    return 0


def when_empty(day: Day, wish: Wish) -> EmptyDay:
    """The day were it empty, kept for all days and guides that are then alike. Raises KeyError for a space that does not exist."""
    skill = (wish.tour, wish.language)
    guides = [
        (
            guide.hours,
            guide.rest,
            -1 if guide.daily_ticks is None else guide.daily_ticks,
            -1 if guide.daily_duties is None else guide.daily_duties,
        )
        for guide in day.guides
        if skill in guide.qualifications
    ]
    spaces = tuple(day.spaces[code] for code in sorted({stop.space for stop in wish.stops}))
    return _when_empty(day.opening, day.grid, spaces, tuple(sorted(guides)), wish.stops, wish.heads_per_guide)


@lru_cache(maxsize=512)
def _when_empty(
    opening: tuple[Opening, ...],
    grid: int,
    spaces: tuple[Space, ...],
    guides: tuple[tuple[tuple[Interval, ...], int, int, int], ...],
    stops: tuple[Stop, ...],
    heads_per_guide: int,
) -> EmptyDay:
    skill = frozenset([("", "")])
    crew = tuple(
        Guide(str(number), skill, hours, (), rest, None if ticks < 0 else ticks, None if duties < 0 else duties)
        for number, (hours, rest, ticks, duties) in enumerate(guides)
    )
    day = Day(opening, {space.code: space for space in spaces}, crew, grid=grid)
    return EmptyDay(day, Wish("", "", stops, 1, heads_per_guide))

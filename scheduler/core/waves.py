"""Groups that one wave cannot hold: how they are divided, and the nearest starts at which their waves can be served."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, combinations, combinations_with_replacement, pairwise

from scheduler.core.day import Day, Opening, Wish
from scheduler.core.itinerary import Space, Stop, shares
from scheduler.core.matching import Demand
from scheduler.core.packing import Floor
from scheduler.core.profiles import profiles
from scheduler.core.rules import Guide
from scheduler.core.solving import Budget, Effort, Undecided
from scheduler.core.state import Group, State
from scheduler.core.ticks import Interval, bits, union

MOST_WAVES = 4
TRIES, SECONDS = 24, 0.5
"""For one division of a group on an empty day."""
MANY_PARTIES, FEWER = 12, 4


def nearest(
    state: State, wish: Wish, groups: tuple[Group, ...], candidates: int, budget: Budget
) -> Iterator[tuple[int, ...]]:
    """For each first start the others at which the visit ends soonest, in order of the first. Raises Undecided."""
    alone = {group: state.starts(wish, group, candidates, budget) for group in dict.fromkeys(groups)}
    options = [list(bits(alone[group][0] | alone[group][1])) for group in groups]
    known: dict[tuple[int, ...], bool] = {}

    def can(starts: tuple[int, ...]) -> bool:
        if starts not in known:
            known[starts] = state.can(wish, groups[: len(starts)], starts, budget)
        return known[starts]

    def rest(starts: tuple[int, ...], before: int) -> tuple[int, ...] | None:
        """The soonest completion that ends with a start before `before`."""
        if not can(starts):
            return None
        if len(starts) == len(groups):
            return starts
        best = None
        for start in options[len(starts)]:
            if starts[-1] < start < before and (found := rest((*starts, start), before)):
                best, before = found, found[-1]
        return best

    for first in options[0]:
        found = rest((first,), 1 << 30)
        if found:
            yield found


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
        self._groups: dict[tuple[int, int], tuple[Group, ...]] = {}
        self._largest: int | None = None

    def groups(self, heads: int, waves: int) -> tuple[Group, ...]:
        """The parties' heads in just so many waves, or () where the empty day cannot serve them.

        Of the ways to divide them the one with the fewest parties, then the most even waves, the largest first.
        """
        if (heads, waves) not in self._groups:
            self._groups[heads, waves] = self._divide(heads, waves)
        return self._groups[heads, waves]

    def divided(self, heads: int) -> tuple[Group, ...]:
        """As `groups`, in the fewest waves."""
        return next((groups for waves in range(1, MOST_WAVES + 1) if (groups := self.groups(heads, waves))), ())

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
        at = spread(list(bits(self.candidates)), waves)[:1]
        parties = min(self.most_at_once, self.most_parties // waves) if at else 0
        for number in range(parties, max(0, parties - FEWER), -1):
            heads = waves * largest_wave(self.wish.stops, self.wish.heads_per_guide, number, self.spaces)
            groups = next(divisions(heads, waves, -(-heads // self.wish.heads_per_guide), number)) if heads else ()
            if groups and self._served(at[0], groups):
                return heads
        return 0

    def _divide(self, heads: int, waves: int) -> tuple[Group, ...]:
        fewest = -(-heads // self.wish.heads_per_guide)
        for parties in [fewest] if waves == 1 else range(max(fewest, waves), fewest + waves):
            if parties > min(heads, self.most_parties, waves * self.most_at_once):
                break
            for groups in divisions(heads, waves, parties, self.most_at_once):
                if self._holds(groups):
                    return groups
        return ()

    def _holds(self, groups: tuple[Group, ...]) -> bool:
        """Whether these waves can be served at some starts; of several, what the likeliest do not show counts as impossible."""
        if not all(holds(self.wish.stops, group, self.spaces) for group in groups):
            return False
        if len(groups) == 1:
            return bool(self.state.starts(self.wish, groups[0], self.candidates, Effort(SECONDS))[0])
        return any(self._served(starts, groups) for starts in spread(list(bits(self.candidates)), len(groups)))

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
        hours = union(guide.hours).bit_count()
        most = [(hours + rest) // (ticks + rest)]
        if guide.daily_duties is not None:
            most.append(guide.daily_duties)
        if guide.daily_ticks is not None:
            most.append(guide.daily_ticks // ticks)
        return min(most)


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

"""Half-open intervals of one museum day, and the same as bit masks.

A tick is five minutes of elapsed time since the day's local midnight; `scheduler/periods.py` alone knows how a tick becomes an instant.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

TICK_MINUTES = 5


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """The ticks from `start` up to, but without, `end`."""

    start: int
    end: int

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end

    def holds(self, other: Interval) -> bool:
        """Whether all of `other` lies within."""
        return self.start <= other.start and other.end <= self.end

    @property
    def ticks(self) -> int:
        return self.end - self.start

    @property
    def mask(self) -> int:
        """One bit for each tick."""
        return span(self.start, self.end)


def span(start: int, end: int) -> int:
    """The ticks from `start` (or 0 if that is less) up to, but without, `end`, one bit each."""
    start = max(start, 0)
    return (1 << end) - (1 << start) if end > start else 0


@lru_cache(maxsize=4096)
def union(intervals: tuple[Interval, ...]) -> int:
    """The ticks of all `intervals`, one bit each."""
    mask = 0
    for interval in intervals:
        mask |= interval.mask
    return mask


def gaps(whole: Interval, parts: Iterable[Interval]) -> Iterator[Interval]:
    """What `parts`, which are in order and apart, leave of a whole, first to last."""
    start = whole.start
    for part in parts:
        if start < (end := min(part.start, whole.end)):
            yield Interval(start, end)
        start = max(start, part.end)
    if start < whole.end:
        yield Interval(start, whole.end)


def runs(mask: int, length: int) -> int:
    """The ticks from which `length` ticks in a row are in `mask`: O(log length) shifts."""
    have = 1
    while have < length and mask:
        step = min(have, length - have)
        mask &= mask >> step
        have += step
    return mask


def bits(mask: int) -> Iterator[int]:
    """The ticks in `mask`, first to last."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def halving(ticks: Sequence[int]) -> Iterator[int]:
    """The middle first, then the middles of both halves, and so on: what holds around one tick is soon known everywhere."""
    parts = deque([(0, len(ticks))])
    while parts:
        first, last = parts.popleft()
        if first < last:
            middle = (first + last) // 2
            yield ticks[middle]
            parts += [(first, middle), (middle + 1, last)]


def at_least(masks: Sequence[int], number: int) -> int:
    """Where at least `number` of the masks have a bit: level n has what one more of level n - 1 has."""
    levels = [0] * number
    for mask in masks:
        for level in range(number - 1, 0, -1):
            levels[level] |= levels[level - 1] & mask
        levels[0] |= mask
    return levels[-1]

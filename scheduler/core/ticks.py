"""Half-open intervals of one museum day, and the same as bit masks.

A tick is five minutes of elapsed time since the day's local midnight; `scheduler/periods.py` alone knows how a tick becomes an instant.
"""

from __future__ import annotations

from dataclasses import dataclass

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
        return (1 << self.end) - (1 << self.start)

"""The room of a day as bit masks: all starts of a wave at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scheduler.core.profiles import Channel, Profile
from scheduler.core.ticks import runs


class Masks:
    """Where how much of each channel is free, from the first tick on. A mask is made when it is first asked for, and kept."""

    def __init__(self, rows: Mapping[Channel, Sequence[int]]) -> None:
        self.rows = rows
        self._long: dict[tuple[Channel, int, int], int] = {}

    def starts(self, made: Iterable[Profile], candidates: int) -> int:
        """The candidates at which one of the profiles fits. Each profile costs a shift and an AND for each of its runs."""
        found = 0
        for profile in made:
            if not candidates:
                break
            here = candidates
            for run in profile.runs:
                here &= self.long(run.channel, run.amount, run.ticks) >> run.offset
                if not here:
                    break
            found |= here
            candidates &= ~here
        return found

    def long(self, channel: Channel, amount: int, ticks: int) -> int:
        """Where so much of a channel is free for so many ticks in a row."""
        key = (channel, amount, ticks)
        if key not in self._long:
            if ticks == 1:
                self._long[key] = where([free >= amount for free in self.rows[channel]])
            else:
                self._long[key] = runs(self.long(channel, amount, 1), ticks)
        return self._long[key]


def where(free: Sequence[bool]) -> int:
    """One bit for each tick that is free."""
    return int("".join("1" if here else "0" for here in reversed(free)) or "0", 2)


def crowding(
    rows: Mapping[Channel, Sequence[int]],
    parties: Mapping[frozenset[str], Sequence[int]],
    spaces: frozenset[str],
    number: int,
    most_kinds: int,
) -> int:
    """The ticks at which so many parties more may be somewhere in `spaces`, by a count alone.

    `parties`: for each set of spaces, how many parties that walk just in these are under way at each tick. All parties whose spaces lie
    within a larger set are at each moment somewhere in it: there must be a lane for each.
    """
    family = {spaces} | {spaces | kind for kind in parties}
    if len(family) <= most_kinds:
        family |= {one | other for one in family for other in family}
    ticks = len(next(iter(rows.values())))
    found = (1 << ticks) - 1
    for group in family:
        lanes = [rows[code, False] for code in group]
        there = [row for kind, row in parties.items() if kind <= group]
        busy = [sum(column) for column in zip(*there, strict=True)] if there else [0] * ticks
        found &= where(
            [sum(column) - taken >= number for column, taken in zip(zip(*lanes, strict=True), busy, strict=True)]
        )
    return found

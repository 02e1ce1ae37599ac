"""The room of a day as bit masks: all starts of a wave at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from scheduler.core.profiles import Channel, Fields, Profile
from scheduler.core.ticks import runs

MOST = 255
"""That a byte can say is free; of heads there may be more."""


class Masks:
    """Where how much of each channel is free, from the first tick on. A mask is made when it is first asked for, and kept."""

    def __init__(self, rows: Mapping[Channel, Sequence[int]]) -> None:
        self.rows = rows
        self._long: dict[tuple[Channel, int, int], int] = {}
        self._bytes: dict[Channel, bytes] = {}

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
                self._long[key] = self._free(channel, amount)
            else:
                self._long[key] = runs(self.long(channel, amount, 1), ticks)
        return self._long[key]

    def _free(self, channel: Channel, amount: int) -> int:
        """Where so much of a channel is free, as binary digits looked up in a table: a byte for each tick, the last first."""
        row = self.rows[channel]
        if amount > MOST:
            return where([free >= amount for free in row])
        if channel not in self._bytes:
            self._bytes[channel] = _bytes(row[::-1])
        return int(self._bytes[channel].translate(_digits(amount)) or b"0", 2)


def where(free: Sequence[bool]) -> int:
    """One bit for each tick that is free."""
    return int(bytes(reversed(free)).translate(_digits(1)) or b"0", 2)


def _bytes(row: Sequence[int]) -> bytes:
    """Each number as a byte, those that are too large as the largest."""
    try:
        return bytes(row)
    except ValueError:
        return bytes([min(MOST, free) for free in row])


@lru_cache(maxsize=MOST + 1)
def _digits(amount: int) -> bytes:
    """For each number of a byte the digit 1 if it is at least so much, else 0."""
    return bytes([ord("1") if free >= amount else ord("0") for free in range(MOST + 1)])


def crowding(
    fields: Fields,
    room: int,
    parties: Mapping[frozenset[str], int],
    spaces: frozenset[str],
    number: int,
    most_kinds: int,
) -> int:
    """The ticks at which so many parties more may be somewhere in `spaces`, by a count alone.

    `parties`: for each set of spaces, how many parties that walk just in these are under way at each tick, as a load of one channel. All
    parties whose spaces lie within a larger set are at each moment somewhere in it: there must be a lane for each.
    """
    family = {spaces} | {spaces | kind for kind in parties}
    if len(family) <= most_kinds:
        family |= {one | other for one in family for other in family}
    lanes = {code: fields.row(room, (code, False)) for group in family for code in group}
    guard = fields.guard_of_row
    found, wanted = guard, (guard >> 15) * number
    for group in family:
        free = sum(lanes[code] for code in group) | guard
        found &= free - wanted - sum(there for kind, there in parties.items() if kind <= group)
    marks = found.to_bytes(2 * fields.ticks, "little")[1::2]
    return int(marks[::-1].translate(_digits(128)) or b"0", 2)

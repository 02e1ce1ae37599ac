"""A day's spaces at the moments that matter alone: the same loads in far smaller numbers, for the searches.

Between two moments at which a leg may begin or there is less room, no more is asked for than before: it suffices to look at these. A
number holds them moment by moment, so that what is over can be cut off, and each channel of a moment has a byte (two where there are
many heads), of which the highest bit stays free. `free` is the room with these bits set, less what is taken: where one is gone, the cell
is overfull.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain
from struct import pack

from scheduler.core.packing_model import Option, Wave
from scheduler.core.profiles import Fields, Reach

SMALL, LARGE = 8, 16


class Cells:
    """Where so many channels may be overfull: at each moment at which one of these waves may begin a leg or there is less room."""

    def __init__(
        self,
        fields: Fields,
        room: int,
        origin: int,
        waves: Sequence[Wave],
        starts: Sequence[int] = (),
        more: Sequence[Reach] = (),
    ) -> None:
        """`more`: of waves that will be asked about together with these, each time at one of `starts`."""
        self.fields, self.room, self.origin = fields, room, origin
        self._rows = fields.unpack(room)
        marks = {wave.start + offset for wave in waves for offset in wave.reach.offsets}
        marks |= {start + offset for start in starts for reach in more for offset in reach.offsets}
        begins = {moment - origin for moment in marks}
        for row in self._rows:
            begins |= {tick for tick in range(1, fields.ticks) if row[tick] < row[tick - 1]}
        self.moments = sorted(begins)
        self.places = [0] * (fields.ticks + 1)
        for moment in self.moments:
            self.places[moment + 1] = 1
        self.places = list(accumulate(self.places))  # how many moments there are before a tick
        most = sum(wave.reach.most for wave in waves) + sum(reach.most for reach in more)
        self.width = SMALL if most < 1 << SMALL - 1 else LARGE
        self.stride = self.width * len(self._rows)
        self.top = 1 << self.width - 1
        ones = sum(1 << place for place in range(0, self.stride * len(self.moments), self.width))
        self.guard = ones << self.width - 1
        self.free = self.left(0)
        self._row = [sum(1 << self.stride * place for place in range(n)) for n in range(len(self.moments) + 1)]
        self._ways: dict[Wave, list[tuple[int, Option]]] = {}
        self._beside: tuple[Sequence[Option], int] = (), self.free

    def left(self, load: int) -> int:
        """What this load of the whole day leaves free."""
        top, most = self.top, self.top - 1
        rows = [
            [top + min(most, row[tick]) - here[tick] for tick in self.moments]
            for row, here in zip(self._rows, self.fields.unpack(load), strict=True)
        ]
        cells = list(chain.from_iterable(zip(*rows, strict=True)))
        return int.from_bytes(bytes(cells) if self.width == SMALL else pack(f"<{len(cells)}H", *cells), "little")

    def beside(self, present: Sequence[Option]) -> int:
        """What is left free by those who walk so; kept for the next question."""
        if self._beside[0] is not present:
            self._beside = present, self.left(sum(option.load for option in present))
        return self._beside[1]

    def fits(self, free: int) -> bool:
        """Whether no cell is overfull."""
        return free & self.guard == self.guard

    def fitting(self, free: int) -> int:
        """How many cells are not overfull."""
        return (free & self.guard).bit_count()

    def of(self, wave: Wave, option: Option) -> int:
        """What an option takes."""
        shift, load = wave.start - self.origin, 0
        for run in option.runs:
            begin = shift + run.offset
            place = self.places[begin]
            taken = self._row[self.places[begin + run.ticks] - place] * run.amount
            load += taken << self.stride * place + self.width * self.fields.channels[run.channel]
        return load

    def ways(self, wave: Wave) -> list[tuple[int, Option]]:
        """What each option of a wave takes; of several alike the first."""
        if wave not in self._ways:
            found: dict[int, Option] = {}
            for option in wave.options:
                found.setdefault(self.of(wave, option), option)
            self._ways[wave] = list(found.items())
        return self._ways[wave]

    def before(self, tick: int) -> int:
        """All bits of the moments before a tick of the day."""
        return (1 << self.stride * self.places[tick - self.origin]) - 1

    def overfull(self, free: int) -> int:
        """The fields of the whole day that are overfull."""
        over, found = ~free & self.guard, 0
        while over:
            bit = over & -over
            over ^= bit
            place, channel = divmod((bit.bit_length() - 1) // self.width, len(self._rows))
            found |= 0x7FFF << 16 * (channel * self.fields.ticks + self.moments[place])
        return found

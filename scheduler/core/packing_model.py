"""The spaces of a day as a model for the solver: what the search in `packing.py` leaves open."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scheduler.core.itinerary import Space, Stop, Walk, joint, times
from scheduler.core.profiles import Channel, Fields, Reach, Run, joint_groups, reach
from scheduler.core.solving import Budget, Undecided, new_model, solve
from scheduler.core.ticks import Interval

MOST_OPTIONS = 40

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


@dataclass(slots=True, eq=False)
class Option:
    """One way of a wave: its load on the day, the same as runs from its start, and the parties' walks."""

    load: int
    runs: tuple[Run, ...]
    walks: tuple[Walk, ...]


@dataclass(slots=True, eq=False)
class Wave:
    """Parties that start together, and the ways they can go. `now`: as an old wave walks; `present`: which option that is, if any (-1).

    `listed` is False where there are more ways than are worth listing: the options are then only the present one, or none. They are
    made when they are first asked for: most questions need none.
    """

    key: tuple[str, int]
    start: int
    stops: tuple[Stop, ...]
    heads: tuple[int, ...]
    parties: tuple[str, ...] = ()
    given: list[Option] | None = None
    listed: bool = True
    now: Option | None = None
    present: int = -1
    period: Interval = field(init=False)
    make: Callable[[Wave], list[Option]] | None = None
    known: Reach | None = None

    def __post_init__(self) -> None:
        self.period = Interval(self.start, self.start + sum([stop.ticks for stop in self.stops]))

    @property
    def options(self) -> list[Option]:
        if self.given is None:
            self.given = self.make(self) if self.make else []
        return self.given

    @options.setter
    def options(self, options: list[Option]) -> None:
        self.given = options

    @property
    def reach(self) -> Reach:
        if self.known is None:
            self.known = reach(option.runs for option in self.options)
        return self.known


Term = tuple[int, int, int, "cp_model.LinearExprT"]
"""From, until (ticks of the day), amount, and the variable that says how often."""


class Model:
    """A choice for each wave: one of its options, or, where they are not listed, how many of its parties go on each walk."""

    def __init__(
        self, fields: Fields, room: int, waves: Sequence[Wave], spaces: Mapping[str, Space], origin: int
    ) -> None:
        self.model = new_model()
        self.fields, self.waves, self.spaces, self.origin = fields, waves, spaces, origin
        self.chosen: list[list[cp_model.IntVar]] = []
        self.counts: list[dict[tuple[int, Walk], cp_model.IntVar]] = []
        self.terms: list[dict[Channel, list[Term]]] = []
        for wave in waves:
            self.terms.append({})
            self.counts.append({})
            self.chosen.append([])
            if self._by_option(wave):
                self._choose(wave)
            else:
                self._count(wave)
        self._limit(room, self.terms)

    def enter(self, entry: int, new: int) -> None:
        """The first `new` waves stay within `entry`."""
        self._limit(entry, self.terms[:new])

    def solve(self, budget: Budget, *, probe: bool = True) -> list[Option] | None:
        """An option for each wave; None where there is none. Raises Undecided."""
        solver = solve(self.model, budget, probe=probe)
        if solver is None:
            return None
        found = []
        for wave, chosen, counts in zip(self.waves, self.chosen, self.counts, strict=True):
            if chosen:
                found.append(
                    next(o for o, variable in zip(wave.options, chosen, strict=True) if solver.value(variable))
                )
            else:
                found.append(self._walked(wave, {key: solver.value(variable) for key, variable in counts.items()}))
        return found

    def fewest(self, found: Sequence[Option]) -> None:
        """Ask for the fewest changes of old waves, beginning with what was found."""
        changes: list[cp_model.LinearExprT] = []
        for wave, chosen, counts, option in zip(self.waves, self.chosen, self.counts, found, strict=True):
            for other, variable in zip(wave.options, chosen, strict=False):
                self.model.add_hint(variable, other is option)
            walked = Counter(zip(wave.heads, option.walks, strict=True))
            for key, variable in counts.items():
                self.model.add_hint(variable, walked[key])
            if wave.present < 0:
                continue
            if chosen:
                changes.append(1 - chosen[wave.present])
                continue
            same = self.model.new_bool_var("")
            changes.append(1 - same)
            for key, number in Counter(zip(wave.heads, wave.options[wave.present].walks, strict=True)).items():
                self.model.add(counts[key] >= number * same)
        self.model.minimize(sum(changes))

    @staticmethod
    def _by_option(wave: Wave) -> bool:
        """Few options are chosen from; of many, the parties on each walk are counted.

        A wave that walks against the rules now, and may go on so, is always chosen for: that is no count.
        """
        strange = (
            wave.now is not None and wave.listed and wave.present >= 0 and wave.present == len(wave.options) - 1 > 0
        )
        return wave.listed and (strange or len(wave.options) <= MOST_OPTIONS)

    def _choose(self, wave: Wave) -> None:
        chosen = [self.model.new_bool_var("") for _ in wave.options]
        self.model.add_exactly_one(chosen)
        self.chosen[-1] = chosen
        for option, variable in zip(wave.options, chosen, strict=True):
            for run in option.runs:
                self._term(wave, run, variable)

    def _count(self, wave: Wave) -> None:
        total, sizes = sum(wave.heads), sorted(set(wave.heads))
        choice = []
        for moments, group in joint_groups(wave.stops, total, self.spaces).items():
            here = self.model.new_bool_var("")
            choice.append(here)
            together = [stop for stop in wave.stops if joint(stop, total, self.spaces[stop.space])]
            for moment, stop in zip(moments, together, strict=True):
                self._leg(wave, stop, moment, total, here)
            for size in sizes:
                of_size = wave.heads.count(size)
                numbers = {walk: self.model.new_int_var(0, of_size, "") for walk in group}
                self.model.add(sum(numbers.values()) == of_size * here)
                for walk, number in numbers.items():
                    self.counts[-1][size, walk] = number
                    for stop, moment in zip(wave.stops, times(wave.stops, walk), strict=True):
                        if stop not in together:
                            self._leg(wave, stop, moment, size, number)
        self.model.add_exactly_one(choice)

    def _leg(self, wave: Wave, stop: Stop, moment: int, heads: int, variable: cp_model.LinearExprT) -> None:
        for run in leg_runs(self.spaces[stop.space], stop, moment, heads):
            self._term(wave, run, variable)

    def _term(self, wave: Wave, run: Run, variable: cp_model.LinearExprT) -> None:
        start = wave.start + run.offset - self.origin
        self.terms[-1].setdefault(run.channel, []).append((start, start + run.ticks, run.amount, variable))

    def _limit(self, room: int, parts: Iterable[dict[Channel, list[Term]]]) -> None:
        rows, listed = self.fields.unpack(room), list(parts)
        for channel, number in self.fields.channels.items():
            terms = [term for part in listed for term in part.get(channel, ())]
            moments = sorted({moment for start, end, _, _ in terms for moment in (start, end)})
            for begin, until in itertools.pairwise(moments):
                active = [amount * variable for start, end, amount, variable in terms if start <= begin < end]
                if active:
                    self.model.add(sum(active) <= min(rows[number][begin:until]))

    def _walked(self, wave: Wave, counts: Mapping[tuple[int, Walk], int]) -> Option:
        left = {
            size: [walk for (of, walk), number in counts.items() if of == size for _ in range(number)]
            for size in set(wave.heads)
        }
        walked = tuple(left[size].pop() for size in wave.heads)
        total, found = sum(wave.heads), []
        for index, stop in enumerate(wave.stops):
            if joint(stop, total, self.spaces[stop.space]):
                found += leg_runs(self.spaces[stop.space], stop, times(wave.stops, walked[0])[index], total)
            else:
                for walk, size in zip(walked, wave.heads, strict=True):
                    found += leg_runs(self.spaces[stop.space], stop, times(wave.stops, walk)[index], size)
        for option in wave.options if wave.listed else ():
            if sorted(zip(wave.heads, walked, strict=True)) == sorted(zip(wave.heads, option.walks, strict=True)):
                return option
        if wave.now is not None and sorted(zip(wave.heads, walked, strict=True)) == sorted(
            zip(wave.heads, wave.now.walks, strict=True)
        ):
            return wave.now
        shift = wave.start - self.origin
        load = sum(self.fields.load(run.channel, shift + run.offset, run.ticks, run.amount) for run in found)
        return Option(load, tuple(found), walked)


def leg_runs(space: Space, stop: Stop, moment: int, heads: int) -> list[Run]:
    """What one leg takes: a lane (every lane where it is exclusive) and, where they are limited, its heads."""
    found = [Run((space.code, False), moment, stop.ticks, space.lanes if stop.exclusive else 1)]
    return [*found, Run((space.code, True), moment, stop.ticks, heads)] if space.max_heads is not None else found


def pack(
    fields: Fields,
    room: int,
    waves: Sequence[Wave],
    spaces: Mapping[str, Space],
    origin: int,
    budget: Budget,
    *,
    entry: int | None = None,
    new: int = 0,
    probe: bool = False,
) -> list[Option] | None:
    """An option for each wave so that all fit into `room` (and the first `new` into `entry`), or None. Raises Undecided."""
    model = Model(fields, room, waves, spaces, origin)
    if entry is not None:
        model.enter(entry, new)
    return model.solve(budget, probe=probe)


def fewest_changes(
    fields: Fields,
    room: int,
    waves: Sequence[Wave],
    spaces: Mapping[str, Space],
    origin: int,
    budget: Budget,
    found: list[Option],
    entry: int,
    new: int,
) -> list[Option]:
    """As `found`, with the fewest old waves changed; `found` itself where the time does not suffice."""
    model = Model(fields, room, waves, spaces, origin)
    model.enter(entry, new)
    model.fewest(found)
    try:
        return model.solve(budget) or found
    except Undecided:
        return found

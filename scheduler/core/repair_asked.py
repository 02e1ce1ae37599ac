"""What visits ask of a day, wherever on it they are placed: duties of guides, waves on the floor, and starts worth a look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scheduler.core.itinerary import Stop
from scheduler.core.matching_model import Task
from scheduler.core.packing_model import Option, Wave
from scheduler.core.profiles import profiles
from scheduler.core.repair_case import Kind
from scheduler.core.state import Group, State
from scheduler.core.ticks import bits


class Placed(NamedTuple):
    """A visit of a kind (by number) with its waves at these starts."""

    kind: int
    starts: tuple[int, ...]


class Asked:
    """The kinds of visits that a repair places, as one day sees them. Each answer is worked out once."""

    def __init__(self, state: State, kinds: Sequence[Kind], listed: dict[object, list[Option] | None]) -> None:
        self.state, self.kinds = state, kinds
        self.crew, self.floor = state.crew, state.floor
        self._listed = listed  # what waves ask for on an empty day: the same for all days that are alike
        self._ordered: dict[int, tuple[int, ...]] = {}
        self._possible: dict[int, tuple[tuple[int, ...], ...]] = {}
        self._tasks: dict[Placed, tuple[Task, ...]] = {}
        self._waves: dict[Placed, tuple[Wave, ...]] = {}

    def starts(self, kind: int, spread: int) -> Iterator[tuple[int, ...]]:
        """The starts of the waves, at most `spread` ticks apart, that a quick look does not rule out were the visit the only one."""
        masks = self._masks(kind)
        if len(masks) == 1:
            return ((start,) for start in masks[0])
        return _spread(masks, spread)

    def tasks(self, placed: Placed) -> tuple[Task, ...]:
        """The duty of each party of a placed visit."""
        if placed not in self._tasks:
            kind = self.kinds[placed.kind]
            made: list[Task] = []
            for start, group in zip(placed.starts, kind.groups, strict=True):
                end = start + kind.ticks
                able = self.crew.able(kind.tour, kind.language, start, end)
                made += [Task("", start, end, able) for _ in group]
            self._tasks[placed] = tuple(made)
        return self._tasks[placed]

    def waves(self, placed: Placed) -> tuple[Wave, ...]:
        """The waves of a placed visit with all that they may take."""
        if placed not in self._waves:
            self._waves[placed] = tuple(
                self._wave(placed.kind, number, start) for number, start in enumerate(placed.starts)
            )
        return self._waves[placed]

    def ordered(self, able: int) -> tuple[int, ...]:
        """These guides (bits), who can do least first."""
        if able not in self._ordered:
            skilled = self.crew.skilled.values()
            guides = sorted((sum(mask >> guide & 1 for mask in skilled), guide) for guide in bits(able))
            self._ordered[able] = tuple(guide for _, guide in guides)
        return self._ordered[able]

    def news(self, placed: Sequence[Placed]) -> list[tuple[int, tuple[Stop, ...], Group]]:
        """The waves of placed visits as the floor wants them: start, stops, heads."""
        return [
            (start, self.kinds[one.kind].stops, group)
            for one in placed
            for start, group in zip(one.starts, self.kinds[one.kind].groups, strict=True)
        ]

    def groups(self, placed: Sequence[Placed]) -> list[Task]:
        """The duties of placed visits, those of one wave as one task: never alike ones apart, whose symmetry no solver survives."""
        made = []
        for one in placed:
            kind = self.kinds[one.kind]
            for start, group in zip(one.starts, kind.groups, strict=True):
                end = start + kind.ticks
                able = self.crew.able(kind.tour, kind.language, start, end)
                made.append(Task("", start, end, able, number=len(group)))
        return made

    def _wave(self, kind: int, number: int, start: int) -> Wave:
        """A wave with what it may take; not listed where that is more than is worth listing."""
        floor, asked = self.floor, self.kinds[kind]
        key = (kind, number, start, floor.origin, floor.fields.ticks)
        if key not in self._listed:
            shift = start - floor.origin
            made = profiles(asked.stops, asked.groups[number], floor.spaces)
            self._listed[key] = (
                None
                if made is None
                else [
                    Option(
                        sum(floor.fields.load(r.channel, shift + r.offset, r.ticks, r.amount) for r in profile.runs),
                        profile.runs,
                        profile.walks,
                    )
                    for profile in made
                ]
            )
        listed = self._listed[key]
        options = [option for option in listed or () if floor.fields.fits(floor.entry, option.load)]
        wave = Wave(("", 0), start, asked.stops, asked.groups[number], listed=listed is not None)
        wave.options = options
        return wave

    def _masks(self, kind: int) -> tuple[tuple[int, ...], ...]:
        if kind not in self._possible:
            asked = self.kinds[kind]
            candidates = self.state.candidates(asked.ticks)
            self._possible[kind] = tuple(
                tuple(bits(self.state.possible(asked.wish, group, candidates))) if candidates else ()
                for group in asked.groups
            )
        return self._possible[kind]


def _spread(masks: tuple[tuple[int, ...], ...], most: int) -> Iterator[tuple[int, ...]]:
    """A start of each mask, ascending, the last at most `most` after the first."""

    def rest(done: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(done) == len(masks):
            yield done
            return
        for start in masks[len(done)]:
            if not done or done[-1] < start <= done[0] + most:
                yield from rest((*done, start))

    return rest(())

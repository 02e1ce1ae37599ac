"""The spaces' side of one day: whether all waves, and new ones, can walk their stops within the lanes.

What is easy is settled on bit masks with the other waves where they are; what is not, by a search in which each unpromised wave may
take any of its profiles; what the search leaves open, by the solver (`packing_model.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scheduler.core.itinerary import Leg, Party, Space, Stop, Taken, Visit, Walk, joint, legs, times, waves_of
from scheduler.core.packing_model import Option, Wave, fewest_changes, pack
from scheduler.core.packing_search import search, shuffle
from scheduler.core.profiles import Channel, Fields, Profile, Run, channels, profiles
from scheduler.core.solving import Budget, Undecided
from scheduler.core.ticks import Interval, runs

News = tuple[int, tuple[Stop, ...], tuple[int, ...]]
"""A new wave: its start, its stops, the heads of its parties."""

Closing = tuple[Interval, frozenset[str] | None]
SETTLE_SECONDS = 5.0
TESTS, MOVES = 20_000, 150


class Floor:
    """The spaces of one day with what is in them.

    `room` is what the unpromised waves and the new may fill together, `entry` what the new may enter. The two differ only where the
    unpromised waves cannot all be walked within the limits (old data): a cell (space, tick) that is overfull as they walk now may
    then hold what it holds now, but takes nobody new.
    """

    def __init__(
        self,
        spaces: Mapping[str, Space],
        visits: Iterable[Visit],
        taken: Iterable[Taken],
        closed: Iterable[Closing],
        hours: Interval,
    ) -> None:
        present = sorted((visit for visit in visits if visit.occupies and visit.parties), key=lambda visit: visit.key)
        periods = [
            hours,
            *(Interval(p.start, p.start + sum(s.ticks for s in v.stops)) for v in present for p in v.parties),
        ]
        self.spaces = spaces
        self.origin, end = min(period.start for period in periods), max(period.end for period in periods)
        places = [spaces[code] for code in sorted(spaces)]
        self.fields = Fields(channels(places), end - self.origin)
        fixed = [run for visit in present if visit.promised for run in _runs_of(legs(visit, spaces), spaces)]
        for hold in taken:
            fixed.append(Run((hold.space, False), hold.period.start, hold.period.ticks, hold.lanes))
            fixed.append(Run((hold.space, True), hold.period.start, hold.period.ticks, hold.heads))
        self._loads: dict[tuple[tuple[Stop, ...], tuple[int, ...]], list[tuple[int, Profile]] | None] = {}
        self.room = self.entry = self.fields.pack(self._amounts(places, closed, fixed))
        self.waves = [
            self._present_wave(visit, number, start, parties)
            for visit in present
            if not visit.promised
            for (number, start), parties in waves_of(visit).items()
        ]
        self.witness = self._settle()
        self._masks: dict[tuple[bool, Channel, int, int], int] = {}

    def starts(self, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> tuple[int, int]:
        """Two masks within `candidates`: the starts that fit with all others walking as they do, and those that some order might allow.

        No start outside the second fits.
        """
        made = profiles(stops, heads, self.spaces)
        if made is None:
            return 0, candidates
        sure = self._starts(made, candidates, False)
        maybe = sure | self._starts(made, candidates & ~sure, True) if self.waves else sure
        return sure, maybe

    def starts_of_space(self, code: str, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> int:
        """The starts that this space alone would allow, with the unpromised waves gone."""
        only = [
            Profile(tuple(r for r in p.runs if r.channel[0] == code), p.walks)
            for p in profiles(stops, heads, self.spaces) or ()
        ]
        return self._starts(only, candidates, True)

    def arrange(self, news: Sequence[News], budget: Budget) -> list[Option] | None:
        """An option for each of the new waves, then for each old one, or None. Raises Undecided."""
        waves = [self._new_wave(number, *new) for number, new in enumerate(news)]
        found = self._quickly(waves)
        if found is None or found:
            return found
        return pack(
            self.fields,
            self.room,
            [*waves, *self.waves],
            self.spaces,
            self.origin,
            budget,
            entry=self.entry,
            new=len(waves),
        )

    def quickly(self, news: Sequence[News]) -> list[Option] | None:
        """As `arrange`, but [] where only the solver would know."""
        return self._quickly([self._new_wave(number, *new) for number, new in enumerate(news)])

    def _quickly(self, waves: Sequence[Wave]) -> list[Option] | None:
        if not all(wave.options or not wave.listed for wave in waves):
            return None
        if not all(wave.listed for wave in waves):
            return []
        near = {i for i, wave in enumerate(self.waves) if any(wave.period.overlaps(new.period) for new in waves)}
        movable = [self.waves[i] for i in sorted(near) if self.waves[i].listed]
        as_they_are = [wave.options[chosen] for wave, chosen in zip(self.waves, self.witness, strict=True)]
        try:
            # The far ones left out: what cannot be done then can never be.
            found = search(self.fields, self.room, [*waves, *movable], TESTS)
            if found is None:
                return None
            if len(movable) == len(self.waves):
                return found
        except Undecided:
            pass
        first = [wave.options[0] for wave in waves]
        return shuffle(self.fields, self.room, [*waves, *self.waves], [*first, *as_they_are], MOVES) or []

    def fewest(self, news: Sequence[News], budget: Budget) -> list[Option] | None:
        """As `arrange`, with the fewest old waves changed (or, when the time is up, few)."""
        found = self.arrange(news, budget)
        changed = self.changed(found[len(news) :]) if found else []
        if found is None or not changed:
            return found
        waves = [self._new_wave(number, *new) for number, new in enumerate(news)]
        return fewest_changes(
            self.fields,
            self.room,
            [*waves, *self.waves],
            self.spaces,
            self.origin,
            budget,
            found,
            self.entry,
            len(waves),
        )

    def changed(self, options: Sequence[Option]) -> list[tuple[Wave, Option]]:
        """The old waves whose occupancy is not what it was."""
        return [
            (wave, o)
            for wave, o in zip(self.waves, options, strict=True)
            if wave.present < 0 or o is not wave.options[wave.present]
        ]

    # The day as it is

    def _amounts(self, places: list[Space], closed: Iterable[Closing], fixed: Iterable[Run]) -> list[list[int]]:
        """What is left for others, by channel and tick: nothing where it is closed."""
        fields, left = self.fields, []
        shut = [(period, codes) for period, codes in closed]
        by_channel: dict[Channel, list[Run]] = {}
        for run in fixed:
            by_channel.setdefault(run.channel, []).append(run)
        limits = {space.code: space for space in places}
        for code, of_heads in fields.channels:
            row = [(limits[code].max_heads if of_heads else limits[code].lanes) or 0] * fields.ticks
            for period, codes in shut:
                if codes is None or code in codes:
                    for tick in self._within(period.start, period.end):
                        row[tick] = 0
            for run in by_channel.get((code, of_heads), ()):
                for tick in self._within(run.offset, run.offset + run.ticks):
                    row[tick] = max(0, row[tick] - run.amount)
            left.append(row)
        return left

    def _within(self, start: int, end: int) -> range:
        return range(max(start - self.origin, 0), min(end - self.origin, self.fields.ticks))

    def _present_wave(self, visit: Visit, number: int, start: int, parties: list[Party]) -> Wave:
        parties = sorted(parties, key=lambda party: (-party.heads, party.key))
        heads = tuple(party.heads for party in parties)
        wave = self._wave((visit.key, number), start, visit.stops, heads, tuple(party.key for party in parties))
        listed_order = tuple(range(len(visit.stops)))
        alone = Visit(visit.key, visit.tour, visit.language, visit.stops, tuple(parties))
        now = _runs_of(legs(alone, self.spaces), self.spaces)
        load = self._load(now, 0)
        wave.now = Option(
            load,
            tuple(Run(r.channel, r.offset - start, r.ticks, r.amount) for r in now),
            tuple(p.walk or listed_order for p in parties),
        )
        if not wave.listed and self._is_together(wave, wave.now.walks):
            wave.options.append(wave.now)
        for place, option in enumerate(wave.options):
            if option.load == load:
                wave.options[place], wave.options[0] = (
                    wave.options[0],
                    wave.now,
                )  # first, so that a search tries it first
                wave.present = 0
                break
        return wave

    def _is_together(self, wave: Wave, walked: tuple[Walk, ...]) -> bool:
        """Whether the parties are at each joint stop at the same time."""
        begins = [times(wave.stops, walk) for walk in walked]
        total = sum(wave.heads)
        return all(
            len({begin[index] for begin in begins}) == 1
            for index, stop in enumerate(wave.stops)
            if joint(stop, total, self.spaces[stop.space])
        )

    def _new_wave(self, number: int, start: int, stops: tuple[Stop, ...], heads: tuple[int, ...]) -> Wave:
        wave = self._wave(("", number), start, stops, heads)
        wave.options = [option for option in wave.options if self.fields.fits(self.entry, option.load)]
        return wave

    def _wave(
        self,
        key: tuple[str, int],
        start: int,
        stops: tuple[Stop, ...],
        heads: tuple[int, ...],
        parties: tuple[str, ...] = (),
    ) -> Wave:
        if (stops, heads) not in self._loads:
            made = profiles(stops, heads, self.spaces)
            self._loads[stops, heads] = None if made is None else [(self._load(p.runs, self.origin), p) for p in made]
        known, shift = self._loads[stops, heads], 16 * (start - self.origin)
        options = [Option(load << shift, profile.runs, profile.walks) for load, profile in known or ()]
        return Wave(key, start, stops, heads, parties, options, listed=known is not None)

    def _load(self, taken: Iterable[Run], start: int) -> int:
        fields, shift = self.fields, start - self.origin
        return sum(fields.load(run.channel, shift + run.offset, run.ticks, run.amount) for run in taken)

    def _settle(self) -> list[int]:
        """An option for each unpromised wave: as it walks now, or else another, or else as it walks now, overfull as it may be."""
        now = sum(wave.now.load for wave in self.waves if wave.now)
        if all(wave.present >= 0 for wave in self.waves) and self.fields.fits(self.room, now):
            return [wave.present for wave in self.waves]
        if all(wave.options or not wave.listed for wave in self.waves):
            try:
                found = self._anyhow()
            except Undecided:
                found = None
            if found is not None:
                return [self._place(wave, option) for wave, option in zip(self.waves, found, strict=True)]
        for wave in self.waves:
            if wave.present < 0 and wave.now:
                wave.present = self._place(wave, wave.now)
        allowed, held = self.fields.unpack(self.room), self.fields.unpack(now)
        numbers = self.fields.channels
        entry = [list(row) for row in allowed]
        for (code, _), number in numbers.items():
            for tick in range(self.fields.ticks):
                if held[number][tick] > allowed[number][tick]:
                    allowed[number][tick] = held[number][tick]
                    entry[numbers[(code, False)]][tick] = 0
        self.room, self.entry = self.fields.pack(allowed), self.fields.pack(entry)
        return [wave.present for wave in self.waves]

    def _anyhow(self) -> list[Option] | None:
        if all(wave.listed for wave in self.waves):
            try:
                return search(self.fields, self.room, self.waves, TESTS)
            except Undecided:
                pass
        return pack(self.fields, self.room, self.waves, self.spaces, self.origin, Budget(SETTLE_SECONDS))

    @staticmethod
    def _place(wave: Wave, option: Option) -> int:
        for place, other in enumerate(wave.options):
            if other is option:
                return place
        wave.options.append(option)
        return len(wave.options) - 1

    # Bit masks

    def _starts(self, made: Sequence[Profile], candidates: int, without_waves: bool) -> int:
        found, rest = 0, candidates >> self.origin
        for profile in made:
            here = rest
            for run in profile.runs:
                here &= self._long(without_waves, run.channel, run.amount, run.ticks) >> run.offset
                if not here:
                    break
            found |= here
            rest &= ~here
            if not rest:
                break
        return found << self.origin

    def _long(self, without_waves: bool, channel: Channel, amount: int, ticks: int) -> int:
        """Where `amount` of a channel is free for `ticks` in a row, from the origin."""
        key = (without_waves, channel, amount, ticks)
        if key not in self._masks:
            if ticks != 1:
                self._masks[key] = runs(self._long(without_waves, channel, amount, 1), ticks)
            else:
                row = self._left(without_waves)[self.fields.channels[channel]]
                self._masks[key] = int("".join("1" if here >= amount else "0" for here in reversed(row)) or "0", 2)
        return self._masks[key]

    def _left(self, without_waves: bool) -> list[list[int]]:
        if without_waves:
            return self.fields.unpack(self.entry)
        filled = sum(wave.options[chosen].load for wave, chosen in zip(self.waves, self.witness, strict=True))
        rows = self.fields.unpack(self.room - filled)
        return [
            [min(a, b) for a, b in zip(row, top, strict=True)]
            for row, top in zip(rows, self.fields.unpack(self.entry), strict=True)
        ]


def _runs_of(found: Iterable[Leg], spaces: Mapping[str, Space]) -> list[Run]:
    """What legs take, in ticks of the day."""
    taken = []
    for leg in found:
        space = spaces[leg.space]
        taken.append(Run((leg.space, False), leg.period.start, leg.period.ticks, space.lanes if leg.exclusive else 1))
        if space.max_heads is not None:
            taken.append(Run((leg.space, True), leg.period.start, leg.period.ticks, leg.heads))
    return taken

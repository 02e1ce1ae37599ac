"""The spaces' side of one day: whether all waves, and new ones, can walk their stops within the lanes.

What is easy is settled on bit masks with the other waves where they are; what is not, by a search in which each unpromised wave may
take any of its profiles; what the search leaves open, by the solver (`packing_model.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scheduler.core.itinerary import Leg, Party, Space, Stop, Taken, Visit, Walk, joint, legs, times, waves_of
from scheduler.core.masks import Masks, crowding
from scheduler.core.packing_model import Option, Wave, fewest_changes, pack
from scheduler.core.packing_search import search, shuffle
from scheduler.core.profiles import Channel, Fields, Profile, Run, channels, empty_room, profiles
from scheduler.core.solving import Budget, Undecided
from scheduler.core.ticks import Interval, runs

News = tuple[int, tuple[Stop, ...], tuple[int, ...]]
"""A new wave: its start, its stops, the heads of its parties."""

Closing = tuple[Interval, frozenset[str] | None]
SETTLE_SECONDS = 5.0
TESTS, MOVES, KEPT, MOST_KINDS = 8_000, 80, 5, 12
EMPTY = -1


class Floor:
    """The spaces of one day with what is in them.

    `room` is what the unpromised waves and the new may fill together, `entry` what the new may enter. The two differ only where the
    unpromised waves cannot all be walked within the limits (old data): a cell (space, tick) that is overfull as they walk now may
    then hold what it holds now, but takes nobody new. A wave always walks in an order that empty spaces could hold, or as it does now.
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
        self._loads: dict[tuple[tuple[Stop, ...], tuple[int, ...]], list[tuple[int, Profile]]] = {}
        self.bare = empty_room(tuple(places), self.fields.ticks)
        self.room = self.entry = self.fields.pack(self._amounts(places, closed, fixed))
        self.waves = [
            unit
            for visit in present
            if not visit.promised
            for (number, start), parties in waves_of(visit).items()
            for unit in self._present_units(visit, number, start, parties)
        ]
        self.witness = self._settle()
        self.arrangements = [self._as_settled()]
        self._masks: dict[int, Masks] = {}
        self._bounds: dict[tuple[frozenset[str], int, int], int] = {}

    def starts(self, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> tuple[int, int]:
        """Two masks within `candidates`: the starts that fit into an arrangement of the others at hand, and those worth a search.

        No start outside the second fits.
        """
        made = profiles(stops, heads, self.spaces)
        if made is None:
            return 0, candidates
        sure = 0
        for number in range(len(self.arrangements)):
            sure |= self._starts(made, candidates & ~sure, number)
        rest = candidates & ~sure
        if rest and self.waves:
            rest &= self._bound(stops, heads, rest)
            return sure, sure | self._starts(made, rest, EMPTY)
        return sure, sure

    def newest(self, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> int:
        """The starts among the candidates that fit into the arrangement found last."""
        made = profiles(stops, heads, self.spaces)
        return self._starts(made, candidates, len(self.arrangements) - 1) if made else 0

    def starts_of_space(self, code: str, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> int:
        """The starts that this space alone would allow, with the unpromised waves gone."""
        only = [
            Profile(tuple(r for r in p.runs if r.channel[0] == code), p.walks)
            for p in profiles(stops, heads, self.spaces) or ()
        ]
        return self._starts(only, candidates, EMPTY)

    def arrange(self, news: Sequence[News], budget: Budget) -> list[Option] | None:
        """An option for each of the new waves, then for each old one, or None. Raises Undecided."""
        units = self._new_units(news)
        found = self._quickly(units)
        if found is not None and not found:
            waves = [*units, *self.waves]
            found = pack(
                self.fields, self.room, waves, self.spaces, self.origin, budget, entry=self.entry, new=len(units)
            )
        return None if found is None else self._found(news, units, found)

    def quickly(self, news: Sequence[News]) -> list[Option] | None:
        """As `arrange`, but [] where only the solver would know."""
        units = self._new_units(news)
        found = self._quickly(units)
        return self._found(news, units, found) if found else found

    def fewest(self, news: Sequence[News], budget: Budget) -> list[Option] | None:
        """As `arrange`, with the fewest old waves changed (or, when the time is up, few)."""
        units = self._new_units(news)
        found = self._unchanged(units) or self._quickly(units)
        if found is None:
            return None
        waves = [*units, *self.waves]
        if not found:
            found = pack(
                self.fields, self.room, waves, self.spaces, self.origin, budget, entry=self.entry, new=len(units)
            )
        if found is not None and self.changed(found[len(units) :]):
            found = fewest_changes(
                self.fields, self.room, waves, self.spaces, self.origin, budget, found, self.entry, len(units)
            )
        return None if found is None else self._found(news, units, found)

    def _quickly(self, units: Sequence[Wave]) -> list[Option] | None:
        """An option for each new unit and each old one; None is a proof that there is none, [] is not."""
        if not all(unit.options or not unit.listed for unit in units):
            return None
        if not all(unit.listed for unit in units):
            return []
        near = [wave for wave in self.waves if wave.listed and any(wave.period.overlaps(unit.period) for unit in units)]
        try:
            # The far ones left out: what cannot be done then can never be.
            found = search(self.fields, self.room, [*units, *near], TESTS)
            if found is None:
                return None
            if len(near) == len(self.waves):
                return found
        except Undecided:
            pass
        waves = [*units, *self.waves]
        return (
            shuffle(self.fields, self.room, waves, [*(unit.options[0] for unit in units), *self.arrangements[0]], MOVES)
            or []
        )

    def _unchanged(self, units: Sequence[Wave]) -> list[Option]:
        """The options of new units that leave the spaces roomiest with nobody else changed; [] where that is not found."""
        if any(wave.present != chosen for wave, chosen in zip(self.waves, self.witness, strict=True)):
            return []
        chosen, load = [], sum(option.load for option in self.arrangements[0])
        for unit in units:
            fitting = [option for option in unit.options if self.fields.fits(self.room, load + option.load)]
            if not fitting:
                return []
            rows = self.fields.unpack(self.room - load)
            chosen.append(min(fitting, key=lambda option: self._tightness(option, unit.start, rows)))
            load += chosen[-1].load
        return [*chosen, *self.arrangements[0]]

    def _tightness(self, option: Option, start: int, rows: list[list[int]]) -> float:
        """How scarce what an option takes is: the last lane of a space counts for more than one of many."""
        scarce = 0.0
        for run in option.runs:
            begin = start + run.offset - self.origin
            row = rows[self.fields.channels[run.channel]]
            scarce += sum(run.amount / row[tick] for tick in range(begin, begin + run.ticks))
        return scarce

    def _found(self, news: Sequence[News], units: Sequence[Wave], found: list[Option]) -> list[Option]:
        """The units of each new wave as one option; an arrangement of the old ones that is new is kept at hand."""
        olds = found[len(units) :]
        if any(a is not b for a, b in zip(olds, self.arrangements[-1], strict=True)) and len(self.arrangements) < KEPT:
            self.arrangements.append(olds)
        merged: list[Option] = []
        for number in range(len(news)):
            mine = [option for unit, option in zip(units, found, strict=False) if unit.key[1] == number]
            walked = tuple(walk for option in mine for walk in option.walks)
            merged.append(Option(sum(o.load for o in mine), tuple(run for o in mine for run in o.runs), walked))
        return [*merged, *olds]

    def changed(self, options: Sequence[Option]) -> list[tuple[Wave, Option]]:
        """The old waves whose occupancy is not what it was."""
        return [
            (wave, o)
            for wave, o in zip(self.waves, options, strict=True)
            if wave.present < 0 or o is not (wave.now if wave.present == 0 else wave.options[wave.present])
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

    def _present_units(self, visit: Visit, number: int, start: int, parties: list[Party]) -> list[Wave]:
        """A wave as it is; each party for itself where nothing is joint."""
        parties = sorted(parties, key=lambda party: (-party.heads, party.key))
        if self._is_joint(visit.stops, [party.heads for party in parties]):
            return [self._present_unit(visit, number, start, parties)]
        return [self._present_unit(visit, number, start, [party]) for party in parties]

    def _present_unit(self, visit: Visit, number: int, start: int, parties: list[Party]) -> Wave:
        heads = tuple(party.heads for party in parties)
        wave = self._wave((visit.key, number), start, visit.stops, heads, tuple(party.key for party in parties))
        listed_order = tuple(range(len(visit.stops)))
        walked = tuple(party.walk or listed_order for party in parties)
        alone = Visit(visit.key, visit.tour, visit.language, visit.stops, tuple(parties))
        now = _runs_of(legs(alone, self.spaces), self.spaces)
        load = self._load(now, 0)
        wave.now = Option(load, tuple(Run(r.channel, r.offset - start, r.ticks, r.amount) for r in now), walked)
        if self._is_together(wave, walked) and (not wave.listed or self.fields.fits(self.bare, load)):
            wave.present = 0  # first among its options, so that a search tries it first
        return wave

    def _is_joint(self, stops: tuple[Stop, ...], heads: Sequence[int]) -> bool:
        return any(joint(stop, sum(heads), self.spaces[stop.space]) for stop in stops)

    def _is_together(self, wave: Wave, walked: tuple[Walk, ...]) -> bool:
        """Whether the parties are at each joint stop at the same time."""
        begins = [times(wave.stops, walk) for walk in walked]
        total = sum(wave.heads)
        return all(
            len({begin[index] for begin in begins}) == 1
            for index, stop in enumerate(wave.stops)
            if joint(stop, total, self.spaces[stop.space])
        )

    def _new_units(self, news: Sequence[News]) -> list[Wave]:
        """New waves with the options that may be entered; each party for itself where nothing is joint."""
        units = []
        for number, (start, stops, heads) in enumerate(news):
            parts = [heads] if self._is_joint(stops, heads) else [(party,) for party in heads]
            for part in parts:
                unit = self._wave(("", number), start, stops, part)
                unit.options = [option for option in unit.options if self.fields.fits(self.entry, option.load)]
                units.append(unit)
        return units

    def _wave(
        self,
        key: tuple[str, int],
        start: int,
        stops: tuple[Stop, ...],
        heads: tuple[int, ...],
        parties: tuple[str, ...] = (),
    ) -> Wave:
        listed = profiles(stops, heads, self.spaces) is not None
        return Wave(key, start, stops, heads, parties, None, listed, make=self._options)

    def _options(self, wave: Wave) -> list[Option]:
        """All ways of a wave at its start, the present one first."""
        key = (wave.stops, wave.heads)
        if key not in self._loads:
            made = profiles(*key, self.spaces) or ()
            self._loads[key] = [(self._load(profile.runs, self.origin), profile) for profile in made]
        shift = 16 * (wave.start - self.origin)
        first = [wave.now] if wave.now is not None and wave.present == 0 else []
        here = first[0].load if first else -1
        return first + [Option(load << shift, p.runs, p.walks) for load, p in self._loads[key] if load << shift != here]

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

    def _as_settled(self) -> list[Option]:
        """What `_settle` chose; the waves' other options are not made for it."""
        return [
            wave.now if wave.now is not None and chosen == wave.present == 0 else wave.options[chosen]
            for wave, chosen in zip(self.waves, self.witness, strict=True)
        ]

    @staticmethod
    def _place(wave: Wave, option: Option) -> int:
        for place, other in enumerate(wave.options):
            if other is option:
                return place
        wave.options.append(option)
        return len(wave.options) - 1

    # Bit masks

    def _starts(self, made: Sequence[Profile], candidates: int, arrangement: int) -> int:
        if arrangement not in self._masks:
            self._masks[arrangement] = Masks(self._left(arrangement))
        return self._masks[arrangement].starts(made, candidates >> self.origin) << self.origin

    def _left(self, arrangement: int) -> dict[Channel, list[int]]:
        """What new waves may take, by channel and tick, in an arrangement of the old ones or (EMPTY) with them gone."""
        rows = self.fields.unpack(self.entry)
        if arrangement != EMPTY:
            left = self.fields.unpack(self.room - sum(option.load for option in self.arrangements[arrangement]))
            rows = [[min(a, b) for a, b in zip(row, top, strict=True)] for row, top in zip(left, rows, strict=True)]
        return dict(zip(self.fields.channels, rows, strict=True))

    def _bound(self, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> int:
        """The starts that a count of parties and lanes leaves."""
        spaces = frozenset(stop.space for stop in stops)
        ticks, number = sum(stop.ticks for stop in stops), 1 if self._is_joint(stops, heads) else len(heads)
        key = (spaces, ticks, number)
        if key not in self._bounds:
            parties: dict[frozenset[str], list[int]] = {}
            for wave in self.waves:
                row = parties.setdefault(frozenset(stop.space for stop in wave.stops), [0] * self.fields.ticks)
                for tick in self._within(wave.period.start, wave.period.end):
                    row[tick] += 1
            rows = dict(zip(self.fields.channels, self.fields.unpack(self.room), strict=True))
            self._bounds[key] = runs(crowding(rows, parties, spaces, number, MOST_KINDS), ticks)
        return self._bounds[key] << self.origin & candidates


def _runs_of(found: Iterable[Leg], spaces: Mapping[str, Space]) -> list[Run]:
    """What legs take, in ticks of the day."""
    taken = []
    for leg in found:
        space = spaces[leg.space]
        taken.append(Run((leg.space, False), leg.period.start, leg.period.ticks, space.lanes if leg.exclusive else 1))
        if space.max_heads is not None:
            taken.append(Run((leg.space, True), leg.period.start, leg.period.ticks, leg.heads))
    return taken

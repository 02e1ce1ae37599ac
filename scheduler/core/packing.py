"""The spaces' side of one day: whether all waves, and new ones, can walk their stops within the lanes.

What is easy is settled on bit masks with the other waves where they are; what is not, by a search in which each unpromised wave may
take any of its profiles; what the search leaves open, by the solver (`packing_model.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from scheduler.core.itinerary import Party, Space, Stop, Taken, Visit, joint, legs, waves_of
from scheduler.core.masks import Masks, crowding
from scheduler.core.packing_bound import Prices
from scheduler.core.packing_cells import Cells
from scheduler.core.packing_finding import TESTS, find
from scheduler.core.packing_memory import remembered, taken_over
from scheduler.core.packing_model import Option, Wave, fewest_changes, pack
from scheduler.core.packing_search import sweep
from scheduler.core.profiles import Channel, Profile, Run, Shapes, profiles, runs_of, shapes
from scheduler.core.solving import Budget, Effort, Undecided
from scheduler.core.ticks import Interval, bits, halving, runs

News = tuple[int, tuple[Stop, ...], tuple[int, ...]]
"""A new wave: its start, its stops, the heads of its parties."""

Closing = tuple[Interval, frozenset[str] | None]
SETTLE_SECONDS = 5.0
KEPT, MOST_KINDS = 5, 12
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
        lengths = [visit.ticks for visit in present]
        self.spaces = spaces
        self.origin = min([hours.start, *(party.start for visit in present for party in visit.parties)])
        ends = [party.start + length for visit, length in zip(present, lengths, strict=True) for party in visit.parties]
        end = max([hours.end, *ends])
        places = [spaces[code] for code in sorted(spaces)]
        self.shapes = shapes(tuple(places), end - self.origin)
        self.fields, self.bare = self.shapes.fields, self.shapes.bare
        self._ways = partial(
            _options, self.shapes, self.origin
        )  # not a method: waves would hold the day, and the day its waves
        fixed = [run for visit in present if visit.promised for run in runs_of(legs(visit, spaces), spaces)]
        for hold in taken:
            fixed.append(Run((hold.space, False), hold.period.start, hold.period.ticks, hold.lanes))
            fixed.append(Run((hold.space, True), hold.period.start, hold.period.ticks, hold.heads))
        self.room = self.entry = self.fields.pack(self._amounts(places, closed, fixed))
        self.waves = [
            unit
            for visit in present
            if not visit.promised
            for (number, start), parties in waves_of(visit).items()
            for unit in self._present_units(visit, number, start, parties)
        ]
        self.holds_all = all(wave.listed for wave in self.waves)
        """Whether what is there can be walked within the limits, each wave in one of the orders that empty spaces could hold."""
        self.witness = self._settle()
        self.arrangements = [self._as_settled()]
        self.found: dict[tuple[tuple[Stop, ...], tuple[int, ...]], list[list[Option]]] = {}
        """For a wave the arrangements of the others that were searched for."""
        self.refused: dict[tuple[tuple[Stop, ...], tuple[int, ...]], int] = {}  # for a wave, starts proven impossible
        self.proofs: list[Prices] = []
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

    def settle(
        self,
        stops: tuple[Stop, ...],
        heads: tuple[int, ...],
        candidates: int,
        budget: Budget,
        older: Floor | None = None,
    ) -> tuple[int, int]:
        """Of the candidates, the starts at which all can walk, and those left undecided.

        An arrangement found for one start is tried on all others; so are those of a day that is nearly the same (`older`).
        """
        good = undecided = 0
        if not candidates:
            return 0, 0
        more = [self.shapes.reach(stops, part) for part in self._parts(stops, heads)]
        cells = Cells(self.fields, self.room, self.origin, self.waves, list(bits(candidates)), more)
        if older and older.fields is self.fields and (older.origin, older.room) == (self.origin, self.room):
            self.proofs = self.proofs or taken_over(older.proofs, older.waves, self.waves)
            walked = older.found.get((stops, heads), ())
            for options in remembered(walked, older.waves, self.waves, self.arrangements[0], cells):
                good |= self._shown(options, stops, heads, candidates & ~good)
        for start in halving(list(bits(candidates & ~good))):
            if good >> start & 1:
                continue
            try:
                found = self._arranged([(start, stops, heads)], budget, cells)
            except Undecided:
                undecided |= 1 << start
                continue
            if found is not None:
                good |= 1 << start | self._shown(found[1:], stops, heads, candidates & ~good)
        self.refused[stops, heads] = self.refused.get((stops, heads), 0) | candidates & ~good & ~undecided
        return good, undecided & ~good

    def _shown(self, options: list[Option], stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> int:
        """The candidates that fit beside the others when these walk so; which is kept for a day that comes after."""
        self.found.setdefault((stops, heads), []).append(options)
        made = profiles(stops, heads, self.spaces)
        if not made or not candidates:
            return 0
        return Masks(self._left(options)).starts(made, candidates >> self.origin) << self.origin

    def starts_of_space(self, code: str, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> int:
        """The starts that this space alone would allow, with the unpromised waves gone."""
        only = [
            Profile(tuple(r for r in p.runs if r.channel[0] == code), p.walks)
            for p in profiles(stops, heads, self.spaces) or ()
        ]
        return self._starts(only, candidates, EMPTY)

    def arrange(self, news: Sequence[News], budget: Budget) -> list[Option] | None:
        """An option for each of the new waves, then for each old one, or None. Raises Undecided."""
        if len(news) == 1 and self.refused.get(news[0][1:], 0) >> news[0][0] & 1:
            return None
        return self._arranged(news, budget, None)

    def _arranged(self, news: Sequence[News], budget: Budget, cells: Cells | None) -> list[Option] | None:
        units = self._new_units(news)
        found = self._quickly(units, cells)
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

    def _quickly(self, units: Sequence[Wave], cells: Cells | None = None) -> list[Option] | None:
        """An option for each new unit and each old one; None is a proof that there is none, [] is not."""
        if not all(unit.options or not unit.listed for unit in units):
            return None
        if not all(unit.listed for unit in units):
            return []
        if any(prices.disprove(units) for prices in self.proofs):
            return None
        cells = cells or Cells(self.fields, self.room, self.origin, [*units, *self.waves])
        found = find(cells, units, self.waves, self.arrangements[-1])
        if isinstance(found, Prices):
            self.proofs.append(found)
            return None
        return found

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
        if len(parties) == 1:
            return [self._present_unit(visit, number, start, parties)]
        parties = sorted(parties, key=lambda party: (-party.heads, party.key))
        if self._is_joint(visit.stops, [party.heads for party in parties]):
            return [self._present_unit(visit, number, start, parties)]
        return [self._present_unit(visit, number, start, [party]) for party in parties]

    def _present_unit(self, visit: Visit, number: int, start: int, parties: list[Party]) -> Wave:
        heads = tuple([party.heads for party in parties])
        walks = tuple([party.walk or tuple(range(len(visit.stops))) for party in parties])
        walked = self.shapes.walked(visit.stops, heads, walks)
        keys = tuple([party.key for party in parties])
        wave = Wave((visit.key, number), start, visit.stops, heads, keys, None, walked.listed, make=self._ways)
        wave.known = walked.reach
        wave.now = Option(walked.load << 16 * (start - self.origin), walked.runs, walks)
        if walked.allowed:
            wave.present = 0  # first among its options, so that a search tries it first
        return wave

    def _is_joint(self, stops: tuple[Stop, ...], heads: Sequence[int]) -> bool:
        return any(joint(stop, sum(heads), self.spaces[stop.space]) for stop in stops)

    def _new_units(self, news: Sequence[News]) -> list[Wave]:
        """New waves with the options that may be entered; each party for itself where nothing is joint."""
        units = []
        for number, (start, stops, heads) in enumerate(news):
            for part in self._parts(stops, heads):
                listed = self.shapes.made(stops, part) is not None
                unit = Wave(("", number), start, stops, part, (), None, listed, make=self._ways)
                unit.options = [option for option in unit.options if self.fields.fits(self.entry, option.load)]
                units.append(unit)
        return units

    def _parts(self, stops: tuple[Stop, ...], heads: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The parties that must be thought of together: each is for itself where nothing is joint."""
        return [heads] if self._is_joint(stops, heads) else [(party,) for party in heads]

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
        self.holds_all = False
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
            cells = Cells(self.fields, self.room, self.origin, self.waves)
            with suppress(Undecided):
                return sweep(cells, cells.free, self.waves, TESTS)
        return pack(self.fields, self.room, self.waves, self.spaces, self.origin, Effort(SETTLE_SECONDS))

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
            self._masks[arrangement] = Masks(self._left(() if arrangement == EMPTY else self.arrangements[arrangement]))
        return self._masks[arrangement].starts(made, candidates >> self.origin) << self.origin

    def _left(self, options: Iterable[Option]) -> dict[Channel, list[int]]:
        """What new waves may take, by channel and tick, beside the old ones as they walk so."""
        rows = self.fields.unpack(self.room - sum(option.load for option in options))
        if self.entry != self.room:
            tops = self.fields.unpack(self.entry)
            rows = [list(map(min, row, top)) for row, top in zip(rows, tops, strict=True)]
        return dict(zip(self.fields.channels, rows, strict=True))

    def _bound(self, stops: tuple[Stop, ...], heads: tuple[int, ...], candidates: int) -> int:
        """The starts that a count of parties and lanes leaves."""
        if sum(space.lanes for space in self.spaces.values()) > self.fields.MOST:
            return candidates  # so many are not worth counting
        spaces = frozenset(stop.space for stop in stops)
        ticks, number = sum(stop.ticks for stop in stops), 1 if self._is_joint(stops, heads) else len(heads)
        key = (spaces, ticks, number)
        if key not in self._bounds:
            parties: dict[frozenset[str], int] = {}
            for wave in self.waves:
                kind = frozenset(stop.space for stop in wave.stops)
                begin, end = wave.period.start - self.origin, wave.period.end - self.origin
                parties[kind] = parties.get(kind, 0) + self.fields.under_way(begin, end)
            self._bounds[key] = runs(crowding(self.fields, self.room, parties, spaces, number, MOST_KINDS), ticks)
        return self._bounds[key] << self.origin & candidates


def _options(known: Shapes, origin: int, wave: Wave) -> list[Option]:
    """All ways of a wave at its start, the present one first."""
    made, shift = known.made(wave.stops, wave.heads) or (), 16 * (wave.start - origin)
    first = [wave.now] if wave.now is not None and wave.present == 0 else []
    here = first[0].load if first else -1
    return first + [Option(load << shift, p.runs, p.walks) for load, p in made if load << shift != here]

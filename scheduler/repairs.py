"""New times for the visits that a closure hits: proposed one after another on days that hold the proposals before, never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from scheduler import events, periods, starts, steps
from scheduler.core import availability
from scheduler.core.availability import Day, Undecided, Way, Wish
from scheduler.core.itinerary import Party, Taken
from scheduler.core.itinerary import Visit as CoreVisit
from scheduler.errors import BadWish
from scheduler.models import Visit
from scheduler.snapshot import Range, core_stops

MOVE, REROUTE, CANCEL = "move", "reroute", "cancel"
SHOWN = 3
"""How many other starts are shown beside a proposal."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a visit that a closure hits: "move" to another start, "reroute" (the same start, another walk), or "cancel"."""

    action: str
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A visit that a closure hits, the least change that is proposed for it, and other starts that it could have instead."""

    visit: Visit
    proposal: Decision
    alternatives: tuple[datetime, ...] = ()


def propose(visits: Sequence[Visit], days: Mapping[date, Day], read: Range, *, now: datetime) -> tuple[Hit, ...]:
    """A proposal for each visit, in order. `days`: as they would be with the closure. None of the proposals rules out another."""
    keys = {str(visit.pk) for visit in visits}
    sketch = _Sketch(read, {day: _without(state, keys) for day, state in days.items()}, now)
    return tuple(sketch.propose(visit) for visit in visits)


@dataclass(slots=True)
class _Sketch:
    """Days as they would be: the visits that are hit gone, each proposal added as it is made."""

    read: Range
    days: dict[date, Day]
    now: datetime

    def propose(self, visit: Visit) -> Hit:
        own = steps.begins_of(visit)
        proposal = Decision(CANCEL)
        others: list[datetime] = []
        for day, begins in self._possible(visit):
            if proposal.action != CANCEL:
                others.append(begins[0])
                if len(others) == SHOWN:
                    break
            elif self._add(visit, day, begins):
                proposal = Decision(REROUTE if begins == own else MOVE, begins[0])
        return Hit(visit, proposal, tuple(others))

    def _possible(self, visit: Visit) -> Iterator[tuple[date, tuple[datetime, ...]]]:
        """What could be offered to one visit: on its own day, then on the days around, the nearest to its own hour first."""
        own, home = steps.begins_of(visit), visit.day
        assert home is not None  # a visit that is hit has a day
        at = periods.local(own[0], self.read.zone).time()
        for day in sorted(self.days, key=lambda day: (abs(day - home), day < home)):
            state = self.days[day]
            if not state.opening:
                continue
            wanted = periods.wall_tick(at, day, self.read.zone)
            if visit.tour is None:
                found = self._possible_event(visit, day, wanted, state)
            else:
                found = self._possible_tour(visit, day, wanted, state, own if day == home else ())
            for ticks in found:
                yield day, tuple(periods.instant(tick, day, self.read.zone) for tick in ticks)

    def _possible_tour(
        self, visit: Visit, day: date, wanted: int, state: Day, own: tuple[datetime, ...]
    ) -> list[tuple[int, ...]]:
        wish = starts.wish_for(visit, visit.heads)
        earliest = starts.earliest_tick(day, self.read.zone, self.now + periods.TICK)
        found = availability.starts(state, wish, earliest=earliest)
        ticks: list[tuple[int, ...]] = [(tick,) for tick in found.starts] or list(found.waves)
        ticks.sort(key=lambda begins: abs(begins[0] - wanted))
        if (
            len(own) > 1 and own[0] > self.now
        ):  # these very waves, which need not be those that are offered to a newcomer
            ticks.insert(0, tuple(periods.to_tick(begin, day, self.read.zone) for begin in own))
        return list(dict.fromkeys(ticks))

    def _possible_event(self, visit: Visit, day: date, wanted: int, state: Day) -> list[tuple[int, ...]]:
        """An event keeps its hour on another day. An official visit is moved by a person only."""
        start = periods.instant(wanted, day, self.read.zone)
        if visit.kind == Visit.Kind.PROTOCOL or start <= self.now:
            return []
        try:
            footprint = events.footprint_of(visit, start, day, self.read)
        except BadWish:
            return []
        free = events.closed_then(footprint, state) is None and not events.in_the_way(footprint, state)
        return [(wanted,)] if free and events.led(visit, footprint.period, state) is not None else []

    def _add(self, visit: Visit, day: date, begins: tuple[datetime, ...]) -> bool:
        """Put a visit on a day as moving it would; says whether that goes."""
        state = self.days[day]
        taken: tuple[Taken, ...] = ()
        way: Way | None
        if visit.tour is None:
            footprint = events.footprint_of(visit, begins[0], day, self.read)
            way = events.led(visit, footprint.period, state)
            taken = tuple(
                Taken(code, footprint.hold, state.spaces[code].lanes, visit.heads, str(visit.pk))
                for code in footprint.spaces
            )
        else:
            ticks = tuple(periods.to_tick(begin, day, self.read.zone) for begin in begins)
            way = _way(state, starts.wish_for(visit, visit.heads), ticks, _guides_of(visit))
        if way is None:
            return False
        self.days[day] = _with(state, visit, way, taken, promised=self._would_be_promised(visit, begins[0]))
        return True

    def _would_be_promised(self, visit: Visit, begin: datetime) -> bool:
        near = begin <= self.now + timedelta(days=self.read.museum.promise_days)
        return visit.tour is None or visit.promised_at is not None or (visit.status == Visit.Status.CONFIRMED and near)


def _without(state: Day, keys: set[str]) -> Day:
    """A day without these visits, to be worked out anew: it keeps no seal."""
    return replace(
        state,
        visits=tuple(visit for visit in state.visits if visit.key not in keys),
        taken=tuple(use for use in state.taken if use.key not in keys),
        seal="",
    )


def _with(state: Day, visit: Visit, way: Way, taken: tuple[Taken, ...], *, promised: bool) -> Day:
    """A day with one visit more, and with what has to change for it."""
    placed = CoreVisit(
        key=str(visit.pk),
        tour=visit.tour.code if visit.tour else "",
        language=visit.language,
        stops=core_stops(visit.stops),
        parties=tuple(replace(party, key=f"{visit.pk}/{party.key}") for party in way.parties),
        promised=promised,
        occupies=visit.tour is not None,
    )
    others = tuple(
        replace(other, parties=tuple(_changed(party, way) for party in other.parties)) for other in state.visits
    )
    return replace(state, visits=(*others, placed) if way.parties else others, taken=(*state.taken, *taken))


def _changed(party: Party, way: Way) -> Party:
    return replace(party, guide=way.guides.get(party.key, party.guide), walk=way.walks.get(party.key, party.walk))


def _way(state: Day, wish: Wish, ticks: tuple[int, ...], keep: frozenset[str]) -> Way | None:
    """The way that moving would take; what cannot be decided in time is not proposed."""
    try:
        return starts.way_for(state, wish, ticks, keep=keep)
    except Undecided:
        return None


def _guides_of(visit: Visit) -> frozenset[str]:
    return frozenset(party.guide.code for party in visit.parties.all() if party.guide)

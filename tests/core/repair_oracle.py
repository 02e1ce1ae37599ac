"""The least repair of small cases by trying everything, written apart from the engine: of it only the plain values are used."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from scheduler.core.day import Day
from scheduler.core.itinerary import Party, Stop, Visit
from scheduler.core.repair_case import Hit, Placement
from scheduler.core.rules import Guide

DAY, LEFT, SPREAD, TICK = 600, 36000, 12, 5


@dataclass(frozen=True)
class Put:
    """A visit put somewhere: heads of its parties by wave, larger first."""

    tour: str
    language: str
    stops: tuple[Stop, ...]
    groups: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]

    @property
    def length(self) -> int:
        return sum(stop.ticks for stop in self.stops)


def put_of(visit: Visit) -> Put:
    waves: dict[int, list[Party]] = {}
    for party in visit.parties:
        waves.setdefault(party.start, []).append(party)
    groups = tuple(tuple(sorted((p.heads for p in waves[start]), reverse=True)) for start in sorted(waves))
    return Put(visit.tour, visit.language, visit.stops, groups, tuple(sorted(waves)))


@dataclass
class Oracle:
    """All days without the hit visits, with what was found out about them."""

    days: dict[int, Day]
    known: dict[tuple[int, frozenset[tuple[Put, int]]], bool] = field(default_factory=dict)

    def takes(self, day: int, puts: list[Put]) -> bool:
        """Whether the day can take all of these."""
        counted = Counter(puts)
        key = (day, frozenset(counted.items()))
        if key not in self.known:
            self.known[key] = (
                all(self._is_open(self.days[day], put) for put in counted)
                and guided(self.days[day], puts)
                and walked(self.days[day], puts) is not None
            )
        return self.known[key]

    @staticmethod
    def _is_open(day: Day, put: Put) -> bool:
        return all(
            start % day.grid == 0
            and any(o.opens <= start <= o.last_start and start + put.length <= o.closes for o in day.opening)
            for start in put.starts
        )


# Guides


def guided(day: Day, puts: list[Put]) -> bool:
    """Whether as many of the old duties as before, those that are led among them, and all new ones can be led."""
    old = [
        (v.tour, v.language, p.start, p.start + v.ticks, p.guide)
        for v in day.visits
        if not (v.promised and v.parties[0].guide)
        for p in v.parties
    ]
    kept = [duty[:4] for duty in old if duty[4] is not None]
    opened = [duty[:4] for duty in old if duty[4] is None]
    new = [
        (p.tour, p.language, s, s + p.length) for p in puts for s, g in zip(p.starts, p.groups, strict=True) for _ in g
    ]
    return most_led(day, [*kept, *new], opened) == most_led(day, kept, opened)


Duty = tuple[str, str, int, int]
"""Tour, language, start, end."""


def most_led(day: Day, must: list[Duty], may: list[Duty]) -> int:
    """How many of those that may be led can be, beside all that must; -1 where not even those can."""
    held: dict[str, list[tuple[int, int]]] = {guide.code: [] for guide in day.guides}
    for visit in day.visits:
        for party in visit.parties if visit.promised else ():
            if party.guide in held:
                held[party.guide].append((party.start, party.start + visit.ticks))
    duties, best = [*must, *may], -1

    def go(index: int, led: int) -> None:
        nonlocal best
        if index == len(duties):
            best = max(best, led)
            return
        if led + len(duties) - max(index, len(must)) <= best:
            return
        for guide in day.guides:
            if _leads(guide, duties[index], held[guide.code]):
                held[guide.code].append(duties[index][2:])
                go(index + 1, led + (index >= len(must)))
                held[guide.code].pop()
        if index >= len(must):
            go(index + 1, led)

    go(0, 0)
    return best


def _leads(guide: Guide, duty: Duty, have: list[tuple[int, int]]) -> bool:
    tour, language, start, end = duty
    works = all(any(h.start <= tick < h.end for h in guide.hours) for tick in range(start, end))
    away = any(a.start < end and start < a.end for a in guide.away)
    rested = all(start >= e + guide.rest or s >= end + guide.rest for s, e in have)
    few = guide.daily_duties is None or len(have) < guide.daily_duties
    short = guide.daily_ticks is None or sum(e - s for s, e in have) + end - start <= guide.daily_ticks
    return (tour, language) in guide.qualifications and works and not away and rested and few and short


# Spaces


def walked(day: Day, puts: list[Put]) -> list[list[tuple[int, ...]]] | None:
    """A walk for each party of each unpromised old wave, then of each new one, so that no space is overfull; None: there is none."""
    use = Use(day)
    waves = []
    for visit in day.visits:
        if visit.promised:
            for start, parties in _by_start(visit).items():
                cells = _cells(day, visit.stops, start, [p.heads for p in parties], [p.walk for p in parties])
                assert cells is not None
                use.add(cells, 1)
        else:
            put = put_of(visit)
            waves += [(put.stops, s, g) for s, g in zip(put.starts, put.groups, strict=True)]
    waves += [(put.stops, s, g) for put in puts for s, g in zip(put.starts, put.groups, strict=True)]

    def go(index: int) -> list[list[tuple[int, ...]]] | None:
        if index == len(waves):
            return []
        stops, start, group = waves[index]
        for chosen in itertools.product(_orders(stops), repeat=len(group)):
            cells = _cells(day, stops, start, list(group), list(chosen))
            if cells is None or any((code, tick) in use.shut for code, tick, _, _ in cells):
                continue
            use.add(cells, 1)
            rest = go(index + 1) if use.fits(cells) else None
            if rest is not None:
                return [list(chosen), *rest]
            use.add(cells, -1)
        return None

    return go(0)


class Use:
    """Lanes and heads taken, by space and tick."""

    def __init__(self, day: Day) -> None:
        self.spaces = day.spaces
        self.lanes, self.heads = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
        for hold in day.taken:
            for tick in range(hold.period.start, hold.period.end):
                self.lanes[hold.space, tick] += hold.lanes
                self.heads[hold.space, tick] += hold.heads
        self.shut = {
            (code, tick)
            for closed in day.closed
            for code in (day.spaces if closed.spaces is None else closed.spaces)
            for tick in range(closed.period.start, closed.period.end)
        }

    def add(self, cells: list[tuple[str, int, int, int]], times: int) -> None:
        for code, tick, people, number in cells:
            self.lanes[code, tick] += times * number
            self.heads[code, tick] += times * people

    def fits(self, cells: list[tuple[str, int, int, int]]) -> bool:
        return all(
            self.lanes[code, tick] <= self.spaces[code].lanes
            and self.heads[code, tick] <= (self.spaces[code].max_heads or 1 << 30)
            for code, tick, _, _ in cells
        )


def _by_start(visit: Visit) -> dict[int, list[Party]]:
    found: dict[int, list[Party]] = {}
    for party in visit.parties:
        found.setdefault(party.start, []).append(party)
    return found


def _orders(stops: tuple[Stop, ...]) -> Iterator[tuple[int, ...]]:
    for order in itertools.permutations(range(len(stops))):
        if all(stops[i].movable or order[i] == i for i in range(len(stops))):
            yield order


def _cells(
    day: Day, stops: tuple[Stop, ...], start: int, heads: list[int], chosen: list[tuple[int, ...]]
) -> list[tuple[str, int, int, int]] | None:
    """Space, tick, heads and lanes of every leg of a wave; None where its parties are not together where they must be."""
    begins = []
    for walk in chosen:
        clock, begin = start, {}
        for index in walk or range(len(stops)):
            begin[index] = clock
            clock += stops[index].ticks
        begins.append(begin)
    found = []
    for index, stop in enumerate(stops):
        space = day.spaces[stop.space]
        whole = stop.exclusive or (stop.together and (space.max_heads is None or sum(heads) <= space.max_heads))
        if whole and len({begin[index] for begin in begins}) > 1:
            return None
        legs = (
            [(begins[0][index], sum(heads))] if whole else [(b[index], h) for b, h in zip(begins, heads, strict=True)]
        )
        for at, people in legs:
            number = space.lanes if stop.exclusive else 1
            found += [(stop.space, tick, people, number) for tick in range(at, at + stop.ticks)]
    return found


# The least repair


def options(days: dict[int, Day], hit: Hit, visit: Visit, drop: int) -> list[tuple[int, Placement, Put]]:
    """Everywhere the rules allow a visit to be put, and what that costs, the cheapest first."""
    put, found = put_of(visit), []
    first = put.starts[0]
    for index, day in days.items():
        grid = [t for o in day.opening for t in range(o.opens, o.last_start + 1) if t % day.grid == 0]
        for starts in itertools.combinations(sorted(set(grid)), len(put.starts)):
            if starts[-1] - starts[0] > put.starts[-1] - first + SPREAD:
                continue
            stays = index == hit.day and starts == put.starts
            if not stays and ((index, starts[0]) < hit.not_before or index > hit.last_day):
                continue
            far = max(abs(a - b) for a, b in zip(starts, put.starts, strict=True))
            cost = hit.weight * (DAY * abs(index - hit.day) + TICK * far)
            found.append((cost, Placement(index, starts), Put(put.tour, put.language, put.stops, put.groups, starts)))
    can_drop = sorted(hit.stops & hit.droppable)
    for size in range(1, len(can_drop) + 1):
        for gone in itertools.combinations(can_drop, size):
            stops = tuple(stop for i, stop in enumerate(visit.stops) if i not in gone)
            if stops:
                to = Placement(hit.day, put.starts, frozenset(gone))
                short = Put(put.tour, put.language, stops, put.groups, put.starts)
                found.append((hit.weight * drop * size, to, short))
    return sorted(found, key=lambda option: option[0])


def least(bare: dict[int, Day], hits: list[Hit], visits: dict[str, Visit], drop: int) -> tuple[tuple[int, int], int]:
    """The fewest left and then the fewest weighted minutes; and the sum of each visit's own best with the others absent."""
    oracle = Oracle(bare)
    allowed = [
        [option for option in options(bare, hit, visits[hit.visit], drop) if oracle.takes(option[1].day, [option[2]])]
        for hit in hits
    ]
    alone = [of[0][0] if of else hit.weight * LEFT for hit, of in zip(hits, allowed, strict=True)]
    best = (len(hits) + 1, 0)

    def go(index: int, left: int, cost: int, puts: dict[int, list[Put]]) -> None:
        nonlocal best
        if (left, cost + sum(alone[index:])) >= best:
            return
        if index == len(hits):
            best = (left, cost)
            return
        for price, to, put in allowed[index]:
            here = [*puts.get(to.day, []), put]
            if (left, cost + price + sum(alone[index + 1 :])) < best and oracle.takes(to.day, here):
                go(index + 1, left, cost + price, {**puts, to.day: here})
        go(index + 1, left + 1, cost + hits[index].weight * LEFT, puts)

    go(0, 0, 0, {})
    return best, sum(alone)

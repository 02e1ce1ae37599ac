"""The referee: the rules of docs/scheduling.md once more, as plainly as they can be said, trying every guide and every order.

Written from the rules' text and not from the engine; shares nothing with it but the values (Day, Wish, Visit, …).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise, permutations, product

# --- The museum's hours ---------------------------------------------------------------------------------------------------


def begins(day, wish, earliest=0):
    """Every start on the grid within a window."""
    length = sum(stop.ticks for stop in wish.stops)
    return [
        start
        for start in range(earliest, 400)
        if start % day.grid == 0
        and any(
            window.opens <= start <= window.last_start and start + length <= window.closes for window in day.opening
        )
    ]


def even(heads, per_guide):
    parties = 1
    while parties * per_guide < heads:
        parties += 1
    sizes = [heads // parties] * parties
    for number in range(heads % parties):
        sizes[number] += 1
    return tuple(sizes)


# --- Guides ---------------------------------------------------------------------------------------------------------------


def works(guide, start, end):
    at_work = {tick for hours in guide.hours for tick in range(hours.start, hours.end)}
    at_work -= {tick for away in guide.away for tick in range(away.start, away.end)}
    return all(tick in at_work for tick in range(start, end))


def may(guide, skill, start, end, held):
    """Whether a guide who has `held` (a list of (start, end)) may lead this as well."""
    if skill not in guide.qualifications or not works(guide, start, end):
        return False
    if guide.daily_duties is not None and len(held) + 1 > guide.daily_duties:
        return False
    if guide.daily_ticks is not None and sum(e - s for s, e in held) + (end - start) > guide.daily_ticks:
        return False
    return all(e + guide.rest <= start or end + guide.rest <= s for s, e in held)


class Guides:
    """The duties of a day: promised ones as they are, kept ones to be led by somebody, open ones as many as can be."""

    def __init__(self, day):
        self.guides = {guide.code: guide for guide in day.guides}
        self.fixed = defaultdict(list)
        duties = []
        for visit in day.visits:
            length = sum(stop.ticks for stop in visit.stops)
            for party in visit.parties:
                start, end = party.start, party.start + length
                if visit.promised and party.guide is not None:
                    self.fixed[party.guide].append((start, end))
                else:
                    duties.append((start, end, party.key, (visit.tour, visit.language), party.guide))
        now = defaultdict(list, {code: list(held) for code, held in self.fixed.items()})
        self.kept, self.open, self.barred = [], [], defaultdict(list)
        for start, end, key, skill, guide in sorted(duties):
            if guide in self.guides and may(self.guides[guide], skill, start, end, now[guide]):
                now[guide].append((start, end))
                self.kept.append((start, end, key, skill, guide))
            else:
                self.open.append((start, end, key, skill, guide))
                if guide in self.guides:
                    self.barred[guide].append((start, end))
        self.needed = max(self.count([], 0), default=0)

    def allowed(self, code, duty, held):
        start, end, _, skill, present = duty
        guide = self.guides[code]
        if not may(guide, skill, start, end, held):
            return False
        return code == present or all(e + guide.rest <= start or end + guide.rest <= s for s, e in self.barred[code])

    def count(self, new, least):
        """How many open duties some assignment leads that leads all kept and new ones, for each that leads at least `least`."""
        return {led for led, _ in self.assignments(new, least)}

    def assignments(self, new, least):
        """Every assignment: (open duties led, kept duties that changed)."""
        duties = (
            [(duty, "kept") for duty in self.kept]
            + [(duty, "new") for duty in new]
            + [(duty, "open") for duty in self.open]
        )
        held = defaultdict(list, {code: list(periods) for code, periods in self.fixed.items()})

        def go(index, led, changed):
            left = sum(kind == "open" for _, kind in duties[index:])
            if led + left < least:
                return
            if index == len(duties):
                yield led, changed
                return
            duty, kind = duties[index]
            for code in self.guides:
                if self.allowed(code, (*duty[:4], duty[4] if kind == "kept" else None), held[code]):
                    held[code].append(duty[:2])
                    yield from go(index + 1, led + (kind == "open"), changed + (kind == "kept" and code != duty[4]))
                    held[code].pop()
            if kind == "open":
                yield from go(index + 1, led, changed)

        return go(0, 0, 0)

    def can(self, wish, waves):
        return next(self.assignments(self.new(wish, waves), self.needed), None) is not None

    def fewest_changes(self, wish, waves):
        return min((changed for _, changed in self.assignments(self.new(wish, waves), self.needed)), default=None)

    @staticmethod
    def new(wish, waves):
        length = sum(stop.ticks for stop in wish.stops)
        return [(start, start + length, "", (wish.tour, wish.language), None) for start, sizes in waves for _ in sizes]


# --- Spaces ---------------------------------------------------------------------------------------------------------------


def orders(stops):
    """Every order in which the immovable stops keep their place."""
    return [
        order
        for order in permutations(range(len(stops)))
        if all(order[place] == place for place in range(len(stops)) if not stops[place].movable)
    ]


def clock(stops, order):
    at, when = {}, 0
    for index in order:
        at[index] = when
        when += stops[index].ticks
    return at


def together(stop, heads, space):
    return stop.exclusive or (stop.together and (space.max_heads is None or heads <= space.max_heads))


def load_of(spaces, stops, start, sizes, walked, strict=True):
    """What a wave takes, by (space, tick): Counter of lanes and Counter of heads; None where parties miss each other at a joint stop."""
    lanes, heads = Counter(), Counter()
    at = [clock(stops, order) for order in walked]
    for index, stop in enumerate(stops):
        space = spaces[stop.space]
        joint = together(stop, sum(sizes), space)
        if joint and len({times[index] for times in at}) > 1:
            if strict:
                return None
            joint = False
        legs = (
            [(at[0][index], sum(sizes))]
            if joint
            else [(times[index], size) for times, size in zip(at, sizes, strict=True)]
        )
        for offset, people in legs:
            for tick in range(start + offset, start + offset + stop.ticks):
                lanes[stop.space, tick] += space.lanes if stop.exclusive else 1
                heads[stop.space, tick] += people if space.max_heads is not None else 0
    return lanes, heads


class Floors:
    """The spaces of a day: what is fixed in them, and the waves that may be walked otherwise."""

    def __init__(self, day):
        self.spaces = day.spaces
        fixed_lanes, fixed_heads = Counter(), Counter()
        for hold in day.taken:
            for tick in range(hold.period.start, hold.period.end):
                fixed_lanes[hold.space, tick] += hold.lanes
                fixed_heads[hold.space, tick] += hold.heads
        self.waves, now_lanes, now_heads = [], Counter(), Counter()
        for visit in day.visits:
            if not visit.occupies:
                continue
            waves = defaultdict(list)
            for party in visit.parties:
                waves[party.wave, party.start].append(party)
            for (_, start), parties in waves.items():
                sizes = [party.heads for party in parties]
                walked = [party.walk or tuple(range(len(visit.stops))) for party in parties]
                lanes, heads = load_of(self.spaces, visit.stops, start, sizes, walked, strict=False)
                if visit.promised:
                    fixed_lanes.update(lanes)
                    fixed_heads.update(heads)
                else:
                    if any(together(stop, sum(sizes), self.spaces[stop.space]) for stop in visit.stops):
                        self.waves.append((visit.stops, start, sizes, walked))
                    else:  # the parties have nothing to do with each other
                        self.waves += [
                            (visit.stops, start, [size], [walk]) for size, walk in zip(sizes, walked, strict=True)
                        ]
                    now_lanes.update(lanes)
                    now_heads.update(heads)
        shut = {
            (code, tick)
            for closed in day.closed
            for code in (self.spaces if closed.spaces is None else closed.spaces)
            for tick in range(closed.period.start, closed.period.end)
        }
        self.fixed_lanes, self.fixed_heads, self.shut = fixed_lanes, fixed_heads, shut
        self.now_lanes, self.now_heads = now_lanes, now_heads
        self.overfull, self.known = False, {}
        self.overfull = next(self.arrangements([]), None) is None
        self.known = {}

    def room(self, cell):
        """Lanes and heads that are left for what may be arranged."""
        space = self.spaces[cell[0]]
        if cell in self.shut:
            return 0, 0
        most = 1 << 30 if space.max_heads is None else space.max_heads
        return max(0, space.lanes - self.fixed_lanes[cell]), max(0, most - self.fixed_heads[cell])

    def fits(self, cell, lanes, heads, new):
        """Whether so much may be in a cell; where the day is overfull as it is, it may stay so, and nobody new comes."""
        most_lanes, most_heads = self.room(cell)
        if self.spaces[cell[0]].max_heads is None:
            heads = 0
        if self.overfull:
            too_many = self.now_lanes[cell] > most_lanes or (
                self.spaces[cell[0]].max_heads is not None and self.now_heads[cell] > most_heads
            )
            if too_many and new:
                return False
            most_lanes, most_heads = max(most_lanes, self.now_lanes[cell]), max(most_heads, self.now_heads[cell])
        return lanes <= most_lanes and heads <= most_heads

    def holds(self, load):
        """Whether empty spaces could hold this wave."""
        lanes, heads = load
        return all(
            lanes[cell] <= self.spaces[cell[0]].lanes and heads[cell] <= (self.spaces[cell[0]].max_heads or 1 << 30)
            for cell in lanes
        )

    def arrangements(self, new):
        """Every way to walk all waves: how many old waves (or parties, where nothing is joint) take other places than now.

        `new`: (stops, start, sizes) of each new wave.
        """
        waves = [self.ways(stops, start, sizes, None) for stops, start, sizes in new]
        waves += [self.ways(*wave) for wave in self.waves]
        lanes, heads = Counter(), Counter()

        def go(index, changed):
            if index == len(waves):
                yield changed
                return
            is_new, ways = waves[index]
            for load, moved in ways:
                lanes.update(load[0])
                heads.update(load[1])
                if all(self.fits(cell, lanes[cell], heads[cell], is_new) for cell in load[0]):
                    yield from go(index + 1, changed + moved)
                lanes.subtract(load[0])
                heads.subtract(load[1])

        return go(0, 0)

    def ways(self, stops, start, sizes, present):
        """Whether a wave is new, and every different load of it with whether that is another than now (False for a new one)."""
        key = (stops, start, tuple(sizes), None if present is None else tuple(present))
        if key not in self.known:
            now = None if present is None else load_of(self.spaces, stops, start, sizes, present, strict=False)
            loads = [
                load_of(self.spaces, stops, start, sizes, walked)
                for walked in product(orders(stops), repeat=len(sizes))
            ]
            if self.overfull and present is not None:
                loads.append(now)
            different = {}
            for load in loads:
                if load is not None and (load == now or self.holds(load)):
                    mark = (frozenset(load[0].items()), frozenset(load[1].items()))
                    different.setdefault(mark, (load, present is not None and load != now))
            self.known[key] = (present is None, list(different.values()))
        return self.known[key]

    def can(self, wish, waves):
        return next(self.arrangements([(wish.stops, start, sizes) for start, sizes in waves]), None) is not None

    def fewest_changes(self, wish, waves):
        return min(self.arrangements([(wish.stops, start, sizes) for start, sizes in waves]), default=None)


def starts(day, wish, earliest=0):
    """Every start at which the wish can be served in one wave."""
    guides, floors, sizes = Guides(day), Floors(day), even(wish.heads, wish.heads_per_guide)
    return tuple(
        start
        for start in begins(day, wish, earliest)
        if guides.can(wish, [(start, sizes)]) and floors.can(wish, [(start, sizes)])
    )


def nearest(day, wish, groups):
    """For each first start of the waves the others that end soonest."""
    guides, floors, found = Guides(day), Floors(day), {}
    possible = begins(day, wish)
    for chosen in product(possible, repeat=len(groups)):
        if any(late <= early for early, late in pairwise(chosen)):
            continue
        if chosen[0] in found and found[chosen[0]][-1] <= chosen[-1]:
            continue
        waves = list(zip(chosen, groups, strict=True))
        if guides.can(wish, waves) and floors.can(wish, waves):
            found[chosen[0]] = chosen
    return tuple(found[first] for first in sorted(found))

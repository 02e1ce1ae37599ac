"""A simple, independent check of a way: tick by tick and rule by rule, with nothing of the engine that found it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from scheduler.core.day import Day, Way, Wish
from scheduler.core.itinerary import Leg, Visit, joint, legs, times, waves_of
from scheduler.core.rules import Guide, Roster, has_rested, why_not
from scheduler.core.ticks import Interval

Cell = tuple[str, int]


def check(day: Day, wish: Wish, starts: Sequence[int], way: Way) -> list[str]:
    """What is wrong with a way of serving the wish in waves at `starts`; empty: nothing."""
    new = Visit("", wish.tour, wish.language, wish.stops, way.parties)
    after = [changed(visit, way) for visit in day.visits]
    return [
        *_opening(day, wish, starts),
        *_parties(day, wish, starts, way, new),
        *_promises(day, way),
        *_guides(day, after, new),
        *_spaces(day, after, new),
    ]


def changed(visit: Visit, way: Way) -> Visit:
    """A visit as a way leaves it."""
    parties = tuple(
        replace(party, guide=way.guides.get(party.key, party.guide), walk=way.walks.get(party.key, party.walk))
        for party in visit.parties
    )
    return replace(visit, parties=parties)


def _opening(day: Day, wish: Wish, starts: Sequence[int]) -> list[str]:
    wrong = [f"start {start} is not on the grid" for start in starts if start % day.grid]
    wrong += [
        f"start {start} is outside the opening hours"
        for start in starts
        if not any(o.opens <= start <= o.last_start and start + wish.ticks <= o.closes for o in day.opening)
    ]
    if any(late <= early for early, late in itertools.pairwise(starts)):
        wrong.append("the waves do not follow each other")
    return wrong


def _parties(day: Day, wish: Wish, starts: Sequence[int], way: Way, new: Visit) -> list[str]:
    wrong = []
    if sum(party.heads for party in way.parties) != wish.heads:
        wrong.append("the parties' heads do not add up")
    if any(not 0 < party.heads <= wish.heads_per_guide for party in way.parties):
        wrong.append("a party is too large for one guide")
    if [party.key for party in way.parties] != [str(number) for number in range(len(way.parties))]:
        wrong.append("the parties are not numbered")
    if {party.wave for party in way.parties} != set(range(len(starts))):
        wrong.append("there is a wave too many or too few")
    elif any(party.start != starts[party.wave] for party in way.parties):
        wrong.append("a party does not start with its wave")
    if sorted(way.legs, key=repr) != sorted(legs(new, day.spaces), key=repr):
        wrong.append("the legs are not those of the parties' walks")
    return wrong + _walks(day, new)


def _walks(day: Day, visit: Visit) -> list[str]:
    wrong = []
    for parties in waves_of(visit).values():
        heads = sum(party.heads for party in parties)
        for party in parties:
            if sorted(party.walk) != list(range(len(visit.stops))):
                wrong.append(f"{party.key} does not walk each stop once")
                return wrong
            if any(party.walk[place] != place for place, stop in enumerate(visit.stops) if not stop.movable):
                wrong.append(f"{party.key} walks an immovable stop out of its place")
        for index, stop in enumerate(visit.stops):
            moments = {times(visit.stops, party.walk)[index] for party in parties}
            if joint(stop, heads, day.spaces[stop.space]) and len(moments) > 1:
                wrong.append(f"the parties are not together at stop {index}")
    return wrong


def _promises(day: Day, way: Way) -> list[str]:
    promised = {
        party.key for visit in day.visits if visit.promised for party in visit.parties if party.guide is not None
    }
    walked = {party.key for visit in day.visits if visit.promised for party in visit.parties}
    known = {party.key for visit in day.visits for party in visit.parties}
    wrong = [f"the promised guide of {key} was changed" for key in way.guides if key in promised]
    wrong += [f"the promised walk of {key} was changed" for key in way.walks if key in walked]
    return wrong + [f"there is no party {key}" for key in {*way.guides, *way.walks} - known]


def _guides(day: Day, after: Sequence[Visit], new: Visit) -> list[str]:
    """Every new or changed duty is led by the rules, and whoever was led by them still is.

    Duties that nobody leads by the rules count for nobody; but who has one is given nothing else at that time.
    """
    guides = {guide.code: guide for guide in day.guides}
    before, now = Roster(day.duties), Roster(replace(day, visits=(*after, new)).duties)
    had = {duty.key: duty.guide for duty in before.duties}
    led = _led(guides, before)
    asked = [duty for duty in now.duties if duty.visit == "" or duty.key in led or duty.guide != had[duty.key]]
    promised = [duty for duty in now.duties if duty.promised and duty.guide is not None]
    counted = Roster(tuple({duty.key: duty for duty in (*promised, *asked)}.values()))
    wrong = []
    for duty in asked:
        if duty.guide not in guides:
            wrong.append(f"nobody leads {duty.key}")
            continue
        wrong += [
            f"{duty.guide} cannot lead {duty.key}: {reason.code}"
            for reason in why_not(guides[duty.guide], duty, counted)
        ]
        if duty.visit == "" or duty.guide != had[duty.key]:
            reason = has_rested(guides[duty.guide], duty, now)
            wrong += [] if reason is None else [f"{duty.guide} has something else: {reason.code}"]
    return wrong


def _led(guides: Mapping[str, Guide], day: Roster) -> set[str]:
    """The unpromised duties that are led by the rules: beside the promised ones, and those before them."""
    counted = [duty for duty in day.duties if duty.promised and duty.guide is not None]
    led = set()
    for duty in sorted(day.duties, key=lambda duty: (duty.period, duty.key)):
        free = not duty.promised and duty.guide in guides
        if free and duty.guide is not None and not why_not(guides[duty.guide], duty, Roster(tuple(counted))):
            counted.append(duty)
            led.add(duty.key)
    return led


def _spaces(day: Day, after: Sequence[Visit], new: Visit) -> list[str]:
    """No leg of the new visit is where there is no room, and no space is more overfull than it was."""
    before = _load(day, (leg for visit in day.visits if visit.occupies for leg in legs(visit, day.spaces)))
    mine = legs(new, day.spaces)
    now = _load(day, [*mine, *(leg for visit in after if visit.occupies for leg in legs(visit, day.spaces))])
    entered = {(leg.space, tick) for leg in mine for tick in range(leg.period.start, leg.period.end)}
    wrong = [
        f"{leg.space} is closed then"
        for leg in mine
        if any(_shuts(c.spaces, leg.space) and c.period.overlaps(leg.period) for c in day.closed)
    ]
    for (code, tick), (lanes, heads) in now.items():
        space = day.spaces[code]
        was = before.get((code, tick), (0, 0)) if (code, tick) not in entered else (0, 0)
        if lanes > max(space.lanes, was[0]):
            wrong.append(f"{code} has too many parties at {tick}")
        if space.max_heads is not None and heads > max(space.max_heads, was[1]):
            wrong.append(f"{code} has too many heads at {tick}")
    return wrong


def _shuts(spaces: frozenset[str] | None, code: str) -> bool:
    return spaces is None or code in spaces


def _load(day: Day, found: Iterable[Leg]) -> Mapping[Cell, tuple[int, int]]:
    lanes, heads = Counter[Cell](), Counter[Cell]()

    def take(code: str, period: Interval, of_lanes: int, of_heads: int) -> None:
        for tick in range(period.start, period.end):
            lanes[code, tick] += of_lanes
            heads[code, tick] += of_heads

    for leg in found:
        take(leg.space, leg.period, day.spaces[leg.space].lanes if leg.exclusive else 1, leg.heads)
    for hold in day.taken:
        take(hold.space, hold.period, hold.lanes, hold.heads)
    return {cell: (lanes[cell], heads[cell]) for cell in lanes}

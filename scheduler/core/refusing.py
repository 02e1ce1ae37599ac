"""Why a day, or one start of it, cannot serve a wish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scheduler.core.day import Closed, Day, Wish
from scheduler.core.nearest import nearest
from scheduler.core.packing import Floor
from scheduler.core.rules import Reason
from scheduler.core.solving import Budget, Undecided
from scheduler.core.state import Group, State
from scheduler.core.ticks import Interval, bits, runs


def of_day(state: State, wish: Wish, groups: Sequence[Group], earliest: int, budget: Budget) -> tuple[Reason, ...]:
    """Why no start of the day serves these waves: what alone would suffice, or both sides where neither does.

    Codes and what they speak of: closed · too_long (ticks) · too_late (first tick asked for) · closed_then (keys of closures) ·
    no_guide (tour, language) · too_few_guides (tour, language, needed, there are) · guides_away (tour, language, needed) ·
    guides_fewer (tour, language) · guides_taken (tour, language, needed, first start at which there are enough, or None) ·
    full (spaces) · never_both (tour, language) · waves_full ().

    Others are to blame only where the day would serve the wish without them; else it is who is absent, what is closed, or the hour.
    """
    day, skill, needed = state.day, (wish.tour, wish.language), max(len(group) for group in groups)
    if not day.opening:
        return (Reason("closed"),)
    if not state.candidates(wish.ticks):
        return (Reason("too_long", wish.ticks),)
    candidates = state.candidates(wish.ticks, earliest)
    if not candidates:
        return (Reason("too_late", earliest),)
    shut = _shut(day, wish)
    thinkable = candidates
    if shut:
        closings = [(closing.period, closing.spaces) for closing in shut]
        bare = Floor(day.spaces, (), (), closings, Interval(0, candidates.bit_length() + wish.ticks))
        if not all(bare.starts(wish.stops, group, candidates)[1] for group in groups):
            return (Reason("closed_then", *sorted(closing.key for closing in shut)),)
        thinkable &= bare.starts(wish.stops, max(groups, key=len), candidates)[1]
    number = sum(skill in guide.qualifications for guide in day.guides)
    if not number:
        return (Reason("no_guide", *skill),)
    if number < needed:
        return (Reason("too_few_guides", *skill, needed, number),)
    present = [runs(g.there, wish.ticks) for g in day.guides if skill in g.qualifications]
    enough = sum(1 << start for start in bits(candidates) if sum(mask >> start & 1 for mask in present) >= needed)
    if not enough:
        return (Reason("guides_away", *skill, needed),)
    alone = _without_others(state, wish, groups, earliest, budget)
    return alone or _sides(state, wish, groups, thinkable & enough or candidates, budget)


def _without_others(
    state: State, wish: Wish, groups: Sequence[Group], earliest: int, budget: Budget
) -> tuple[Reason, ...]:
    """Why the day could not serve these waves though nobody else were there; empty where it could, or that is not known."""
    skill = (wish.tour, wish.language)
    alone = replace(state.day, visits=(), taken=(), seal="")
    present = tuple(replace(guide, away=()) for guide in alone.guides)
    is_less = any(guide.away for guide in alone.guides if skill in guide.qualifications)
    if not (alone.closed or is_less or earliest) or _may_serve(alone, wish, groups, earliest, budget):
        return ()
    if not _may_serve(replace(alone, closed=(), guides=present), wish, groups, earliest, budget):
        return (Reason("too_late", earliest),)
    closures = Reason("closed_then", *sorted(closing.key for closing in _shut(alone, wish)))
    absences = Reason("guides_fewer", *skill)
    if _may_serve(replace(alone, closed=()), wish, groups, earliest, budget):
        return (closures,)
    if _may_serve(replace(alone, guides=present), wish, groups, earliest, budget):
        return (absences,)
    return (closures, absences)


def _may_serve(day: Day, wish: Wish, groups: Sequence[Group], earliest: int, budget: Budget) -> bool:
    state = State(day)
    candidates = state.candidates(wish.ticks, earliest)
    if len(groups) == 1:
        return any(state.starts(wish, groups[0], candidates, budget))
    return next(nearest(state, wish, tuple(groups), candidates, budget), None) is not None


def of_starts(
    state: State, wish: Wish, groups: Sequence[Group], starts: Sequence[int], budget: Budget
) -> tuple[Reason, ...]:
    """Why these starts of the waves do not serve the wish; empty where they do."""
    for start in starts:
        if not state.candidates(wish.ticks) >> start & 1:
            return (Reason("not_open_then", start),)
    for start in starts:
        period = Interval(start, start + wish.ticks)
        keys = sorted(closing.key for closing in _shut(state.day, wish) if closing.period.overlaps(period))
        if keys and not any(state.possible(wish, group, 1 << start) for group in groups):
            return (Reason("closed_then", *keys),)
    try:
        if state.can(wish, groups, starts, budget):
            return ()
    except Undecided:
        return (Reason("not_known"),)
    candidates = 0
    for start in starts:
        candidates |= 1 << start
    return _sides(state, wish, groups, candidates, budget)


def _shut(day: Day, wish: Wish) -> list[Closed]:
    """The day's closures of any space of the wish."""
    spaces = {stop.space for stop in wish.stops}
    return [closing for closing in day.closed if closing.shuts(spaces)]


def _sides(state: State, wish: Wish, groups: Sequence[Group], candidates: int, budget: Budget) -> tuple[Reason, ...]:
    """Whether it is the guides, the spaces, or both: never at the same time, or for the waves together."""
    skill, largest = (wish.tour, wish.language), max(groups, key=len)
    guides = [start for start in bits(candidates) if _guided(state, wish, largest, start, budget)]
    floor = [start for start in bits(candidates) if _walked(state, wish, largest, start, budget)]
    if set(guides) & set(floor):
        return (Reason("waves_full"),)
    if guides and floor and guides[0] < floor[-1]:
        return (Reason("never_both", *skill),)
    found = []
    if not guides or floor:
        found.append(Reason("guides_taken", *skill, len(largest), guides[0] if guides else None))
    if guides or not floor:
        asked = sum(1 << start for start in guides) if floor else candidates
        found.append(Reason("full", *_tight(state, wish, largest, asked)))
    return tuple(found)


def _guided(state: State, wish: Wish, group: Group, start: int, budget: Budget) -> bool:
    try:
        return state.crew.can_lead(wish.tour, wish.language, start, wish.ticks, len(group), budget)
    except Undecided:
        return True


def _walked(state: State, wish: Wish, group: Group, start: int, budget: Budget) -> bool:
    try:
        return state.floor.arrange([(start, wish.stops, group)], budget) is not None
    except Undecided:
        return True


def _tight(state: State, wish: Wish, group: Group, candidates: int) -> tuple[str, ...]:
    """The spaces of the wish that others are in and that leave no start even if all else were empty; all of those where it is a mixture."""
    day, codes = state.day, sorted({stop.space for stop in wish.stops})
    used = {stop.space for visit in day.visits if visit.occupies for stop in visit.stops}
    used |= {hold.space for hold in day.taken}
    taken = tuple(code for code in codes if code in used) or tuple(codes)
    return (
        tuple(code for code in taken if not state.floor.starts_of_space(code, wish.stops, group, candidates)) or taken
    )

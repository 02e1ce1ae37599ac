"""Why a day, or one start of it, cannot serve a wish."""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.core.day import Wish
from scheduler.core.packing import Floor
from scheduler.core.rules import Reason
from scheduler.core.solving import Budget, Undecided
from scheduler.core.state import Group, State
from scheduler.core.ticks import Interval, bits, runs, union


def of_day(state: State, wish: Wish, groups: Sequence[Group], earliest: int, budget: Budget) -> tuple[Reason, ...]:
    """Why no start of the day serves these waves: what alone would suffice, or both sides where neither does.

    Codes and what they speak of: closed · too_long (ticks) · too_late (first tick asked for) · closed_then (keys of closures) ·
    no_guide (tour, language) · too_few_guides (tour, language, needed, there are) · guides_away (tour, language, needed) ·
    guides_taken (tour, language, needed, first start at which there are enough, or None) · full (spaces) · waves_full ().
    """
    day, skill, needed = state.day, (wish.tour, wish.language), max(len(group) for group in groups)
    if not day.opening:
        return (Reason("closed"),)
    if not state.candidates(wish.ticks):
        return (Reason("too_long", wish.ticks),)
    candidates = state.candidates(wish.ticks, earliest)
    if not candidates:
        return (Reason("too_late", earliest),)
    spaces = {stop.space for stop in wish.stops}
    shut = [closing for closing in day.closed if closing.spaces is None or spaces & closing.spaces]
    if shut:
        bare = Floor(
            day.spaces,
            (),
            (),
            [(closing.period, closing.spaces) for closing in shut],
            Interval(0, candidates.bit_length() + wish.ticks),
        )
        if not all(bare.starts(wish.stops, group, candidates)[1] for group in groups):
            return (Reason("closed_then", *sorted(closing.key for closing in shut)),)
    number = sum(skill in guide.qualifications for guide in day.guides)
    if not number:
        return (Reason("no_guide", *skill),)
    if number < needed:
        return (Reason("too_few_guides", *skill, needed, number),)
    present = [runs(union(g.hours) & ~union(g.away), wish.ticks) for g in day.guides if skill in g.qualifications]
    if not any(sum(mask >> start & 1 for mask in present) >= needed for start in bits(candidates)):
        return (Reason("guides_away", *skill, needed),)
    return _sides(state, wish, groups, candidates, budget)


def of_starts(
    state: State, wish: Wish, groups: Sequence[Group], starts: Sequence[int], budget: Budget
) -> tuple[Reason, ...]:
    """Why these starts of the waves do not serve the wish; empty where they do."""
    for start in starts:
        if not state.candidates(wish.ticks) >> start & 1:
            return (Reason("not_open_then", start),)
    for start in starts:
        period = Interval(start, start + wish.ticks)
        spaces = {stop.space for stop in wish.stops}
        shut = [
            c.key for c in state.day.closed if c.period.overlaps(period) and (c.spaces is None or c.spaces & spaces)
        ]
        if shut and not any(state.possible(wish, group, 1 << start) for group in groups):
            return (Reason("closed_then", *sorted(shut)),)
    try:
        if state.can(wish, groups, starts, budget):
            return ()
    except Undecided:
        return (Reason("not_known"),)
    candidates = 0
    for start in starts:
        candidates |= 1 << start
    return _sides(state, wish, groups, candidates, budget)


def _sides(state: State, wish: Wish, groups: Sequence[Group], candidates: int, budget: Budget) -> tuple[Reason, ...]:
    """Whether it is the guides, the spaces, or each at the times that the other would leave."""
    skill, largest = (wish.tour, wish.language), max(groups, key=len)
    guides = [start for start in bits(candidates) if _guided(state, wish, largest, start, budget)]
    floor = [start for start in bits(candidates) if _walked(state, wish, largest, start, budget)]
    found = []
    if not set(guides) & set(floor):
        if len(guides) <= len(floor) or not guides:
            found.append(Reason("guides_taken", *skill, len(largest), guides[0] if guides else None))
        if len(floor) <= len(guides) or not floor:
            found.append(Reason("full", *_tight(state, wish, largest, candidates)))
    return tuple(found) or (Reason("waves_full"),)


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
    """The spaces of the wish that leave no start even if all others were empty; all of them where it is their mixture."""
    codes = tuple(sorted({stop.space for stop in wish.stops}))
    return (
        tuple(code for code in codes if not state.floor.starts_of_space(code, wish.stops, group, candidates)) or codes
    )

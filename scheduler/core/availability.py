"""The starts that can be served, and the way to serve one: what is offered, and what a booking writes."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable
from dataclasses import replace

from scheduler.core import refusing
from scheduler.core.checking import check
from scheduler.core.day import Closed, Day, Opening, Starts, Way, Wish
from scheduler.core.inherited import Relatives
from scheduler.core.itinerary import Party, Visit, legs, split
from scheduler.core.matching import Demand
from scheduler.core.matching_model import NOBODY
from scheduler.core.nearest import MOST_WAVES, nearest
from scheduler.core.rules import Reason
from scheduler.core.solving import Budget, Effort, Undecided
from scheduler.core.state import Group, State
from scheduler.core.ticks import bits
from scheduler.core.waves import EmptyDay, when_empty

__all__ = [
    "MOST_WAVES",
    "REASON_SECONDS",
    "SECONDS",
    "WAY_SECONDS",
    "Closed",
    "Day",
    "Effort",
    "Opening",
    "Starts",
    "Undecided",
    "Way",
    "Wish",
    "check",
    "largest",
    "refusal",
    "starts",
    "way",
]

SECONDS, WAY_SECONDS, REASON_SECONDS = 5.0, 2.0, 0.5
"""So much work goes at most into a day's starts; into a way, for which others wait at the day's lock, three seconds at most; and into
saying why there is none."""
KEPT_DAYS, KEPT_ALIKE = 128, 512
MANY_PARTIES = 4
"""Of so many it is asked first whether one wave could ever hold them."""

_kept: OrderedDict[str, tuple[State, dict[tuple[Wish, int], Starts]]] = OrderedDict()
_relatives = Relatives()
_alike: OrderedDict[Hashable, Starts] = OrderedDict()
"""What days without visits have answered to groups that come in waves."""


def starts(day: Day, wish: Wish, *, earliest: int = 0, seconds: float = SECONDS) -> Starts:
    """Every start on the grid, not before `earliest`, at which the wish can be served.

    Exact: a start is in the answer if and only if guides for all duties and lanes for all legs of the day exist with the visit on it.
    What so many `seconds` of this thread's work did not suffice to decide is in `unknown`.

    Raises KeyError for a stop in a space that does not exist, ValueError for
    a wish without stops or heads.
    """
    _sane(wish)
    state, answers = _state(day)
    key = (wish, earliest)
    if key not in answers:
        found = _starts(state, wish, earliest, Effort(seconds))
        if found.unknown:
            return found
        answers[key] = found
    return answers[key]


def way(day: Day, wish: Wish, starts: tuple[int, ...], *, seconds: float = WAY_SECONDS) -> Way | None:
    """The witness for exactly these starts (one for each wave), with the fewest duties and waves of others changed; None: there is none.

    Raises Undecided where so many seconds of this thread's work did not suffice to know.
    """
    _sane(wish)
    state, _ = _state(day)
    groups, budget = _groups(day, wish, len(starts)), Effort(seconds)
    allowed = state.candidates(wish.ticks)
    if not groups or any(not allowed >> start & 1 for start in starts) or list(starts) != sorted(set(starts)):
        return None
    walked = state.floor.fewest(
        [(start, wish.stops, group) for start, group in zip(starts, groups, strict=True)], budget
    )
    if walked is None:
        return None
    demands = [Demand(start, wish.ticks, len(group)) for start, group in zip(starts, groups, strict=True)]
    roster = state.crew.fewest(wish.tour, wish.language, demands, budget)
    if roster is None:
        return None
    crew = state.crew
    guides = iter(roster[len(crew.tasks) :])
    parties: list[Party] = []
    for wave, (start, group, option) in enumerate(zip(starts, groups, walked, strict=False)):
        for heads, walk in zip(group, option.walks, strict=True):
            parties.append(Party(str(len(parties)), heads, start, wave, crew.guides[next(guides)].code, walk))
    walks = {
        key: walk
        for wave_, option in state.floor.changed(walked[len(starts) :])
        for key, walk, before in zip(
            wave_.parties, option.walks, wave_.now.walks if wave_.now else option.walks, strict=True
        )
        if walk != before
    }
    opened = {t.key: crew.guides[g].code for t, g in zip(crew.tasks, roster, strict=False) if t.present == NOBODY != g}
    visit = Visit("", wish.tour, wish.language, wish.stops, tuple(parties))
    return Way(tuple(parties), legs(visit, day.spaces), crew.changes(roster), walks, opened)


def largest(day: Day, wish: Wish) -> int:
    """The most heads of one visit that the day, were it empty, could serve in at most `MOST_WAVES` waves; 0 on a closed day."""
    _sane(wish)
    return when_empty(day, wish).largest if day.opening else 0


def refusal(day: Day, wish: Wish, starts: tuple[int, ...], *, seconds: float = REASON_SECONDS) -> tuple[Reason, ...]:
    """Why these starts (one for each wave) do not serve the wish; empty where they do."""
    _sane(wish)
    if not day.opening:
        return (Reason("closed"),)
    try:
        groups = _groups(day, wish, len(starts))
    except Undecided:
        return (Reason("not_known"),)
    if not groups:
        return (Reason("too_large", largest(day, wish)),)
    return refusing.of_starts(_state(day)[0], wish, groups, starts, Effort(seconds))


def _starts(state: State, wish: Wish, earliest: int, budget: Budget) -> Starts:
    day = state.day
    if not day.opening:
        return Starts(reasons=(Reason("closed"),))
    empty, candidates = when_empty(day, wish), state.candidates(wish.ticks, earliest)
    group = _groups(day, wish, 1)
    good = undecided = 0
    if group and _is_thinkable(empty, group[0], budget):
        good, undecided = _in_one_wave(state, wish, group[0], earliest, candidates, budget)
    if good or undecided:
        return Starts(tuple(bits(good)), (), empty.largest, (), tuple(bits(undecided)))
    kind = _kind(day, wish, earliest)
    if kind is None or kind not in _alike:
        answer = _in_waves(state, wish, empty, earliest, budget)
        if kind is None or answer.unknown:
            return answer
        _alike[kind] = answer
        if len(_alike) > KEPT_ALIKE:
            _alike.popitem(last=False)
    return _alike[kind]


def _in_waves(state: State, wish: Wish, empty: EmptyDay, earliest: int, budget: Budget) -> Starts:
    """The starts of a group that does not come in one wave: in several, where one could not hold it on an empty day."""
    candidates = state.candidates(wish.ticks, earliest)
    try:
        groups = empty.divided(wish.heads, budget)
        if not groups:
            return Starts(largest=empty.largest, reasons=_never(state, wish, empty.largest))
        each = list(nearest(state, wish, groups, candidates, budget)) if len(groups) > 1 else []
    except Undecided:
        return Starts(largest=empty.largest, unknown=tuple(bits(candidates)))
    found = tuple(waves for _, waves in each if waves is not None)
    unknown = tuple(first for first, waves in each if waves is None)
    reasons = () if found or unknown else refusing.of_day(state, wish, groups, earliest, budget)
    return Starts((), found, empty.largest, reasons, unknown)


def _kind(day: Day, wish: Wish, earliest: int) -> Hashable | None:
    """What the answer of a day without visits hangs on: the same for most days of a month. None for a day with visits."""
    if day.visits:
        return None
    skill = (wish.tour, wish.language)
    able = Counter(
        replace(guide, code="", qualifications=frozenset()) for guide in day.guides if skill in guide.qualifications
    )
    spaces = tuple(sorted(day.spaces.items()))
    return (day.opening, spaces, frozenset(able.items()), day.taken, day.closed, day.grid, wish, earliest)


def _is_thinkable(empty: EmptyDay, group: Group, budget: Budget) -> bool:
    """Whether empty spaces could hold one wave of so many parties, which is asked once for all days."""
    try:
        return len(group) < MANY_PARTIES or empty.empty.holds((group,), (0,), budget)
    except Undecided:
        return True  # as far as is known


def _in_one_wave(
    state: State, wish: Wish, group: Group, earliest: int, candidates: int, budget: Budget
) -> tuple[int, int]:
    """Of the candidates, the starts at which one wave can be served, and those left undecided."""
    yes, no = state.inherited.settled((wish, earliest))
    good, asked = candidates & yes, candidates & ~yes & ~no
    more, undecided = state.starts(wish, group, asked, budget) if asked else (0, 0)
    good |= more
    state.inherited.known[wish, earliest] = good, candidates & ~good & ~undecided
    return good, undecided


def _never(state: State, wish: Wish, largest: int) -> tuple[Reason, ...]:
    """Why not even an empty day could serve the wish."""
    if not state.candidates(wish.ticks):
        return (Reason("too_long", wish.ticks),)
    if not any((wish.tour, wish.language) in guide.qualifications for guide in state.day.guides):
        return (Reason("no_guide", wish.tour, wish.language),)
    return (Reason("too_large", largest),)


def _groups(day: Day, wish: Wish, waves: int) -> tuple[Group, ...]:
    """The heads of each party of each wave; () where so many waves could never serve the wish."""
    if waves == 1:
        return (
            (split(wish.heads, wish.heads_per_guide),) if wish.heads <= wish.heads_per_guide * len(day.guides) else ()
        )
    return when_empty(day, wish).groups(wish.heads, waves) if 1 < waves <= MOST_WAVES else ()


def _state(day: Day) -> tuple[State, dict[tuple[Wish, int], Starts]]:
    """The day worked out; kept where it has a seal."""
    if not day.seal:
        return State(day), {}
    if day.seal in _kept:
        _kept.move_to_end(day.seal)
    else:
        state = State(day)
        if state.breaks_no_rule:
            state.inherited = _relatives.of(day, state)
        _kept[day.seal] = (state, {})
        if len(_kept) > KEPT_DAYS:
            _kept.popitem(last=False)
    return _kept[day.seal]


def _sane(wish: Wish) -> None:
    if not wish.stops or wish.heads < 1 or wish.heads_per_guide < 1 or any(stop.ticks < 1 for stop in wish.stops):
        raise ValueError(f"no such visit: {wish}")

"""What would help where nobody can lead a duty: each single change of its visit, of a guide, or of a promise with which it could be led."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from scheduler.core import availability
from scheduler.core.day import Day, Wish
from scheduler.core.itinerary import Visit
from scheduler.core.matching import Crew
from scheduler.core.rules import Duty, Guide, Reason
from scheduler.core.solving import Undecided
from scheduler.core.ticks import TICK_MINUTES

NEAR = 120 // TICK_MINUTES
"""A visit is not asked to come earlier or later than by so much."""
SECONDS = 1.0


def of_visit(day: Day, key: str, *, but: Collection[str] = (), earliest: int = 0) -> list[Reason]:
    """Changes of a visit in one wave, each of which alone lets all its parties be led and walked beside what else there is.

    Codes and what they speak of: help_move (minutes later, or earlier if below 0; the new start), the nearest earlier and the nearest
    later start · help_parties (how many instead, how many there are, the most heads of one): one fewer, larger than the rule allows.
    `but`: codes of guides who do not come. `earliest`: the first start that may be proposed.
    """
    visit = next(visit for visit in day.visits if visit.key == key)
    number, begins = len(visit.parties), {party.start for party in visit.parties}
    if not visit.tour or len(begins) > 1:
        return []
    start = begins.pop()
    others = replace(day, visits=tuple(other for other in day.visits if other.key != key), seal="")
    others = replace(
        others, guides=tuple(_without(guide, visit) if guide.code in but else guide for guide in day.guides)
    )
    heads, most = sum(party.heads for party in visit.parties), max(party.heads for party in visit.parties)
    starts = availability.starts(others, _wish(visit, heads, most), earliest=earliest, seconds=SECONDS).starts
    earlier = [other for other in starts if start - NEAR <= other < start][-1:]
    later = [other for other in starts if start < other <= start + NEAR][:1]
    found = [Reason("help_move", (other - start) * TICK_MINUTES, other) for other in (*earlier, *later)]
    if number > 1:
        larger = -(-heads // (number - 1))
        try:
            if availability.way(others, _wish(visit, heads, larger), (start,), seconds=SECONDS) is not None:
                found.append(Reason("help_parties", number - 1, number, larger))
        except Undecided:
            pass  # not known whether it would help: not said
    return found


def _wish(visit: Visit, heads: int, heads_per_guide: int) -> Wish:
    return Wish(visit.tour, visit.language, visit.stops, heads, heads_per_guide)


def _without(guide: Guide, visit: Visit) -> Guide:
    """The guide, who does not lead this visit; what they lead else they may keep."""
    return replace(guide, qualifications=guide.qualifications - {(visit.tour, visit.language)})


def what_would_help(guides: Sequence[Guide], duties: Sequence[Duty], key: str) -> list[Reason]:
    """Changes, each of which alone lets one duty more of the day be led, if they concern the duty `key`.

    Codes and what they speak of: help_absence (guide) · help_rest (guide) · help_limit (guide) · help_hours (guide) ·
    help_skill (guide, tour, language) · help_promise (the duty that might change its guide), mildest first. The others may change
    guides as the rules allow. Raises StopIteration where there is no such duty.
    """
    duty = next(duty for duty in duties if duty.key == key)
    led = _led(guides, duties)
    found = [Reason(code, *params) for changed, code, params in _guides(guides, duty) if _led(changed, duties) > led]
    for other in duties:
        if other.promised and other.guide is not None and other.key != key and other.period.overlaps(duty.period):
            freed = [replace(one, promised=False) if one.key == other.key else one for one in duties]
            if _led(guides, freed) > led:
                found.append(Reason("help_promise", other.key))
    return found


def _led(guides: Sequence[Guide], duties: Sequence[Duty]) -> int:
    """How many duties can be led, promised ones counted as they are."""
    crew = Crew(guides, duties)
    return len(duties) - len(crew.tasks) + crew.needed


def _guides(guides: Sequence[Guide], duty: Duty) -> Iterator[tuple[list[Guide], str, tuple[object, ...]]]:
    """Each change of one guide that might matter: the guides with it, its code, and what it speaks of."""
    skill = (duty.tour, duty.language)
    for code in ("help_absence", "help_rest", "help_limit", "help_hours", "help_skill"):
        for number, guide in enumerate(guides):
            changed = guide
            params: tuple[object, ...] = (guide.code,)
            if code == "help_absence":
                changed = replace(guide, away=tuple(away for away in guide.away if not away.overlaps(duty.period)))
            elif code == "help_rest":
                changed = replace(guide, rest=0)
            elif code == "help_limit":
                changed = replace(guide, daily_ticks=None, daily_duties=None)
            elif code == "help_hours":
                changed = replace(guide, hours=(*guide.hours, duty.period))
            elif skill not in guide.qualifications:
                changed, params = replace(guide, qualifications=guide.qualifications | {skill}), (guide.code, *skill)
            if changed != guide:
                yield [*guides[:number], changed, *guides[number + 1 :]], code, params

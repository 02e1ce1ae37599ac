"""What would help where nobody can lead a duty: each single change of a guide, or of a promise, with which it could be led."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from scheduler.core.matching import Crew
from scheduler.core.rules import Duty, Guide, Reason


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

"""Who may lead which duty: the values, one function for each rule, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from scheduler.core.ticks import Interval, union


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide on one day: `hours` when they work, `away` when they are absent, `rest` ticks between two duties, and their daily most."""

    code: str
    qualifications: frozenset[tuple[str, str]]
    hours: tuple[Interval, ...]
    away: tuple[Interval, ...] = ()
    rest: int = 0
    daily_ticks: int | None = None
    daily_duties: int | None = None

    @property
    def there(self) -> int:
        """The ticks at which they are there, as a mask: at work and not absent."""
        return union(self.hours) & ~union(self.away)


@dataclass(frozen=True, slots=True)
class Duty:
    """A guide leading a party. `promised`: only a person changes its guide."""

    key: str
    visit: str
    tour: str
    language: str
    period: Interval
    guide: str | None = None
    promised: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """The duties of one day, each with the guide who has it (or None)."""

    duties: tuple[Duty, ...] = field(default=())

    def of(self, guide: str) -> tuple[Duty, ...]:
        return tuple(duty for duty in self.duties if duty.guide == guide)


@dataclass(frozen=True, slots=True, init=False)
class Reason:
    """Why not, as a code and what it speaks of; `scheduler/reasons.py` puts it into words."""

    code: str
    params: tuple[object, ...]

    def __init__(self, code: str, *params: object) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "params", params)


Rule = Callable[[Guide, Duty, Roster], Reason | None]


def is_qualified(guide: Guide, duty: Duty, day: Roster) -> Reason | None:
    """Leads this tour in this language."""
    return (
        None
        if (duty.tour, duty.language) in guide.qualifications
        else Reason("not_qualified", duty.tour, duty.language)
    )


def works_then(guide: Guide, duty: Duty, day: Roster) -> Reason | None:
    """Works from the duty's start to its end; hours that touch count as one."""
    return None if not duty.period.mask & ~union(guide.hours) else Reason("not_working", *guide.hours)


def is_not_away(guide: Guide, duty: Duty, day: Roster) -> Reason | None:
    """Is not absent at any time of the duty."""
    away = next((period for period in guide.away if period.overlaps(duty.period)), None)
    return None if away is None else Reason("away", away)


def has_rested(guide: Guide, duty: Duty, day: Roster) -> Reason | None:
    """Leads nobody else then, and has the rest between this duty and each other one."""
    for other in day.of(guide.code):
        if other.key == duty.key:
            continue
        if other.period.overlaps(duty.period):
            return Reason("busy", other.visit, other.period)
        if other.period.start < duty.period.end + guide.rest and duty.period.start < other.period.end + guide.rest:
            return Reason("no_rest", other.visit, other.period, guide.rest)
    return None


def has_not_done_enough(guide: Guide, duty: Duty, day: Roster) -> Reason | None:
    """Stays within the most ticks and the most duties of one day, this duty included."""
    others = [other.period.ticks for other in day.of(guide.code) if other.key != duty.key]
    if guide.daily_duties is not None and len(others) + 1 > guide.daily_duties:
        return Reason("enough_duties", guide.daily_duties)
    if guide.daily_ticks is not None and sum(others) + duty.period.ticks > guide.daily_ticks:
        return Reason("enough_time", guide.daily_ticks)
    return None


RULES: tuple[Rule, ...] = (is_qualified, works_then, is_not_away, has_rested, has_not_done_enough)


def why_not(guide: Guide, duty: Duty, day: Roster) -> list[Reason]:
    """Every reason this guide cannot take this duty; empty means they can. `scheduler/reasons.py` puts them into words."""
    return [reason for rule in RULES if (reason := rule(guide, duty, day))]

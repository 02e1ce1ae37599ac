"""Who may lead which duty, whether all duties of a day can be led, and the roster that does it best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from scheduler.core.ticks import Interval


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

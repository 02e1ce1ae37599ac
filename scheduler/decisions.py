"""What may become of a displaced visit, what is proposed, and what that costs: plain values that pages and the API show and send back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scheduler import periods
from scheduler.errors import Refused
from scheduler.models import Offer, Visit

MOVE, REROUTE, DROP, OFFER, CANCEL = "move", "reroute", "drop", "offer", "cancel"
ACTIONS = (MOVE, REROUTE, DROP, OFFER, CANCEL)
ANSWER_WITHIN = timedelta(days=2)
LEAST_TO_ANSWER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a visit that is displaced.

    "move" to another start · "reroute": the same start, another walk · "drop": the same start without the stops that are closed; the
    organiser is asked · "offer": another start is held until `answer_by` (None: for two days) and the organiser asked, who is shown the
    `alternatives` too; unanswered, it ends by `on_silence` · "cancel". `waves`: the starts after the first of a group in waves; without
    them they stay as far apart as they were.
    """

    action: str
    start: datetime | None = None
    waves: tuple[datetime, ...] = ()
    answer_by: datetime | None = None
    alternatives: tuple[datetime, ...] = ()
    on_silence: str = Offer.Silence.WAIT


@dataclass(frozen=True, slots=True)
class Hit:
    """A displaced visit, the least change that is proposed for it, what that costs it, and other times (a start for each wave).

    `minutes`: how far it moves, a day as 600; a dropped stop counts 120. `others` each go with the proposals for all others.
    """

    visit: Visit
    proposal: Decision
    others: tuple[tuple[datetime, ...], ...] = ()
    minutes: int = 0

    @property
    def alternatives(self) -> tuple[datetime, ...]:
        return tuple(begins[0] for begins in self.others)


@dataclass(frozen=True, slots=True)
class Cost:
    """What the proposals cost together, in minutes weighted by kind of group, and what no repair costs less than.

    `left`: visits for which there is no time. `proven`: there is no better repair.
    """

    minutes: int = 0
    least: int = 0
    left: int = 0
    proven: bool = True


@dataclass(frozen=True, slots=True)
class Preview:
    """What displacing would do. `seal` names what was looked at: as long as it holds, doing does what was shown."""

    seal: str
    hits: tuple[Hit, ...]
    cost: Cost = field(default_factory=Cost)


def as_json(seen: Preview, zone: ZoneInfo) -> dict[str, Any]:
    """A preview as the API gives it, with the museum's offset."""

    def local(moment: datetime | None) -> str | None:
        return periods.local(moment, zone).isoformat() if moment else None

    def decision(said: Decision) -> dict[str, Any]:
        shown: dict[str, Any] = {"action": said.action, "start": local(said.start)}
        if said.waves:
            shown["waves"] = [local(start) for start in said.waves]
        if said.answer_by:
            shown |= {
                "answer_by": local(said.answer_by),
                "alternatives": [local(start) for start in said.alternatives],
                "on_silence": said.on_silence,
            }
        return shown

    return {
        "seal": seen.seal,
        "hit": [
            {
                "visit": hit.visit.code,
                "proposal": decision(hit.proposal),
                "alternatives": [local(start) for start in hit.alternatives],
                "minutes": hit.minutes,
            }
            for hit in seen.hits
        ],
        "cost": {
            "minutes": seen.cost.minutes,
            "least": seen.cost.least,
            "left": seen.cost.left,
            "proven": seen.cost.proven,
        },
    }


def distance(visit: Visit, begins: Sequence[datetime], zone: ZoneInfo) -> tuple[int, int]:
    """How far a visit would move: days, and minutes of the wall clock; the first wave's."""
    assert visit.period is not None  # a visit that gives way has a time
    was, will = periods.local(visit.period.lower, zone), periods.local(begins[0], zone)
    minutes = (will.hour - was.hour) * 60 + will.minute - was.minute
    return (will.date() - was.date()).days, minutes


@contextmanager
def named(visit: Visit) -> Iterator[None]:
    """A refusal inside is of this visit: it says so, as `visit`."""
    try:
        yield
    except Refused as refused:
        refused.extra = {**refused.extra, "visit": visit.code}
        raise


def may_be_asked(visit: Visit) -> bool:
    """Whether another time, or another programme, can be suggested to the organiser: a request or a suggestion is simply changed."""
    return visit.status == Visit.Status.CONFIRMED and visit.kind == Visit.Kind.TOUR


def answer_by(begins: Sequence[datetime], now: datetime) -> datetime | None:
    """Until when an organiser may answer; None where there is no time to ask."""
    until = periods.down_to_tick(min(now + ANSWER_WITHIN, min(begins) - LEAST_TO_ANSWER))
    return until if until >= now + LEAST_TO_ANSWER else None

"""A visit's programme as a page draws it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scheduler import queries
from scheduler.models import Leg, Party, Visit
from tours.models import Space


@dataclass(frozen=True, slots=True)
class Part:
    """What one sub-group does, and where it is when."""

    party: Party
    legs: tuple[Leg, ...]


def programme_of(visit: Visit) -> list[Part]:
    """The parts of a visit read by `queries.visits`, or of a duty's; no further query."""
    return [Part(party, tuple(queries.legs_of(party))) for party in visit.parties.all()]


def stops_of(visit: Visit, spaces: Iterable[Space] | None = None) -> list[dict[str, Any]]:
    """The stops that a visit was booked with, each with its place, without times. One query, none for an event or with `spaces`."""
    if not visit.stops:
        return []
    places = {space.code: space for space in (Space.objects.all() if spaces is None else spaces)}
    return [{**stop, "place": places.get(stop["space"])} for stop in visit.stops]

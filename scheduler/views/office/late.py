"""What the office may still show a group whose bus is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from scheduler import lateness, periods
from scheduler.errors import Refused
from scheduler.forms.coming import LateForm
from scheduler.lateness import Reception
from scheduler.models import Visit
from tours import queries as catalogue

MOST_WAYS = 8


@dataclass(frozen=True, slots=True)
class Way:
    """One way to receive a late group, in words: which places it still sees and for how long, which not."""

    reception: Reception
    shown: tuple[tuple[str, int, int], ...]
    left_out: tuple[str, ...]
    """`shown`: place, minutes, minutes as agreed."""


def shown(found: Visit, asked: QueryDict, *, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The context of the visit's page about its lateness: the ways to receive the group, once it is said when it comes."""
    if found.arrived_heads is not None or not lateness.may_tell(found, zone=zone, now=now):
        return {"may_be_late": False}
    form = LateForm({"minutes": asked["late"]}) if asked.get("late") else LateForm()
    context: dict[str, Any] = {"may_be_late": True, "late_form": form}
    arrives = found.arrives_at
    if form.is_bound and form.is_valid():
        arrives = found.period.lower + timedelta(minutes=form.cleaned_data["minutes"])
    if arrives is None or form.errors:
        return context
    arrives = periods.up_to_tick(max(arrives, now))
    try:
        found_ways = lateness.receptions(found.pk, arrives=arrives, now=now)
    except Refused as refused:
        return context | {"late_refused": refused.detail}
    return context | {"arrives": arrives, "ways": [_in_words(found, each) for each in found_ways[:MOST_WAYS]]}


def _in_words(found: Visit, reception: Reception) -> Way:
    names: dict[str, str] = {space.code: str(space.name) for space in catalogue.places()}
    kept = [stop for index, stop in enumerate(found.stops) if index not in reception.dropped]
    shown = tuple(
        (names.get(str(new["space"]), str(new["space"])), new["minutes"], old["minutes"])
        for new, old in zip(reception.stops, kept, strict=True)
    )
    gone = (names.get(found.stops[index]["space"], "") for index in reception.dropped)
    return Way(reception, shown, tuple(gone))

"""What a change of the catalogue means for visits that are agreed already: shown before it is saved.

They stay as they were agreed, with their programme and their price; what then no longer fits is named, for a person to mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduler import periods
from scheduler.models import Party, Visit
from tours.days import lies_in
from tours.editing import Edit, edited, row_of
from tours.models import Museum
from tours.models.words import WEEKDAYS
from tours.season_checks import hours_on
from tours.shapes import local_time

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of some visits, in a sentence. `to_mend`: a person has to look at them."""

    says: str
    visits: tuple[Visit, ...] = ()
    to_mend: bool = False


def effects(data: Mapping[str, Any], edits: Sequence[Edit], museum: Museum, *, now: datetime) -> list[Effect]:
    """What the edits of a catalogue mean for visits that have still to begin."""
    after = edited(data, edits)
    found: list[Effect] = []
    for edit in edits:
        before = row_of(data, edit.part, edit.key) or {}
        row = edit.row or {}
        match edit.part:
            case "tours":
                found += _of_tour(edit.key, before, row, now)
            case "audiences" | "prices":
                found += _of_audience(edit.key, before, row, now)
            case "spaces":
                found += _of_space(edit.key, before, row, now)
            case "guides":
                found += _of_guide(edit.key, before, row, museum, now)
    if any(edit.part in ("museum", "holidays") for edit in edits):
        found += _of_hours(after, museum, now)
    return found


def _coming(now: datetime) -> QuerySet[Visit]:
    coming = Visit.objects.filter(status__in=Visit.HOLDING, period__startswith__gt=now)
    return coming.select_related("tour", "audience").order_by("period", "pk")


def _shown(visits: Iterable[Visit]) -> tuple[Visit, ...]:
    return tuple(visits)[:SHOWN]


def _of_tour(code: str, before: Mapping[str, Any], row: Mapping[str, Any], now: datetime) -> Iterator[Effect]:
    coming = list(_coming(now).filter(tour__code=code))
    if not coming:
        return
    if before.get("stops") != row.get("stops"):
        yield Effect(
            ngettext(
                "%(n)d agreed visit keeps the programme that it was booked with.",
                "%(n)d agreed visits keep the programme that they were booked with.",
                len(coming),
            )
            % {"n": len(coming)},
            _shown(coming),
        )
    if before.get("active", True) and not row.get("active", True):
        yield Effect(
            ngettext(
                "%(n)d agreed visit takes place all the same; nobody else can ask for this tour.",
                "%(n)d agreed visits take place all the same; nobody else can ask for this tour.",
                len(coming),
            )
            % {"n": len(coming)},
            _shown(coming),
        )


def _of_audience(code: str, before: Mapping[str, Any], row: Mapping[str, Any], now: datetime) -> Iterator[Effect]:
    number = _coming(now).filter(audience__code=code).count()
    names = ("bands", "free", "free_adults_per")
    if number and any(before.get(name) != row.get(name) for name in names):
        yield Effect(
            ngettext(
                "%(n)d agreed visit keeps its price, unless its number of people changes.",
                "%(n)d agreed visits keep their price, unless their number of people changes.",
                number,
            )
            % {"n": number}
        )


def _of_space(code: str, before: Mapping[str, Any], row: Mapping[str, Any], now: datetime) -> Iterator[Effect]:
    most = row.get("max_heads")
    if most is None or most == before.get("max_heads"):
        return
    tight = _coming(now).filter(legs__lane__space__code=code, legs__heads__gt=most, legs__holds=True).distinct()
    if visits := _shown(tight):
        yield Effect(
            _("More people than that are agreed for this place. They stay as agreed; move or split them yourself:"),
            visits,
            to_mend=True,
        )


def _of_guide(
    code: str, before: Mapping[str, Any], row: Mapping[str, Any], museum: Museum, now: datetime
) -> Iterator[Effect]:
    led = Party.objects.filter(guide__code=code, holds=True, period__startswith__gt=now)
    parties = list(led.select_related("visit__tour", "visit__audience").order_by("period", "pk"))
    zone = ZoneInfo(museum.time_zone)
    lost, away = [], []
    for party in parties:
        visit = party.visit
        if not row.get("active", True) or (
            visit.tour is not None and visit.language not in row.get("leads", {}).get(visit.tour.code, ())
        ):
            lost.append(visit)
        elif (hours := _valid(row.get("hours", ()), visit.day)) and not _within(
            party.period, hours, ("starts", "ends"), zone
        ):
            away.append(visit)
    if lost and (before.get("leads"), before.get("active", True)) != (row.get("leads"), row.get("active", True)):
        yield Effect(
            _(
                "Planned for this guide, who would not lead it any more. They stay planned until you choose somebody else:"
            ),
            _shown(dict.fromkeys(lost)),
            to_mend=True,
        )
    if away and before.get("hours") != row.get("hours"):
        yield Effect(
            _("Planned for this guide outside these hours. They stay planned until you choose somebody else:"),
            _shown(dict.fromkeys(away)),
            to_mend=True,
        )


def _valid(rows: Iterable[Mapping[str, Any]], day: date | None) -> list[Mapping[str, Any]]:
    """A guide's own hours that are valid on a day."""
    return [row for row in rows if day and lies_in(day, _day(row.get("valid_from")), _day(row.get("valid_until")))]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _of_hours(after: Mapping[str, Any], museum: Museum, now: datetime) -> Iterator[Effect]:
    """Visits that would lie outside the hours, or on a day on which the museum stays closed."""
    zone = ZoneInfo(museum.time_zone)
    shut = {row["date"] for row in after.get("holidays", ()) if row.get("opens") is False}
    outside = [
        visit
        for visit in _coming(now).filter(kind=Visit.Kind.TOUR)
        if visit.period is not None
        and visit.day is not None
        and (str(visit.day) in shut or not _within(visit.period, hours_on(after, visit.day), ("opens", "closes"), zone))
    ]
    if outside:
        yield Effect(
            ngettext(
                "%(n)d agreed visit would lie outside the opening hours. It stays as agreed; move or cancel it yourself:",
                "%(n)d agreed visits would lie outside the opening hours. They stay as agreed; move or cancel them yourself:",
                len(outside),
            )
            % {"n": len(outside)},
            _shown(outside),
            to_mend=True,
        )


def _within(period: Any, rows: Iterable[Mapping[str, Any]], names: tuple[str, str], zone: ZoneInfo) -> bool:
    """Whether a period lies in one of these windows of its weekday."""
    starts, ends = (periods.local(edge, zone) for edge in (period.lower, period.upper))
    day: date = starts.date()
    first, last = (names[0], names[1])
    return any(
        WEEKDAYS[day.weekday()] in row["days"]
        and time(*local_time(row[first])) <= starts.time()
        and ends.date() == day
        and ends.time() <= time(*local_time(row[last]))
        for row in rows
    )

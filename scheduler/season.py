"""Loads a museum's file: its catalogue, and the season that it reports, on its own dates or shifted by whole weeks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation

from scheduler import bookings, closures, events, periods
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.dates import public_day, public_days
from scheduler.errors import Refused
from scheduler.events import Event
from scheduler.models import Closure, Visit
from scheduler.starts import Group
from scheduler.steps import Person
from tours import importing
from tours import queries as catalogue
from tours.errors import CatalogueError
from tours.importing import FileRefused, Report
from tours.models import Audience, Space, Tour
from tours.museum_files import ParsedMuseum, SeasonClosure, SeasonVisit
from tours.yaml_files import Fault, Path_

SOONEST_DAYS = 7
"""A season near today has its closure begin in the next 7 to 13 days: one number of weeks does it."""


@dataclass(slots=True)
class Loaded:
    """What a load did. `weeks`: by how many the season was shifted; closures and visits count those that are new."""

    catalogue: Report
    weeks: int = 0
    closures: int = 0
    visits: int = 0
    took_place: int = 0


@transaction.atomic
def load(parsed: ParsedMuseum, *, now: datetime, catalogue_only: bool = False, near_today: bool = False) -> Loaded:
    """Make the catalogue what the file says, then add the rows of its season that are not there yet. All or nothing.

    `catalogue_only`: neither guides nor season. `near_today`: the season on other dates, its first closure in 7 to 13 days.
    Visits are booked as agreed with the office; those that are over have taken place, and nobody is told of them.
    Raises FileRefused with the row that cannot be had, and why.
    """
    with _blamed(parsed, ("museum",)):
        loaded = Loaded(importing.load_catalogue(parsed, with_guides=not catalogue_only))
    if catalogue_only:
        return loaded
    zone = ZoneInfo(catalogue.museum().time_zone)
    loaded.weeks = weeks_to_near(parsed, periods.day_of(now, zone)) if near_today else 0
    shift = timedelta(weeks=loaded.weeks)
    for index, row in enumerate(parsed.season.closures):  # before the visits: none may be booked into them
        with _blamed(parsed, ("season", "closures", index)):
            loaded.closures += _close(parsed, row, row.start + shift, zone, now=now)
    for index, each in enumerate(parsed.season.visits):
        with _blamed(parsed, ("season", "visits", index)):
            visit = _book(parsed, each, (each.start + shift).replace(tzinfo=zone).astimezone(UTC), now=now)
            if visit is not None:
                loaded.visits += 1
                loaded.took_place += visit.status == Visit.Status.DONE
    return loaded


def weeks_to_near(parsed: ParsedMuseum, today: date) -> int:
    """By how many weeks the season is shifted so that its first closure (without one: its first visit) begins in 7 to 13 days."""
    season = parsed.season
    begins = [row.start for row in season.closures] or [row.start.date() for row in season.visits] or [today]
    return -(-(today + timedelta(days=SOONEST_DAYS) - min(begins)).days // 7)


def _close(parsed: ParsedMuseum, row: SeasonClosure, first: date, zone: ZoneInfo, *, now: datetime) -> bool:
    """Whether the closure is new."""
    key = _key(parsed, f"{row.start}", row.kind, *(row.spaces or ()))
    if Closure.objects.filter(season_key=key).exists():
        return False
    after = first + timedelta(days=row.days)
    draft = ClosureDraft(
        spaces=tuple(Space.objects.filter(code__in=row.spaces or ())),
        start=periods.midnight(first, zone),
        end=periods.midnight(after, zone),
        kind=row.kind,
        notice=_notice(row.notice, first, after),
        agreed=True,
    )
    seen = closures.preview(draft, now=now)
    closures.close(draft, seal=seen.seal, decisions={}, by=None, now=now, season_key=key)
    return True


def _notice(texts: Mapping[str, str], first: date, after: date) -> dict[str, str]:
    """The notice in each language with {dates} and {reopens} filled in: `after` or the next day on which the museum opens."""
    calendar = catalogue.calendar()
    days = (after + timedelta(days=offset) for offset in range(30))
    reopens = next((day for day in days if calendar.windows(day)), after)
    filled = {}
    for language, text in texts.items():
        with translation.override(language):
            filled[language] = text.format(
                dates=public_days(first, after - timedelta(days=1)), reopens=public_day(reopens)
            )
    return filled


def _book(parsed: ParsedMuseum, row: SeasonVisit, start: datetime, *, now: datetime) -> Visit | None:
    """The visit, if it is new."""
    who = (part for one in row.contacts for part in (one.email, one.phone))
    keys = {"season_key": _key(parsed, f"{row.start:%Y-%m-%dT%H:%M}", row.kind, row.tour, *row.spaces, *who)}
    if Visit.objects.filter(**keys).exists():
        return None
    people = tuple(Person(one.name, one.email, one.phone, one.organisation, one.locale) for one in row.contacts)
    audience = Audience.objects.get(code=row.audience) if row.audience else None
    if row.kind != Visit.Kind.TOUR:
        return events.place(_event(row, start, people, audience, keys), by=None, now=now)
    assert audience is not None  # the file was checked
    visit = bookings.book(_request(row, start, people, audience, keys), now=now)
    return bookings.waive(visit.pk, reason=row.waived, by=None, now=now) if row.waived else visit


def _request(
    row: SeasonVisit, start: datetime, people: tuple[Person, ...], audience: Audience, keys: dict[str, str]
) -> Request:
    return Request(
        group=Group(Tour.objects.get(code=row.tour), row.language, audience, row.heads),
        starts=(start,),
        contacts=people,
        adults=row.adults,
        ceremony=row.ceremony,
        discreet=row.discreet,
        agreed=True,
        keys=keys,
    )


def _event(
    row: SeasonVisit, start: datetime, people: tuple[Person, ...], audience: Audience | None, keys: dict[str, str]
) -> Event:
    return Event(
        kind=row.kind,
        start=start,
        heads=row.heads,
        contacts=people,
        spaces=row.spaces,
        minutes=row.minutes,
        stops=tuple({**asdict(stop), "languages": list(stop.languages)} for stop in row.stops),
        closes=events.ALL if row.closes is None else row.closes,
        margin_before=row.margin_before,
        margin_after=row.margin_after,
        titles=row.title or {},
        language=row.language,
        audience=audience,
        adults=row.adults,
        ceremony=row.ceremony,
        discreet=row.discreet,
        waived=row.waived,
        agreed=True,
        keys=keys,
    )


def _key(parsed: ParsedMuseum, start: str, *parts: str) -> str:
    """What makes a row of the season the same one in a second load, on whatever dates the first one put it."""
    return f"{parsed.museum['code']}:{start}:{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


@contextmanager
def _blamed(parsed: ParsedMuseum, path: Path_) -> Iterator[None]:
    """A refusal inside is the file's: it names the row."""
    try:
        yield
    except (Refused, CatalogueError) as refused:
        raise FileRefused(parsed.file, [Fault(path, _why(refused))]) from refused


def _why(refused: Refused | CatalogueError) -> str:
    named = refused.extra.get("visits") or []
    detail = str(refused.detail)
    return detail if not named or named[0] in detail else f"{detail} ({', '.join(named)})"

"""What a museum's file says, once it has been checked: the catalogue as plain mappings, the season as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tours import checking, shapes, yaml_files
from tours.yaml_files import Document, Fault, FileRefused

Words = Mapping[str, str]
"""A text by language code."""
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SeasonClosure:
    """Whole museum days from `start`. `spaces` None: all. A notice may hold {dates} and {reopens}, filled in by the reader's language."""

    start: date
    days: int
    spaces: tuple[str, ...] | None
    kind: str
    notice: Words


@dataclass(frozen=True, slots=True)
class SeasonContact:
    """Somebody to tell: with an e-mail, a telephone or both."""

    name: str
    organisation: str
    email: str
    phone: str
    locale: str


@dataclass(frozen=True, slots=True)
class SeasonStop:
    """A stop of an official visit's own programme."""

    space: str
    minutes: int
    kind: str
    movable: bool
    together: bool
    exclusive: bool
    languages: tuple[str, ...]
    advised_age: int | None


@dataclass(frozen=True, slots=True)
class SeasonVisit:
    """One visit of the season; `start` is the museum's wall clock, without a zone.

    kind "tour": `tour`, `language`, `audience`. "event": `title`, `spaces`, `minutes`. "protocol": `stops` and `closes` (the spaces that it
    takes with its margins; None: all). What a kind does not have is "" or empty. `waived`: why it is free, where the office has decided so.
    """

    start: datetime
    kind: str
    heads: int
    adults: int
    contacts: tuple[SeasonContact, ...]
    tour: str = ""
    language: str = ""
    audience: str = ""
    ceremony: tuple[str, ...] = ()
    discreet: bool = False
    waived: str = ""
    title: Words | None = None
    spaces: tuple[str, ...] = ()
    minutes: int = 0
    closes: tuple[str, ...] | None = ()
    margin_before: int = 0
    margin_after: int = 0
    stops: tuple[SeasonStop, ...] = ()


@dataclass(frozen=True, slots=True)
class Season:
    closures: tuple[SeasonClosure, ...] = ()
    visits: tuple[SeasonVisit, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedMuseum:
    """A checked file. The catalogue's parts have the shape of `museums/schema.json`."""

    file: str
    museum: Mapping[str, Any]
    holidays: tuple[Mapping[str, Any], ...]
    spaces: tuple[Mapping[str, Any], ...]
    tours: tuple[Mapping[str, Any], ...]
    audiences: tuple[Mapping[str, Any], ...]
    prices: tuple[Mapping[str, Any], ...]
    guides: tuple[Mapping[str, Any], ...]
    season: Season


def read_museum(path: Path | str) -> ParsedMuseum:
    """Read and check a whole file before anything is changed. Raises `FileRefused` with file, line, path and reason of each fault."""
    document = yaml_files.read(Path(path))
    faults = shapes.faults(document.data) or list(checking.faults(document.data))
    if faults:
        raise FileRefused(document.file, _placed(document, faults))
    return _parsed(document)


def _placed(document: Document, faults: list[Fault]) -> list[Fault]:
    placed = [Fault(fault.path, fault.reason, document.line(fault.path)) for fault in faults]
    return sorted(placed, key=lambda fault: fault.line)[:MOST_SHOWN]


def _parsed(document: Document) -> ParsedMuseum:
    data = document.data
    season = data.get("season", {})
    return ParsedMuseum(
        file=document.file,
        museum=data["museum"],
        holidays=tuple(data.get("holidays", ())),
        spaces=tuple(data["spaces"]),
        tours=tuple(data["tours"]),
        audiences=tuple(data["audiences"]),
        prices=tuple(data.get("prices", ())),
        guides=tuple(data.get("guides", ())),
        season=Season(
            closures=tuple(_closure(row) for row in season.get("closures", ())),
            visits=tuple(_visit(row) for row in season.get("visits", ())),
        ),
    )


def _all_or(codes: str | list[str]) -> tuple[str, ...] | None:
    return None if codes == "all" else tuple(codes)


def _closure(row: Mapping[str, Any]) -> SeasonClosure:
    return SeasonClosure(
        shapes.local_date(row["start"]), row["days"], _all_or(row["spaces"]), row["kind"], row["notice"]
    )


def _visit(row: Mapping[str, Any]) -> SeasonVisit:
    return SeasonVisit(
        start=shapes.local_start(row["start"]),
        kind=row.get("kind", "tour"),
        heads=row["heads"],
        adults=row.get("adults", 0),
        contacts=tuple(
            SeasonContact(
                one["name"], one.get("organisation", ""), one.get("email", ""), one.get("phone", ""), one["locale"]
            )
            for one in row["contacts"]
        ),
        tour=row.get("tour", ""),
        language=row.get("language", ""),
        audience=row.get("audience", ""),
        ceremony=tuple(row.get("ceremony", ())),
        discreet=row.get("discreet", False),
        waived=row.get("waived", ""),
        title=row.get("title"),
        spaces=tuple(row.get("spaces", ())),
        minutes=row.get("minutes", 0),
        closes=_all_or(row.get("closes", [])),
        margin_before=row.get("margin_before", 0),
        margin_after=row.get("margin_after", 0),
        stops=tuple(_stop(stop) for stop in row.get("stops", ())),
    )


def _stop(row: Mapping[str, Any]) -> SeasonStop:
    return SeasonStop(
        space=row["space"],
        minutes=row["minutes"],
        kind=row["kind"],
        movable=row.get("movable", False),
        together=row.get("together", row.get("exclusive", False)),
        exclusive=row.get("exclusive", False),
        languages=tuple(row.get("languages", ())),
        advised_age=row.get("advised_age"),
    )

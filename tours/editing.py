"""Changes of the catalogue from the settings: rows of a museum's file put in place of others, checked as a file is, and undone.

One way in for whatever is edited: what a file could not say is refused here for the same reason, in the same words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tours import checking, exporting, importing, possible, services, shapes
from tours.errors import ChangedSince, Impossible, NothingChanged
from tours.models import Audience, CatalogueEdit, Holiday, Language, Space, Tour, User
from tours.museum_files import ParsedMuseum, Season
from tours.yaml_files import Fault

Row = Mapping[str, Any]
PARTS = {
    "museum": "",
    "holidays": "date",
    "spaces": "code",
    "tours": "code",
    "audiences": "code",
    "prices": "audience",
    "guides": "code",
}
"""The parts of a file, and what tells the rows of each apart; there is one museum."""
IN_ORDER: dict[str, Any] = {"spaces": Space, "tours": Tour, "audiences": Audience}
"""The parts whose rows stand in an order of the museum's own."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One row as it is to be; None takes it out (a holiday, a price list)."""

    part: str
    key: str
    row: Row | None


def row_of(data: Mapping[str, Any], part: str, key: str) -> Row | None:
    """A row of a catalogue by its key."""
    if part == "museum":
        found: Row = data["museum"]
        return found
    return next((row for row in data.get(part, ()) if row[PARTS[part]] == key), None)


def leading(data: Mapping[str, Any], pairs: Collection[tuple[str, str, str]]) -> list[Edit]:
    """The guides who lead others than before, so that `pairs` (guide, tour, language) is who leads what.

    It says nothing of who guides no more and of tours that are not offered: those stay as they are.
    """
    edits = []
    for guide in data["guides"]:
        if not guide.get("active", True):
            continue
        leads = {}
        for tour in data["tours"]:
            languages = [code for code in Language.values if (guide["code"], tour["code"], code) in pairs]
            if not tour.get("active", True):
                languages = guide["leads"].get(tour["code"], [])
            if languages:
                leads[tour["code"]] = languages
        if leads != guide["leads"]:
            edits.append(Edit("guides", guide["code"], {**guide, "leads": leads}))
    return edits


def worded(data: Mapping[str, Any], texts: Mapping[tuple[str, str, str, str], str]) -> list[Edit]:
    """The rows with these texts in them, each by its part, key, name and language; an empty one changes nothing."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for (part, key, name, language), text in texts.items():
        if text:
            row = rows.setdefault((part, key), deepcopy(dict(row_of(data, part, key) or {})))
            said = {**(row.get(name) or {}), language: text}
            row[name] = {code: said[code] for code in Language.values if said.get(code)}
    return [Edit(part, key, row) for (part, key), row in rows.items()]


def edited(data: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """The catalogue with rows in the place of others, new ones at the end."""
    after = deepcopy(dict(data))
    for edit in edits:
        if edit.part == "museum":
            after["museum"] = edit.row
            continue
        rows = list(after.get(edit.part, ()))
        at = next((i for i, row in enumerate(rows) if row[PARTS[edit.part]] == edit.key), len(rows))
        rows[at : at + 1] = [] if edit.row is None else [edit.row]
        after[edit.part] = rows
    return after


def faults(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Fault]:
    """What would be wrong with the catalogue that was not wrong before: its shape first, then what the shape cannot say.

    A telephone number that somebody once mistyped elsewhere is no obstacle; sums are checked all the same, since rows that come out
    of the database have every key.
    """
    for check in (_shape, _sense):
        known = set(check(before))
        if found := [fault for fault in check(after) if fault not in known]:
            return found
    return []


def _shape(data: Mapping[str, Any]) -> list[Fault]:
    return shapes.faults(dict(data))


def _sense(data: Mapping[str, Any]) -> list[Fault]:
    return list(checking.faults(data)) or list(possible.faults(data))


def seal(data: Mapping[str, Any], edits: Iterable[Edit]) -> str:
    """What a preview showed: the rows as they are, and as they are to be."""
    shown = [(edit.part, edit.key, row_of(data, edit.part, edit.key), edit.row) for edit in edits]
    return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:32]


def save(edits: Sequence[Edit], *, seen: str, by: User | None, now: datetime) -> CatalogueEdit:
    """Write what a preview showed, alone, and raise the catalogue's version.

    Raises ChangedSince where `seen` is not its seal any more, Impossible with every fault, LaneInUse, NothingChanged.
    """
    with services.alone():
        before = exporting.catalogue()
        if seen != seal(before, edits):
            raise ChangedSince
        return _write(before, edits, by=by, now=now)


def undo(edit_id: int, *, by: User | None, now: datetime) -> CatalogueEdit:
    """Bring back what a change replaced, as a new change. Raises ChangedSince where a row has been changed again, Impossible, LaneInUse."""
    with services.alone():
        done = CatalogueEdit.objects.select_for_update().get(pk=edit_id)
        before = exporting.catalogue()
        if CatalogueEdit.objects.filter(undoes=done).exists() or any(
            row_of(before, row["part"], row["key"]) != row["after"] for row in done.rows
        ):
            raise ChangedSince
        edits = [Edit(row["part"], row["key"], _former(row)) for row in done.rows]
        return _write(before, edits, by=by, now=now, undoes=done)


def move(part: str, key: str, *, up: bool) -> None:
    """Let one row of a part stand one place earlier or later, wherever its rows are listed. What stands at the end stays there."""
    with services.changing_catalogue():
        rows: list[Any] = list(IN_ORDER[part].objects.order_by("position", "code"))
        at = next((index for index, row in enumerate(rows) if row.code == key), None)
        if at is not None and 0 <= (to := at - 1 if up else at + 1) < len(rows):
            rows[at], rows[to] = rows[to], rows[at]
        for position, row in enumerate(rows):
            if row.position != position:
                row.position = position
                row.save(update_fields=["position"])


def _former(row: Mapping[str, Any]) -> Row | None:
    """What a row was; what was new is not offered any more, since visits may refer to it."""
    if row["before"] is None and row["part"] in ("tours", "audiences", "guides"):
        return {**row["after"], "active": False}
    former: Row | None = row["before"]
    return former


def _write(
    before: Mapping[str, Any],
    edits: Sequence[Edit],
    *,
    by: User | None,
    now: datetime,
    undoes: CatalogueEdit | None = None,
) -> CatalogueEdit:
    after = edited(before, edits)
    if found := faults(before, after):
        raise Impossible(found)
    gone = [edit.key for edit in edits if edit.part == "holidays" and edit.row is None]
    removed = Holiday.objects.filter(date__in=gone).delete()[0]
    report = importing.load_catalogue(_parsed(after), with_guides=True)
    if removed:
        services.raise_catalogue_version()
    if not removed and not report.anything:
        raise NothingChanged
    is_ = exporting.catalogue()
    rows = [
        {
            "part": edit.part,
            "key": edit.key,
            "before": row_of(before, edit.part, edit.key),
            "after": row_of(is_, edit.part, edit.key),
        }
        for edit in edits
    ]
    changed = [row for row in rows if row["before"] != row["after"]]
    return CatalogueEdit.objects.create(at=now, by=by, rows=changed, undoes=undoes)


def _parsed(data: Mapping[str, Any]) -> ParsedMuseum:
    lists = {part: tuple(data.get(part, ())) for part in PARTS if part != "museum"}
    return ParsedMuseum(file="", museum=data["museum"], season=Season(), **lists)

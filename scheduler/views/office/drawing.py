"""The board in the words of the script that draws it: rows, and what lies on them, by the museum's wall clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from scheduler import periods
from scheduler.board import Board, Item, Patch


def as_json(board: Board, zone: ZoneInfo) -> dict[str, Any]:
    """What EventCalendar takes as resources and events, with the hours to show and the days' versions."""
    drawn = [_patch(patch, row.key, zone) for row in board.rows for patch in row.patches]
    drawn += [_item(item, row.key, zone) for row in board.rows for item in row.items]
    return {
        "rows": [{"id": row.key, "title": row.name, "extendedProps": {"note": row.note}} for row in board.rows],
        "items": drawn,
        "opens": f"{board.opens:02}:00:00",
        "closes": f"{board.closes:02}:00:00",
        "seen": seen_of(board.versions),
        "labels": {day.isoformat(): label for day, label in board.labels.items()},
    }


def floating(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as the museum's wall clock shows it, without an offset."""
    return periods.local(moment, zone).strftime("%Y-%m-%dT%H:%M:%S")


def offset_of(day: date, zone: ZoneInfo) -> str:
    """The museum's offset from UTC as a day begins: "+05:00"."""
    return periods.local(periods.midnight(day, zone), zone).isoformat()[-6:]


def value_of(begins: tuple[datetime, ...], zone: ZoneInfo) -> str:
    """Starts, one for each wave, as a form sends them."""
    return ",".join(periods.local(begin, zone).isoformat(timespec="minutes") for begin in begins)


def seen_of(versions: Mapping[date, str]) -> str:
    """Days with their versions, as a form sends them back."""
    return json.dumps({day.isoformat(): version for day, version in versions.items()})


def _patch(patch: Patch, row: str, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "resourceId": row,
        "start": floating(patch.start, zone),
        "end": floating(patch.end, zone),
        "display": "background",
        "classNames": [patch.kind],
        "extendedProps": {"text": patch.text},
    }


def _item(item: Item, row: str, zone: ZoneInfo) -> dict[str, Any]:
    assert item.visit.period is not None  # it is on the board
    start, end = floating(item.start, zone), floating(item.end, zone)
    return {
        "id": item.key,
        "resourceId": row,
        "start": start,
        "end": end,
        "startEditable": item.movable,
        "classNames": ["promised" if item.promised else "planned", item.visit.status],
        "extendedProps": {
            "title": item.title,
            "about": item.about,
            "heads": item.heads,
            "state": _("the guide knows") if item.promised else _("may still change"),
            "time": f"{start[11:16]}–{end[11:16]}",
            "visit": item.visit.code,
            "party": item.party,
            "begins": floating(item.visit.period.lower, zone),
        },
    }

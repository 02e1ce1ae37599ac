"""Dates and times as letters write them, by the museum's wall clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date
from django.utils.translation import pgettext


def day(iso: Any, zone: ZoneInfo, locale: str) -> str:
    """The local date with its weekday, as the language writes it inside a sentence."""
    local = _local(iso, zone)
    if local is None:
        return ""
    # Translators: a date, in Django's date format: Thursday, 28 May 2026
    words = format_date(local, pgettext("date", "l, j F Y"))
    return words if locale == "en" else words.lower()


def clock(iso: Any, zone: ZoneInfo) -> str:
    """11:00."""
    local = _local(iso, zone)
    return f"{local:%H:%M}" if local else ""


def moment(iso: Any, zone: ZoneInfo, locale: str) -> str:
    """Thursday, 28 May 2026, 11:00."""
    return f"{day(iso, zone, locale)}, {clock(iso, zone)}" if iso else ""


def span(start: Any, end: Any, zone: ZoneInfo, locale: str) -> str:
    """Day, start and end: "Thursday, 28 May 2026, 11:00–12:00"."""
    until = f"–{clock(end, zone)}" if end else ""
    return f"{moment(start, zone, locale)}{until}" if start else ""


def _local(iso: Any, zone: ZoneInfo) -> datetime | None:
    return datetime.fromisoformat(str(iso)).astimezone(zone) if iso else None

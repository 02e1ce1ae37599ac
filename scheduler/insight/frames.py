"""What a page of insight is made of: the days it is about, tables, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from scheduler.models import Visit

COUNTED = (Visit.Status.CONFIRMED, Visit.Status.OFFERED, Visit.Status.DONE)
"""Visits that took place, or are agreed: a suggested time is held for its group."""

Kind = Literal["text", "month", "number", "percent", "hours", "days"]
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> Span:
        """As many days that end where these begin."""
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def pair(self) -> tuple[date, date]:
        return self.first, self.last


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `key` is its name for programs; a month is written 2026-09, hours and days are
    numbers, a percentage is of 100."""

    key: str
    title: str
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class Bars:
    """One bar for each row: a column of the table, with another beside it (the period before) where one is named."""

    label: str
    value: str
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Heat:
    """Weekdays down, hours across. `cells`: (weekday from 0, hour or None for "no hour named") -> value; `unit` "%" or ""."""

    title: str
    cells: dict[tuple[int, int | None], float]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, and how they are drawn. `note` says what was counted."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    note: str = ""
    bars: Bars | None = None
    upright: bool = False
    heats: tuple[Heat, ...] = ()

    def column(self, key: str) -> list[Any]:
        """The values of one column."""
        at = [column.key for column in self.columns].index(key)
        return [row[at] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with that of the period before; None where there is none."""

    key: str
    title: str
    value: float | None
    before: float | None
    kind: Kind = "number"

    @property
    def change(self) -> float | None:
        """By how many per cent it rose or fell; None where nothing can be said."""
        if self.value is None or not self.before:
            return None
        return round((self.value - self.before) * 100 / self.before)


@dataclass(frozen=True, slots=True)
class Section:
    """One page of figures."""

    key: str
    title: str
    tiles: tuple[Tile, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def empty(self) -> bool:
        return not any(table.rows for table in self.tables)


def share(part: float, whole: float) -> float | None:
    """So many of a hundred, with one decimal; None of nothing."""
    return round(part * 100 / whole, 1) if whole else None


def middle(counts: Sequence[tuple[int, int]]) -> float | None:
    """The median of values given as (value, how often)."""
    ordered = sorted(counts)
    whole = sum(count for _value, count in ordered)
    if not whole:
        return None

    def at(place: int) -> int:
        for value, count in ordered:
            place -= count
            if place < 0:
                return value
        raise AssertionError("a place within the counted values")

    return (at((whole - 1) // 2) + at(whole // 2)) / 2

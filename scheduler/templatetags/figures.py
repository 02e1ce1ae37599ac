"""How figures stand in a page: grouped, with the reader's decimal sign, and a dash where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django import template

from scheduler.dates import month, plain_day
from scheduler.insight.charts import written
from scheduler.insight.frames import Column, Table, Value

register = template.Library()
register.filter(plain_day)


@register.filter
def figure(value: Value, kind: str) -> str:
    """A value of a table as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, str):
        return month(date.fromisoformat(f"{value}-01")) if kind == "month" else value
    places = 1 if kind in ("percent", "hours", "days") else 0
    words = written(value, places)
    return f"{words}\u00a0%" if kind == "percent" else words


@register.filter
def signed(change: float) -> str:
    """A change in per cent with its sign: +12 %."""
    return f"{change:+.0f}\u00a0%".replace("-", "−")


@register.filter
def rows(table: Table) -> Iterator[list[tuple[Column, Value]]]:
    """Each row as its columns with their values."""
    return (list(zip(table.columns, row, strict=True)) for row in table.rows)

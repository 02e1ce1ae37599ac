"""Where the lines, bars and cells of a chart stand: plain numbers, in pixels that no width of the page stretches or shrinks.

Only lying bars give with it: their lengths are per cent of the room there is. A template draws them all; what they mean is
written beside each, so that nothing hangs on colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scheduler.dates import short_weekdays
from scheduler.insight.frames import Bars, Heat, Table, Value
from tours.models import Weekday

LONGEST = 84
"""Per cent of the room that the longest lying bar takes: its value is written after it."""
ROW = 42
"""The height of a row of lying bars: its label, the bar, a bar beside it."""
LABEL = 15
CELL = 28
MONTHS = 312
"""Room for a year of months on a phone; more scroll, few become no wider than WIDEST each."""
WIDEST, DIGIT, YEAR = 56, 7, 32
PHONE = 286
"""What a narrow phone shows of a drawing without scrolling it."""
NAME = 34
"""Room for a weekday's name."""
TALL = 150
LEVELS = 5
MOST_BARS = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; `beside`: that of the period before, which stands next to it. `said` is written at its end.

    A lying one's `width`, `beside` and `text_x` are per cent of the room there is, all else is pixels.
    Of a month, `label` is its number, `name` the whole and `year` is written where it begins.
    """

    label: str
    said: str
    x: float
    y: float
    width: float
    height: float
    beside: float | None = None
    text_x: float = 0
    text_y: float = 0
    year: str = ""
    name: str = ""

    @property
    def label_y(self) -> float:
        return self.y - 4

    @property
    def beside_y(self) -> float:
        return self.y + self.height + 1


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars in a drawing of `width` by `height`, 0 for all the width there is; `title` and `description` are read out in its place."""

    key: str
    title: str
    description: str
    width: float
    height: float
    bars: tuple[Bar, ...]
    beside: bool
    upright: bool

    @property
    def scrolls(self) -> bool:
        return self.width > PHONE


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one weekday; `level` from 0 (nothing) to LEVELS, `said` its value."""

    x: float
    y: float
    level: int
    said: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Hours across (`heads`), weekdays down (`names`)."""

    key: str
    title: str
    description: str
    width: float
    height: float
    cell: float
    heads: tuple[tuple[float, str], ...]
    names: tuple[tuple[float, str], ...]
    cells: tuple[Cell, ...]

    @property
    def middle(self) -> float:
        return round(self.cell / 2, 1)

    @property
    def base(self) -> float:
        return round(self.cell / 2 + 4, 1)

    @property
    def scrolls(self) -> bool:
        return self.width > PHONE


def drawn(table: Table) -> Chart | None:
    """The chart of a table's bars; None where there is nothing to draw."""
    if table.bars is None or not any(table.column(table.bars.value)):
        return None
    return _standing(table, table.bars) if table.upright else _lying(table, table.bars)


def heat_maps(table: Table) -> list[HeatMap]:
    """A drawing for each heat map of a table that has anything in it."""
    return [_heat(f"{table.key}-{at}", heat) for at, heat in enumerate(table.heats) if any(heat.cells.values())]


def _lying(table: Table, asked: Bars) -> Chart:
    labels, values, beside = _columns(table, asked)
    most = max([1.0, *values, *beside])
    bars = tuple(
        Bar(
            label=label,
            said=_said(value),
            x=0,
            y=at * ROW + LABEL + 4,
            width=round(value * LONGEST / most, 1),
            height=11,
            beside=round(beside[at] * LONGEST / most, 1) if beside else None,
            text_x=round(value * LONGEST / most, 1),
            text_y=at * ROW + LABEL + 14,
        )
        for at, (label, value) in enumerate(zip(labels, values, strict=True))
    )
    return _chart(table, asked, bars, 0, len(bars) * ROW + 4)


def _standing(table: Table, asked: Bars) -> Chart:
    labels, values, _beside = _columns(table, asked)
    most = max([1.0, *values])
    step = min(WIDEST, max(MONTHS / len(values), max(len(_said(value)) for value in values) * DIGIT + 5))
    bars = tuple(
        Bar(
            label=label[5:].lstrip("0"),
            said=_said(value),
            x=round(at * step + step * 0.12, 1),
            y=round(TALL - value * (TALL - 20) / most, 1),
            width=round(step * 0.76, 1),
            height=round(value * (TALL - 20) / most, 1),
            text_x=round(at * step + step / 2, 1),
            text_y=round(TALL - value * (TALL - 20) / most - 4, 1),
            year=label[:4] if label.endswith("-01") or (at == 0 and (step > YEAR or "-12" not in label)) else "",
            name=label,
        )
        for at, (label, value) in enumerate(zip(labels, values, strict=True))
    )
    return _chart(table, asked, bars, round(len(values) * step, 1), TALL + 32)


def _chart(table: Table, asked: Bars, bars: tuple[Bar, ...], width: float, height: float) -> Chart:
    title = next(column.title for column in table.columns if column.key == asked.value)
    said = "; ".join(f"{bar.name or bar.label}: {bar.said}" for bar in bars)
    return Chart(
        table.key, f"{table.title}: {title}", said, width, height, bars, any(b.beside for b in bars), table.upright
    )


def _columns(table: Table, asked: Bars) -> tuple[list[str], list[float], list[float]]:
    labels = [str(label) for label in table.column(asked.label)][:MOST_BARS]
    values = [float(value or 0) for value in table.column(asked.value)][:MOST_BARS]
    beside = [float(value or 0) for value in table.column(asked.beside)][:MOST_BARS] if asked.beside else []
    beside = beside if any(beside) else []
    return labels, values, beside


def _heat(key: str, heat: Heat) -> HeatMap:
    hours = sorted({hour for _weekday, hour in heat.cells if hour is not None})
    across: Sequence[int | None] = [
        *([None] if any(hour is None for _weekday, hour in heat.cells) else []),
        *(range(hours[0], hours[-1] + 1) if hours else ()),
    ]
    weekdays = sorted({weekday for weekday, _hour in heat.cells})
    most = 100.0 if heat.unit == "%" else max(heat.cells.values())
    short = short_weekdays()
    cells = tuple(
        Cell(
            x=round(NAME + at * CELL, 1),
            y=round(LABEL + 4 + row * CELL, 1),
            level=-(-int(value * 1000) * LEVELS // int(most * 1000)) if value else 0,
            said=f"{value:.0f}" if value else "",
        )
        for row, weekday in enumerate(weekdays)
        for at, hour in enumerate(across)
        if (value := heat.cells.get((weekday, hour))) is not None
    )
    busiest = sorted(heat.cells.items(), key=lambda item: -item[1])[:3]
    said = "; ".join(
        f"{Weekday(weekday).label} {_hour(hour)}: {value:.0f}{heat.unit}" for (weekday, hour), value in busiest if value
    )
    return HeatMap(
        key=key,
        title=heat.title,
        description=_("Busiest: %(cells)s.") % {"cells": said},
        width=round(NAME + len(across) * CELL, 1),
        height=round(LABEL + 6 + len(weekdays) * CELL, 1),
        cell=CELL - 1.5,
        heads=tuple((round(NAME + at * CELL + CELL / 2, 1), _hour(hour)) for at, hour in enumerate(across)),
        names=tuple((round(LABEL + 4 + row * CELL + CELL / 2 + 4, 1), short[day]) for row, day in enumerate(weekdays)),
        cells=cells,
    )


def _hour(hour: int | None) -> str:
    return "?" if hour is None else str(hour)


def _said(value: Value) -> str:
    """With one decimal where it is not whole."""
    if isinstance(value, float) and value != int(value):
        return written(value, 1)
    return written(int(value or 0), 0)


def written(value: float, places: int) -> str:
    """A number with so many decimals as the active language groups and points it."""
    words = f"{value:,.{places}f}"
    if get_language() != "en":  # Django has no signs for Kazakh, which writes numbers as Russian does
        words = words.replace(",", "\u00a0").replace(".", ",")
    return words

"""Charts: lengths are as the values, nothing hangs on colour; figures are written as each language writes them."""

from __future__ import annotations

import pytest
from django.utils import translation

from scheduler.insight.charts import LEVELS, drawn, heat_maps
from scheduler.insight.frames import Bars, Column, Heat, Table
from scheduler.templatetags.figures import figure, signed

COLUMNS = (Column("name", "Name", "text"), Column("visits", "Visits"), Column("before", "Before"))


def table(*rows: tuple[str, int, int]) -> Table:
    return Table("t", "T", COLUMNS, rows, bars=Bars("name", "visits", "before"))


def test_bars_are_as_long_as_their_values() -> None:
    chart = drawn(table(("a", 10, 5), ("b", 5, 10)))
    assert chart is not None
    first, second = chart.bars
    assert (first.width, first.beside) == (second.beside, second.width)
    assert first.width == 2 * second.width
    assert chart.description == "a: 10; b: 5"


@pytest.mark.parametrize(
    ("language", "hours", "heads"),
    [("kk", "16,9", "1\u00a0071"), ("ru", "16,9", "1\u00a0071"), ("en", "16.9", "1,071")],
)
def test_a_bar_says_its_value_as_the_table_beneath_does(language: str, hours: str, heads: str) -> None:
    with translation.override(language):
        chart = drawn(table(("a", 16.9, 1071), ("b", 1071, 0)))  # type: ignore[arg-type]  # hours have a decimal
        assert chart is not None
        assert [bar.said for bar in chart.bars] == [hours, heads]
        assert (figure(16.9, "hours"), figure(1071, "number")) == (hours, heads)


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn(table()) is None
    assert drawn(table(("a", 0, 0))) is None
    assert heat_maps(Table("t", "T", COLUMNS, (), heats=(Heat("h", {(0, 10): 0.0}),))) == []


def test_months_are_named_by_number_and_the_year_where_it_begins() -> None:
    months = Table(
        "m",
        "M",
        (Column("month", "Month", "month"), Column("visits", "Visits")),
        (("2024-12", 1), ("2025-01", 2), ("2025-02", 3)),
        bars=Bars("month", "visits"),
        upright=True,
    )
    chart = drawn(months)
    assert chart is not None
    assert [(bar.label, bar.year, bar.said) for bar in chart.bars] == [
        ("12", "2024", "1"),
        ("1", "2025", "2"),
        ("2", "", "3"),
    ]


def test_a_cell_says_its_value_and_its_level_rises_with_it() -> None:
    heat = Heat("h", {(0, 10): 0.0, (0, 11): 1.0, (0, 12): 50.0, (0, 13): 100.0, (1, None): 20.0}, "%")
    (drawing,) = heat_maps(Table("t", "T", COLUMNS, (), heats=(heat,)))
    assert [(cell.level, cell.said) for cell in drawing.cells] == [
        (0, ""),
        (1, "1"),
        (3, "50"),
        (LEVELS, "100"),
        (1, "20"),
    ]
    assert [hour for _x, hour in drawing.heads] == ["?", "10", "11", "12", "13"]
    assert drawing.description == "Busiest: Monday 13: 100%; Monday 12: 50%; Tuesday ?: 20%."


def test_a_year_of_months_fits_a_phone_and_cells_keep_their_size() -> None:
    year = Table(
        "m",
        "M",
        (Column("month", "Month", "month"), Column("visits", "Visits")),
        tuple((f"2025-{month:02}", 100 + month) for month in range(1, 13)),
        bars=Bars("month", "visits"),
        upright=True,
    )
    chart = drawn(year)
    assert chart is not None
    assert chart.width <= 318
    one, many = (
        heat_maps(Table("t", "T", COLUMNS, (), heats=(Heat("h", {(0, 8 + hour): 1.0 for hour in range(hours)}),)))[0]
        for hours in (1, 12)
    )
    assert one.cell == many.cell
    assert (one.scrolls, many.scrolls) == (False, True)


@pytest.mark.parametrize(
    ("language", "whole", "part"),
    [("en", "12,345", "1,234.5"), ("ru", "12\u00a0345", "1\u00a0234,5"), ("kk", "12\u00a0345", "1\u00a0234,5")],
)
def test_figures_are_written_as_the_language_does(language: str, whole: str, part: str) -> None:
    with translation.override(language):
        assert (figure(12345, "number"), figure(1234.5, "hours")) == (whole, part)
        assert figure(None, "number") == "–"
        assert figure(12.0, "percent").endswith("\u00a0%")
    assert (signed(12), signed(-3)) == ("+12\u00a0%", "−3\u00a0%")

"""Tables as files that spreadsheets open: nothing in them is ever taken for a formula."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import xlsxwriter
from defusedcsv import csv

from scheduler.insight.frames import Table

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {"number": "#,##0", "percent": "0.0", "hours": "0.0", "days": "0.0"}


def as_csv(table: Table) -> bytes:
    """UTF-8 with a byte order mark, by which Excel knows it; what could be a formula begins with an apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.title for column in table.columns])
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    """A value as `defusedcsv` does not think of it: white space before a formula hides it from a look, not from every spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("\t", "\r", "\n") else "" if value is None else value


def as_xlsx(table: Table, *, made: datetime) -> bytes:
    """One sheet; texts are written as texts whatever they begin with. `made`: its date, so that equal tables are equal files."""
    file = io.BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, safe) as book:
        book.set_properties({"title": table.title, "created": made})
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(table.columns):
            sheet.write_string(0, at, column.title, bold)
            values = [row[at] for row in table.rows]
            sheet.set_column(at, at, min(60, max([12, *(len(str(value)) + 2 for value in values)])))
            for line, value in enumerate(values, start=1):
                if isinstance(value, str):
                    sheet.write_string(line, at, value)
                elif value is not None:
                    sheet.write_number(line, at, value, formats.get(column.kind))
    return file.getvalue()

"""How full the places are: weekday by hour, against the hours that the museum is open."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from scheduler import periods
from scheduler.insight.frames import COUNTED, Column, Heat, Section, Span, Table, Tile, share
from tours import queries as catalogue
from tours.days import Calendar
from tours.models import Museum, Weekday

Cells = dict[tuple[int, int], float]
"""(weekday from 0, hour) -> minutes."""

TAKEN = """
    WITH stays AS (
        SELECT lane.space_id AS space, leg.period, visit.day
        FROM scheduler_visit visit
        JOIN scheduler_leg leg ON leg.visit_id = visit.id
        JOIN tours_lane lane ON lane.id = leg.lane_id
        WHERE visit.day BETWEEN %(first)s AND %(last)s AND visit.status = ANY(%(counted)s)
          AND NOT (visit.kind = 'protocol' AND leg.stop IS NOT NULL)  -- its hold has the lanes
    ), same AS (
        SELECT space, EXTRACT(isodow FROM day)::int - 1 AS weekday,
               EXTRACT(epoch FROM (lower(period) AT TIME ZONE %(zone)s)::time)::int / 60 AS begins,
               EXTRACT(epoch FROM upper(period) - lower(period))::int / 60 AS lasts, count(*) AS times
        FROM stays GROUP BY 1, 2, 3, 4
    )
    SELECT space, weekday, hour, sum(times * (LEAST(begins + lasts, (hour + 1) * 60) - GREATEST(begins, hour * 60)))::int
    FROM same CROSS JOIN LATERAL generate_series(begins / 60, LEAST((begins + lasts - 1) / 60, 23)) AS hour
    GROUP BY 1, 2, 3
"""


def places(span: Span, museum: Museum) -> Section:
    """Each place's lanes, taken of open, as a heat map and by the whole. Three queries, one of them the calendar's."""
    taken: dict[int, Cells] = defaultdict(dict)
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {
            "first": span.first,
            "last": span.last,
            "counted": list(COUNTED),
            "zone": museum.time_zone,
        }
        cursor.execute(TAKEN, asked)
        for space, weekday, hour, minutes in cursor.fetchall():
            taken[space][weekday, hour] = minutes
    opened = _open_minutes(span, catalogue.calendar())
    spaces = list(catalogue.places())
    open_minutes = sum(opened.values())
    rows, heats = [], []
    for space in spaces:
        lanes: int = space.lane_count  # type: ignore[attr-defined]  # annotated by catalogue.places
        cells = taken[space.pk]
        used = sum(cells.values())
        rows.append((space.name, lanes, round(used / 60, 1), share(used, open_minutes * lanes), _busiest(cells)))
        heats.append(Heat(space.name, _shares(cells, opened, lanes), "%"))
    return Section(
        "places",
        _("Places"),
        tiles=(Tile("open", _("Hours open"), round(open_minutes / 60, 1), None, "hours"),),
        tables=(_whole(rows), _by_hour(heats)),
    )


def _whole(rows: list[Any]) -> Table:
    return Table(
        "places",
        _("By place"),
        (
            Column("place", _("Place"), "text"),
            Column("lanes", _("Groups at once")),
            Column("hours", _("Hours taken"), "hours"),
            Column("share", _("Taken, % of the open hours"), "percent"),
            Column("busiest", _("Busiest"), "text"),
        ),
        tuple(rows),
        note=_("Counted for each group that may be there at once. Time outside the opening hours counts as taken too."),
    )


def _by_hour(heats: list[Heat]) -> Table:
    """A line for each place and weekday, a column for each hour."""
    keys = {key for heat in heats for key in heat.cells}
    hours = sorted({hour for _weekday, hour in keys if hour is not None})
    weekdays = sorted({weekday for weekday, _hour in keys})
    return Table(
        "hours",
        _("By weekday and hour"),
        (
            Column("place", _("Place"), "text"),
            Column("weekday", _("Weekday"), "text"),
            *(Column(f"h{hour}", f"{hour}:00, %", "percent") for hour in hours),
        ),
        tuple(
            (heat.title, str(Weekday(weekday).label), *(heat.cells.get((weekday, hour)) for hour in hours))
            for heat in heats
            for weekday in weekdays
        ),
        heats=tuple(heats),
    )


def _open_minutes(span: Span, calendar: Calendar) -> Cells:
    """How long the museum is open in each hour of each weekday, over all days."""
    found: Cells = defaultdict(int)
    for day in periods.days_between(span.first, span.last):
        for window in calendar.windows(day):
            begins = window.opens.hour * 60 + window.opens.minute
            ends = window.closes.hour * 60 + window.closes.minute
            for hour in range(begins // 60, -(-ends // 60)):
                found[day.weekday(), hour] += min(ends, (hour + 1) * 60) - max(begins, hour * 60)
    return dict(found)


def _shares(cells: Cells, opened: Cells, lanes: int) -> dict[tuple[int, int | None], float]:
    """Per cent of the open time that is taken; what is taken outside it is full."""
    found: dict[tuple[int, int | None], float] = {}
    for key in opened.keys() | cells.keys():
        room = opened.get(key, 0) * lanes
        found[key] = min(100.0, share(cells.get(key, 0), room) or 0.0) if room else 100.0
    return found


def _busiest(cells: Cells) -> str:
    if not cells:
        return ""
    weekday, hour = max(cells, key=lambda key: (cells[key], -key[0], -key[1]))
    return f"{Weekday(weekday).label}, {hour}:00"

"""What a file of the right shape can still have wrong: codes that nothing has, sums that no day holds, groups that no place takes.

Each check takes the whole file as `museums/schema.json` shapes it, and yields faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from itertools import combinations, pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tours.colours import readable_by_day, readable_by_night
from tours.drawings import valid_mark, valid_plan
from tours.models.words import WEEKDAYS
from tours.season_checks import visits_possible
from tours.shapes import local_time, meant
from tours.yaml_files import Fault, Path_

Data = Mapping[str, Any]
PARTS = ("spaces", "tours", "audiences", "guides")
MIN, MAX = "", "9999-12-31"
"""Before and after all days of a file, which are compared as they are written."""


def faults(data: Data) -> Iterator[Fault]:
    """Every fault that the checks find; those about sums only where all codes are known."""
    found = [fault for check in (codes_once, codes_known) for fault in check(data)]
    yield from found
    if not found:
        for check in CHECKS:
            yield from check(data)


def codes_once(data: Data) -> Iterator[Fault]:
    """No two things of a kind have the same code, no audience has two price lists, no date two edits."""
    keys = [(part, "code") for part in PARTS] + [("prices", "audience"), ("holidays", "date")]
    for part, key in keys:
        seen: set[str] = set()
        for index, row in enumerate(data.get(part, ())):
            if row[key] in seen:
                yield Fault((part, index, key), _("“%(code)s” stands here twice") % {"code": row[key]})
            seen.add(row[key])


def codes_known(data: Data) -> Iterator[Fault]:
    """Whatever is named by its code is in the file."""
    for path, part, code in _references(data):
        known = [row["code"] for row in data.get(part, ())]
        if code not in known:
            yield Fault(path, _unknown(part) % {"code": code} + meant(code, known))


def _unknown(part: str) -> str:
    return {
        "spaces": _("there is no place with the code “%(code)s”"),
        "tours": _("there is no tour with the code “%(code)s”"),
        "audiences": _("there is no kind of group with the code “%(code)s”"),
    }[part]


Reference = tuple[Path_, str, str]
"""Where a code is named, of which part of the file it is, and the code."""


def _references(data: Data) -> Iterator[Reference]:
    for i, tour in enumerate(data["tours"]):
        yield from _spaces_of_stops(("tours", i), tour)
    for part in ("audiences", "guides"):
        for i, row in enumerate(data.get(part, ())):
            yield from _listed((part, i, "tours"), "tours", row.get("tours", ()))
            yield from _listed((part, i, "leads"), "tours", row.get("leads", ()))
    for i, row in enumerate(data.get("prices", ())):
        yield ("prices", i, "audience"), "audiences", row["audience"]
    season = data.get("season", {})
    for i, row in enumerate(season.get("closures", ())):
        yield from _listed(("season", "closures", i, "spaces"), "spaces", row["spaces"])
    for i, row in enumerate(season.get("visits", ())):
        yield from _references_of_visit(("season", "visits", i), row)


def _references_of_visit(here: Path_, row: Data) -> Iterator[Reference]:
    for key, part in (("tour", "tours"), ("audience", "audiences")):
        if key in row:
            yield (*here, key), part, row[key]
    for key in ("spaces", "closes"):
        yield from _listed((*here, key), "spaces", row.get(key, ()))
    yield from _spaces_of_stops(here, row)


def _spaces_of_stops(here: Path_, row: Data) -> Iterator[Reference]:
    for index, stop in enumerate(row.get("stops", ())):
        yield (*here, "stops", index, "space"), "spaces", stop["space"]


def _listed(path: Path_, part: str, codes: Iterable[str] | str) -> Iterator[Reference]:
    if not isinstance(codes, str):  # "all" names nothing
        yield from (((*path, index), part, code) for index, code in enumerate(codes))


def no_blank_text(data: Data) -> Iterator[Fault]:
    """No text is only blanks."""

    def blank(path: Path_, value: Any) -> Iterator[Fault]:
        if isinstance(value, str) and not value.strip():
            yield Fault(path, _("is empty"))
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                yield from blank((*path, key), inner)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for index, inner in enumerate(value):
                yield from blank((*path, index), inner)

    return blank((), data)


def hours_in_order(data: Data) -> Iterator[Fault]:
    """Windows begin before they end, hold their last start, and do not overlap on any weekday."""
    opening = data["museum"]["opening"]
    for i, row in enumerate(opening):
        if not _time(row["opens"]) < _time(row["closes"]):
            yield Fault(("museum", "opening", i, "closes"), _("is not after the opening"))
        elif not _time(row["opens"]) <= _time(row["last_start"]) < _time(row["closes"]):
            yield Fault(("museum", "opening", i, "last_start"), _("does not lie between opening and closing"))
    yield from _apart(("museum", "opening"), opening, "opens", "closes")
    for g, guide in enumerate(data.get("guides", ())):
        rows = guide.get("hours", ())
        for i, row in enumerate(rows):
            if not _time(row["starts"]) < _time(row["ends"]):
                yield Fault(("guides", g, "hours", i, "ends"), _("is not after the start"))
            if row.get("valid_from", MIN) > row.get("valid_until", MAX):
                yield Fault(("guides", g, "hours", i, "valid_until"), _("is before the first day"))
        yield from _apart(("guides", g, "hours"), rows, "starts", "ends")


def open_days_have_hours(data: Data) -> Iterator[Fault]:
    """A date on which the museum says to be open has hours of its own, or is of a weekday that has some: else it would stay closed."""
    known = {day for row in data["museum"]["opening"] for day in row["days"]}
    for i, row in enumerate(data.get("holidays", ())):
        if "hours_from" in row:
            yield from _of_its_own(("holidays", i), row)
        elif row.get("opens") and WEEKDAYS[date.fromisoformat(str(row["date"])).weekday()] not in known:
            yield Fault(("holidays", i, "opens"), _("has no opening hours on this weekday"))


def _of_its_own(path: Path_, row: Data) -> Iterator[Fault]:
    """The hours that a date has for itself are in order, and it is not closed."""
    if row.get("opens") is False:
        yield Fault((*path, "opens"), _("contradicts the hours of that day"))
    if not _time(row["hours_from"]) < _time(row["hours_until"]):
        yield Fault((*path, "hours_until"), _("is not after the opening"))
    elif not _time(row["hours_from"]) <= _time(row["hours_last_start"]) < _time(row["hours_until"]):
        yield Fault((*path, "hours_last_start"), _("does not lie between opening and closing"))


def _apart(path: Path_, rows: Sequence[Data], first: str, last: str) -> Iterator[Fault]:
    for day in WEEKDAYS:
        windows = sorted((_time(row[first]), _time(row[last]), i) for i, row in enumerate(rows) if day in row["days"])
        overlapping = {
            after[2]
            for before, after in combinations(windows, 2)
            if after[0] < before[1] and valid_together(rows[before[2]], rows[after[2]])
        }
        for at in sorted(overlapping):
            yield Fault((*path, at), _("overlaps with other hours of the same day (%(day)s)") % {"day": day})


def valid_together(row: Data, other: Data) -> bool:
    """Whether there is a day on which both rows of hours are valid."""
    return bool(
        row.get("valid_from", MIN) <= other.get("valid_until", MAX)
        and other.get("valid_from", MIN) <= row.get("valid_until", MAX)
    )


def tours_fit_a_day(data: Data) -> Iterator[Fault]:
    """A tour is no longer than the longest window that the museum is open."""
    longest = max(_minutes(row["closes"]) - _minutes(row["opens"]) for row in data["museum"]["opening"])
    for i, tour in enumerate(data["tours"]):
        total = sum(stop["minutes"] for stop in tour["stops"])
        if total > longest:
            yield Fault(
                ("tours", i, "stops"),
                _("take %(total)d minutes, but the museum is open for %(longest)d at most")
                % {"total": total, "longest": longest},
            )


def stops_take_a_party(data: Data) -> Iterator[Fault]:
    """Each place of a tour takes as many people as one guide may lead there; a stop that takes the whole place is together."""
    spaces = {space["code"]: space for space in data["spaces"]}
    for i, tour in enumerate(data["tours"]):
        for j, stop in enumerate(tour["stops"]):
            most = spaces[stop["space"]].get("max_heads")
            if most is not None and most < tour["heads_per_guide"]:
                yield Fault(
                    ("tours", i, "stops", j, "space"),
                    _("takes %(most)d people, but a guide of this tour leads up to %(heads)d")
                    % {"most": most, "heads": tour["heads_per_guide"]},
                )
            if stop.get("exclusive") and stop.get("together") is False:
                yield Fault(("tours", i, "stops", j, "together"), _("must be true where a stop takes the whole place"))


def prices_complete(data: Data) -> Iterator[Fault]:
    """Bands rise and end with a price for each head above; whoever pays has some, whoever does not has none."""
    priced = {row["audience"]: i for i, row in enumerate(data.get("prices", ()))}
    for i, audience in enumerate(data["audiences"]):
        if audience["free"] and audience["code"] in priced:
            yield Fault(("prices", priced[audience["code"]], "audience"), _("is free of charge and cannot have prices"))
        if not audience["free"] and audience["code"] not in priced:
            yield Fault(("audiences", i), _("is neither free of charge nor among the prices"))
    for i, row in enumerate(data.get("prices", ())):
        *bands, last = row["bands"]
        for j, band in enumerate(bands):
            if "per_head_above" in band:
                yield Fault(("prices", i, "bands", j, "per_head_above"), _("belongs into the last band"))
        if "per_head_above" not in last:
            yield Fault(("prices", i, "bands"), _("must end with “per_head_above”"))
        heads = [band.get("max_heads", 0) for band in row["bands"] if "max_heads" in band]
        for j, (lower, higher) in enumerate(pairwise(heads), start=1):
            if higher <= lower:
                yield Fault(("prices", i, "bands", j, "max_heads"), _("is not above the band before"))


def looks_right(data: Data) -> Iterator[Fault]:
    """The museum's colours can be read, its mark is a drawing, its places lie on the plan."""
    looks = (("accent", readable_by_day), ("accent_dark", readable_by_night), ("mark", valid_mark))
    rows: list[tuple[Path_, Any, Callable[[Any], None]]] = [
        (("museum", key), data["museum"].get(key), check) for key, check in looks
    ]
    rows += [(("spaces", i, "plan"), space.get("plan"), valid_plan) for i, space in enumerate(data["spaces"])]
    for path, value, check in rows:
        try:
            if value:
                check(value)
        except ValidationError as error:
            yield Fault(path, " ".join(error.messages))


CHECKS: tuple[Callable[[Data], Iterator[Fault]], ...] = (
    no_blank_text,
    hours_in_order,
    open_days_have_hours,
    tours_fit_a_day,
    stops_take_a_party,
    prices_complete,
    looks_right,
    visits_possible,
)


def _time(text: str) -> time:
    return time(*local_time(text))


def _minutes(text: str) -> int:
    hours, minutes = local_time(text)
    return hours * 60 + minutes

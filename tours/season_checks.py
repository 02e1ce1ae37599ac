"""Whether the visits that a file's season names could take place at all; whether they fit together is for the scheduler to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from string import Formatter
from typing import Any

from django.utils.translation import gettext as _

from tours.models.words import WEEKDAYS
from tours.shapes import local_date, local_start, local_time
from tours.yaml_files import Fault, Path_

Data = Mapping[str, Any]
PLACEHOLDERS = frozenset({"dates", "reopens"})


def visits_possible(data: Data) -> Iterator[Fault]:
    """Notices can be filled in, and each visit's people, places, guides and times could be had on an empty day."""
    season = data.get("season", {})
    for i, closure in enumerate(season.get("closures", ())):
        for language, text in closure["notice"].items():
            yield from _notice(("season", "closures", i, "notice", language), text)
    for i, visit in enumerate(season.get("visits", ())):
        here: Path_ = ("season", "visits", i)
        if visit.get("adults", 0) > visit["heads"]:
            yield Fault((*here, "adults"), _("is more than the heads, which they are counted among"))
        stops = _stops(data, visit)
        yield from _not_closed(here, visit, stops, season.get("closures", ()))
        match visit.get("kind", "tour"):
            case "tour":
                yield from _tour(here, data, visit, stops)
            case "event":
                yield from _room((*here, "heads"), data, visit, visit["spaces"])
            case "protocol":
                yield from _protocol(here, data, visit, stops)
        minutes = visit["minutes"] if "minutes" in visit else sum(stop["minutes"] for stop in stops)
        if (local_start(visit["start"]) + timedelta(minutes=minutes)).date() > local_start(visit["start"]).date():
            yield Fault((*here, "start"), _("is so late that the visit would not end on the same day"))


def _notice(path: Path_, text: str) -> Iterator[Fault]:
    try:
        fields = [(name, spec, how) for _literal, name, spec, how in Formatter().parse(text) if name is not None]
    except ValueError:
        yield Fault(path, _("has a curly bracket too many or too few"))
        return
    for name, spec, how in fields:
        if name not in PLACEHOLDERS or spec or how:
            yield Fault(path, _("may hold {dates} and {reopens}, but not {%(name)s}") % {"name": name})


def _stops(data: Data, visit: Data) -> Sequence[Data]:
    if "tour" in visit:
        visit = next(tour for tour in data["tours"] if tour["code"] == visit["tour"])
    stops: Sequence[Data] = visit.get("stops", ())
    return stops


def _not_closed(here: Path_, visit: Data, stops: Sequence[Data], closures: Sequence[Data]) -> Iterator[Fault]:
    day = local_start(visit["start"]).date()
    used = {stop["space"] for stop in stops} | set(visit.get("spaces", ()))
    for closure in closures:
        first = local_date(closure["start"])
        shut = used if closure["spaces"] == "all" else used & set(closure["spaces"])
        if shut and first <= day < first + timedelta(days=closure["days"]):
            yield Fault((*here, "start"), _("lies in the closure from %(day)s") % {"day": closure["start"]})


def _tour(here: Path_, data: Data, visit: Data, stops: Sequence[Data]) -> Iterator[Fault]:
    tour = next(row for row in data["tours"] if row["code"] == visit["tour"])
    audience = next(row for row in data["audiences"] if row["code"] == visit["audience"])
    most = min(tour["heads_per_guide"], audience.get("heads_per_guide", tour["heads_per_guide"]))
    parties = -(-visit["heads"] // most)
    able = [row for row in data.get("guides", ()) if _leads(row, visit["tour"], visit["language"])]
    if "guides" in data and len(able) < parties:
        yield Fault(
            here,
            _("needs guides of this tour in this language: %(needed)d, but there are: %(able)d")
            % {"needed": parties, "able": len(able)},
        )
    yield from _lanes(here, data, visit, stops, parties)
    start = local_start(visit["start"])
    end = start + timedelta(minutes=sum(stop["minutes"] for stop in stops))
    if not any(_within(row, start, end) for row in hours_on(data, start.date())):
        yield Fault((*here, "start"), _("lies outside the opening hours, or the visit would end outside them"))


def _leads(guide: Data, tour: str, language: str) -> bool:
    return guide.get("active", True) and language in guide["languages"] and tour in guide.get("tours", [tour])


def hours_on(data: Data, day: date) -> Sequence[Data]:
    """The rows of opening hours that hold on a date: those of the week, or the one of its own."""
    for row in data.get("holidays", ()):
        if row["date"] == day.isoformat() and "hours_from" in row:
            clocks = {"opens": row["hours_from"], "closes": row["hours_until"], "last_start": row["hours_last_start"]}
            return [{"days": [WEEKDAYS[day.weekday()]], **clocks}]
    weekly: Sequence[Data] = data["museum"]["opening"]
    return weekly


def _within(row: Data, start: datetime, end: datetime) -> bool:
    def at(key: str) -> datetime:
        return datetime.combine(date(start.year, start.month, start.day), time(*local_time(row[key])))

    open_then = WEEKDAYS[start.weekday()] in row["days"]
    return open_then and at("opens") <= start <= at("last_start") and end <= at("closes")


def _lanes(here: Path_, data: Data, visit: Data, stops: Sequence[Data], parties: int) -> Iterator[Fault]:
    """All parties start together, so a stop that cannot be moved is taken by all of them at once, and a movable one in turns."""
    spaces = {space["code"]: space for space in data["spaces"]}
    total = sum(stop["minutes"] for stop in stops)
    for index, stop in enumerate(stops):
        space = spaces[stop["space"]]
        most = space.get("max_heads")
        as_one = stop.get("exclusive") or (stop.get("together") and (most is None or visit["heads"] <= most))
        if stop.get("exclusive") and most is not None and visit["heads"] > most:
            yield from _room((*here, "heads"), data, visit, [stop["space"]])
        if as_one:
            continue
        fixed = not stop.get("movable") and not any(earlier.get("movable") for earlier in stops[:index])
        turns = 1 if fixed else total // stop["minutes"]
        if parties > space["lanes"] * turns:
            yield Fault(
                (*here, "heads"),
                _("make %(parties)d sub-groups, more than “%(space)s” could ever take in one visit")
                % {"parties": parties, "space": stop["space"]},
            )


def _room(path: Path_, data: Data, visit: Data, codes: Sequence[str]) -> Iterator[Fault]:
    limits = [space.get("max_heads") for space in data["spaces"] if space["code"] in codes]
    if None not in limits and visit["heads"] > sum(limits):
        yield Fault(path, _("is more than the %(most)d people that the place takes") % {"most": sum(limits)})


def _protocol(here: Path_, data: Data, visit: Data, stops: Sequence[Data]) -> Iterator[Fault]:
    for index, stop in enumerate(stops):
        if visit["closes"] != "all" and stop["space"] not in visit["closes"]:
            yield Fault((*here, "stops", index, "space"), _("is not among the places that this visit takes (“closes”)"))
        if stop.get("exclusive") and stop.get("together") is False:
            yield Fault((*here, "stops", index, "together"), _("must be true where a stop takes the whole place"))
        yield from _room((*here, "heads"), data, visit, [stop["space"]])

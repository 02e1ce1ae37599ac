"""What a catalogue of the right shape could never serve, beyond what `checking` asks of every file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from tours.checking import valid_together
from tours.yaml_files import Fault

Data = Mapping[str, Any]


def faults(data: Data) -> Iterator[Fault]:
    """Every fault, with the reason in words. The data have passed `shapes` and `checking`."""
    for check in CHECKS:
        yield from check(data)


def something_is_offered(data: Data) -> Iterator[Fault]:
    """There is a tour to ask for, and somebody who may."""
    for part, reason in (
        ("tours", _("no tour would be offered any more")),
        ("audiences", _("no kind of group could ask any more")),
    ):
        if data[part] and not any(row.get("active", True) for row in data[part]):
            yield Fault((part, len(data[part]) - 1, "active"), reason)


def audiences_have_a_tour(data: Data) -> Iterator[Fault]:
    """A kind of group that is kept to some tours can ask for one of them."""
    offered = {tour["code"] for tour in data["tours"] if tour.get("active", True)}
    for i, row in enumerate(data["audiences"]):
        if row.get("active", True) and row.get("tours") and not offered & set(row["tours"]):
            yield Fault(("audiences", i, "tours"), _("none of these tours is offered"))


def guides_work_while_open(data: Data) -> Iterator[Fault]:
    """A guide with hours of their own works for some of the time that the museum is open, as long as any of them are valid."""
    opening = [(day, row["opens"], row["closes"]) for row in data["museum"]["opening"] for day in row["days"]]
    for i, guide in enumerate(data.get("guides", ())):
        hours = guide.get("hours", ())
        meets = all(
            any(
                day in row["days"] and row["starts"] < closes and opens < row["ends"]
                for row in hours
                if valid_together(row, each)
                for day, opens, closes in opening
            )
            for each in hours
        )
        if guide.get("active", True) and not meets:
            yield Fault(("guides", i, "hours"), _("lie outside the hours in which the museum is open"))


def guides_could_lead(data: Data) -> Iterator[Fault]:
    """No tour of a guide's takes longer than the guide may work in a day."""
    usual = data["museum"].get("daily_minutes", 300)
    lengths = {tour["code"]: sum(stop["minutes"] for stop in tour["stops"]) for tour in data["tours"]}
    for i, guide in enumerate(data.get("guides", ())):
        most = guide.get("daily_minutes", usual)
        for code in guide.get("leads", {}):
            if guide.get("active", True) and lengths.get(code, 0) > most:
                yield Fault(
                    ("guides", i, "leads"),
                    _("the tour “%(tour)s” takes %(total)d minutes, but this guide works for %(most)d a day at most")
                    % {"tour": code, "total": lengths[code], "most": most},
                )


CHECKS: tuple[Callable[[Data], Iterator[Fault]], ...] = (
    something_is_offered,
    audiences_have_a_tour,
    guides_work_while_open,
    guides_could_lead,
)

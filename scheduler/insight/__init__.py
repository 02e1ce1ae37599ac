"""What the office can learn of its visits: figures of a period against the one before, for pages, files and programs alike.

Readers only. Discreet visits count and are never named. Each section takes a fixed number of queries.
"""

from __future__ import annotations

from datetime import date, timedelta

from scheduler.insight.frames import Section, Span, Table
from scheduler.insight.guides import guides
from scheduler.insight.places import places
from scheduler.insight.refused import refused
from scheduler.insight.timing import timing
from scheduler.insight.visits import groups, overview
from tours.models import Museum

__all__ = ["MOST_DAYS", "SECTIONS", "Section", "Span", "Table", "section", "usual_span"]

SECTIONS = ("overview", "groups", "guides", "places", "refused", "timing")
MOST_DAYS = 1100
"""The longest period that is asked about: three years."""


def section(key: str, span: Span, museum: Museum) -> Section:
    """One of SECTIONS, over some days."""
    match key:
        case "overview":
            return overview(span)
        case "groups":
            return groups(span)
        case "guides":
            return guides(span)
        case "places":
            return places(span, museum)
        case "refused":
            return refused(span)
        case _:
            return timing(span, museum)


def usual_span(today: date) -> Span:
    """Twelve months that end with this one."""
    last = (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    first = (last + timedelta(days=1)).replace(year=last.year - 1 if last.month < 12 else last.year)
    return Span(first, last)

"""Visits, duties and closures as plain data, each field for whom it is meant. `answers.py` describes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifications import links
from scheduler import periods, queries, steps, waiting
from scheduler.api.access import GUIDE, OFFICE, ORGANISER
from scheduler.models import Absence, ChangeRequest, Closure, Leg, Party, Visit
from tours import queries as catalogue
from tours.models import Guide, Museum


def clock(moment: datetime | None, museum: Museum) -> str | None:
    """An instant on the museum's wall clock, ISO 8601 with its offset."""
    return None if moment is None else periods.local(moment, ZoneInfo(museum.time_zone)).isoformat()


def visit(row: Visit, asker: str, museum: Museum | None = None) -> dict[str, Any]:
    """A visit as `asker` may see it; see `VisitAnswer`."""
    house = museum or catalogue.museum()
    theirs, office = asker == ORGANISER, asker == OFFICE
    hidden = row.discreet and theirs
    parties = list(row.parties.all())
    draft = office or row.promised_at is not None
    return {
        "code": row.code,
        "kind": row.kind,
        "status": row.status,
        "revision": row.revision,
        "title": queries.title_of(row, open_to_all=theirs),
        "tour": row.tour.code if row.tour and not hidden else None,
        "language": row.language,
        "audience": row.audience.code if row.audience and not hidden else None,
        "heads": row.heads,
        "adults": row.adults,
        "start": clock(row.period.lower, house) if row.period else None,
        "end": clock(row.period.upper, house) if row.period else None,
        "waves": [clock(begin, house) for begin in steps.begins_of(row)] if row.period else [],
        "parties": [party(each, house, draft=draft, office=office) for each in parties],
        "legs": [] if parties or hidden else legs(_places(row.legs.all()), house),
        "ceremony": [] if hidden else list(row.ceremony),
        "notes": "" if hidden else row.notes,
        "access_needs": "" if hidden else row.access_needs,
        "leader": {"name": "", "phone": ""} if hidden else {"name": row.leader_name, "phone": row.leader_phone},
        "price": None if asker == GUIDE or hidden else queries.price_of(row, house),
        "decide_by": clock(row.decide_by, house) if asker != GUIDE else None,
        "reason": queries.reason_of(row),
        "offer": offer(row, house) if row.status == Visit.Status.OFFERED and asker != GUIDE else None,
        "waiting": wish(row) if row.status == Visit.Status.WAITING and asker != GUIDE else None,
        "changes": [change(each, house) for each in open_changes(row)] if asker != GUIDE else None,
        "contacts": [contact(each) for each in row.contacts.all()] if office else None,
        "promised": row.promised_at is not None,
        "discreet": row.discreet,
        "arrives_at": clock(row.arrives_at, house) if asker != GUIDE else None,
        "reconfirmed_at": clock(row.reconfirmed_at, house) if asker != GUIDE else None,
        "arrived_heads": row.arrived_heads if office else None,
        "manage_url": links.url("visit", row.code, row.link_version) if theirs else None,
        "token": links.token("visit", row.code, row.link_version) if theirs else None,
        "calendar_url": links.url("visit_calendar", row.code, row.link_version) if theirs else None,
    }


def party(row: Party, museum: Museum, *, draft: bool, office: bool) -> dict[str, Any]:
    """A party; who leads it and where only where `draft` (or the promise) lets it be seen, its duty to whoever gives it to a guide."""
    return {
        "number": row.number,
        "wave": row.wave,
        "heads": row.heads,
        "duty": row.pk if office else None,
        "guide": guide(row.guide) if draft else None,
        "legs": legs(queries.legs_of(row), museum) if draft else None,
    }


def guide(row: Guide | None) -> dict[str, str] | None:
    """Who leads."""
    return {"code": row.code, "name": row.name} if row else None


def legs(rows: Iterable[Leg], museum: Museum) -> list[dict[str, Any]]:
    """Where and when."""
    return [
        {
            "space": leg.lane.space.code,
            "start": clock(leg.period.lower, museum),
            "end": clock(leg.period.upper, museum),
        }
        for leg in rows
    ]


def _places(rows: Iterable[Leg]) -> list[Leg]:
    """The legs of an event or an official visit, each place once; a hold around them is not one of them."""
    known = list(rows)
    own = [leg for leg in known if leg.stop is not None] or known
    once = {(leg.lane.space_id, leg.period.lower, leg.period.upper): leg for leg in reversed(own)}
    return sorted(once.values(), key=lambda leg: (leg.period.lower, leg.pk))


def contact(row: Any) -> dict[str, str]:
    """Somebody who is told."""
    return {name: getattr(row, name) for name in ("name", "organisation", "email", "phone", "locale")}


def offer(row: Visit, museum: Museum) -> dict[str, Any] | None:
    """What the organiser has still to answer."""
    made = queries.open_offer(row)
    if made is None:
        return None
    return {
        "answer_by": clock(made.answer_by, museum),
        "alternatives": [clock(start, museum) for start in made.alternatives],
    }


def wish(row: Visit) -> dict[str, Any]:
    """What a group waits for, and how long the line is before it."""
    return {
        "days": [day.isoformat() for day in row.wish.days],
        "earliest": row.wish.earliest.isoformat() if row.wish.earliest else None,
        "latest": row.wish.latest.isoformat() if row.wish.latest else None,
        "place": waiting.place_in_line(row),
    }


def open_changes(row: Visit) -> list[ChangeRequest]:
    """The late changes of a visit that wait for the office."""
    return list(row.change_requests.filter(status=ChangeRequest.Status.OPEN))


def change(row: ChangeRequest, museum: Museum) -> dict[str, Any]:
    """A late change."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "status": row.status,
        "start": clock(row.start, museum),
        "heads": row.heads,
        "reason": row.reason,
        "asked_at": clock(row.asked_at, museum),
    }


def duty(row: Party, museum: Museum) -> dict[str, Any]:
    """A duty as its guide sees it: who leads the group and where it goes only once that is promised."""
    promised = row.visit.promised_at is not None
    hidden = row.visit.discreet and not promised
    return {
        "id": row.pk,
        "visit": row.visit.code,
        "title": queries.title_of(row.visit, open_to_all=not promised),
        "tour": row.visit.tour.code if row.visit.tour and not hidden else None,
        "language": row.visit.language,
        "audience": row.visit.audience.code if row.visit.audience and not hidden else None,
        "start": clock(row.period.lower, museum),
        "end": clock(row.period.upper, museum),
        "promised": promised,
        "answer": row.answer,
        "number": row.number,
        "of": len(row.visit.parties.all()),
        "heads": row.heads,
        "legs": legs(queries.legs_of(row), museum) if promised else None,
        "leader": dict(zip(("name", "phone"), queries.on_the_day(row.visit), strict=True)) if promised else None,
        "access_needs": "" if hidden else row.visit.access_needs,
        "notes": row.visit.notes if promised else "",
    }


def absence(row: Absence, museum: Museum) -> dict[str, Any]:
    """An absence."""
    return {
        "id": row.pk,
        "start": clock(row.period.lower, museum),
        "end": clock(row.period.upper, museum),
        "reason": row.reason,
    }


def closure(row: Closure, museum: Museum) -> dict[str, Any]:
    """A closure, its notice in the active language."""
    return {
        "id": row.pk,
        "spaces": [space.code for space in row.spaces.all()] or None,
        "start": clock(row.period.lower, museum),
        "end": clock(row.period.upper, museum),
        "rrule": row.rrule or None,
        "kind": row.kind,
        "notice": row.in_language("notice"),
    }

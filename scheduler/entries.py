"""A visit as an entry of a calendar: of its organiser's, and of its guide's."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from notifications.messages import Entry
from scheduler import periods, queries
from scheduler.models import Party, Visit
from tours.models import Museum

ENDED = (Visit.Status.DECLINED, Visit.Status.CANCELLED)


def of_visit(visit: Visit, title: str, museum: Museum) -> Entry:
    """The whole visit, in the active language; of one that is over only its code is said."""
    assert visit.period is not None
    cancelled = visit.status in ENDED
    return Entry(
        start=visit.period.lower,
        end=visit.period.upper,
        summary=f"{title} · {museum.name}",
        location=", ".join(part for part in (*queries.places_of(visit), museum.name, museum.address) if part),
        description=_code(visit) if cancelled else _for_the_organiser(visit, museum),
        tentative=visit.status in (Visit.Status.REQUESTED, Visit.Status.OFFERED),
        cancelled=cancelled,
        geo=geo(museum),
    )


def for_the_guide(duty: Party, zone: ZoneInfo) -> str:
    """What a guide needs on the day, and nothing more, in the active language."""
    visit = duty.visit
    name, phone = queries.on_the_day(visit)
    lines = [
        queries.organisation_of(visit),
        *(f"{periods.local(leg.period.lower, zone):%H:%M} {leg.lane.space.name}" for leg in queries.legs_of(duty)),
        f"{_('Leader on the day')}: {name} {phone}".strip() if name or phone else "",
        f"{_('What they need')}: {visit.access_needs}" if visit.access_needs else "",
        _code(visit),
    ]
    return "\n".join(line for line in lines if line)


def geo(museum: Museum) -> tuple[float, float] | None:
    """Where the museum is, as latitude and longitude in degrees."""
    if museum.latitude is None or museum.longitude is None:
        return None
    return float(museum.latitude), float(museum.longitude)


def _for_the_organiser(visit: Visit, museum: Museum) -> str:
    meets = ", ".join(queries.places_of(visit)) or museum.meeting_point
    lines = [
        _code(visit),
        f"{_('Meeting point')}: {meets}" if meets else "",
        f"{_('How to come')}: {museum.how_to_come}" if museum.how_to_come else "",
    ]
    return "\n".join(line for line in lines if line)


def _code(visit: Visit) -> str:
    return _("Visit %(code)s") % {"code": visit.code}

"""A visit in calendars that take an address instead of a file. They get a copy; only subscribing follows what changes."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from scheduler.models import Visit
from tours.models import Museum


def google(visit: Visit, title: str, museum: Museum) -> str:
    """The address that opens Google Calendar with the visit filled in. No link of ours is in it: it would be told to a third party."""
    begins, ends = visit.period.lower, visit.period.upper
    asked = {
        "action": "TEMPLATE",
        "text": title,
        "dates": f"{_compact(begins)}/{_compact(ends)}",
        "location": place(museum),
        "details": _details(visit),
    }
    return f"https://calendar.google.com/calendar/render?{urlencode(asked)}"


def google_subscription(address: str) -> str:
    """The address with which Google Calendar subscribes to one of ours. Google then knows it, as any program that subscribes does."""
    feed = f"webcal{address[address.index(':') :]}"
    return f"https://calendar.google.com/calendar/render?{urlencode({'cid': feed})}"


def outlook(visit: Visit, title: str, museum: Museum) -> str:
    """The same for Outlook on the web."""
    asked = {
        "rru": "addevent",
        "subject": title,
        "startdt": visit.period.lower.astimezone(UTC).isoformat(),
        "enddt": visit.period.upper.astimezone(UTC).isoformat(),
        "location": place(museum),
        "body": _details(visit),
    }
    # Outlook shows a "+" as one: https://github.com/InteractionDesignFoundation/add-event-to-calendar-docs/issues/20
    return f"https://outlook.live.com/calendar/0/action/compose?{urlencode(asked, quote_via=quote)}"


def place(museum: Museum) -> str:
    """Where it is, on one line."""
    return ", ".join(part for part in (museum.name, museum.address) if part)


def _details(visit: Visit) -> str:
    return _("Code of the visit: %(code)s") % {"code": visit.code}


def _compact(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"

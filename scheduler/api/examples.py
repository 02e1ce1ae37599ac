"""Examples for the schema's pages."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

_TIMES = {"start": "2027-05-28T11:00:00+05:00", "end": "2027-05-28T12:20:00+05:00"}
_VISIT = {
    "code": "K7RM2QX",
    "kind": "tour",
    "status": "confirmed",
    "revision": 1,
    "title": "The halls and the documentary “The Fierce Cold of ALZHIR”",
    "tour": "halls-film",
    "language": "ru",
    "audience": "soldiers",
    "heads": 50,
    "adults": 0,
    **_TIMES,
    "waves": ["2027-05-28T11:00:00+05:00"],
    "parties": [
        {"number": 1, "wave": 0, "heads": 25, "duty": None, "guide": None, "legs": None},
        {"number": 2, "wave": 0, "heads": 25, "duty": None, "guide": None, "legs": None},
    ],
    "legs": [],
    "ceremony": [],
    "notes": "",
    "access_needs": "",
    "leader": {"name": "Captain Omarov", "phone": "+77010000112"},
    "price": {"amount": 0, "currency": "KZT", "free": True, "reason": "Soldiers"},
    "decide_by": None,
    "reason": "",
    "changes": [],
    "offer": None,
    "waiting": None,
    "contacts": None,
    "promised": False,
    "discreet": False,
    "arrived_heads": None,
    "manage_url": "https://visit.example.kz/visit/K7RM2QX.wJ3v…/",
    "token": "K7RM2QX.wJ3v…",
    "calendar_url": "https://visit.example.kz/calendar/visit/K7RM2QX.b81x….ics",
}
ASKED = OpenApiExample(
    "Fifty soldiers",
    value={
        "tour": "halls-film",
        "language": "ru",
        "audience": "soldiers",
        "heads": 50,
        "start": "2027-05-28T11:00:00+05:00",
        "locale": "ru",
        "organiser": {
            "name": "Duty officer",
            "email": "unit0112@example.org",
            "phone": "+77010000112",
            "organisation": "Military Unit 0112",
        },
        "leader": {"name": "Captain Omarov", "phone": "+77010000112"},
    },
    request_only=True,
)
WAITING = OpenApiExample(
    "Any morning of two days",
    value={
        "tour": "halls",
        "language": "kk",
        "audience": "school",
        "heads": 24,
        "adults": 2,
        "days": ["2027-05-27", "2027-05-28"],
        "hours": {"latest": "12:00"},
        "organiser": {"name": "Head teacher", "phone": "+77010000044"},
    },
    request_only=True,
)
VISIT = OpenApiExample("As its organiser sees it", value=_VISIT, response_only=True)
LATE = OpenApiExample(
    "Too late to cancel",
    value={
        "visit": _VISIT,
        "change": {
            "id": 12,
            "kind": "cancel",
            "status": "open",
            "start": None,
            "heads": None,
            "reason": "The road is closed.",
            "asked_at": "2027-05-28T08:00:00+05:00",
        },
    },
    response_only=True,
)
TAKEN = OpenApiExample(
    "Somebody was faster",
    value={
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "start_taken",
        "detail": "This time is not free any more.",
        "alternatives": ["2027-05-28T11:15:00+05:00", "2027-05-28T12:00:00+05:00", "2027-05-28T10:00:00+05:00"],
        "largest": 50,
    },
    response_only=True,
    status_codes=["409"],
)

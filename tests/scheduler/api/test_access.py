"""Who may call what: every call by every member of the cast, as one table. What is not yours to see is a 404, never a 403."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from scheduler import changes, planning
from scheduler.api import urlpatterns
from scheduler.models import ChangeRequest, Visit
from tests.scheduler.api.conftest import FAR, NEAR, Booked, Caller, asked, caller_of, schema, sign_in_of
from tests.scheduler.conftest import at
from tours import services
from tours.models import Guide, User

pytestmark = pytest.mark.django_db

CAST = (
    "anonymous",
    "organiser",
    "other organiser",
    "guide",
    "other guide",
    "former guide",
    "office",
    "revoked link",
    "revoked token",
)
OPEN = (200,) * 8 + (401,)
"""For everybody; a token that is not known is told so all the same."""
AUDIENCE = {
    "tour": "halls",
    "language": "ru",
    "audience": "general",
    "heads": 10,
    "from": "2025-06-17",
    "to": "2025-06-18",
}
DRAFT = {
    "spaces": ["cinema"],
    "start": "2025-07-01T00:00:00+05:00",
    "end": "2025-07-02T00:00:00+05:00",
    "kind": "technical",
    "notice": {"en": "Closed"},
}
AWAY = {"start": "2025-07-01T00:00:00+05:00", "end": "2025-07-02T00:00:00+05:00"}
ROSTER = {"from": FAR.isoformat(), "to": FAR.isoformat(), "seconds": 5}
BY_PHONE = {
    name: value for name, value in asked(start=at(FAR, "15:00")).items() if name not in ("organiser", "locale")
} | {
    "kind": "tour",
    "contacts": [{"name": "Асан", "phone": "+77010000044", "locale": "kk"}],
}
AT_THE_DOOR = {"tour": "halls", "language": "ru", "audience": "general", "heads": 10}
A_MEETING = {
    "kind": "event",
    "start": at(FAR, "11:00").isoformat(),
    "spaces": ["zerde"],
    "minutes": 60,
    "heads": 20,
    "contacts": [{"name": "Partner", "email": "partner@example.org"}],
}

# One status for each of the cast, in its order. {visit} is the organiser's and led by the guide; {request} has still to be decided.
TABLE: dict[tuple[str, str], tuple[tuple[int, ...], Any]] = {
    ("GET", "availability/"): (OPEN, AUDIENCE),
    ("GET", "closures/"): (OPEN, None),
    ("POST", "visits/"): ((201,) * 8 + (401,), asked(start=at(FAR, "14:00"))),
    ("GET", "visits/{visit}/"): ((404, 200, 404, 200, 404, 404, 200, 404, 401), None),
    ("PATCH", "visits/{visit}/"): ((404, 200, 404, 403, 404, 404, 200, 404, 401), {"notes": "We come by bus."}),
    ("POST", "visits/{visit}/move/"): (
        (404, 200, 404, 403, 404, 404, 200, 404, 401),
        {"start": at(NEAR, "15:00").isoformat()},
    ),
    ("POST", "visits/{visit}/cancel/"): ((404, 200, 404, 403, 404, 404, 200, 404, 401), {"reason": "Snow"}),
    ("POST", "visits/{request}/confirm/"): ((404, 403, 404, 404, 404, 404, 200, 404, 401), None),
    ("POST", "visits/{request}/refuse/"): ((404, 403, 404, 404, 404, 404, 200, 404, 401), {"reason": "A state visit"}),
    ("POST", "visits/{visit}/confirm/"): ((404, 403, 404, 403, 404, 404, 409, 404, 401), None),
    ("POST", "visits/{visit}/refuse/"): ((404, 403, 404, 403, 404, 404, 409, 404, 401), {"reason": "A state visit"}),
    ("POST", "waiting/"): (
        (201,) * 8 + (401,),
        {name: value for name, value in asked().items() if name != "start"} | {"days": [FAR.isoformat()]},
    ),
    ("POST", "visits/{visit}/accept/"): ((404, 409, 404, 403, 404, 404, 409, 404, 401), None),
    ("POST", "visits/{visit}/decline/"): ((404, 409, 404, 403, 404, 404, 409, 404, 401), None),
    ("POST", "visits/{visit}/waive/"): ((404, 403, 404, 403, 404, 404, 200, 404, 401), {"reason": "Orphans"}),
    ("POST", "visits/{visit}/arrive/"): ((404, 403, 404, 403, 404, 404, 409, 404, 401), {"heads": 9}),
    ("POST", "visits/{visit}/no-show/"): ((404, 403, 404, 403, 404, 404, 409, 404, 401), None),
    ("POST", "visits/{visit}/reconfirm/"): ((404, 200, 404, 403, 404, 404, 200, 404, 401), {}),
    ("POST", "visits/{visit}/split/"): (
        (404, 201, 404, 403, 404, 404, 201, 404, 401),
        {"heads": 4, "start": at(NEAR, "15:00").isoformat()},
    ),
    ("POST", "visits/{visit}/late/"): ((404, 409, 404, 403, 404, 404, 409, 404, 401), {"minutes": 20}),
    ("POST", "visits/{visit}/late/ways/"): (
        (404, 403, 404, 403, 404, 404, 200, 404, 401),
        {"arrives": at(NEAR, "11:20").isoformat()},
    ),
    ("POST", "visits/{visit}/receive/"): (
        (404, 403, 404, 403, 404, 404, 200, 404, 401),
        {"arrives": at(NEAR, "11:20").isoformat(), "kind": "later"},
    ),
    ("POST", "changes/{change}/grant/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), None),
    ("POST", "changes/{change}/refuse/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), None),
    ("POST", "office/visits/"): ((401, 401, 401, 403, 403, 403, 201, 401, 401), BY_PHONE),
    ("POST", "office/walk-ins/"): ((401, 401, 401, 403, 403, 403, 409, 401, 401), AT_THE_DOOR),
    ("POST", "office/visits/preview/"): ((401, 401, 401, 403, 403, 403, 200, 401, 401), A_MEETING),
    ("GET", "office/insight/"): ((401, 401, 401, 403, 403, 403, 200, 401, 401), None),
    ("GET", "me/duties/"): ((401, 401, 401, 200, 200, 404, 404, 401, 401), None),
    ("GET", "me/absences/"): ((401, 401, 401, 200, 200, 404, 404, 401, 401), None),
    ("POST", "me/absences/"): ((401, 401, 401, 201, 201, 404, 404, 401, 401), AWAY),
    ("DELETE", "me/absences/{absence}/"): ((401, 401, 401, 204, 404, 404, 404, 401, 401), None),
    ("POST", "duties/{duty}/accept/"): ((404, 404, 404, 200, 404, 404, 403, 404, 401), None),
    ("POST", "duties/{duty}/decline/"): ((404, 404, 404, 200, 404, 404, 403, 404, 401), {"reason": "I am ill"}),
    ("POST", "duties/{duty}/assign/"): ((404, 404, 404, 403, 404, 404, 200, 404, 401), {"guide": "g03"}),
    ("GET", "duties/{duty}/candidates/"): ((404, 404, 404, 403, 404, 404, 200, 404, 401), None),
    ("GET", "duties/{duty}/help/"): ((404, 404, 404, 403, 404, 404, 200, 404, 401), None),
    ("GET", "guides/{guide}/absences/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), None),
    ("POST", "guides/{guide}/absences/"): ((404, 404, 404, 404, 404, 404, 201, 404, 401), AWAY),
    ("DELETE", "guides/{guide}/absences/{absence}/"): ((404, 404, 404, 404, 404, 404, 204, 404, 401), None),
    ("POST", "closures/preview/"): ((401, 401, 401, 403, 403, 403, 200, 401, 401), DRAFT),
    ("POST", "closures/"): ((401, 401, 401, 403, 403, 403, 201, 401, 401), DRAFT | {"seal": "{seal}"}),
    ("POST", "closures/{closure}/preview/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), {"kind": "sanitary"}),
    ("GET", "closures/{closure}/lifting/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), None),
    ("GET", "closures/drafts/"): ((401, 401, 401, 403, 403, 403, 200, 401, 401), None),
    ("POST", "closures/drafts/"): ((401, 401, 401, 403, 403, 403, 201, 401, 401), DRAFT),
    ("GET", "closures/drafts/{draft}/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), None),
    ("PATCH", "closures/drafts/{draft}/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), {"kind": "sanitary"}),
    ("POST", "closures/drafts/{draft}/preview/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), None),
    ("POST", "closures/drafts/{draft}/publish/"): (
        (404, 404, 404, 404, 404, 404, 201, 404, 401),
        {"seal": "{draft seal}"},
    ),
    ("DELETE", "closures/drafts/{draft}/"): ((404, 404, 404, 404, 404, 404, 204, 404, 401), None),
    ("PATCH", "closures/{closure}/"): (
        (404, 404, 404, 404, 404, 404, 200, 404, 401),
        {"kind": "sanitary", "seal": "{change seal}"},
    ),
    ("POST", "roster/plan/"): ((401, 401, 401, 403, 403, 403, 202, 401, 401), ROSTER),
    ("GET", "roster/jobs/{job}/"): ((404, 404, 404, 404, 404, 404, 200, 404, 401), None),
    ("POST", "roster/jobs/{job}/stop/"): ((404, 404, 404, 404, 404, 404, 202, 404, 401), None),
    ("POST", "roster/publish/"): ((401, 401, 401, 403, 403, 403, 200, 401, 401), {"job": "{job}"}),
    ("DELETE", "closures/{closure}/"): ((404, 404, 404, 404, 404, 404, 204, 404, 401), None),
}


@dataclass(slots=True)
class Stage:
    """The cast, and what there is for them to look at."""

    callers: Mapping[str, Caller]
    named: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def stage(stranger: Caller, office: Caller, booked: Booked) -> Stage:
    mine = booked(start=at(NEAR, "11:00"))
    theirs = booked(start=at(NEAR, "13:00"), email="other@example.org")
    gone = booked(start=at(NEAR, "16:00"), email="gone@example.org")
    request = booked(start=at(FAR, "11:00"), tour="grounds-flowers", language="en")
    Visit.objects.filter(code=gone["code"]).update(link_version=2)
    visit = Visit.objects.get(code=mine["code"])
    duty = visit.parties.get()
    assert duty.guide is not None
    others = Guide.objects.exclude(parties__visit__code__in=[mine["code"], theirs["code"]])
    former = others.get(code="g04") if duty.guide.code != "g04" else others.get(code="g02")
    account = sign_in_of(former.code)
    Guide.objects.filter(pk=former.pk).update(active=False)
    idle = others.exclude(pk__in=[former.pk, duty.guide_id]).filter(code__in=["g03", "g06"]).order_by("code").last()
    assert idle is not None
    dismissed = User.objects.create(username="dismissed", is_staff=True)
    revoked = caller_of(dismissed)
    services.revoke_tokens(dismissed, now=timezone.now())
    change = changes.ask_for_change(visit.pk, kind=ChangeRequest.Kind.HEADS, heads=9, now=timezone.now())
    absence = office.at("POST", f"guides/{duty.guide.code}/absences/", AWAY | {"reason": "leave"}).json()
    seal = office.at("POST", "closures/preview/", DRAFT).json()["seal"]
    later = DRAFT | {"start": "2025-08-01T00:00:00+05:00", "end": None}
    closure = office.at(
        "POST", "closures/", later | {"seal": office.at("POST", "closures/preview/", later).json()["seal"]}
    ).json()
    change_seal = office.at("POST", f"closures/{closure['id']}/preview/", {"kind": "sanitary"}).json()["seal"]
    seal = office.at("POST", "closures/preview/", DRAFT).json()["seal"]  # the catalogue's version has moved on
    draft = office.at("POST", "closures/drafts/", DRAFT | {"spaces": ["zerde"]}).json()
    draft_seal = office.at("POST", f"closures/drafts/{draft['id']}/preview/").json()["seal"]
    job = planning.ask(FAR, FAR, by=None, seconds=5, now=timezone.now())
    planning.run(job.pk, now=timezone.now())
    return Stage(
        callers={
            "anonymous": stranger,
            "organiser": Caller(mine["token"]),
            "organiser of {request}": Caller(request["token"]),
            "other organiser": Caller(theirs["token"]),
            "guide": caller_of(sign_in_of(duty.guide.code)),
            "other guide": caller_of(sign_in_of(idle.code)),
            "former guide": caller_of(account),
            "office": office,
            "revoked link": Caller(gone["token"]),
            "revoked token": revoked,
        },
        named={
            "{visit}": mine["code"],
            "{request}": request["code"],
            "{change}": str(change.pk),
            "{duty}": str(duty.pk),
            "{guide}": duty.guide.code,
            "{absence}": str(absence["id"]),
            "{closure}": str(closure["id"]),
            "{seal}": seal,
            "{change seal}": change_seal,
            "{draft}": str(draft["id"]),
            "{draft seal}": draft_seal,
            "{job}": str(job.pk),
        },
    )


def filled(value: Any, named: Mapping[str, str]) -> Any:
    """A path or body with what it names."""
    if isinstance(value, dict):
        return {key: filled(each, named) for key, each in value.items()}
    if isinstance(value, str):
        for name, meant in named.items():
            value = value.replace(name, meant)
    return value


def call(stage: Stage, who: str, method: str, path: str, body: Any) -> int:
    """The status that one of the cast gets; whatever it did is undone."""
    own = f"{who} of {{request}}"
    caller = stage.callers[own if "{request}" in path and own in stage.callers else who]
    before = transaction.savepoint()
    try:
        return int(caller.at(method, filled(path, stage.named), filled(body, stage.named)).status_code)
    finally:
        transaction.savepoint_rollback(before)


def test_everybody_may_do_what_the_table_says_and_nothing_else(stage: Stage) -> None:
    found = {
        (method, path): tuple(call(stage, who, method, path, body) for who in CAST)
        for (method, path), (_expected, body) in TABLE.items()
    }
    assert found == {row: expected for row, (expected, _body) in TABLE.items()}


def test_every_call_is_in_the_table() -> None:
    calls = {
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, operations in schema()["paths"].items()
        for method in operations
        if path.removeprefix("/api/v1/").partition("/")[0] not in ("tours", "audiences", "spaces")
    }
    named = {re.sub(r"\{[a-z ]+\}", "{}", path) for _method, path in TABLE}
    rows = {(method, re.sub(r"\{[a-z ]+\}", "{}", path)) for method, path in TABLE}
    assert rows == {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in calls}
    assert len(named) == len(urlpatterns)

"""The API against its own schema, by what schemathesis thinks of: no 500, no answer that the schema does not say.

`make fuzz` tries more: FUZZ_EXAMPLES for each call and role.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis import checks as checking
from schemathesis.specs.openapi import checks
from schemathesis.specs.openapi.schemas import OpenApiSchema

from config.wsgi import application
from scheduler.models import Closure, KeptDraft, Party, Visit
from tests.scheduler.api.conftest import FAR, NEAR, Caller, caller_of, sign_in_of
from tests.scheduler.conftest import at

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 5,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
HELD = [
    checking.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
]
KNOWN = {
    "tour": ["halls", "grounds", "grounds-flowers", "halls-film"],
    "audience": ["general", "soldiers", "preschool", "delegation"],
    "guide": ["g01", "g02"],
    "space": ["alash", "wall", "zerde"],
    "spaces": [["cinema"], ["wall", "grounds"]],
    "closes": [["alash"], None],
    "email": ["asker@example.org"],
    "phone": ["+77010000044"],
    "language": ["ru", "kk", "en"],
}
DAYS = ("from", "to", "start", "end", "days", "waves")


@pytest.fixture
def api(booked: Any, office: Caller) -> OpenApiSchema:
    """The API's schema, and something for each of its calls to be about."""
    soon = booked(start=at(NEAR, "11:00"))
    booked(start=at(FAR, "11:00"), email="b@example.org", tour="grounds-flowers", language="en")
    seal = office.at("POST", "closures/preview/", LATER).json()["seal"]
    office.at("POST", "closures/", LATER | {"seal": seal})
    office.at("POST", "closures/drafts/", LATER | {"spaces": ["zerde"]})
    duty = Party.objects.get(visit__code=soon["code"])
    assert duty.guide is not None
    office.at("POST", f"guides/{duty.guide.code}/absences/", {"start": LATER["start"], "end": LATER["end"]})
    loaded = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    loaded.app = application
    loaded.config.update(base_url="http://testserver")
    return loaded


LATER = {
    "spaces": ["cinema"],
    "start": at(FAR + timedelta(days=30), "00:00").isoformat(),
    "end": at(FAR + timedelta(days=31), "00:00").isoformat(),
    "kind": "technical",
    "notice": {"en": "Closed"},
}


@pytest.mark.timeout(0 if EXAMPLES else 300)
@pytest.mark.parametrize("who", ["anonymous", "guide", "office"])
def test_every_answer_is_one_that_the_schema_says(api: OpenApiSchema, who: str, office: Caller) -> None:
    headers = {} if who == "anonymous" else {"Authorization": authorisation(who, office)}
    for each in api.include(path_regex="^/api/v1/").get_all_operations():
        operation = each.ok()

        @SETTINGS
        @given(case=operation.as_strategy())
        def holds(case: Case) -> None:
            likely(case, random.Random(repr(case.body) + repr(case.query)))
            case.validate_response(case.call(headers=headers), checks=HELD)

        holds()


def authorisation(who: str, office: Caller) -> str:
    """The header of a guide who leads something, or of the office."""
    caller = office
    if who == "guide":
        duty = Party.objects.filter(guide__isnull=False, visit__promised_at__isnull=False).first()
        caller = caller_of(sign_in_of(duty.guide.code if duty and duty.guide else "g01"))
    return str(caller._credentials["HTTP_AUTHORIZATION"])


def likely(case: Case, chance: random.Random) -> None:
    """Turn some of what was made up into what there is, so that a call gets further than its first look."""
    for name, rows in (("code", Visit), ("id", Party), ("guide", None)):
        if name in (case.path_parameters or {}) and chance.random() < 0.8:
            case.path_parameters[name] = existing(name, rows, case.path)
    case.query = made_likely(case.query, chance)
    case.body = made_likely(case.body, chance)


def existing(name: str, rows: Any, path: str) -> Any:
    """The name of something that there is."""
    if name == "guide":
        return "g01"
    if name == "code":
        return Visit.objects.order_by("pk").values_list("code", flat=True).first() or "AAAAAAA"
    held = KeptDraft if "drafts" in path else Closure if "closures" in path else rows
    found = held.objects.order_by("pk").values_list("pk", flat=True).first()
    return found or 1


def made_likely(said: Any, chance: random.Random) -> Any:
    """The same, with some codes that there are and some days that are near."""
    if isinstance(said, list):
        return [made_likely(each, chance) for each in said]
    if not isinstance(said, dict):
        return said
    likely_one = {}
    for name, value in said.items():
        if name in KNOWN and chance.random() < 0.9:
            likely_one[name] = chance.choice(KNOWN[name])
        elif name in DAYS and isinstance(value, str) and chance.random() < 0.8:
            moment = at(FAR, "11:00") + timedelta(days=chance.randrange(-40, 40), minutes=15 * chance.randrange(24))
            likely_one[name] = moment.isoformat() if len(value) > 10 else moment.date().isoformat()
        elif name == "heads" and chance.random() < 0.8:
            likely_one[name] = chance.randrange(1, 60)
        else:
            likely_one[name] = made_likely(value, chance)
    return likely_one


def test_the_examples_of_the_schema_are_true(stranger: Caller, office: Caller) -> None:
    """Whoever copies an example gets what it says, on days that are not years away."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    for caller, path in (
        (stranger, "visits/"),
        (stranger, "waiting/"),
        (office, "office/visits/"),
        (office, "closures/preview/"),
        (office, "closures/drafts/"),
    ):
        content = paths[f"/api/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]
        for example in content["examples"].values():
            answer = caller.at("POST", path, nearer(example["value"]))
            assert answer.status_code in (200, 201), (path, answer.content)


def nearer(said: Any) -> Any:
    """An example's dates, two years earlier (104 weeks): the season that the tests live in."""
    if isinstance(said, dict):
        return {name: nearer(value) for name, value in said.items()}
    if isinstance(said, list):
        return [nearer(value) for value in said]
    if isinstance(said, str) and said.startswith("2027-05-"):
        return said.replace("2027-05-", "2025-05-")
    return said

"""What a visit's page shows besides its facts: the plan, other calendars, the answer that a link prepares, the story."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from scheduler import history, permissions, queries
from scheduler.models import CeremonyPlan, Visit
from scheduler.views import diaries, voucher
from scheduler.views.drawing import Plan, plan_of
from scheduler.views.programme import Part
from tours.models import Museum, Space, User

ANSWERS = ("accept", "decline", "come")


def shown_of(
    visit: Visit,
    *,
    museum: Museum,
    parts: list[Part] | None,
    spaces: list[Space],
    prepared: str,
) -> dict[str, Any]:
    """All of it. `prepared`: the answer that the address names. Two queries; a third where its tour has a ceremony."""
    title = queries.title_of(visit, open_to_all=True)
    valid = visit.status in voucher.VALID and visit.period is not None
    return {
        "plans": _plans(visit, parts, spaces),
        "google": diaries.google(visit, title, museum) if valid else "",
        "outlook": diaries.outlook(visit, title, museum) if valid else "",
        "has_voucher": valid,
        "prepared": prepared if prepared in ANSWERS else "",
        "story": history.told_of(visit, ZoneInfo(museum.time_zone)),
        "ceremony_plan": _ceremony_plan(visit),
    }


def _plans(visit: Visit, parts: list[Part] | None, spaces: list[Space]) -> list[Plan | None]:
    """Once it is settled, for each sub-group its walk, None for one that walks as the one before; else all places, without numbers."""
    if parts is None:
        ids = {space.code: space.pk for space in spaces}
        return [plan_of([ids[stop["space"]] for stop in visit.stops if stop["space"] in ids], spaces, ordered=False)]
    walks = [[leg.lane.space_id for leg in part.legs] for part in parts]
    return [
        None if index and walk == walks[index - 1] else plan_of(walk, spaces, ordered=True)
        for index, walk in enumerate(walks)
    ]


def ceremony_plan_for(user: User, visit: Visit) -> CeremonyPlan | None:
    """What its organiser said of the ceremony, for whom of the office may read it."""
    if not _has_ceremony(visit) or not permissions.sees_ceremony_plans(user):
        return None
    return CeremonyPlan.objects.filter(visit=visit).first()


def _ceremony_plan(visit: Visit) -> CeremonyPlan | None:
    """The same for who gave it; not even behind the link where the visit is discreet."""
    if visit.discreet or not _has_ceremony(visit):
        return None
    return CeremonyPlan.objects.filter(visit=visit).first()


def _has_ceremony(visit: Visit) -> bool:
    return any(stop.get("kind") == "ceremony" for stop in visit.stops)

"""A visit's story: what changed, when, and by whom, from the audit trail that the database itself writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduler import dates
from scheduler.models import Party, Visit
from tours.models import Guide, User


@dataclass(frozen=True, slots=True)
class Step:
    """One change, or several that were made at once. `who`: the user's name, "" for the organiser and for what runs by itself."""

    at: datetime
    who: str
    what: tuple[str, ...]


def story_of(visit: Visit, zone: ZoneInfo) -> list[Step]:
    """All that happened to a visit, oldest first. Four queries."""
    users = {user.pk: user.get_full_name() or user.username for user in User.objects.filter(is_active=True)}
    guides = dict(Guide.objects.values_list("pk", "name"))
    rows = [*_changes("VisitEvent", {"pgh_obj": visit.pk}), *_changes("PartyEvent", {"visit": visit.pk})]
    steps: list[Step] = []
    for row, before in sorted(
        rows, key=lambda pair: (pair[0]["pgh_created_at"], "number" in pair[0], pair[0]["pgh_id"])
    ):
        what = tuple(_of_party(row, before, guides) if "number" in row else _of_visit(row, before, zone))
        metadata = row["context"] or {}
        who = users.get(metadata.get("user", 0), "")
        if not what:
            continue
        if "number" in row and metadata.get("declined_by"):
            said = {"guide": metadata["declined_by"], "why": metadata.get("why") or "–"}
            what = (_("%(guide)s cannot lead: %(why)s") % said, *what)
        if steps and steps[-1].at == row["pgh_created_at"] and steps[-1].who == who:
            steps[-1] = Step(steps[-1].at, who, steps[-1].what + what)
        else:
            steps.append(Step(row["pgh_created_at"], who, what))
    return steps


def told_of(visit: Visit, zone: ZoneInfo) -> list[Step]:
    """The same for its organiser: what became of the visit, its times and its people; nothing of who did it, or of guides. One query."""
    steps = []
    for row, before in _changes("VisitEvent", {"pgh_obj": visit.pk}):
        if what := tuple(_of_time(row, before, zone)):
            steps.append(Step(row["pgh_created_at"], "", what))
    return steps


def _changes(name: str, which: Mapping[str, int]) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Each row of an event table with the one before it of the same object."""
    before: dict[int, dict[str, Any]] = {}
    events = apps.get_model("scheduler", name).objects.filter(**which).order_by("pgh_id")
    for row in events.annotate(context=F("pgh_context__metadata")).values():
        yield row, before.get(row["pgh_obj_id"])
        before[row["pgh_obj_id"]] = row


def _of_visit(row: Mapping[str, Any], before: Mapping[str, Any] | None, zone: ZoneInfo) -> Iterator[str]:
    def is_new(*names: str) -> bool:
        return before is not None and any(row[name] != before[name] for name in names)

    yield from _of_time(row, before, zone)
    if is_new("price_amount", "free", "price_reason"):
        yield _("Free of charge: %(why)s") % {"why": row["price_reason"] or "–"} if row["free"] else _("Another price.")
    if is_new("notes", "access_needs"):
        yield _("Another note.")
    if is_new("leader_name", "leader_phone"):
        yield _("Another leader on the day.")
    if is_new("arrived_heads"):
        yield _("Came: %(heads)d") % {"heads": row["arrived_heads"] or 0}
    if is_new("forgotten_at"):
        yield _("Everything about people was erased; the link opens nothing any more.")
    elif is_new("link_version"):
        yield _("A new link was made; the old one opens nothing any more.")
    if row["reason"] and is_new("reason"):
        yield _("Reason: %(why)s") % {"why": row["reason"]}


def _of_time(row: Mapping[str, Any], before: Mapping[str, Any] | None, zone: ZoneInfo) -> Iterator[str]:
    """What became of a visit: its state, its time, its people, its programme."""

    def is_new(*names: str) -> bool:
        return before is not None and any(row[name] != before[name] for name in names)

    if before is None or is_new("status"):
        yield str(Visit.Status(row["status"]).label)
    if row["period"] and (before is None or is_new("period")):
        with timezone.override(zone):
            time = dates.moment(row["period"].lower)
        yield _("Time: %(time)s") % {"time": time}
    if is_new("heads"):
        yield _("People: %(heads)d") % {"heads": row["heads"]}
    if is_new("promised_at") and row["promised_at"]:
        yield _("The programme is settled.")


def _of_party(row: Mapping[str, Any], before: Mapping[str, Any] | None, guides: Mapping[int, str]) -> Iterator[str]:
    named = {"number": row["number"], "guide": guides.get(row["guide_id"], "–")}
    if before is None or row["guide_id"] != before["guide_id"]:
        yield _("Sub-group %(number)d: guide %(guide)s") % named
    elif row["answer"] != before["answer"] and row["answer"] != Party.Answer.PENDING:
        answer = str(Party.Answer(row["answer"]).label)
        yield _("Sub-group %(number)d: %(guide)s, answer: %(answer)s") % {**named, "answer": answer}

"""What a visit's page shows of a group on its way: whether it still comes, whether it is late, its two parts, its place in the line."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from scheduler import bookings, lateness, queries, splitting, waiting
from scheduler.errors import Refused
from scheduler.forms.coming import LateForm, PartForm
from scheduler.models import Visit
from scheduler.starts import Group
from scheduler.views import choosing


def shown(found: Visit, asked: QueryDict, *, here: str, zone: ZoneInfo, now: datetime, **forms: Any) -> dict[str, Any]:
    """The context of the page's parts about it; `forms` are those that were sent and not taken."""
    return {
        "asks_coming": bookings.is_asked_whether_they_come(found, now=now),
        "may_tell_late": lateness.may_tell(found, zone=zone, now=now),
        "late_form": LateForm(),
        "other_parts": queries.other_parts_of(found),
        "waits_for": found.wish if found.status == Visit.Status.WAITING else None,
        "place": waiting.place_in_line(found) if found.status == Visit.Status.WAITING else None,
        **parts(found, asked, here=here, now=now, sent=forms.get("split_form")),
    }


def parts(
    found: Visit, asked: QueryDict, *, here: str, now: datetime, sent: Any, by_office: bool = False
) -> dict[str, Any]:
    """Whether a group may come in two parts; and the month for the new part, once it is said how many they are."""
    begun = found.period is not None and found.period.lower <= now
    group = choosing.group_of(found)
    if group is None or begun or found.status not in splitting.MAY_SPLIT or found.heads < 2:
        return {"can_split": False}
    typed = {name: asked.get(name) or (sent.data.get(name) if sent else "") for name in ("heads", "adults")}
    form = PartForm(typed) if sent or ("split" in asked and typed["heads"]) else PartForm()
    context: dict[str, Any] = {"can_split": True, "part_form": form, "parting": bool(sent) or "split" in asked}
    if form.is_bound and form.is_valid() and form.cleaned_data["heads"] < found.heads:
        heads, adults = form.cleaned_data["heads"], form.cleaned_data["adults"]
        keep = f"split=1&heads={heads}&adults={adults}&"
        part = Group(group.tour, group.language, group.audience, heads)
        try:
            context["part_when"] = choosing.look(part, asked, now=now, by_office=by_office, here=here, keep=keep)
        except Refused as refused:  # its tour is not offered to this kind of group any more: the museum is called
            context["puzzled"] = refused.detail
        context |= {"part_heads": heads, "part_adults": adults, "part_rest": found.heads - heads}
    elif form.is_bound and form.is_valid():
        form.add_error("heads", splitting.TOO_MANY)
    return context

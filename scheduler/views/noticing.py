"""Notes, beside the page, that somebody looked at a day that was full, or of which nothing was known in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from scheduler import demand, limits
from scheduler.models import Unserved
from scheduler.views.choosing import When


def full_day(request: HttpRequest, context: Mapping[str, Any]) -> None:
    """Count a look at a full day, or at a month and two more without a free one: once a day for each network and wish."""
    group, when = context.get("group"), context.get("when")
    if group is None or not isinstance(when, When):
        return
    who = limits.network_of(request.META["REMOTE_ADDR"])
    if when.offer is not None and (how := demand.IN_VAIN.get(when.offer.state)):
        demand.note(group, how=how, who=who, now=timezone.now(), wanted=when.offer.day)
    elif when.offer is None and not when.month.has_free and when.month.further is None:
        how = Unserved.How.UNKNOWN if when.not_known else Unserved.How.FULL
        demand.note(group, how=how, who=who, now=timezone.now())

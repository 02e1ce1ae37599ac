"""People are forgotten in time: who came, and every word that they wrote, goes; what the museum counts stays. docs/privacy.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Model, Q, QuerySet, Value, When
from pghistory.models import Context

from notifications import retention
from scheduler import locks, telling
from scheduler.models import Absence, CeremonyPlan, ChangeRequest, Contact, Visit

BATCH = 100
"""So many visits in one transaction: it holds the locks of their days."""
WORDS = (
    *("title_kk", "title_ru", "title_en", "notes", "access_needs"),
    *("leader_name", "leader_phone", "reason", "price_reason"),
)
"""What people said of a visit, and of themselves."""
NOTHING: dict[str, Any] = {
    **dict.fromkeys(WORDS, ""),
    "request_print": "",
    "request_key": None,
    # That somebody gave a reason is counted among what was waived; what it was is not.
    "price_reason": Case(When(price_reason="", then=Value("")), default=Value("–")),
}
"""What a visit, and each row of its audit trail, says afterwards."""


def due(*, now: datetime) -> int:
    """Forget who came to the visits that were over FORGET_AFTER_MONTHS ago (0: never), and what guides said of absences of that time.

    Gives how many visits. One transaction for each batch; a second run finds nothing to do.
    """
    if settings.FORGET_AFTER_MONTHS <= 0:
        return 0
    before = now - relativedelta(months=settings.FORGET_AFTER_MONTHS)
    forgotten = 0
    for batch in _batches(over(before)):
        forgotten += locks.door(forget)(batch, now=now)
    locks.door(_what_has_no_visit)(before, now=now)
    return forgotten


def over(before: datetime) -> QuerySet[Visit]:
    """Visits that were over then, and not forgotten: they had ended, or had been cancelled or refused.

    What still holds a time is not over, however long ago that was: the sweeps of arrivals, requests and offers end it first.
    """
    ended = Q(period__endswith__lte=before)
    called_off = Q(status__in=[Visit.Status.CANCELLED, Visit.Status.DECLINED], updated_at__lte=before)
    still_held = [*Visit.HOLDING, Visit.Status.WAITING]
    return Visit.objects.filter(ended | called_off, forgotten_at=None).exclude(status__in=still_held).order_by("pk")


@transaction.atomic
def forget(visits: Collection[int], *, now: datetime) -> int:
    """Leave nothing of who came to these visits, in no table; how many. Their links open nothing any more, nobody is told.

    What is counted stays: the time, the tour, the kind of group, language, people, price, status, guides.
    """
    days = Visit.objects.filter(pk__in=visits, day__isnull=False).values_list("day", flat=True)
    locks.museum_days(day for day in days if day)
    rows = Visit.objects.filter(pk__in=visits, forgotten_at=None)
    found = list(rows.order_by("pk"))
    rows.update(**NOTHING, link_version=F("link_version") + 1, forgotten_at=now)
    ids = [visit.pk for visit in found]
    Contact.objects.filter(visit__in=ids).delete()
    CeremonyPlan.objects.filter(visit__in=ids).delete()
    ChangeRequest.objects.filter(visit__in=ids).exclude(reason="").update(reason="")
    _events("VisitEvent").filter(pgh_obj__in=ids).update(**NOTHING)
    _why_guides_declined(ids)
    retention.forget(about=[telling.about(visit) for visit in found], now=now)
    locks.raise_versions([visit.day for visit in found if visit.day])
    return len(found)


def forget_strays(address: str, *, now: datetime) -> None:
    """Leave nothing of the letters that came in from an address and belong to no visit."""
    retention.forget_strangers(before=now, now=now, address=address)


def _what_has_no_visit(before: datetime, *, now: datetime) -> None:
    """Why guides were away, and letters that came in and belong to no visit."""
    gone = Q(period__endswith__lte=before) & ~Q(reason="")
    Absence.objects.filter(gone).update(reason="")
    _events("AbsenceEvent").filter(gone).update(reason="")
    retention.forget_strangers(before=before, now=now)


def _why_guides_declined(ids: Collection[int]) -> None:
    """The audit trail notes beside a guide's No what they said: an illness is nobody's business a year later."""
    of_visits = _events("VisitEvent").filter(pgh_obj__in=ids).values_list("pgh_context", flat=True)
    of_parties = _events("PartyEvent").filter(visit__in=ids).values_list("pgh_context", flat=True)
    for context in Context.objects.filter(pk__in={*of_visits, *of_parties} - {None}, metadata__has_key="why"):
        context.metadata.pop("why")
        context.save(update_fields=["metadata"])


def _events(name: str) -> QuerySet[Model]:
    """The rows of a table of the audit trail."""
    return QuerySet(apps.get_model("scheduler", name))


def _batches(rows: QuerySet[Visit]) -> Iterator[list[int]]:
    """Their ids, so many at a time, as long as there are any."""
    ids = list(rows.values_list("pk", flat=True))
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]

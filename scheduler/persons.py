"""What is known of one person, found by their e-mail address or telephone number: written down for them, and erased when they ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Q, QuerySet

from notifications.models import Call, OutboxMessage, Reply, Thread
from scheduler import ceremonies, forgetting, locks, queries, telling
from scheduler.errors import StillToCome
from scheduler.models import Visit

FACTS = (
    "code",
    "kind",
    "status",
    "language",
    "day",
    "heads",
    "adults",
    "arrived_heads",
    "price_amount",
    "free",
    "created_at",
)
"""What is counted of a visit, and stays; what people said of it is `forgetting.WORDS`."""


def visits_of(address: str) -> QuerySet[Visit]:
    """Visits that know of a person, the latest first: as a contact, now or once, or as the group's leader.

    `address`: an e-mail address, or a telephone number as E.164.
    """
    if "@" in address:
        told = OutboxMessage.objects.filter(to_email__iexact=address, thread__key__contains=":contact:")
        about = set(told.values_list("thread__about", flat=True))
        named = Q(contacts__email__iexact=address)
    else:
        rung = Call.objects.filter(phone=address, thread__key__contains=":contact:")
        about = set(rung.values_list("about", flat=True))
        once = apps.get_model("scheduler", "VisitEvent").objects.filter(leader_phone=address).values("pgh_obj")
        named = Q(contacts__phone=address) | Q(leader_phone=address) | Q(pk__in=once)
    codes = {subject.partition(":")[2] for subject in about}
    ids = Visit.objects.filter(named | Q(code__in=codes), forgotten_at=None).values("pk")
    return queries.visits().filter(pk__in=ids).order_by("-period", "-pk")


def strays_of(address: str) -> QuerySet[Reply]:
    """Letters that came in from an address and belong to no visit."""
    return Reply.objects.filter(thread=None, from_email__iexact=address).order_by("received_at")


def ahead(visits: Iterable[Visit], *, now: datetime) -> list[Visit]:
    """Those that are still to come, or wait for a time."""
    return [
        visit
        for visit in visits
        if visit.status == Visit.Status.WAITING
        or (visit.holds and visit.period is not None and visit.period.upper > now)
    ]


def file_of(address: str, *, plans: bool, now: datetime) -> dict[str, Any]:
    """All that is known of a person, as plain values for a file; of other contacts of the same visits nothing.

    `plans`: those of ceremonies are in it, as long as they are kept.
    """
    return {
        "person": address,
        "written_at": now,
        "visits": [_visit(visit, address, plans=plans) for visit in visits_of(address)],
        "letters_from_them": [_reply(reply) for reply in strays_of(address)],
    }


@transaction.atomic
def erase(address: str, *, now: datetime) -> int:
    """Do at once for all visits of a person what time does to them (`forgetting.forget`); how many.

    Raises StillToCome where one lies ahead: its organiser has to be reached, so it is cancelled first.
    """
    locks.museum_days(visit.day for visit in visits_of(address) if visit.day)
    found = list(visits_of(address))
    if to_come := ahead(found, now=now):
        raise StillToCome([visit.code for visit in to_come])
    forgotten = forgetting.forget([visit.pk for visit in found], now=now)
    forgetting.forget_strays(address, now=now)
    return forgotten


def _visit(visit: Visit, address: str, *, plans: bool) -> dict[str, Any]:
    plan = ceremonies.plan_of(visit) if plans else None
    threads = _threads(visit, address)
    events = apps.get_model("scheduler", "VisitEvent").objects.filter(pgh_obj=visit.pk).order_by("pgh_id")
    return {
        **{name: getattr(visit, name) for name in FACTS},
        "start": visit.period.lower if visit.period else None,
        "end": visit.period.upper if visit.period else None,
        "tour": visit.tour.code if visit.tour else None,
        "kind_of_group": visit.audience.code if visit.audience else None,
        **{name: getattr(visit, name) for name in forgetting.WORDS},
        **({"ceremony_plan": asdict(plan)} if plan else {}),
        "contacts": [
            {name: getattr(contact, name) for name in ("name", "organisation", "email", "phone", "channel", "locale")}
            for contact in visit.contacts.all()
            if address in (contact.email.casefold(), contact.phone)
        ],
        "earlier": _different(events.values(*forgetting.WORDS)),
        "late_changes": list(visit.change_requests.values("kind", "status", "start", "heads", "reason", "asked_at")),
        "letters": list(
            OutboxMessage.objects.filter(thread__in=threads)
            .order_by("created_at")
            .values("kind", "channel", "to_name", "to_email", "subject", "text", "status", "created_at", "sent_at")
        ),
        "calls": list(
            Call.objects.filter(thread__in=threads)
            .order_by("created_at")
            .values("kind", "whom", "phone", "say", "status", "created_at", "rang_at")
        ),
        "answers": [_reply(reply) for reply in Reply.objects.filter(thread__in=threads).order_by("received_at")],
    }


def _threads(visit: Visit, address: str) -> list[int]:
    """What this person was told of a visit: as a contact that it has, or once had."""
    own = [
        f"{telling.about(visit)}:contact:{contact.pk}"
        for contact in visit.contacts.all()
        if address in (contact.email.casefold(), contact.phone)
    ]
    contacts = Thread.objects.filter(about=telling.about(visit), key__contains=":contact:")
    letters = Q(pk__in=OutboxMessage.objects.filter(to_email__iexact=address).values("thread"))
    calls = Q(pk__in=Call.objects.filter(phone=address).values("thread"))
    return list(contacts.filter(Q(key__in=own) | letters | calls).distinct().values_list("pk", flat=True))


def _different(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The states that differ in what is written down of them, the first of each."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        if row not in kept:
            kept.append(row)
    return kept


def _reply(reply: Reply) -> dict[str, Any]:
    return {"received_at": reply.received_at, "from": reply.from_email, "subject": reply.subject, "text": reply.text}

"""A person's words put wherever a visit could hold any, and the whole database searched for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models

from notifications.models import Call, OutboxMessage, Reply, Thread
from scheduler.models import CeremonyPlan, ChangeRequest, Contact, Visit

MARK = "zq7marker"
OURS: dict[type[models.Model], set[str]] = {
    Visit: {"code", "kind", "status", "language", "stops", "left_out", "ended_by", "season_key"},
    Contact: {"locale"},
    CeremonyPlan: set(),
    ChangeRequest: {"kind", "status"},
    Thread: {"key", "about", "told_state", "answer"},
    OutboxMessage: {
        "key", "channel", "kind", "state", "locale", "message_id", "method", "last_code", "from_name", "from_email", "status",
    },
    Call: {"key", "about", "kind", "state", "locale", "status"},
    Reply: {"verdict", "method", "partstat"},
}  # fmt: skip
"""Columns of text whose words are our own; a column that is not named here must be empty of people afterwards."""


def words_of(model: type[models.Model]) -> dict[str, Any]:
    """A marked value for each column of a model that could hold a person's word."""
    made: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.name in OURS[model]:
            continue
        if isinstance(field, models.JSONField):
            made[field.name] = {"said": MARK}
        elif isinstance(field, models.EmailField):
            made[field.name] = f"{MARK}@example.org"
        elif isinstance(field, models.CharField | models.TextField):
            made[field.name] = MARK
    return made


def mark(visit: Visit, *, now: datetime) -> None:
    """Put the mark into each row that belongs to a visit, twice into its own, so that the audit trail has it as well."""
    for times in (1, 2):
        for name, value in words_of(Visit).items():
            setattr(visit, name, value * times if name == "notes" else value)
        visit.request_key = f"{MARK}-{visit.pk}"
        visit.save()
    Contact.objects.filter(visit=visit).update(**words_of(Contact))
    CeremonyPlan.objects.get_or_create(visit=visit, defaults=words_of(CeremonyPlan))
    ChangeRequest.objects.create(
        visit=visit, kind="heads", status="void", heads=3, asked_at=now, **words_of(ChangeRequest)
    )
    threads = Thread.objects.filter(about=f"visit:{visit.code}")
    threads.update(**words_of(Thread))
    OutboxMessage.objects.filter(thread__in=threads).update(**words_of(OutboxMessage))
    if not Call.objects.filter(thread__in=threads).exists():
        first = threads.order_by("pk").first()
        assert first is not None
        Call.objects.create(
            thread=first,
            key=f"call:{visit.code}",
            about=first.about,
            kind="confirmed",
            state="confirmed",
            not_before=now,
        )
    Call.objects.filter(thread__in=threads).update(**words_of(Call))
    for thread in threads:
        said = words_of(Reply) | {"message_id": f"<{thread.pk}@{MARK}>"}
        Reply.objects.create(thread=thread, verdict="letter", received_at=now, **said)


def tables_with(word: str = MARK) -> dict[str, int]:
    """In how many rows of which table the word stands, in any column: all tables that the database knows."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE %s', [f"%{word}%"])
            (count,) = cursor.fetchone() or (0,)
            if count:
                found[table] = count
    return found


def long_after(visit: Visit, months: int = 13) -> datetime:
    """An instant so many months (of 31 days) after a visit."""
    assert visit.period is not None
    end: datetime = visit.period.upper
    return end + timedelta(days=31 * months)

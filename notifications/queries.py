"""What there is to know about telling: who knows what, what is on its way, what got stuck."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Now

from notifications import dead_letters
from notifications.calls import STANDS_IN
from notifications.models import Call, OutboxMessage, Thread

LATE = timedelta(minutes=5)
LONG = ("text", "html", "ics", "facts", "entry", "to", "links")
"""What a list does not show, and therefore does not read."""


@dataclass(frozen=True)
class OutboxState:
    """How the outbox stands. `oldest_due_seconds` is 0 while nothing due waits."""

    queued: int
    due: int
    dead: int
    calls: int
    oldest_due_seconds: float

    @property
    def oldest_due_minutes(self) -> int:
        return int(self.oldest_due_seconds // 60)

    @property
    def is_late(self) -> bool:
        return self.oldest_due_seconds > LATE.total_seconds()


@dataclass(frozen=True)
class Person:
    """Whether one person knows what is true. `told_at` None: of nothing yet. `answered_old`: the answer was to a time that changed."""

    thread: str
    name: str
    told_kind: str
    told_at: datetime | None
    is_waiting: bool
    is_dead: bool
    must_be_rung: bool
    unreachable: bool
    answer: str
    answered_at: datetime | None
    answered_old: bool

    @property
    def knows(self) -> bool:
        """Whether there is nothing that this person should know and does not."""
        return self.told_at is not None and not (self.is_waiting or self.is_dead or self.must_be_rung)


def outbox_state(*, now: datetime) -> OutboxState:
    """Counts and the age of the oldest letter that is due, in one query for letters and one for calls."""
    due = Q(status="queued", not_before__lte=now)
    found = OutboxMessage.objects.filter(status__in=["queued", "dead"]).aggregate(
        queued=Count("pk", filter=Q(status="queued")),
        due=Count("pk", filter=due),
        dead=Count("pk", filter=Q(status="dead")),
        oldest=Min("not_before", filter=due),
    )
    oldest = found["oldest"]
    return OutboxState(
        queued=found["queued"],
        due=found["due"],
        dead=found["dead"],
        calls=Call.objects.filter(status=Call.Status.OPEN, not_before__lte=now).count(),
        oldest_due_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
    )


def people(about: str) -> list[Person]:
    """Everybody who was or is to be told of one thing, in order of thread; two queries more, however many they are."""
    threads = Thread.objects.filter(about=about).prefetch_related("outboxmessages", "calls").order_by("key")
    return [person(thread) for thread in threads]


def person(thread: Thread) -> Person:
    """How it stands with one person; letters and calls are prefetched by whoever asks for many."""
    letters = [row for row in thread.outboxmessages.all() if row.revision is not None]
    calls = [row for row in thread.calls.all() if row.status == Call.Status.OPEN]
    rung = {row.key for row in thread.calls.all() if row.status == Call.Status.RUNG}
    newest = max(letters, key=lambda row: row.revision or 0, default=None)
    to = (newest.to if newest else calls[-1].to if calls else thread.told_to) or thread.told_to
    old = (
        thread.answer_sequence is not None and thread.sequence is not None and thread.answer_sequence < thread.sequence
    )
    return Person(
        thread=thread.key,
        name=str(to.get("name", "")),
        told_kind=thread.told_state,
        told_at=thread.told_at,
        is_waiting=any(row.status == "queued" and row.claimed_at is None for row in letters),
        is_dead=newest is not None and newest.status == "dead" and f"{newest.key}{STANDS_IN}" not in rung,
        must_be_rung=bool(calls),
        unreachable=thread.unreachable_at is not None,
        answer=thread.answer,
        answered_at=thread.answered_at,
        answered_old=old,
    )


def letters_about(about: str) -> QuerySet[OutboxMessage]:
    """Every letter of one thing as it was written, the oldest first."""
    return OutboxMessage.objects.filter(thread__about=about).order_by("created_at")


def untold(abouts: Iterable[str] | None = None) -> QuerySet[Thread]:
    """Threads whose person does not know what is true: a dead letter that nobody replaced, a call not made, a letter long due."""
    rung = Call.objects.filter(status=Call.Status.RUNG, key=Concat(OuterRef("key"), Value(STANDS_IN)))
    dead = OutboxMessage.objects.filter(~Exists(rung), status="dead", revision__isnull=False)
    stuck = Q(pk__in=dead.values("thread")) | Q(
        outboxmessages__status="queued", outboxmessages__not_before__lt=Now() - LATE
    )
    found = Thread.objects.filter(stuck | Q(calls__status="open", calls__not_before__lte=Now())).distinct()
    return found if abouts is None else found.filter(about__in=list(abouts))


def letters(*, status: str = "", blame: str = "", words: str = "", about: str = "") -> QuerySet[OutboxMessage]:
    """Letters for a list, the newest first: of a status, dead by one cause (`blame`), or with `words` in their reader's name or address.

    `about`: where words are given, the letters of this subject too. What no list shows is not read.
    """
    found = OutboxMessage.objects.annotate(blame=dead_letters.blamed())
    if status:
        found = found.filter(status=status)
    if blame:
        found = found.filter(Q(blame=blame), status=OutboxMessage.Status.DEAD)
    if words:
        found = found.filter(Q(thread__about=about) | Q(to_name__icontains=words) | Q(to_email__icontains=words))
    return found.select_related("thread").defer(*LONG).order_by("-created_at", "pk")

"""The only writer of the catalogue, and of staff's API tokens.

A change of the catalogue takes the calendar lock exclusively before it looks, and raises the catalogue's version: plans and previews that
were computed from the old one are then refused as out of date.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import BigIntegerField, DateTimeField, F, Func, ProtectedError, Q, QuerySet
from django.db.models.functions import Cast, Extract, Greatest, Now

from tours import locks
from tours.errors import LaneInUse
from tours.models import ApiToken, Guide, Lane, Museum, Price, Qualification, Space, Stop, User

Ordered = TypeVar("Ordered", Stop, Price)
TOKEN_PREFIX = "qonaq_"  # noqa: S105  # no secret: it lets a scanner of leaked secrets know one
USE_NOTED_EVERY = timedelta(minutes=1)


@contextmanager
def alone() -> Iterator[None]:
    """All or nothing, and nobody books or changes the catalogue while the block runs."""
    with transaction.atomic():
        locks.calendar_exclusive()
        yield


@contextmanager
def changing_catalogue() -> Iterator[None]:
    """A block that runs alone and changes the catalogue: who looked before it sees the version raised after it."""
    with alone():
        yield
        raise_catalogue_version()


def raise_catalogue_version() -> None:
    """Say that the catalogue has changed. Holding the calendar lock.

    A version is a moment in microseconds, so that one is never used again for something else, not even after a restore.
    """
    moment = Cast(Extract(ClockTimestamp(), "epoch") * 1_000_000, BigIntegerField())
    Museum.objects.update(catalogue_version=Greatest(F("catalogue_version") + 1, moment))


class ClockTimestamp(Func):
    """The database's clock at this very moment, not at the start of the transaction."""

    function = "clock_timestamp"
    output_field = DateTimeField()


@transaction.atomic
def set_lanes(space: Space, number: int) -> bool:
    """Give a space room for `number` parties at once; whether that changed anything. Raises `LaneInUse`. Holding the calendar lock."""
    if number < 1:
        raise ValueError("A space has at least one lane.")
    present = set(Lane.objects.filter(space=space).values_list("number", flat=True))
    wanted = set(range(1, number + 1))
    Lane.objects.bulk_create(Lane(space=space, number=one) for one in sorted(wanted - present))
    try:
        Lane.objects.filter(space=space, number__in=present - wanted).delete()
    except ProtectedError as error:
        raise LaneInUse(space=space.code, lanes=len(present)) from error
    return present != wanted


def can_have_lanes(space: Space, number: int) -> bool:
    """Whether `set_lanes` would do it. Holding the calendar lock."""
    point = transaction.savepoint()
    try:
        set_lanes(space, number)
    except LaneInUse:
        return False
    finally:
        transaction.savepoint_rollback(point)
    return True


@transaction.atomic
def put_in_order(rows: Sequence[Ordered]) -> None:
    """Write the stops of a tour, or the prices of an audience, as 0, 1, 2, … in this order. Holding the calendar lock."""
    if not rows:
        return
    constraint = {Stop: "stop_position", Price: "price_position"}[type(rows[0])]
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {constraint} DEFERRED")  # two rows may swap places
        for position, row in enumerate(rows):
            row.position = position
            row.save()
        cursor.execute(f"SET CONSTRAINTS {constraint} IMMEDIATE")


@transaction.atomic
def set_qualifications(guide: Guide, leads: AbstractSet[tuple[int, str]]) -> None:
    """A guide leads exactly these tours (by id) in these languages. Holding the calendar lock."""
    rows = {(row.tour_id, row.language): row.pk for row in Qualification.objects.filter(guide=guide)}
    Qualification.objects.filter(pk__in=[pk for key, pk in rows.items() if key not in leads]).delete()
    new = sorted(leads - rows.keys())
    Qualification.objects.bulk_create(
        Qualification(guide=guide, tour_id=tour, language=language) for tour, language in new
    )


def reach_by(guide: Guide, channel: str) -> None:
    """Reach the guide by short messages, too ("sms:+77015556677"), or with "" by letters and calls alone."""
    guide.channel = channel
    guide.save(update_fields=["channel"])


def renew_calendar_address(guide: Guide) -> None:
    """Make the old address of the guide's calendar worthless, for one that got into the wrong hands."""
    Guide.objects.filter(pk=guide.pk).update(link_version=F("link_version") + 1)
    guide.refresh_from_db(fields=["link_version"])


def fingerprint(token: str) -> str:
    """What is kept of a token: SHA-256, hex. It is random and long, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def make_token(user: User, *, name: str, now: datetime) -> str:
    """A new API token, told here and never again."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, name=name, hash=fingerprint(token), created_at=now)
    return token


def revoke_tokens(user: User, *, name: str | None = None, now: datetime) -> int:
    """Make a user's tokens worthless, those of one name or all; how many there were."""
    tokens = ApiToken.objects.filter(user=user)
    return revoke(tokens if name is None else tokens.filter(name=name), now=now)


def revoke(tokens: QuerySet[ApiToken], *, now: datetime) -> int:
    """Make these tokens worthless; how many were not yet."""
    return tokens.filter(revoked_at=None).update(revoked_at=now)


def authenticate_token(token: str) -> User | None:
    """Whose token this is, or None. Notes its use, at most once a minute."""
    row = (
        ApiToken.objects.select_related("user")
        .filter(hash=fingerprint(token), revoked_at=None, user__is_active=True)
        .first()
    )
    if row is None:
        return None
    unnoted = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_NOTED_EVERY)
    ApiToken.objects.filter(unnoted, pk=row.pk).update(last_used_at=Now())
    return row.user

"""Closures that the office has begun: kept as they were typed, thrown away, published. A draft closes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from scheduler import closures
from scheduler.closures import ClosureDraft
from scheduler.decisions import Decision
from scheduler.models import Closure, KeptDraft
from tours.models import User


def keep(
    typed: Mapping[str, Any], *, draft_id: int | None, closure_id: int | None, by: User | None, now: datetime
) -> KeptDraft:
    """Put aside what was typed, right or wrong. `draft_id`: in place of what was kept before; `closure_id`: which one it is to change."""
    said = {"typed": dict(typed), "closure_id": closure_id, "kept_by": by, "kept_at": now}
    if draft_id is None:
        return KeptDraft.objects.create(**said)
    kept, _new = KeptDraft.objects.update_or_create(pk=draft_id, defaults=said)
    return kept


def discard(draft_id: int) -> None:
    """Throw away what was kept; nothing where somebody else was quicker."""
    KeptDraft.objects.filter(pk=draft_id).delete()


@transaction.atomic
def publish(
    said: ClosureDraft,
    *,
    draft_id: int | None,
    closure_id: int | None,
    seal: str,
    decisions: Mapping[str, Decision],
    by: User | None,
    now: datetime,
) -> Closure:
    """Close, or change a closure, as its preview showed; the draft that it was typed in is gone then. Raises as `closures` does."""
    if closure_id is None:
        made = closures.close(said, seal=seal, decisions=decisions, by=by, now=now)
    else:
        made = closures.change(closure_id, said, seal=seal, decisions=decisions, by=by, now=now)
    if draft_id is not None:
        discard(draft_id)
    return made

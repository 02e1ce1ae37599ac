"""Who may lead which duty, whether all duties of a day can be led, and the roster that does it best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scheduler.core.helping import what_would_help
from scheduler.core.matching import Crew
from scheduler.core.matching_model import NOBODY
from scheduler.core.planning import plan
from scheduler.core.rules import (
    RULES,
    Duty,
    Guide,
    Reason,
    Roster,
    Rule,
    has_not_done_enough,
    has_rested,
    is_not_away,
    is_qualified,
    why_not,
    works_then,
)

__all__ = [
    "RULES",
    "Duty",
    "Guide",
    "Reason",
    "Roster",
    "Rule",
    "feasible",
    "has_not_done_enough",
    "has_rested",
    "is_not_away",
    "is_qualified",
    "plan",
    "what_would_help",
    "why_not",
    "works_then",
]


def feasible(guides: Sequence[Guide], duties: Sequence[Duty]) -> Roster | None:
    """A roster in which every duty is led, promised ones as they are and the others changed only where needed; None where there is none."""
    crew = Crew(guides, duties)
    if crew.needed < len(crew.tasks):
        return None
    guide = {task.key: crew.guides[g].code for task, g in zip(crew.tasks, crew.witness, strict=True) if g != NOBODY}
    return Roster(tuple(replace(duty, guide=guide.get(duty.key, duty.guide)) for duty in duties))

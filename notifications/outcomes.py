"""How a sending ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How a sending ended: "sent", "retry" or "dead", with what the other side said. `broken`: the connection is of no more use."""

    verdict: str
    code: str = ""
    reason: str = ""
    broken: bool = False
    unreachable: bool = False

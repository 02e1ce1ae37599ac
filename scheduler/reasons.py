"""The core's reasons in a person's words, in the active language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from scheduler.core.assignment import Reason

WORDS: Mapping[str, Callable[..., str]] = {}


def in_words(reason: Reason) -> str:
    """One reason as a sentence."""
    return WORDS[reason.code](*reason.params)


def sentences(reasons: Iterable[Reason]) -> str:
    """Several reasons, one after the other, none twice."""
    return " ".join(dict.fromkeys(in_words(reason) for reason in reasons))

"""What days alike have answered already: a day with more visits has no start that the day with fewer lacked.

A start is possible if all duties can be led and all waves walked, with the new ones among them. Take a visit away, and what was found
still does. So a "no" of a day holds for each day that has all its visits and more, a "yes" for each that lacks some of them. This is so
only between days that differ in nothing else, and on which nothing breaks a rule: what is said of duties that nobody validly leads, and
of overfull spaces, depends on how they are led and walked now.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

from scheduler.core.day import Day, Wish
from scheduler.core.itinerary import Visit

KEPT_FRAMES, KEPT_DAYS, MOST_CHANGES = 128, 6, 4

Question = tuple[Wish, int]
"""A wish and the first tick from which starts are asked for."""


@dataclass(slots=True)
class Answers:
    """What one day has answered for one wave: by question the starts that can be served, and those that cannot, as masks.

    `state`: the day as it was worked out, while somebody still has it.
    """

    marks: frozenset[object]
    state: Callable[[], Any]
    known: dict[Question, tuple[int, int]] = field(default_factory=dict)


class Relatives:
    """For days that are alike but for their visits, the answers of the last few."""

    def __init__(self) -> None:
        self._frames: OrderedDict[object, list[Answers]] = OrderedDict()

    def forget(self) -> None:
        """Begin anew."""
        self._frames.clear()

    def of(self, day: Day, state: Any) -> Inheritance:
        """What may be taken over for a day on which nothing breaks a rule; its own answers are for those that come after."""
        frame = (day.opening, tuple(sorted(day.spaces.items())), day.guides, day.taken, day.closed, day.grid)
        days = self._frames.setdefault(frame, [])
        self._frames.move_to_end(frame)
        if len(self._frames) > KEPT_FRAMES:
            self._frames.popitem(last=False)
        own = Answers(marks(day.visits), ref(state))
        found = Inheritance(
            own.known,
            [other.known for other in days if other.marks <= own.marks],
            [other.known for other in days if other.marks >= own.marks],
        )
        near = [other for other in days if len(other.marks ^ own.marks) <= MOST_CHANGES]
        if near:
            found.nearest = min(reversed(near), key=lambda other: len(other.marks ^ own.marks)).state
        days.append(own)
        del days[:-KEPT_DAYS]
        return found


@dataclass(slots=True)
class Inheritance:
    """A day's own answers, those of days that have no visit that it lacks, and those of days that lack none of its visits.

    `nearest`: the state of a day with nearly the same visits, whose rosters, arrangements and proofs help here, too; None where there is
    none, or nobody has it any more.
    """

    known: dict[Question, tuple[int, int]] = field(default_factory=dict)
    fewer: list[dict[Question, tuple[int, int]]] = field(default_factory=list)
    more: list[dict[Question, tuple[int, int]]] = field(default_factory=list)
    nearest: Callable[[], Any] = lambda: None

    def settled(self, question: Question) -> tuple[int, int]:
        """Two masks: the starts that can be served, and those that cannot, by what days alike have answered."""
        yes = no = 0
        for known in self.fewer:
            no |= known.get(question, (0, 0))[1]
        for known in self.more:
            yes |= known.get(question, (0, 0))[0]
        return yes, no


def marks(visits: Iterable[Visit]) -> frozenset[object]:
    """What visits demand of a day: a promised one its own guides and walks (which may break rules), others any."""
    return frozenset(
        visit
        if visit.promised
        else (
            visit.key,
            visit.tour,
            visit.language,
            visit.stops,
            visit.occupies,
            tuple((party.key, party.heads, party.start, party.wave) for party in visit.parties),
        )
        for visit in visits
    )

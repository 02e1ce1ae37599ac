"""The roster of several days that is best in a strict order: covered, fair, unchanged, without gaps.

Days are independent but for fairness, which counts what a guide did before and what they do on all the days together. Each aim is
asked of the solver in turn, begun with the roster that the one before it found, and what was reached is kept for those after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduler.core.matching import Crew
from scheduler.core.matching_model import NOBODY
from scheduler.core.planning_model import COVERED, FAIR, GAPS, UNCHANGED, Aim, Board, Group, Month, Roster
from scheduler.core.rules import Duty, Guide
from scheduler.core.solving import Budget

QUIET_ORDER: tuple[Aim, ...] = (COVERED, UNCHANGED, FAIR, GAPS)
FAIR_ORDER: tuple[Aim, ...] = (COVERED, FAIR, UNCHANGED, GAPS)
SHARE_OF_TIME: Mapping[Aim, float] = {COVERED: 0.4, FAIR: 0.6, UNCHANGED: 0.6, GAPS: 1.0}
"""How much of the time that is left each aim may take."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a guide led in the weeks before, in ticks: altogether, and on weekends."""

    ticks: int = 0
    weekend: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    """One day to be planned: its guides as they are on that day, and its duties with the guides they have now."""

    guides: tuple[Guide, ...]
    duties: tuple[Duty, ...]
    weekend: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """How far one aim was reached: the value, the bound below which no roster can go, and whether they meet.

    covered: duties that nobody leads. fair: squares of the hours that guides lead above or below their share. unchanged: duties that
    change their guide. gaps: ticks that guides wait between two duties.
    """

    aim: Aim
    value: int
    bound: int

    @property
    def proven(self) -> bool:
        return self.bound >= self.value


@dataclass(frozen=True, slots=True)
class Plan:
    """Who leads what (None: nobody can), and how good that is, aim by aim, in the order in which they were asked."""

    guides: Mapping[str, str | None]
    reached: tuple[Reached, ...]
    stopped: bool = False

    @property
    def unassigned(self) -> tuple[str, ...]:
        return tuple(key for key, guide in self.guides.items() if guide is None)

    def value(self, aim: Aim) -> int:
        return next(reached.value for reached in self.reached if reached.aim == aim)


@dataclass(slots=True)
class Watch:
    """Whom to tell how far it is (0 to 1), and whom to ask whether to stop: the best so far is then given."""

    progress: Callable[[float], None] = field(default=lambda _share: None)
    stopped: Callable[[], bool] = field(default=lambda: False)


def plan(
    shifts: Sequence[Shift],
    *,
    before: Mapping[str, Load] | None = None,
    quiet: bool = False,
    seconds: float = 30.0,
    watch: Watch | None = None,
) -> Plan:
    """The best roster of these days. Promised duties stay as they are; the others may go to any guide who may lead them.

    Nobody unassigned who could be assigned; then the squared deviation of each guide's hours (with those of `before`) from their fair
    share, weekends once more; then the fewest changes; then the least waiting between duties. `quiet`: changes before fairness, for
    what has been told. Lexicographic goal programming over a set-partitioning model with interval cliques (Krishnamoorthy and Ernst,
    2001, name the problem of the first aim); deterministic but where the time runs out. Raises Undecided where not even the first aim
    had a roster in time.
    """
    watch = watch or Watch()
    boards = [_board(shift) for shift in shifts]
    month = Month(boards, _shares(shifts, boards, before or {}))
    budget, reached = Budget(seconds), []
    order = QUIET_ORDER if quiet else FAIR_ORDER
    halted = False
    for number, aim in enumerate(order):
        watch.progress(number / len(order))
        halted = halted or watch.stopped()
        share = 0.0 if halted else SHARE_OF_TIME[aim]
        if aim == order[1] == FAIR and len(boards) > 1:
            month.roster = _day_by_day(boards, month, Budget(budget.left * share * 0.4), watch.stopped)
        value, bound = month.reach(aim, Budget(budget.left * share), watch.stopped)
        reached.append(Reached(aim, value, bound))
    watch.progress(1.0)
    return Plan(_decoded(shifts, boards, month.roster), tuple(reached), halted or watch.stopped())


def _day_by_day(boards: Sequence[Board], month: Month, budget: Budget, stopped: Callable[[], bool]) -> Roster:
    """A fair roster to begin with: each day is the best for the shares that should be done by its end, days before it given."""
    work = [sum(group.ticks * len(group.keys) for group in board.groups) for board in boards]
    rest = [ticks * board.weekend for ticks, board in zip(work, boards, strict=True)]
    done = {code: [before.ticks, before.weekend] for code, (before, _) in month.shares.items()}
    chosen: Roster = []
    for number, board in enumerate(boards):
        left = sum(work[number + 1 :]), sum(rest[number + 1 :])
        part = [1 - ahead / (sum(whole) or 1) for ahead, whole in zip(left, (work, rest), strict=True)]
        shares = {
            code: (Load(*done[code]), Load(round(share.ticks * part[0]), round(share.weekend * part[1])))
            for code, (_, share) in month.shares.items()
        }
        day = Month([board], shares)
        day.roster = [month.roster[number]]
        own = Budget(budget.left / (len(boards) - number))
        day.reach(COVERED, Budget(own.left / 2), stopped)
        day.reach(FAIR, own, stopped)
        chosen.append(day.roster[0])
        for group, numbers in zip(board.groups, day.roster[0], strict=True):
            for guide in numbers:
                done[board.guides[guide]][0] += group.ticks
                done[board.guides[guide]][1] += group.ticks * board.weekend
    return chosen


def _board(shift: Shift) -> Board:
    """A day in the model's words: unpromised duties alike in time and in who may lead them are one group."""
    crew = Crew(shift.guides, shift.duties)
    groups: dict[tuple[int, int, int], Group] = {}
    for task in crew.tasks:
        group = groups.setdefault((task.start, task.end, task.able), Group(task.start, task.end, task.able))
        group.keys.append(task.key)
        group.present.append(task.present)
    fixed: dict[int, list[tuple[int, int]]] = {}
    for duty in shift.duties:
        if duty.promised and duty.guide in crew.number:
            fixed.setdefault(crew.number[duty.guide], []).append((duty.period.start, duty.period.end))
    codes = tuple(guide.code for guide in crew.guides)
    return Board(codes, list(groups.values()), crew.limits, fixed, shift.weekend)


def _shares(
    shifts: Sequence[Shift], boards: Sequence[Board], before: Mapping[str, Load]
) -> Mapping[str, tuple[Load, Load]]:
    """By guide: what they led before or are promised, and their fair share of all that is to be led.

    A share goes by the time that a guide is there on the planned days: who is there half as long owes half as much.
    """
    there: dict[str, int] = {}
    done: dict[str, list[int]] = {}
    for shift, board in zip(shifts, boards, strict=True):
        for guide in shift.guides:
            hours = sum(period.ticks for period in guide.hours) - sum(period.ticks for period in guide.away)
            there[guide.code] = there.get(guide.code, 0) + max(0, hours)
            done.setdefault(guide.code, [before.get(guide.code, Load()).ticks, before.get(guide.code, Load()).weekend])
        for number, periods in board.fixed.items():
            ticks = sum(end - start for start, end in periods)
            done[board.guides[number]][0] += ticks
            done[board.guides[number]][1] += ticks * shift.weekend
    work = [group.ticks * len(group.keys) for board in boards for group in board.groups]
    weekend = [group.ticks * len(group.keys) for board in boards if board.weekend for group in board.groups]
    total = sum(work) + sum(ticks for ticks, _ in done.values())
    rest = sum(weekend) + sum(ticks for _, ticks in done.values())
    whole = sum(there.values()) or 1
    return {
        code: (Load(*done[code]), Load(round(total * hours / whole), round(rest * hours / whole)))
        for code, hours in sorted(there.items())
    }


def _decoded(
    shifts: Sequence[Shift], boards: Sequence[Board], roster: Sequence[Sequence[Iterable[int]]]
) -> dict[str, str | None]:
    """Which duty each chosen guide leads: who of a group stays keeps their own."""
    guides: dict[str, str | None] = {
        duty.key: duty.guide for shift in shifts for duty in shift.duties if duty.promised and duty.guide is not None
    }
    for board, chosen in zip(boards, roster, strict=True):
        for group, numbers in zip(board.groups, chosen, strict=True):
            free = sorted(set(numbers) - set(group.present))
            for key, present in zip(group.keys, group.present, strict=True):
                stays = present != NOBODY and present in numbers
                number = present if stays else (free.pop(0) if free else NOBODY)
                guides[key] = None if number == NOBODY else board.guides[number]
    return guides

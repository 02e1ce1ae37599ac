"""What a preview shows of the visits that give way: each with what is proposed for it, and what else may become of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduler import periods, queries
from scheduler.decisions import CANCEL, MOVE, OFFER, Decision, Hit, Preview, answer_by, may_be_asked
from scheduler.forms.closing import value_of
from scheduler.models import Visit


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may become of a visit; `value` is what the form sends."""

    value: str
    decision: Decision
    chosen: bool


@dataclass(frozen=True, slots=True)
class Struck:
    """A visit that has to give way, and what may become of it."""

    visit: Visit
    title: str
    organisation: str
    choices: tuple[Choice, ...]


def struck(seen: Preview, decided: Mapping[str, Decision], *, now: datetime, zone: ZoneInfo) -> list[Struck]:
    """Every visit of a preview; chosen is what was decided for it already, else what is proposed."""
    return [_one(hit, decided, now, zone) for hit in seen.hits]


def _one(hit: Hit, decided: Mapping[str, Decision], now: datetime, zone: ZoneInfo) -> Struck:
    """What may become of a visit: the proposal first, other times, one of them suggested, and at last its end."""
    options = [_local(hit.proposal, zone)]
    options += [_local(Decision(MOVE, begins[0], begins[1:]), zone) for begins in hit.others]
    ask = hit.others[0] if hit.others and may_be_asked(hit.visit) else ()
    if ask and hit.proposal.action != OFFER and answer_by(ask, now):
        options.append(_local(Decision(OFFER, ask[0], ask[1:], alternatives=hit.alternatives[1:3]), zone))
    options.append(Decision(CANCEL))
    wanted = value_of(_local(decided.get(hit.visit.code, hit.proposal), zone))
    once = {value_of(option): option for option in options}
    choices = tuple(Choice(value, option, value == wanted) for value, option in once.items())
    title = queries.title_of(hit.visit, open_to_all=False)
    return Struck(hit.visit, title, queries.shown_under(hit.visit), choices)


def _local(decision: Decision, zone: ZoneInfo) -> Decision:
    """The same by the museum's clock, and with the usual time to answer, so that equal choices read equal."""

    def each(starts: Iterable[datetime]) -> tuple[datetime, ...]:
        return tuple(periods.local(start, zone) for start in starts)

    start = periods.local(decision.start, zone) if decision.start else None
    return Decision(decision.action, start, each(decision.waves), alternatives=each(decision.alternatives))

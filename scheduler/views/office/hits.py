"""What a preview shows of the visits that give way: each with what is proposed for it, and what else may become of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifications import channels
from scheduler import periods, queries
from scheduler.core.repair import DAY_MINUTES
from scheduler.decisions import (
    CANCEL,
    DROP,
    MOVE,
    OFFER,
    REROUTE,
    Decision,
    Hit,
    Preview,
    answer_by,
    distance,
    may_be_asked,
)
from scheduler.errors import Refused
from scheduler.forms.closing import OTHER, typed_beside, value_of
from scheduler.models import Contact, Visit
from tours.errors import CatalogueError
from tours.models import Guide


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may become of a visit; `value` is what the form sends.

    `days` and `minutes`: how far it moves, earlier where below 0. `cost`: as all proposals are counted, the dearer to move the more;
    None where the visit has no time left.
    """

    value: str
    decision: Decision
    chosen: bool
    days: int = 0
    minutes: int = 0
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Struck:
    """A visit that has to give way, and what may become of it."""

    visit: Visit
    title: str
    organisation: str
    choices: tuple[Choice, ...]
    weight: int = 1
    typed: tuple[str, str] = ("", "")
    """The day and the time of another start, as far as they were typed and could not be read."""
    other: bool = False
    """Another start is chosen, and it could not be read."""

    @property
    def chosen(self) -> Choice:
        return next((choice for choice in self.choices if choice.chosen), self.choices[0])


def struck(
    seen: Preview, decided: Mapping[str, Decision], *, now: datetime, zone: ZoneInfo, posted: Mapping[str, str]
) -> list[Struck]:
    """Every visit of a preview; chosen is what was decided for it already, else what is proposed."""
    return [_with_typed(_one(hit, decided, now, zone), decided, posted) for hit in seen.hits]


def named(refused: Refused | CatalogueError | None) -> list[str]:
    """The visits that a refusal names, by their codes: their decisions are marked."""
    extra: Mapping[str, Any] = refused.extra if isinstance(refused, Refused) else {}
    return [*extra.get("visits", []), *([extra["visit"]] if "visit" in extra else [])]


def _with_typed(one: Struck, decided: Mapping[str, Decision], posted: Mapping[str, str]) -> Struck:
    """With what was typed for another time, where it could not be read: a time that was read is a choice."""
    code = one.visit.code
    if code in decided:
        return one
    return replace(one, typed=typed_beside(posted, code), other=posted.get(f"decide-{code}") == OTHER)


def _one(hit: Hit, decided: Mapping[str, Decision], now: datetime, zone: ZoneInfo) -> Struck:
    """What may become of a visit: the proposal first, other times, one of them suggested, what the office chose itself, and its end."""
    options = [_local(hit.proposal, zone)]
    options += [_local(Decision(MOVE, begins[0], begins[1:]), zone) for begins in hit.others]
    ask = hit.others[0] if hit.others and may_be_asked(hit.visit) else ()
    if ask and hit.proposal.action != OFFER and answer_by(ask, now):
        options.append(_local(Decision(OFFER, ask[0], ask[1:], alternatives=hit.alternatives[1:3]), zone))
    wish = _local(decided.get(hit.visit.code, hit.proposal), zone)
    if wish.action == MOVE and wish.start is not None:
        options.append(wish)
    options.append(Decision(CANCEL))
    wanted = value_of(wish)
    once = {value_of(option): option for option in options}
    weight = hit.visit.audience.move_weight if hit.visit.audience else 1
    choices = tuple(_choice(hit, option, value == wanted, weight, zone) for value, option in once.items())
    title = queries.title_of(hit.visit, open_to_all=False)
    return Struck(hit.visit, title, queries.shown_under(hit.visit), choices, weight)


def _choice(hit: Hit, option: Decision, chosen: bool, weight: int, zone: ZoneInfo) -> Choice:
    """One choice with how far it moves the visit, and what that costs."""
    days, minutes = (0, 0)
    cost: int | None = None
    if option.action in (MOVE, OFFER) and option.start is not None:
        days, minutes = distance(hit.visit, (option.start, *option.waves), zone)
        cost = weight * (DAY_MINUTES * abs(days) + abs(minutes))
    if option.action in (DROP, REROUTE):
        cost = weight * hit.minutes
    if option == _local(hit.proposal, zone) and option.action != CANCEL:
        cost = weight * hit.minutes  # as it was counted: of several waves the farthest
    return Choice(value_of(option), option, chosen, days, minutes, cost)


@dataclass(frozen=True, slots=True)
class Heard:
    """How many visits are hit, and how many people hear of it, guides too: `letters` in writing, `calls` by a call of the office."""

    visits: int
    letters: int
    calls: int


def heard(visits: Sequence[Visit]) -> Heard:
    """Who will be told of what becomes of these visits; nobody is counted twice."""
    people: list[Contact | Guide] = [contact for visit in visits for contact in visit.contacts.all()]
    told = [visit for visit in visits if visit.promised_at is not None and visit.status == Visit.Status.CONFIRMED]
    people += [party.guide for visit in told for party in visit.parties.all() if party.guide]
    letters = {each.email or each.channel for each in people if channels.is_written_to(each.email, each.channel)}
    calls = {each.phone or each.name for each in people if not channels.is_written_to(each.email, each.channel)}
    return Heard(len(visits), len(letters), len(calls))


def total(every: Sequence[Struck]) -> tuple[int, int]:
    """What the chosen things cost together, and how many visits have no time then."""
    costs = [each.chosen.cost for each in every]
    return sum(cost for cost in costs if cost is not None), sum(cost is None for cost in costs)


def _local(decision: Decision, zone: ZoneInfo) -> Decision:
    """The same by the museum's clock, and with the usual time to answer, so that equal choices read equal."""

    def each(starts: Iterable[datetime]) -> tuple[datetime, ...]:
        return tuple(periods.local(start, zone) for start in starts)

    start = periods.local(decision.start, zone) if decision.start else None
    return Decision(decision.action, start, each(decision.waves), alternatives=each(decision.alternatives))

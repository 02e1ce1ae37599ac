"""Closes spaces for a time, and decides about each visit that is hit: showing and doing are one look, sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from scheduler import bookings, events, expiry, locks, periods, placing, queries, repairs, snapshot, starts, steps
from scheduler.core import availability
from scheduler.core.availability import Closed, Day
from scheduler.errors import BadWish, NotAllowedNow, PreviewOutOfDate, Refused, StillHit
from scheduler.models import Closure, DayVersion, Offer, Visit
from scheduler.models.fields import LANGUAGES
from scheduler.repairs import CANCEL, MOVE, REROUTE, Decision, Hit
from tours import queries as catalogue
from tours import services
from tours.models import Space, User

__all__ = ["ClosureDraft", "Decision", "Hit", "Preview", "change", "close", "lift", "preview", "shown"]


@dataclass(frozen=True, slots=True)
class ClosureDraft:
    """A closure as the office means it. `spaces` empty: all. `end` None: until further notice. `notice`: its public text by language."""

    spaces: tuple[Space, ...]
    start: datetime
    end: datetime | None
    kind: str
    notice: Mapping[str, str]
    agreed: bool = False
    """It may be past (a season's import)."""

    @property
    def period(self) -> DateTimeTZRange:
        return DateTimeTZRange(self.start, self.end, "[)")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a closure would do. `seal` names what was looked at: as long as it holds, doing does what was shown."""

    seal: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    """What a closure hits, the days among which new times are looked for, and the seal of it all."""

    visits: tuple[Visit, ...]
    first: date
    last: date
    seal: str


def preview(draft: ClosureDraft, *, now: datetime, closure: Closure | None = None) -> Preview:
    """Which visits a closure would hit, with a proposal for each; changes nothing. `closure`: the one that it takes the place of.

    Raises BadWish.
    """
    _refuse_impossible(draft, closure, now=now)
    look = _look(draft, closure, now=now)
    if not look.visits:
        return Preview(look.seal, ())
    read = snapshot.of_days(look.first, look.last, now=now)
    days = {day: _closed_too(state, draft, closure, day, read.zone) for day, state in read.days.items()}
    return Preview(look.seal, repairs.propose(look.visits, days, read, now=now))


def close(
    draft: ClosureDraft, *, seal: str, decisions: Mapping[str, Decision], by: User | None, now: datetime, **keys: str
) -> Closure:
    """Do what the preview showed, as it was decided for each visit (by code), and tell everybody concerned; or nothing at all.

    Takes the calendar lock exclusively. Raises PreviewOutOfDate with a fresh preview, StillHit with the visits left undecided,
    BadWish, and what moving a visit raises, with its code as `visit`.
    """
    return _publish(
        Closure(created_by=by, created_at=now, **keys), draft, None, seal=seal, decisions=decisions, now=now
    )


def change(
    closure_id: int,
    draft: ClosureDraft,
    *,
    seal: str,
    decisions: Mapping[str, Decision],
    by: User | None,
    now: datetime,
) -> Closure:
    """Make a closure another one, as its own preview showed; raises as `close` does, and NotAllowedNow once it was lifted."""
    closure = Closure.objects.get(pk=closure_id)
    return _publish(closure, draft, closure, seal=seal, decisions=decisions, now=now)


@transaction.atomic
def lift(closure_id: int, *, by: User | None, now: datetime) -> Closure:
    """Open again what a closure closed. Visits that it moved stay where they are."""
    locks.calendar_exclusive()
    closure = Closure.objects.select_for_update().get(pk=closure_id)
    _refuse_lifted(closure)
    closure.lifted_at = now
    closure.save(update_fields=["lifted_at"])
    _free(closure.period, now=now)
    services.raise_catalogue_version()
    return closure


def shown(now: datetime) -> QuerySet[Closure]:
    """What the public is told: closures in force or still to come, soonest first."""
    return queries.closures_from(now)


def as_json(seen: Preview, zone: ZoneInfo) -> dict[str, Any]:
    """A preview as the API gives it, with the museum's offset."""

    def local(moment: datetime | None) -> str | None:
        return periods.local(moment, zone).isoformat() if moment else None

    return {
        "seal": seen.seal,
        "hit": [
            {
                "visit": hit.visit.code,
                "proposal": {"action": hit.proposal.action, "start": local(hit.proposal.start)},
                "alternatives": [local(start) for start in hit.alternatives],
            }
            for hit in seen.hits
        ],
    }


@transaction.atomic
def _publish(
    closure: Closure,
    draft: ClosureDraft,
    instead_of: Closure | None,
    *,
    seal: str,
    decisions: Mapping[str, Decision],
    now: datetime,
) -> Closure:
    _refuse_impossible(draft, instead_of, now=now)
    _compare(
        draft, instead_of, seal=seal, now=now
    )  # where it is out of date already, nobody has to wait while we look anew
    locks.calendar_exclusive()
    if instead_of is not None:
        _refuse_lifted(Closure.objects.get(pk=instead_of.pk))
    look = _compare(draft, instead_of, seal=seal, now=now)
    decided = _decided(look.visits, decisions)
    expiry.release_expired(periods.days_between(look.first, look.last), now=now)
    if instead_of is not None:
        _free(instead_of.period, now=now)
    _write(closure, draft)
    services.raise_catalogue_version()
    _carry_out(decided, closure, now=now)
    return closure


def _compare(draft: ClosureDraft, closure: Closure | None, *, seal: str, now: datetime) -> _Look:
    look = _look(draft, closure, now=now)
    if look.seal != seal:
        fresh = preview(draft, now=now, closure=closure)
        raise PreviewOutOfDate(preview=as_json(fresh, ZoneInfo(catalogue.museum().time_zone)))
    return look


def _write(closure: Closure, draft: ClosureDraft) -> None:
    closure.period, closure.kind = draft.period, draft.kind
    for language, _name in LANGUAGES:
        setattr(closure, f"notice_{language}", draft.notice.get(language, ""))
    closure.save()
    closure.spaces.set(draft.spaces)


def _free(period: DateTimeTZRange, *, now: datetime) -> None:
    """Let the waiting list look at the days of a closure that ends or changes, as far ahead as anybody may wait for."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    today = periods.day_of(now, zone)
    first, last = max(periods.day_of(period.lower, zone), today), today + timedelta(days=starts.MOST_DAYS)
    if period.upper is not None:
        last = min(last, periods.day_of(period.upper, zone))
    for day in periods.days_between(first, last):
        steps.freed(day, now=now)


def _decided(visits: Sequence[Visit], decisions: Mapping[str, Decision]) -> list[tuple[Visit, Decision]]:
    codes = {visit.code for visit in visits}
    if undecided := sorted(codes - decisions.keys()):
        raise StillHit(visits=undecided)
    if strangers := sorted(decisions.keys() - codes):
        raise BadWish(
            _("The closure does not hit these visits: %(visits)s") % {"visits": ", ".join(strangers)}, visits=strangers
        )
    for code, decision in decisions.items():
        if decision.action not in (MOVE, REROUTE, CANCEL) or (decision.action == MOVE and decision.start is None):
            raise BadWish(
                _("Please choose another time for the visit, or cancel it: %(visit)s") % {"visit": code}, visit=code
            )
    return [(visit, decisions[visit.code]) for visit in visits]


def _carry_out(decided: Sequence[tuple[Visit, Decision]], closure: Closure, *, now: datetime) -> None:
    """Cancel what is cancelled, then let the others go all at once, so that none is in another's way, and place one after another."""
    staying = []
    for visit, decision in decided:
        if decision.action == CANCEL:
            bookings.cancel(visit.pk, by=bookings.OFFICE, now=now, because=closure)
        else:
            staying.append((visit, decision))
            placing.release(visit)
    for visit, decision in staying:
        try:
            _place_anew(visit, decision, closure, now=now)
        except Refused as refused:
            refused.extra = {**refused.extra, "visit": visit.code}
            raise


def _place_anew(visit: Visit, decision: Decision, closure: Closure, *, now: datetime) -> None:
    start = decision.start if decision.action == MOVE else None
    if visit.kind != Visit.Kind.TOUR:
        if start is None:
            raise NotAllowedNow(_("Only a tour can be walked in another order."))
        events.move(visit.pk, start, now=now, because=closure)
        return
    begins = steps.begins_of(visit)
    if start is not None:
        begins = (start,) if len(begins) == 1 else _waves_from(start, visit)
    bookings.move(visit.pk, begins, now=now, by_office=True, because=closure)


def _waves_from(start: datetime, visit: Visit) -> tuple[datetime, ...]:
    """The starts of a large group of which `start` is the first: one, if the day can receive it at once by now."""
    day = steps.day_of(start)
    read = snapshot.of_day(day, without=visit)
    found = availability.starts(read.days[day], starts.wish_for(visit, visit.heads))
    first = periods.to_tick(start, day, read.zone)
    ticks = next((wave for wave in found.waves if wave[0] == first), (first,))
    return tuple(periods.instant(tick, day, read.zone) for tick in ticks)


def _look(draft: ClosureDraft, closure: Closure | None, *, now: datetime) -> _Look:
    zone = ZoneInfo(catalogue.museum().time_zone)
    hit = queries.visits_hit_by(draft.spaces, draft.period).filter(period__endswith__gt=now)
    unanswered = Offer.objects.filter(outcome=Offer.Outcome.OPEN, answer_by__lte=now)  # released by whoever writes next
    visits = tuple(hit.exclude(offers__in=unanswered))
    near = timedelta(days=starts.NEAR_DAYS)
    days = [visit.day for visit in visits if visit.day] or [periods.day_of(draft.start, zone)]
    first = max(min(days) - near, periods.day_of(now, zone))
    last = max(days) + near
    return _Look(visits, first, last, _seal(draft, closure, first, last, zone))


def _seal(draft: ClosureDraft, closure: Closure | None, first: date, last: date, zone: ZoneInfo) -> str:
    """Names the draft, the catalogue, and how each day stands that it closes or that was looked at for new times."""
    versions = DayVersion.objects.filter(day__gte=min(first, periods.day_of(draft.start, zone)))
    if draft.end is not None:
        versions = versions.filter(day__lte=max(last, periods.day_of(draft.end, zone)))
    looked_at = [
        sorted(space.code for space in draft.spaces),
        draft.start.timestamp(),
        draft.end.timestamp() if draft.end else None,
        closure.pk if closure else None,
        catalogue.museum().catalogue_version,
        [first.isoformat(), last.isoformat()],
        [(day.isoformat(), version) for day, version in versions.order_by("day").values_list("day", "version")],
    ]
    return hashlib.sha256(json.dumps(looked_at).encode()).hexdigest()[:32]


def _closed_too(state: Day, draft: ClosureDraft, closure: Closure | None, day: date, zone: ZoneInfo) -> Day:
    """A day with the draft in force, instead of the closure that it takes the place of."""
    part = periods.to_interval(draft.period, day, zone)
    codes = frozenset(space.code for space in draft.spaces) or None
    others = tuple(each for each in state.closed if closure is None or each.key != str(closure.pk))
    return replace(state, closed=(*others, Closed(part, codes, "draft")) if part else others)


def _refuse_lifted(closure: Closure) -> None:
    if closure.lifted_at is not None:
        raise NotAllowedNow(_("This closure has been lifted already."))


def _refuse_impossible(draft: ClosureDraft, closure: Closure | None, *, now: datetime) -> None:
    """What is wrong with a closure whatever is booked; `field` says where."""
    if draft.end is not None and draft.end <= draft.start:
        raise BadWish(_("A closure ends after it begins."), field="end")
    if not draft.agreed:
        _refuse_past(draft, closure, now=now)
    for name, moment in (("start", draft.start), ("end", draft.end)):
        if moment is not None and periods.down_to_tick(moment) != moment:
            raise BadWish(_("Times are given in steps of five minutes."), field=name)
    if draft.kind not in Closure.Kind.values:
        raise BadWish(_("There is no such kind of closure."), field="kind")
    if not any(text.strip() for text in draft.notice.values()):
        raise BadWish(_("Please write what the public is told, in at least one language."), field="notice")
    texts = {f"notice_{language}": text for language, text in draft.notice.items()}
    try:
        Closure(**texts).clean_fields(exclude={"period", "created_at"})
    except ValidationError as error:
        raise BadWish(" ".join(error.messages), field="notice") from error


def _refuse_past(draft: ClosureDraft, closure: Closure | None, *, now: datetime) -> None:
    zone = ZoneInfo(catalogue.museum().time_zone)
    if draft.end is not None and draft.end <= now:
        raise BadWish(_("This closure would be over already."), field="end")
    unmoved = closure is not None and closure.period.lower == draft.start
    if periods.day_of(draft.start, zone) < periods.day_of(now, zone) and not unmoved:
        raise BadWish(_("A closure cannot begin before today."), field="start")

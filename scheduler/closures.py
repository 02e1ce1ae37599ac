"""Closes spaces for a time, and decides about each visit that is hit: showing and doing are one look, sealed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from scheduler import (
    announcing,
    displacing,
    expiry,
    lifting,
    locks,
    periods,
    queries,
    recurring,
    repairs,
    snapshot,
    starts,
)
from scheduler.core.availability import Closed, Day
from scheduler.decisions import Decision, Preview, as_json
from scheduler.errors import BadWish, PreviewOutOfDate
from scheduler.models import Closure, Offer, Visit
from scheduler.models.fields import LANGUAGES
from tours import queries as catalogue
from tours import services
from tours.models import Space, User

DRAFT = "draft"
"""The key of a closure that is not one yet, among those of a day."""


@dataclass(frozen=True, slots=True)
class ClosureDraft:
    """A closure as the office means it. `spaces` empty: all. `end` None: until further notice. `notice`: its public text by language.

    `rrule`: how it recurs (RFC 5545); `start` and `end` are then those of its first time, the end of the rule is within the rule, or it
    has none (`until_further_notice`).
    """

    spaces: tuple[Space, ...]
    start: datetime
    end: datetime | None
    kind: str
    notice: Mapping[str, str]
    agreed: bool = False
    """It may be past (a season's import)."""
    rrule: str = ""
    until_further_notice: bool = False

    @property
    def period(self) -> DateTimeTZRange:
        return DateTimeTZRange(self.start, self.end, "[)")


@dataclass(frozen=True, slots=True)
class _Look:
    """What a closure hits, the days among which new times are looked for, and the seal of it all."""

    visits: tuple[Visit, ...]
    first: date
    last: date
    seal: str


def hit_by(draft: ClosureDraft, *, now: datetime, closure: Closure | None = None) -> tuple[Visit, ...]:
    """Which visits a closure would hit, soonest first: the quick part of a preview. Its notice may still be missing. Raises BadWish."""
    return tuple(_hit(_checked(draft, closure, now=now, notice_later=True), now=now))


def times_within(draft: ClosureDraft, first: date, last: date) -> list[DateTimeTZRange]:
    """When a closure would close on these days, soonest first: once, or each time of its rule. Raises BadWish for what is no rule."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    window = DateTimeTZRange(periods.bounds(first, zone).lower, periods.bounds(last, zone).upper, "[)")
    return _times(_with_rule(draft, zone), window, zone)


def preview(
    draft: ClosureDraft, *, now: datetime, closure: Closure | None = None, notice_later: bool = False
) -> Preview:
    """Which visits a closure would hit, with a proposal for each; changes nothing. `closure`: the one that it takes the place of.

    `notice_later`: what the public is told may still be missing; no seal names it. Raises BadWish.
    """
    draft = _checked(draft, closure, now=now, notice_later=notice_later)
    look = _look(draft, closure, now=now)
    if not look.visits:
        return Preview(look.seal, ())
    read = _read(draft, closure, look.first, look.last, now=now)
    found = repairs.repaired(look.visits, read, now=now)
    return Preview(look.seal, found.hits, found.cost)


def close(
    draft: ClosureDraft, *, seal: str, decisions: Mapping[str, Decision], by: User | None, now: datetime, **keys: str
) -> Closure:
    """Do what the preview showed, as it was decided for each visit (by code), and tell everybody concerned; or nothing at all.

    Takes the calendar lock exclusively. Raises PreviewOutOfDate with a fresh preview, StillHit with the visits left undecided,
    BadWish, and what a decision raises that cannot be carried out, with the visit's code as `visit`.
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


def shown(now: datetime) -> QuerySet[Closure]:
    """What the public is told: closures in force or still to come, soonest first."""
    return queries.closures_from(now)


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
    """Worked out before the lock, for which everybody waits; compared after it; written as it was worked out."""
    draft = _checked(draft, instead_of, now=now)
    look = _look(draft, instead_of, now=now)
    if look.seal != seal:
        raise _out_of_date(draft, instead_of, now=now)
    displacing.refuse_undecided(look.visits, decisions, now=now)
    days = displacing.touched(look.visits, decisions)
    before = displacing.versions(days)
    _describe(closure, draft)
    moved = None
    if look.visits:
        read = _read(draft, instead_of, min(days), max(days), now=now)
        only = {day: state for day, state in read.days.items() if day in days}
        found = repairs.repaired(look.visits, replace(read, days=only), now=now, decided=decisions)
        moved = displacing.prepare(found, look.visits, decisions, because=closure, now=now)
    locks.calendar_exclusive()
    if instead_of is not None:
        lifting.refuse_lifted(Closure.objects.get(pk=instead_of.pk))
    hit = _hit(draft, now=now).values_list("pk", "revision")
    if _seal(draft, instead_of, hit) != seal or displacing.versions(days) != before:
        raise _out_of_date(draft, instead_of, now=now)
    expiry.release_expired(periods.days_between(look.first, look.last), now=now)
    if instead_of is not None:
        lifting.free(Closure.objects.get(pk=instead_of.pk), now=now)
    closure.save()
    closure.spaces.set(draft.spaces)
    services.raise_catalogue_version()
    (announcing.closure_published if instead_of is None else announcing.closure_changed)(closure, now=now)
    if moved is not None:
        displacing.let_go(moved)
        displacing.carry_out(moved, because=closure, now=now)
    return closure


def _out_of_date(draft: ClosureDraft, closure: Closure | None, *, now: datetime) -> PreviewOutOfDate:
    fresh = preview(draft, now=now, closure=closure)
    return PreviewOutOfDate(preview=as_json(fresh, ZoneInfo(catalogue.museum().time_zone)))


def _describe(closure: Closure, draft: ClosureDraft) -> None:
    """Make the row say what the draft says; it is not saved."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    closure.period, closure.rrule, closure.kind = draft.period, draft.rrule, draft.kind
    closure.span = recurring.span(draft.period, draft.rrule, zone)
    for language, _name in LANGUAGES:
        setattr(closure, f"notice_{language}", draft.notice.get(language, ""))


def _look(draft: ClosureDraft, closure: Closure | None, *, now: datetime) -> _Look:
    zone = ZoneInfo(catalogue.museum().time_zone)
    visits = tuple(_hit(draft, now=now))
    near = timedelta(days=starts.NEAR_DAYS)
    days = [visit.day for visit in visits if visit.day] or [periods.day_of(draft.start, zone)]
    first = max(min(days) - near, periods.day_of(now, zone))
    seal = _seal(draft, closure, [(visit.pk, visit.revision) for visit in visits])
    return _Look(visits, first, max(days) + near, seal)


def _hit(draft: ClosureDraft, *, now: datetime) -> QuerySet[Visit]:
    """The visits that a closure hits and that are not over."""
    zone = ZoneInfo(catalogue.museum().time_zone)
    times = [draft.period]
    if draft.rrule:
        booked = queries.last_booked_day()
        until = periods.midnight((booked or periods.day_of(now, zone)) + timedelta(days=1), zone)
        times = _times(draft, DateTimeTZRange(min(now, until), until, "[)"), zone)
    hit = queries.visits_hit_by(draft.spaces, *times).filter(period__endswith__gt=now)
    unanswered = Offer.objects.filter(outcome=Offer.Outcome.OPEN, answer_by__lte=now)  # released by whoever writes next
    return hit.exclude(offers__in=unanswered)


def _seal(draft: ClosureDraft, closure: Closure | None, hit: Iterable[tuple[int, int]]) -> str:
    """Names the draft, the catalogue, and the visits that are hit, each as it is. Whether a decision can be done is looked at again."""
    looked_at = [
        sorted(space.code for space in draft.spaces),
        draft.start.timestamp(),
        draft.end.timestamp() if draft.end else None,
        draft.rrule,
        closure.pk if closure else None,
        catalogue.museum().catalogue_version,
        [list(each) for each in hit],
    ]
    return hashlib.sha256(json.dumps(looked_at).encode()).hexdigest()[:32]


def _read(draft: ClosureDraft, closure: Closure | None, first: date, last: date, *, now: datetime) -> snapshot.Range:
    """The days with the draft in force, instead of the closure that it takes the place of."""
    read = snapshot.of_days(first, last, now=now)
    whole = DateTimeTZRange(periods.bounds(first, read.zone).lower, periods.bounds(last, read.zone).upper, "[)")
    times = _times(draft, whole, read.zone)
    days = {day: _closed_too(state, draft, closure, times, day, read.zone) for day, state in read.days.items()}
    notices = {f"notice_{language}": text for language, text in draft.notice.items()}
    return replace(read, days=days, closures={**read.closures, DRAFT: Closure(**notices)})


def _closed_too(
    state: Day,
    draft: ClosureDraft,
    closure: Closure | None,
    times: Sequence[DateTimeTZRange],
    day: date,
    zone: ZoneInfo,
) -> Day:
    parts = (periods.to_interval(time, day, zone) for time in times)
    codes = frozenset(space.code for space in draft.spaces) or None
    others = (each for each in state.closed if closure is None or each.key != str(closure.pk))
    return replace(state, closed=(*others, *(Closed(part, codes, DRAFT) for part in parts if part)))


def _times(draft: ClosureDraft, window: DateTimeTZRange, zone: ZoneInfo) -> list[DateTimeTZRange]:
    return recurring.within(draft.period, draft.rrule, window, zone)


def _checked(
    draft: ClosureDraft, closure: Closure | None, *, now: datetime, notice_later: bool = False
) -> ClosureDraft:
    """The draft with its rule put plainly and its start at the first time. Raises BadWish; `field` says where."""
    if draft.end is not None and draft.end <= draft.start:
        raise BadWish(_("A closure ends after it begins."), field="end")
    for name, moment in (("start", draft.start), ("end", draft.end)):
        if moment is not None and periods.down_to_tick(moment) != moment:
            raise BadWish(_("Times are given in steps of five minutes."), field=name)
    if draft.kind not in Closure.Kind.values:
        raise BadWish(_("There is no such kind of closure."), field="kind")
    if not notice_later:
        _refuse_notice(draft)
    zone = ZoneInfo(catalogue.museum().time_zone)
    draft = _with_rule(draft, zone)
    if not draft.agreed:
        _refuse_past(draft, closure, zone, now=now)
        _refuse_closed_already(draft, closure, zone, now=now)
    return draft


def _refuse_notice(draft: ClosureDraft) -> None:
    if not any(text.strip() for text in draft.notice.values()):
        raise BadWish(_("Please write what the public is told, in at least one language."), field="notice")
    texts = {f"notice_{language}": text for language, text in draft.notice.items()}
    try:
        Closure(**texts).clean_fields(exclude={"period", "span", "created_at"})
    except ValidationError as error:
        raise BadWish(" ".join(error.messages), field="notice") from error


def _with_rule(draft: ClosureDraft, zone: ZoneInfo) -> ClosureDraft:
    if not draft.rrule.strip():
        return replace(draft, rrule="")
    if draft.end is None:
        raise BadWish(_("A closure that recurs has an end each time."), field="end")
    try:
        rule = recurring.plain(draft.rrule, draft.start, zone)
        if not recurring.ends(rule) and not draft.until_further_notice:
            raise recurring.BadRule(
                _("This rule never ends. Please say until when it recurs, or “until further notice”.")
            )
        first = recurring.first_of(draft.period, rule, zone)
        if recurring.runs_into_itself(first, rule, zone):
            raise recurring.BadRule(
                _("One time runs into the next. Please make it one closure from its start to its end.")
            )
        recurring.span(first, rule, zone)
    except recurring.BadRule as error:
        raise BadWish(str(error), field="rrule") from error
    return replace(draft, rrule=rule, start=first.lower, end=first.upper)


def _refuse_past(draft: ClosureDraft, closure: Closure | None, zone: ZoneInfo, *, now: datetime) -> None:
    until = recurring.span(draft.period, draft.rrule, zone).upper
    if until is not None and until <= now:
        raise BadWish(_("This closure would be over already."), field="rrule" if draft.rrule else "end")
    unmoved = closure is not None and closure.period.lower == draft.start
    if periods.day_of(draft.start, zone) < periods.day_of(now, zone) and not unmoved:
        raise BadWish(_("A closure cannot begin before today."), field="start")


def _refuse_closed_already(draft: ClosureDraft, closure: Closure | None, zone: ZoneInfo, *, now: datetime) -> None:
    """Refuse what another closure says already: the same places at times that overlap, or all of it within another."""
    codes = {space.code for space in draft.spaces}
    window = recurring.compared(draft.period, draft.rrule, zone)
    times = _times(draft, window, zone)
    for other in queries.closures_from(now).filter(span__overlap=window):
        if closure is not None and other.pk == closure.pk:
            continue
        theirs = queries.times_of(other, window, zone)
        same = codes == {space.code for space in other.spaces.all()}
        once = not draft.rrule and not other.rrule
        wider = not other.spaces.all() or (codes and codes <= {space.code for space in other.spaces.all()})
        if (same and once and theirs) or (wider and recurring.covered(times, theirs)):
            raise BadWish(
                _("This is closed already: %(notice)s Please change that closure instead.")
                % {"notice": other.in_language("notice")},
                field="start",
                closure=other.pk,
            )

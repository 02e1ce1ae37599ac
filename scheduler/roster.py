"""Who leads what: promises, answers, replacements. A promised duty changes its guide only by a person's doing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pghistory
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from scheduler import locks, periods, placing, queries, reasons, snapshot, steps, telling
from scheduler.core import assignment, availability, helping, planning
from scheduler.core.assignment import Duty, Reason, Roster
from scheduler.core.availability import Day, Opening, Way, Wish
from scheduler.core.itinerary import Space, Stop
from scheduler.errors import NotAllowedNow, Refused
from scheduler.models import Absence, Party, Visit
from tours.models import Guide, User
from tours.queries import museum

OPEN_DAYS = 400
"""As far ahead as an absence without an end is looked at."""
SECONDS = 2.0
"""For the guides of one day, under its lock; it takes about a twentieth of a second."""
NOWHERE = "~"  # a space of one lane, and a tour, that exist only while one duty's guide is looked for


class GuideCannot(Refused):
    """The guide may not take this duty; `reasons` say why, in words."""

    code = "guide_cannot"


class AbsenceOver(Refused):
    """The absence ended before now: whatever it would have changed has happened."""

    code = "absence_over"
    detail = _lazy("This time is over already. Note only absences that still last or are yet to come.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A guide for a duty, and every reason against them; none: they can take it as things stand."""

    guide: Guide
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swap:
    """A guide who can lead a duty once groups whose guides have not been told yet go to others: `moves` says which, whose, and to whom."""

    guide: Guide
    moves: tuple[tuple[Party, Guide], ...]


@transaction.atomic
def accept(party_id: int, *, guide_id: int | None = None, now: datetime) -> Party:
    """The guide says that they will lead. `guide_id`: who says so; raises NotAllowedNow where the duty has gone to another meanwhile."""
    party = _led(party_id, guide_id)
    party.answer = Party.Answer.ACCEPTED
    party.save(update_fields=["answer"])
    return party


@transaction.atomic
def decline(party_id: int, *, reason: str, guide_id: int | None = None, now: datetime) -> Party:
    """The guide cannot lead: somebody else does at once, or the office is told that nobody can. `guide_id` as for `accept`."""
    party = _led(party_id, guide_id)
    assert party.guide is not None  # _led
    with pghistory.context(declined_by=party.guide.name, why=reason):  # for the visit's story
        replace_guide(party, instead_of=party.guide, why=reason, now=now)
    return party


@transaction.atomic
def assign(party_id: int, guide_code: str, *, by: User, now: datetime) -> Party:
    """The office gives a duty to a guide; unpromised duties make room where they can. Raises GuideCannot with the reasons."""
    party = _locked(party_id)
    read = snapshot.of_day(_visit_day(party))
    way = _way(read.days[_visit_day(party)], party, read, only={guide_code})
    if way is None:
        against = next((each.reasons for each in candidates(party.pk) if each.guide.code == guide_code), ())
        raise GuideCannot(" ".join(against) or _("This guide cannot lead then."), reasons=list(against))
    _give(party, way, read)
    steps.changed(party.visit, now=now)
    return party


def candidates(party_id: int) -> list[Candidate]:
    """Every active guide for a duty, those who can take it first, the others with each reason why not."""
    party = Party.objects.select_related("visit__tour", "guide").get(pk=party_id)
    day = _visit_day(party)
    read = snapshot.of_day(day)
    duties = [duty for duty in read.days[day].duties if duty.key != str(party.pk)]
    wanted = _duty(party, read)
    guides = {guide.code: guide for guide in Guide.objects.filter(active=True)}
    words = reasons.Words(day, read.zone)
    found = [
        Candidate(
            guides[core.code], tuple(map(words.sentence, assignment.why_not(core, wanted, Roster(tuple(duties)))))
        )
        for core in read.days[day].guides
    ]
    return sorted(found, key=lambda each: (len(each.reasons), each.guide.name))


def by_swapping(party_id: int) -> Swap | None:
    """Who else could lead a duty for which nobody is free as things stand, with the fewest changes of other groups; `assign` makes them.

    None where nobody could, or where it takes no change.
    """
    party = Party.objects.select_related("visit__tour", "guide").get(pk=party_id)
    read = snapshot.of_day(_visit_day(party))
    way = _way(read.days[_visit_day(party)], party, read, but={party.guide.code} if party.guide else ())
    if way is None or not way.guides:
        return None
    guides = {
        guide.code: guide for guide in Guide.objects.filter(code__in=[way.parties[0].guide, *way.guides.values()])
    }
    others = Party.objects.select_related("visit", "guide").filter(pk__in=way.guides).order_by("period", "pk")
    return Swap(
        guides[str(way.parties[0].guide)], tuple((other, guides[way.guides[str(other.pk)]]) for other in others)
    )


def what_would_help(party_id: int, *, but: Collection[str] = (), now: datetime) -> list[str]:
    """Each single change with which a duty that nobody can lead could be led, the mildest first, in words.

    What the group could do comes before what guides could. `but`: codes of guides who have said that they cannot.
    """
    party = Party.objects.select_related("visit__tour", "guide").get(pk=party_id)
    words, helps = _helps(party, but, now)
    return [words.sentence(each) for each in helps]


@transaction.atomic
def add_absence(guide_id: int, start: datetime, end: datetime | None, *, reason: str = "", now: datetime) -> Absence:
    """The guide takes no duties then; those they have go to others at once, or the office is told that nobody can.

    It may have begun already; raises AbsenceOver where it has ended, too.
    """
    if end is not None and end <= start:
        raise Refused(_("The end lies after the start."))
    if end is not None and end <= now:
        raise AbsenceOver
    period = DateTimeTZRange(start, end, "[)")
    theirs = Party.objects.filter(guide=guide_id, holds=True, period__overlap=period, period__startswith__gt=now)
    locks.museum_days(day for day in theirs.values_list("visit__day", flat=True) if day)
    absence = Absence.objects.create(guide_id=guide_id, period=period, reason=reason, created_at=now)
    _raise_versions(period, now=now)
    guide, of_day = Guide.objects.get(pk=guide_id), dict[date, list[Party]]()
    for party in theirs.select_related("visit__tour", "visit__audience", "guide").order_by("period", "pk"):
        of_day.setdefault(_visit_day(party), []).append(party)
    for day, parties in of_day.items():
        _replace_all(day, parties, instead_of=guide, why=reason, now=now)
    return absence


@transaction.atomic
def remove_absence(absence_id: int, *, now: datetime) -> None:
    """The guide is there after all; duties given away stay where they are."""
    absence = Absence.objects.get(pk=absence_id)
    absence.delete()
    for day in _raise_versions(absence.period, now=now):
        steps.freed(day, now=now)


def _raise_versions(period: DateTimeTZRange, *, now: datetime) -> list[date]:
    """Say that the days of an absence have changed, and which they are; of an open end, as far as anybody asks."""
    zone = ZoneInfo(museum().time_zone)
    first = periods.day_of(max(period.lower, now), zone)
    last = periods.day_of(period.upper, zone) if period.upper else first + timedelta(days=OPEN_DAYS)
    days = list(periods.days_between(first, last))
    locks.raise_versions(days)
    return days


def replace_guide(party: Party, *, instead_of: Guide, why: str, now: datetime) -> bool:
    """Find the party another guide, with the fewest changes to others; else leave it without one and alarm the office."""
    day = _visit_day(party)
    read = snapshot.of_day(day)
    way = _way(read.days[day], party, read, but={instead_of.code})
    if way is None:
        party.guide, party.answer = None, Party.Answer.PENDING
        party.save(update_fields=["guide", "answer"])
    else:
        _give(party, way, read)
    steps.changed(party.visit, now=now)
    if way is None and party.visit.status == Visit.Status.CONFIRMED:
        _alarm(party, instead_of, why, f"nobody:{party.pk}:{party.visit.revision}", now)
    return way is not None


def _replace_all(day: date, parties: list[Party], *, instead_of: Guide, why: str, now: datetime) -> None:
    """Find other guides for all that one guide cannot lead on a day, together: as many as can be, with the fewest changes to others.

    One after the other the first would take the only guide whom the second could have. Where nobody is left the office is alarmed.
    """
    read = snapshot.of_day(day)
    hit = {str(party.pk) for party in parties}
    known = (duty for duty in read.days[day].duties if duty.guide is not None)  # what was open before has its alarm
    duties = tuple(replace(duty, guide=None) if duty.key in hit else duty for duty in known)
    shift = planning.Shift(read.days[day].guides, duties)
    found = planning.plan([shift], quiet=True, seconds=SECONDS, until="unchanged")
    moved = {
        duty.key: guide
        for duty in duties
        if (guide := found.guides[duty.key]) is not None and guide != duty.guide and duty.key not in hit
    }
    with placing.constraints_deferred():
        placing.swap(moved, read)
        for party in parties:
            code = found.guides[str(party.pk)]
            party.guide_id, party.answer = read.guide_ids[code] if code else None, Party.Answer.PENDING
            party.save(update_fields=["guide", "answer"])
    for visit in {party.visit_id: party.visit for party in parties}.values():
        steps.changed(visit, now=now)
    for party in parties:
        if party.guide_id is None and party.visit.status == Visit.Status.CONFIRMED:
            _alarm(party, instead_of, why, f"nobody:{party.pk}:{party.visit.revision}", now)


def due(*, now: datetime) -> QuerySet[Visit]:
    """Confirmed visits that have come within the horizon and are not promised yet, soonest first."""
    horizon = now + timedelta(days=museum().promise_days)
    visits = Visit.objects.filter(status=Visit.Status.CONFIRMED, promised_at=None, kind=Visit.Kind.TOUR)
    return visits.filter(period__startswith__gt=now, period__startswith__lte=horizon).order_by("period", "pk")


def promise_due(*, now: datetime) -> int:
    """Promise and tell what is due with the guides that it has, or alarm the office; gives how many. One transaction for each visit."""
    return sum(locks.door(_promise)(pk, now=now) for pk in list(due(now=now).values_list("pk", flat=True)))


def _promise(visit_id: int, *, now: datetime) -> bool:
    visit = steps.locked(visit_id)
    if visit.status != Visit.Status.CONFIRMED or visit.promised_at is not None:
        return False
    for party in queries.parties_of(visit):
        if party.guide is None:
            day = _visit_day(party)
            read = snapshot.of_day(day)
            way = _way(read.days[day], party, read)
            if way is None:
                _alarm(party, None, "", f"nobody:{party.pk}:{now:%Y-%m-%d}", now)
                return False
            _give(party, way, read)
    if placing.promise(visit, now=now):
        steps.changed(visit, now=now)
        return True
    return False


def _led(party_id: int, guide_id: int | None) -> Party:
    party = _locked(party_id)
    if party.guide is None or not party.holds or party.visit.promised_at is None:
        raise NotAllowedNow
    if guide_id not in (None, party.guide_id):  # a second click must not decline for whoever came instead
        raise NotAllowedNow
    return party


def _locked(party_id: int) -> Party:
    """The sub-group as it is once the lock of its visit's day is ours; raises as `steps.locked` does."""
    steps.locked(Party.objects.values_list("visit", flat=True).get(pk=party_id))
    return Party.objects.select_related("visit__tour", "visit__audience", "guide").get(pk=party_id)


def _visit_day(party: Party) -> date:
    assert party.visit.day is not None  # a party's visit has a day
    return party.visit.day


def _duty(party: Party, read: snapshot.Range) -> Duty:
    period = periods.to_interval(party.period, _visit_day(party), read.zone)
    assert period is not None  # it lies in its day
    tour = party.visit.tour.code if party.visit.tour else ""
    return Duty(str(party.pk), str(party.visit_id), tour, party.visit.language, period)


def _way(
    day: Day, party: Party, read: snapshot.Range, *, but: Iterable[str] = (), only: Iterable[str] | None = None
) -> Way | None:
    """A guide for one duty, as if it were asked for anew: by itself, anywhere, at its time, of the qualified but some, or of some only."""
    duty = _duty(party, read)
    others = tuple(
        replace(visit, parties=tuple(each for each in visit.parties if each.key != duty.key)) for visit in day.visits
    )
    allowed = {guide.code for guide in day.guides if only is None or guide.code in set(only)} - set(but)
    guides = tuple(
        replace(guide, qualifications=guide.qualifications | {(NOWHERE, duty.language)})
        if guide.code in allowed and (duty.tour, duty.language) in guide.qualifications
        else guide
        for guide in day.guides
    )
    alone = replace(
        day,
        opening=(Opening(duty.period.start, duty.period.end, duty.period.start),),
        spaces={**day.spaces, NOWHERE: Space(NOWHERE, 1)},
        guides=guides,
        visits=others,
        closed=(),
        grid=1,
    )
    wish = Wish(NOWHERE, duty.language, (Stop(NOWHERE, duty.period.ticks),), 1, 1)
    return availability.way(alone, wish, (duty.period.start,))


def _give(party: Party, way: Way, read: snapshot.Range) -> None:
    """Write the guide that was found, and the swaps that made room."""
    code = way.parties[0].guide
    assert code is not None  # a way has a guide for each party
    with placing.constraints_deferred():
        placing.swap(way.guides, read)
        party.guide_id, party.answer = read.guide_ids[code], Party.Answer.PENDING
        party.save(update_fields=["guide", "answer"])


def _alarm(party: Party, declined_by: Guide | None, why: str, key: str, now: datetime) -> None:
    """Tell the office, once for each `key`, that nobody can lead a party: why, guide by guide, and what would help."""
    words, helps = _helps(party, [declined_by.code] if declined_by else [], now)

    def said() -> str:  # in the active language, which is each reader's
        lines = [_("Nobody can lead this group.")]
        if declined_by:
            lines.append(_("%(guide)s cannot come: %(why)s") % {"guide": declined_by.name, "why": why or "–"})
        lines += [f"{each.guide.name}: {' '.join(each.reasons)}" for each in candidates(party.pk) if each.reasons]
        return "\n".join([*lines, *(words.sentence(each) for each in helps)])

    telling.alarm(party.visit, kind="office_alarm", key=key, reason=said, now=now)


def _helps(party: Party, but: Collection[str], now: datetime) -> tuple[reasons.Words, list[Reason]]:
    """What would help for a party beside all that is led, as the core says it, and the words of its day.

    What else nobody leads is left out: a change with which only that could be led does not help here.
    """
    day = _visit_day(party)
    read = snapshot.of_day(day)
    state = read.days[day]
    earliest = max(0, -(-(now - periods.midnight(day, read.zone)) // periods.TICK))
    guides = tuple(guide for guide in state.guides if guide.code not in but)
    helps = helping.of_visit(state, str(party.visit_id), but=but, earliest=earliest)
    key = str(party.pk)
    helps += helping.what_would_help(guides, [duty for duty in state.duties if duty.guide or duty.key == key], key)
    return reasons.Words(day, read.zone, guides=dict(Guide.objects.values_list("code", "name"))), helps

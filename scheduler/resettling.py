"""Gives many visits their new times at once: rows and letters are worked out before the lock, and written under it in a few queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, prefetch_related_objects

from notifications import batches
from scheduler import announcing, locks, offers, placing, queries, steps, telling
from scheduler.core import itinerary
from scheduler.core.availability import Way
from scheduler.decisions import DROP, OFFER, Decision, answer_by, may_be_asked
from scheduler.models import ChangeRequest, Leg, Offer, Party, Visit
from scheduler.placing import Row
from scheduler.repairs import Step
from scheduler.snapshot import Range, core_stops
from scheduler.steps import Cause
from tours import queries as catalogue
from tours.models import Guide

BY_OFFICE = "office"
ENDS = ("status", "reason", "ended_by", "decide_by")
WHEN = ("day", "day_bounds", "period", "stops", "left_out", "promised_at", "arrives_at")
MARKS = ("displaced_by", "gave_way_to", "revision", "updated_at")
LED = ("number", "wave", "heads", "walk", "holds", "period")


@dataclass(slots=True)
class Resettled:
    """Visits as they are to be, with all that is to be written for it. Made without a lock: what it was made from is compared later.

    `swaps` and `walks`: rows with a party's id and its new guide, or its new walk, of visits that make room. `rows`: the legs by day;
    they take the place of all that the visits of `instead_of` have.
    """

    read: Range
    visits: list[Visit] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    surplus: list[int] = field(default_factory=list)
    swaps: list[Party] = field(default_factory=list)
    walks: list[Party] = field(default_factory=list)
    rows: dict[date, list[Row]] = field(default_factory=dict)
    instead_of: list[int] = field(default_factory=list)
    asked: list[Offer] = field(default_factory=list)
    narrowed: list[Offer] = field(default_factory=list)
    left: set[date] = field(default_factory=set)
    guides_were: dict[int, int | None] = field(default_factory=dict)
    letters: batches.Batch | None = None


def prepare(
    written: Sequence[Step],
    cancelled: Sequence[Visit],
    decisions: Mapping[str, Decision],
    read: Range,
    *,
    because: Cause,
    now: datetime,
) -> Resettled:
    """Work out what moving these tours and cancelling these visits comes to; the visits are of `queries.visits()`, and changed in place.

    `written`: in the order in which their ways are valid, all of one day together. Queries: a fixed number.
    """
    made = Resettled(read)
    prefetch_related_objects([*cancelled, *(step.visit for step in written)], "split_off")  # for their letters
    known = telling.Known(read.museum, {space.code: space for space in catalogue.places()}, ())
    told = [(visit, known) for visit in cancelled]
    for visit in cancelled:
        _cancel(made, visit, because=because, now=now)
    hold = _Holding(made, written)
    for day, of_day in groupby(written, key=lambda step: steps.day_of(step.begins[0], read.zone)):
        these = list(of_day)
        made.rows.setdefault(day, []).extend(hold.room(day, [step.way for step in these]))
        for step in these:
            parties = hold.place(step, day)
            _settle(made, step, decisions[step.visit.code], hold.open_offers, because=because, now=now)
            told.append((step.visit, telling.Known(known.museum, known.places, parties)))
    made.letters = telling.prepare(told, now=now)
    return made


def write(made: Resettled, *, because: Cause, now: datetime) -> None:
    """Write it all; the caller holds the lock and has seen that nothing of it has changed, and has let all these visits go."""
    for visit in made.visits:  # what they give way to has its id by now
        visit.displaced_by, visit.gave_way_to = steps.cause_of(because)
    with placing.constraints_deferred():
        _write_parties(made)
        _lay(made)
    if made.visits:
        Visit.objects.bulk_create(
            made.visits, update_conflicts=True, update_fields=[*ENDS, *WHEN, *MARKS], unique_fields=["id"]
        )
    _write_offers(made, now=now)
    locks.raise_versions({visit.day for visit in made.visits if visit.day} | made.left)
    steps.freed_all(made.left, now=now)
    if made.letters is not None:
        batches.write(made.letters, now=now)
    announcing.visits_changed(made.visits, now=now)


def _cancel(made: Resettled, visit: Visit, *, because: Cause, now: datetime) -> None:
    steps.become(visit, Visit.Status.CANCELLED)
    visit.reason, visit.ended_by, visit.decide_by = "", BY_OFFICE, None
    steps.marked(visit, now=now, because=because)
    made.visits.append(visit)
    made.cancelled.append(visit.pk)
    if visit.day:
        made.left.add(visit.day)


class _Holding:
    """Puts visits into places and guides' hands, in rows that nobody has stored yet."""

    def __init__(self, made: Resettled, written: Sequence[Step]) -> None:
        self.made, self.read = made, made.read
        self.lanes = placing.lanes_by_space()
        self.guides = Guide.objects.in_bulk(list(self.read.guide_ids.values()))
        self.others = _others(written)
        suggested = [step.visit.pk for step in written if step.visit.status == Visit.Status.OFFERED]
        self.open_offers = {
            offer.visit_id: offer
            for offer in Offer.objects.filter(outcome=Offer.Outcome.OPEN, visit__in=suggested)
            if suggested
        }

    def room(self, day: date, ways: Iterable[Way]) -> list[Row]:
        """Who else of the day changes guide or walk for them; gives the stops that are to be laid anew for it."""
        made, rows = self.made, list[Row]()
        for way in ways:
            pending = Party.Answer.PENDING
            made.swaps += [
                Party(pk=int(key), guide_id=self.read.guide_ids[code], answer=pending)
                for key, code in way.guides.items()
            ]
            made.walks += [Party(pk=int(key), walk=list(walk)) for key, walk in way.walks.items()]
            for core in self.read.days[day].visits:
                if any(party.key in way.walks for party in core.parties):
                    visit = self.others[int(core.key)]
                    parties = {str(party.pk): party for party in visit.parties.all()}
                    walked = placing.walked(core, way.walks)
                    rows += placing.rows_of(
                        itinerary.legs(walked, self.read.days[day].spaces), visit, parties, self.read, day
                    )
                    made.instead_of.append(visit.pk)
        return rows

    def place(self, step: Step, day: date) -> list[Party]:
        """A visit at its new time, with its parties and their stops; gives the parties in order."""
        made, visit = self.made, step.visit
        if visit.day:
            made.left.add(visit.day)
        steps.leave_out(visit, step.dropped)
        was = list(visit.parties.all())
        made.guides_were |= {party.pk: party.guide_id for party in was}
        parties, surplus = placing.made(visit, step.way, was, self.read, day)
        _number([party for party in parties.values() if not party.pk])
        rows = placing.rows_of(step.way.legs, visit, parties, self.read, day)
        for row in rows:
            row.leg.lane = self.lanes[row.space][
                0
            ]  # until `write` finds one that is free; the place is what people are told
        for party in parties.values():
            party.visit, party.guide = visit, self.guides[party.guide_id] if party.guide_id else None
            queries.hold(party, legs=[row.leg for row in rows if row.leg.party is party])
        ordered = sorted(parties.values(), key=lambda party: party.number)
        queries.hold(visit, parties=ordered, legs=[row.leg for row in rows])
        made.rows.setdefault(day, []).extend(rows)
        made.instead_of.append(visit.pk)
        made.parties += ordered
        made.surplus += [party.pk for party in surplus]
        return ordered


def _others(written: Sequence[Step]) -> dict[int, Visit]:
    """Visits of which a party walks otherwise to make room, by id."""
    keys = [int(key) for step in written for key in step.way.walks]
    return Visit.objects.filter(parties__in=keys).distinct().prefetch_related("parties").in_bulk() if keys else {}


def _number(parties: Sequence[Party]) -> None:
    """Give parties that are new the ids that they will have: a guide's letter names one."""
    if not parties:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('scheduler_party', 'id')) FROM generate_series(1, %s)",
            [len(parties)],
        )
        for party, (number,) in zip(parties, cursor.fetchall(), strict=True):
            party.pk = number


def _settle(
    made: Resettled, step: Step, decision: Decision, open_offers: Mapping[int, Offer], *, because: Cause, now: datetime
) -> None:
    """The visit's time and status; what its organiser is asked."""
    visit, was = step.visit, step.visit.period
    ticks = sum(stop.ticks for stop in core_stops(visit.stops))
    for name, value in steps.when(step.begins, ticks, made.read.zone).items():
        setattr(visit, name, value)
    visit.arrives_at = None
    asked = _question(visit, step, decision, was, now)
    if asked is not None:
        made.asked.append(asked)
    elif visit.status == Visit.Status.OFFERED and (asked := open_offers.get(visit.pk)) is not None:
        # a suggestion that has to give way itself: the new time is suggested, and nothing beside it
        asked.alternatives, asked.answer_by = [], min(asked.answer_by, visit.period.lower)
        made.narrowed.append(asked)
    queries.hold(visit, offers=[asked] if asked else [])
    led = all(party.guide_id for party in visit.parties.all())
    if visit.promised_at is None and led and steps.is_near(visit, made.read.museum.promise_days, now=now):
        visit.promised_at = now
    steps.marked(visit, now=now, because=because)
    made.visits.append(visit)


def _question(visit: Visit, step: Step, decision: Decision, was: DateTimeTZRange | None, now: datetime) -> Offer | None:
    """What the organiser is asked, where that was decided and there is time to ask."""
    until = decision.answer_by or answer_by(step.begins, now)
    if decision.action not in (OFFER, DROP) or not may_be_asked(visit) or until is None:
        return None
    steps.become(visit, Visit.Status.OFFERED)
    visit.promised_at = None
    return offers.question(
        visit,
        was=was,
        answer_by=until,
        alternatives=decision.alternatives if len(step.begins) == 1 else (),
        on_silence=decision.on_silence,
        now=now,
    )


def _write_parties(made: Resettled) -> None:
    if made.swaps:
        Party.objects.bulk_update(made.swaps, ["guide", "answer"])
    if made.walks:
        Party.objects.bulk_update(made.walks, ["walk"])
    same = [party for party in made.parties if made.guides_were.get(party.pk, -1) == party.guide_id]
    others = [party for party in made.parties if made.guides_were.get(party.pk, -1) != party.guide_id]
    # whoever has answered in this very moment has answered for the same party: that stays as it is
    for rows, names in ((same, LED), (others, (*LED, "guide", "answer"))):
        if rows:
            Party.objects.bulk_create(rows, update_conflicts=True, update_fields=[*names], unique_fields=["id"])
    if made.surplus:
        Party.objects.filter(pk__in=made.surplus).delete()


def _lay(made: Resettled) -> None:
    """The stops of all days, each in a lane that is free then."""
    Leg.objects.filter(visit__in=made.instead_of).delete()
    there: dict[date | None, list[Leg]] = {}
    standing = Leg.objects.filter(holds=True, visit__day__in=list(made.rows)).annotate(day=F("visit__day"))
    for leg in standing.select_related("lane__space"):
        there.setdefault(leg.day, []).append(leg)
    lanes = placing.lanes_by_space()
    moved = []
    for day, rows in made.rows.items():
        codes = {row.space for row in rows}
        near = [leg for leg in there.get(day, ()) if leg.lane.space.code in codes]
        moved += placing.colour(day, made.read, rows, near, lanes)
    if moved:
        Leg.objects.bulk_update(moved, ["lane"])
    Leg.objects.bulk_create([row.leg for rows in made.rows.values() for row in rows])


def _write_offers(made: Resettled, *, now: datetime) -> None:
    if made.cancelled:
        open_ = Offer.objects.filter(visit__in=made.cancelled, outcome=Offer.Outcome.OPEN)
        open_.update(outcome=Offer.Outcome.WITHDRAWN, decided_at=now)
        wishes = ChangeRequest.objects.filter(visit__in=made.cancelled, status=ChangeRequest.Status.OPEN)
        wishes.update(status=ChangeRequest.Status.VOID, decided_at=now)
    Offer.objects.bulk_create(made.asked)
    if made.narrowed:
        Offer.objects.bulk_update(made.narrowed, ["alternatives", "answer_by"])

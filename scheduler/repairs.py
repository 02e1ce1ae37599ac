"""What becomes of the visits that a closure or an official visit displaces: the least change for all of them at once, never written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from scheduler import footprints, periods, starts, steps
from scheduler.core import repair
from scheduler.core.availability import Day, Way
from scheduler.core.itinerary import Taken
from scheduler.core.itinerary import Visit as CoreVisit
from scheduler.core.repair import Placement, Proposal
from scheduler.decisions import CANCEL, DROP, MOVE, OFFER, REROUTE, Cost, Decision, Hit, answer_by, may_be_asked, named
from scheduler.errors import BadWish, Closed, StartTaken
from scheduler.footprints import Footprint
from scheduler.models import Visit
from scheduler.snapshot import Range, core_stops

MOVE_DAYS = 7
"""A new time so many days away is given; one farther away is suggested, and the organiser asked."""
SECONDS = 3.5


@dataclass(frozen=True, slots=True)
class Step:
    """One visit to be written at its new time. `dropped`: positions in its programme. `footprint`: an event's."""

    visit: Visit
    begins: tuple[datetime, ...]
    way: Way
    dropped: frozenset[int] = frozenset()
    footprint: Footprint | None = None


@dataclass(frozen=True, slots=True)
class Repaired:
    """A proposal for each visit, in the visits' order, and the steps to do them all, in the order in which they are to be written.

    `read`: what was looked at, with its days as they are to be. `first`: the way of whom the visits give way to.
    """

    hits: tuple[Hit, ...]
    steps: tuple[Step, ...]
    cost: Cost
    read: Range
    first: Way | None = None


def repaired(
    visits: Sequence[Visit],
    read: Range,
    *,
    now: datetime,
    decided: Mapping[str, Decision] | None = None,
    newcomer: tuple[Visit, Footprint, date] | None = None,
    seconds: float = SECONDS,
) -> Repaired:
    """The least change for all displaced visits at once, on the days of `read` as they would be. `decided`: by code, not to be changed.

    `newcomer`: an event or official visit that comes first, its footprint and its day. Raises what a decision that cannot be carried out
    raises, with the visit's code as `visit`, and StartTaken where no guide is free for the newcomer.
    """
    decided = decided or {}
    sketch = _Sketch(read, visits, now)
    first = sketch.receive(*newcomer) if newcomer else None
    others = [sketch.event(visit, decided.get(visit.code)) for visit in visits if visit.kind != Visit.Kind.TOUR]
    tours = _Tours(sketch, [visit for visit in visits if visit.kind == Visit.Kind.TOUR], decided)
    found = repair.repair(tours.days, tours.hits, seconds=seconds, decided=tours.placements)
    by_key = {proposal.visit: proposal for proposal in found.proposals}
    hits = {visit.pk: hit for visit, hit, _step in others} | {
        visit.pk: tours.hit(visit, by_key[str(visit.pk)]) for visit in tours.visits
    }
    written = [step for _visit, _hit, step in others if step] + [
        step for proposal in found.proposals if (step := tours.step(proposal))
    ]
    return Repaired(
        tuple(hits[visit.pk] for visit in visits),
        tuple(written),
        _cost(found, [hit for _visit, hit, _step in others], tours),
        replace(read, days=sketch.days),
        first,
    )


@dataclass(slots=True)
class _Sketch:
    """Days as they would be: the displaced visits gone, whoever is placed added."""

    read: Range
    visits: Sequence[Visit]
    now: datetime
    days: dict[date, Day] = field(init=False)
    gone: dict[str, CoreVisit] = field(init=False)

    def __post_init__(self) -> None:
        keys = {str(visit.pk) for visit in self.visits}
        self.days = {day: _without(state, keys) for day, state in self.read.days.items()}
        self.gone = {
            visit.key: visit for state in self.read.days.values() for visit in state.visits if visit.key in keys
        }

    def receive(self, visit: Visit, footprint: Footprint, day: date) -> Way:
        """Put in whom the others give way to."""
        way = footprints.led(visit, footprint.period, self.days[day])
        if way is None:
            raise StartTaken(_("No guide is free then."), visits=[])
        self._add(visit, day, way, footprint)
        return way

    def event(self, visit: Visit, decision: Decision | None) -> tuple[Visit, Hit, Step | None]:
        """An event keeps its hour on another day. An official visit is moved by a person only."""
        if decision is not None:
            return visit, Hit(visit, decision), self._decided_event(visit, decision)
        own = steps.begins_of(visit)
        for day, start in self._possible(visit) if visit.kind == Visit.Kind.EVENT else ():
            footprint = footprints.footprint_of(visit, start, day, self.read)
            step = self._stand(visit, start, day, footprint)
            if step is not None:
                minutes = repair.DAY_MINUTES * abs((day - steps.day_of(own[0], self.read.zone)).days)
                return visit, Hit(visit, Decision(MOVE, start), (), minutes), step
        return visit, Hit(visit, Decision(CANCEL)), None

    def _decided_event(self, visit: Visit, decision: Decision) -> Step | None:
        if decision.action == CANCEL:
            return None
        if decision.action != MOVE or decision.start is None:
            raise BadWish(
                _("An event or an official visit is moved or cancelled: %(visit)s") % {"visit": visit.code},
                visit=visit.code,
            )
        day = steps.day_of(decision.start, self.read.zone)
        with named(visit):
            if decision.start <= self.now:
                raise BadWish(_("This time is past."))
            footprint = footprints.footprint_of(visit, decision.start, day, self.read)
            footprints.refuse_in_the_way(footprint, self.days[day], self.read)
        step = self._stand(visit, decision.start, day, footprint)
        if step is None:
            raise StartTaken(_("No guide is free then."), visit=visit.code)
        return step

    def _possible(self, visit: Visit) -> Iterator[tuple[date, datetime]]:
        home, zone = visit.day, self.read.zone
        assert home is not None and visit.period is not None  # a visit that is displaced has a time
        clock = periods.local(visit.period.lower, zone).time()
        for day in sorted(self.days, key=lambda day: (abs(day - home), day < home)):
            start = periods.instant(periods.wall_tick(clock, day, zone), day, zone)
            if self.days[day].opening and start > self.now and abs(day - home).days <= starts.NEAR_DAYS:
                yield day, start

    def _stand(self, visit: Visit, start: datetime, day: date, footprint: Footprint) -> Step | None:
        state = self.days[day]
        if footprints.closed_then(footprint, state) is not None or footprints.in_the_way(footprint, state):
            return None
        way = footprints.led(visit, footprint.period, state)
        if way is None:
            return None
        self._add(visit, day, way, footprint)
        return Step(visit, (start,), way, footprint=footprint)

    def _add(self, visit: Visit, day: date, way: Way, footprint: Footprint) -> None:
        state, key = self.days[day], str(visit.pk or "new")
        placed = CoreVisit(
            key=key,
            tour="",
            language=visit.language,
            stops=core_stops(visit.stops),
            parties=tuple(replace(party, key=f"{key}/{party.key}") for party in way.parties),
            promised=True,
            occupies=False,
        )
        others = way.changed(state.visits)
        taken = (Taken(code, footprint.hold, state.spaces[code].lanes, visit.heads, key) for code in footprint.spaces)
        self.days[day] = replace(
            state,
            visits=(*others, placed) if way.parties else others,
            taken=(*state.taken, *taken),
        )


class _Tours:
    """The displaced tours in the core's words, and back."""

    def __init__(self, sketch: _Sketch, visits: Sequence[Visit], decided: Mapping[str, Decision]) -> None:
        self.sketch, self.read, self.now = sketch, sketch.read, sketch.now
        self.visits, self.decided = visits, decided
        self.by_key = {str(visit.pk): visit for visit in visits}
        self.core = {key: sketch.gone[key] for key in self.by_key}
        self.days = self._days()
        self.struck = {key: stops for day in self.days.values() for key, stops in repair.struck(day).items()}
        self.hits = [self._core_hit(visit) for visit in visits]
        self.placements = {
            str(visit.pk): self._placement(visit, decided[visit.code]) for visit in visits if visit.code in decided
        }

    def hit(self, visit: Visit, proposal: Proposal) -> Hit:
        """A proposal in the museum's time; raises where what was decided cannot be."""
        decision = self.decided.get(visit.code)
        if decision is None:
            others = tuple(self._begins(other) for other in proposal.alternatives)
            minutes = 0 if proposal.placement is None else proposal.cost // _weight(visit)
            return Hit(visit, self._decision(visit, proposal, others), others, minutes)
        if proposal.placement is None and decision.action != CANCEL:
            self._refuse(visit)
        return Hit(visit, decision)

    def step(self, proposal: Proposal) -> Step | None:
        """What is to be written for a proposal, if anything."""
        if proposal.placement is None or proposal.way is None:
            return None
        visit = self.by_key[proposal.visit]
        return Step(visit, self._begins(proposal.placement), proposal.way, proposal.placement.dropped)

    def _days(self) -> dict[int, Day]:
        back: dict[int, list[CoreVisit]] = {}
        for key, visit in self.core.items():
            day = self.by_key[key].day
            assert day is not None  # a visit that is displaced has a day
            back.setdefault(day.toordinal(), []).append(visit)
        return {
            day.toordinal(): replace(state, visits=(*state.visits, *back.get(day.toordinal(), ())))
            for day, state in self.sketch.days.items()
        }

    def _core_hit(self, visit: Visit) -> repair.Hit:
        assert visit.day is not None and visit.period is not None
        own, today = visit.day.toordinal(), periods.day_of(self.now, self.read.zone)
        soon = starts.earliest_tick(today, self.read.zone, self.now + periods.TICK)
        struck = self.struck.get(str(visit.pk), frozenset())
        return repair.Hit(
            visit=str(visit.pk),
            day=own,
            # nobody is asked to come today who was to come another day
            not_before=(own, soon) if visit.day == today else (today.toordinal() + 1, 0),
            last_day=own + starts.NEAR_DAYS,
            weight=_weight(visit),
            stops=struck,
            droppable=frozenset(index for index in struck if visit.stops[index].get("kind") != "ceremony"),
            may_stay=visit.period.lower > self.now,
        )

    def _placement(self, visit: Visit, decision: Decision) -> Placement | None:
        """What was decided, in the core's words. Raises BadWish, Closed or StartTaken with the visit where no day could serve it."""
        with named(visit):
            return self._placed(visit, decision)

    def _placed(self, visit: Visit, decision: Decision) -> Placement | None:
        own = steps.begins_of(visit)
        if decision.action == CANCEL:
            return None
        if decision.action in (REROUTE, DROP):
            dropped = self.struck.get(str(visit.pk), frozenset()) if decision.action == DROP else frozenset()
            if decision.action == DROP and not 0 < len(dropped) < len(visit.stops):
                raise BadWish(_("Nothing would be left of the programme, or nothing of it is closed."))
            return self._at(own, dropped)
        if decision.start is None:
            raise BadWish(
                _("Please choose another time for the visit, or cancel it: %(visit)s") % {"visit": visit.code}
            )
        apart = tuple(decision.start + (begin - own[0]) for begin in own[1:])
        begins = (decision.start, *(decision.waves or apart))
        if len(begins) != len(own) or list(begins) != sorted(set(begins)):
            raise BadWish(_("Please give a start for each part of the group, one after the other."))
        self._refuse_time(visit, begins)
        return self._at(begins, frozenset())

    def _refuse_time(self, visit: Visit, begins: Sequence[datetime]) -> None:
        if begins[0] <= self.now:
            raise BadWish(_("This time is past."))
        day, ticks = steps.ticks_of(begins, self.read)
        state = self.sketch.days[day]
        if not state.opening:
            raise Closed(_("The museum is closed on this day."), notice="")
        length = self.core[str(visit.pk)].ticks
        for tick in ticks:
            if not any(o.opens <= tick <= o.last_start and tick + length <= o.closes for o in state.opening):
                raise StartTaken

    def _refuse(self, visit: Visit) -> None:
        """Say why what was decided cannot be: a closure, or somebody else."""
        to = self.placements[str(visit.pk)]
        assert to is not None  # it was not to be cancelled
        with named(visit):
            wish = starts.wish_for(visit, visit.heads)
            starts.refuse_if_closed(self.sketch.days[date.fromordinal(to.day)], wish, to.starts, self.read)
            raise StartTaken

    def _decision(self, visit: Visit, proposal: Proposal, others: Sequence[tuple[datetime, ...]]) -> Decision:
        if proposal.placement is None:
            return Decision(CANCEL)
        begins = self._begins(proposal.placement)
        if proposal.action == "reroute":
            return Decision(REROUTE, begins[0])
        assert visit.day is not None
        far = abs(proposal.placement.day - visit.day.toordinal()) > MOVE_DAYS
        until = answer_by(begins, self.now)
        asked = may_be_asked(visit) and until is not None
        shown = tuple(other[0] for other in others if len(other) == 1)[:2] if asked else ()
        if proposal.action == "drop":
            return Decision(DROP, begins[0], (), until if asked else None, shown)
        if far and asked:
            return Decision(OFFER, begins[0], begins[1:], until, shown)
        return Decision(MOVE, begins[0], begins[1:])

    def _at(self, begins: Sequence[datetime], dropped: frozenset[int]) -> Placement:
        day = steps.day_of(begins[0], self.read.zone)
        return Placement(
            day.toordinal(), tuple(periods.to_tick(begin, day, self.read.zone) for begin in begins), dropped
        )

    def _begins(self, placement: Placement) -> tuple[datetime, ...]:
        day = date.fromordinal(placement.day)
        return tuple(periods.instant(tick, day, self.read.zone) for tick in placement.starts)


def _cost(found: repair.Repair, events: Iterable[Hit], tours: _Tours) -> Cost:
    moved = sum(hit.minutes for hit in events)
    unplaced = [proposal for proposal in found.proposals if proposal.placement is None]
    given_up = sum(proposal.cost for proposal in unplaced)
    minutes = found.cost.minutes - given_up
    return Cost(
        minutes=minutes + moved,
        least=max(0, min(found.bound.minutes - given_up, minutes)) + moved,
        left=len(unplaced) + sum(hit.proposal.action == CANCEL for hit in events),
        proven=found.proven,
    )


def _weight(visit: Visit) -> int:
    return visit.audience.move_weight if visit.audience else 1


def _without(state: Day, keys: set[str]) -> Day:
    """A day without these visits, to be worked out anew: it keeps no seal."""
    return replace(
        state,
        visits=tuple(visit for visit in state.visits if visit.key not in keys),
        taken=tuple(use for use in state.taken if use.key not in keys),
        seal="",
    )

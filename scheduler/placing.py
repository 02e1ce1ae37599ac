"""Writes a way into rows: parties, legs and lanes. Called by services that hold the lock of the day and have looked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduler import periods
from scheduler.core import itinerary
from scheduler.core.availability import Way
from scheduler.core.itinerary import Leg as CoreLeg
from scheduler.core.itinerary import Party as CoreParty
from scheduler.core.itinerary import Use, Walk
from scheduler.core.itinerary import Visit as CoreVisit
from scheduler.core.ticks import Interval
from scheduler.errors import StartTaken
from scheduler.models import Leg, Party, Visit
from scheduler.snapshot import Range, core_stops
from tours.models import Lane

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Row:
    """A leg to be laid; `lane` is the one it is in now, None where it is new."""

    space: str
    period: Interval
    leg: Leg
    lane: Lane | None = None


@contextmanager
def constraints_deferred() -> Iterator[None]:
    """Swap guides and lanes freely inside; a clash that is left at the end raises StartTaken."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS guide_is_free, lane_is_free DEFERRED")
        try:
            yield
            cursor.execute("SET CONSTRAINTS guide_is_free, lane_is_free IMMEDIATE")
        except IntegrityError as error:
            raise StartTaken from error


def place(visit: Visit, way: Way, read: Range) -> None:
    """Write the parties and legs of a visit that has none (or had: see `clear`), and the swaps that made room for it."""
    place_all([(visit, way)], read)


def place_all(placed: Sequence[tuple[Visit, Way]], read: Range) -> None:
    """The same for visits of one day whose ways go together: each is valid after those before it, the first brings all swaps."""
    day = _day_of(placed[0][0])
    rows: list[Row] = []
    instead_of = [visit.pk for visit, _way in placed]
    with constraints_deferred():
        for visit, way in placed:
            others, changed = _change_others(way, read, day)
            rows += [*others, *rows_of(way.legs, visit, _write_parties(visit, way, read, day), read, day)]
            instead_of += changed
        _lay(day, read, rows, instead_of=instead_of)


def _write_parties(visit: Visit, way: Way, read: Range, day: date) -> dict[str, Party]:
    """The rows of a way's parties by their key; a kept row stays with its guide where the way still has them."""
    parties, surplus = made(visit, way, visit.parties.order_by("number"), read, day)
    for party in parties.values():
        party.save()
    if surplus:
        Party.objects.filter(pk__in=[party.pk for party in surplus]).delete()
    return parties


def made(visit: Visit, way: Way, kept: Iterable[Party], read: Range, day: date) -> tuple[dict[str, Party], list[Party]]:
    """The parties of a way by their key, not yet saved: those that the visit has written over, in order; and those left over."""
    rest = {party.number: party for party in kept}
    length = sum(stop.ticks for stop in core_stops(visit.stops))
    parties = {}
    for number, planned in enumerate(_keeping_guides(way.parties, rest, read), start=1):
        party = rest.pop(number, None) or Party(visit=visit, number=number)
        guide = read.guide_ids.get(planned.guide) if planned.guide else None
        if party.guide_id != guide:
            party.answer = Party.Answer.PENDING
        party.wave, party.heads, party.walk, party.guide_id, party.holds = (
            planned.wave,
            planned.heads,
            list(planned.walk),
            guide,
            True,
        )
        party.period = periods.to_range(Interval(planned.start, planned.start + length), day, read.zone)
        parties[planned.key] = party
    return parties, list(rest.values())


def take(
    visit: Visit, spaces: Iterable[str], period: DateTimeTZRange, read: Range, *, lanes: int | None = None
) -> None:
    """Write legs without a party that take every lane (or `lanes` of them) of these spaces for a period: an event's, or a hold."""
    day = _day_of(visit)
    interval = periods.to_interval(period, day, read.zone)
    assert interval is not None  # the visit's period lies in its day
    every = {code: read.days[day].spaces[code].lanes for code in spaces}
    rows = [
        Row(code, interval, Leg(visit=visit, period=period, heads=visit.heads if number == 0 else 0))
        for code, count in every.items()
        for number in range(min(count, lanes or count))
    ]
    with constraints_deferred():
        _lay(day, read, rows)


def show(visit: Visit, begin: int, read: Range) -> None:
    """Write the stops of a protocol visit, one after the other, as legs that do not hold: its hold has every lane."""
    day = _day_of(visit)
    lanes = {lane.space.code: lane for lane in Lane.objects.select_related("space").order_by("-number")}
    for index, stop in enumerate(core_stops(visit.stops)):
        period = periods.to_range(Interval(begin, begin + stop.ticks), day, read.zone)
        begin += stop.ticks
        Leg.objects.create(
            visit=visit, stop=index, lane=lanes[stop.space], period=period, heads=visit.heads, holds=False
        )


def clear(visit: Visit) -> None:
    """Give back the lanes of a visit that is about to be placed anew; its parties stay, to be written over."""
    visit.legs.all().delete()


def swap(guides: Mapping[str, str], read: Range) -> None:
    """Give these duties (by party key) to these guides (by code), inside `constraints_deferred`."""
    for key, guide in guides.items():
        Party.objects.filter(pk=int(key)).update(guide=read.guide_ids[guide], answer=Party.Answer.PENDING)


def release(visit: Visit) -> None:
    """Hold nothing any more; the rows stay as a record."""
    visit.parties.update(holds=False)
    visit.legs.update(holds=False)


def promise(visit: Visit, *, now: datetime) -> bool:
    """Fix guides and walks, if every party has a guide; says whether it did."""
    if visit.promised_at is not None or visit.parties.filter(guide=None).exists():
        return False
    visit.promised_at = now
    visit.save(update_fields=["promised_at"])
    return True


def _day_of(visit: Visit) -> date:
    assert visit.day is not None  # a visit that is placed has a day
    return visit.day


def _keeping_guides(planned: Sequence[CoreParty], kept: Mapping[int, Party], read: Range) -> list[CoreParty]:
    """The planned parties so ordered that each kept row stays with its guide where the wave's plan still has them."""
    open_ = list(planned)
    order: dict[int, CoreParty] = {}
    for number, party in kept.items():
        same = next((plan for plan in open_ if plan.guide and read.guide_ids.get(plan.guide) == party.guide_id), None)
        if same is not None and number <= len(planned):
            order[number] = same
            open_.remove(same)
    return [order.get(number) or open_.pop(0) for number in range(1, len(planned) + 1)]


def _change_others(way: Way, read: Range, day: date) -> tuple[list[Row], list[int]]:
    """Write the new guides and walks that other, unpromised visits got to make room; gives the legs to lay, and of which visits."""
    swap(way.guides, read)
    for key, walk in way.walks.items():
        Party.objects.filter(pk=int(key)).update(walk=list(walk))
    rows: list[Row] = []
    changed: list[int] = []
    for core in read.days[day].visits:
        if not any(party.key in way.walks for party in core.parties):
            continue
        visit = Visit.objects.get(pk=int(core.key))
        parties = {str(party.pk): party for party in visit.parties.all()}
        rows += rows_of(itinerary.legs(walked(core, way.walks), read.days[day].spaces), visit, parties, read, day)
        changed.append(visit.pk)
    return rows, changed


def walked(visit: CoreVisit, walks: Mapping[str, Walk]) -> CoreVisit:
    """A visit with these new walks, by party key."""
    return replace(
        visit, parties=tuple(replace(party, walk=walks.get(party.key, party.walk)) for party in visit.parties)
    )


def rows_of(legs: Iterable[CoreLeg], visit: Visit, parties: Mapping[str, Party], read: Range, day: date) -> list[Row]:
    """One row for each lane that a leg takes: an exclusive one takes them all, its heads counted once."""
    rows = []
    for leg in legs:
        party = parties[leg.party] if leg.party is not None else None
        period = periods.to_range(leg.period, day, read.zone)
        for lane in range(read.days[day].spaces[leg.space].lanes if leg.exclusive else 1):
            heads = leg.heads if lane == 0 else 0
            row = Leg(visit=visit, party=party, wave=leg.wave, stop=leg.stop, period=period, heads=heads)
            rows.append(Row(leg.space, leg.period, row))
    return rows


def _lay(day: date, read: Range, rows: list[Row], instead_of: Sequence[int] = ()) -> None:
    """Give each new leg a lane, moving others to another lane of the same space where that is what it takes.

    A lane's number is bookkeeping: where no more legs meet than the space has lanes, an interval colouring exists.
    Raises StartTaken where there are more.
    """
    Leg.objects.filter(visit__in=instead_of).delete()
    lanes = lanes_by_space()
    codes = {row.space for row in rows}
    there = Leg.objects.filter(holds=True, period__overlap=periods.bounds(day, read.zone), lane__space__code__in=codes)
    for leg in colour(day, read, rows, there.select_related("lane__space"), lanes):
        leg.save(update_fields=["lane"])
    Leg.objects.bulk_create([row.leg for row in rows])


def lanes_by_space() -> dict[str, list[Lane]]:
    """The lanes of each space by its code, in order."""
    lanes: dict[str, list[Lane]] = defaultdict(list)
    for lane in Lane.objects.select_related("space").order_by("space_id", "number"):
        lanes[lane.space.code].append(lane)
    return lanes


def colour(
    day: date, read: Range, rows: Sequence[Row], there: Iterable[Leg], lanes: Mapping[str, Sequence[Lane]]
) -> list[Leg]:
    """Set the lane of each new leg beside those that are there already; gives those of them that have to move. Raises StartTaken."""
    every = list(rows)
    for leg in there:
        interval = periods.to_interval(leg.period, day, read.zone)
        assert interval is not None  # it overlaps the day
        every.append(Row(leg.lane.space.code, interval, leg, leg.lane))
    uses = [
        Use(str(index), row.space, row.period, present=(row.lane.number,) if row.lane else ())
        for index, row in enumerate(every)
    ]
    try:
        chosen = itinerary.lanes(uses, read.days[day].spaces)
    except ValueError as error:
        raise StartTaken from error
    moved = []
    for index, row in enumerate(every):
        lane = lanes[row.space][chosen[str(index)][0] - 1]
        if row.lane != lane:
            row.leg.lane = lane
            if row.lane is not None:
                moved.append(row.leg)
    return moved

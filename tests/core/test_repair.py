"""Closure repair against its oracle and by what must hold of every repair. `make oracle-repair` runs the long form."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest

from scheduler.core import checking
from scheduler.core.day import Closed, Day, Opening
from scheduler.core.itinerary import Party, Space, Stop, Visit
from scheduler.core.repair import Hit, Placement, Proposal, Repair, Total, applied, lifted, repair, struck
from scheduler.core.rules import Guide
from scheduler.core.ticks import Interval
from tests.core import repair_cases, repair_oracle

CASES = int(os.environ.get("REPAIR_CASES", "150"))
FIRST = int(os.environ.get("REPAIR_FIRST", "0"))
SECONDS = 20


def cases(number, first=0):
    """Cases in which something is hit."""
    seed = first
    while number:
        found = repair_cases.case(seed)
        if found.hits:
            number -= 1
            yield seed, found
        seed += 1


def repaired(case: repair_cases.Case) -> Repair:
    return repair(case.days, case.hits, seconds=SECONDS, drop=case.drop)


def bare(case):
    return lifted(case.days, {hit.visit: hit for hit in case.hits})


@pytest.mark.timeout(3600)
def test_the_cost_is_the_least_there_is_and_mostly_says_that_it_is():
    hits = contended = left = proven = 0
    for seed, case in cases(CASES, FIRST):
        found = repaired(case)
        visits = {visit.key: visit for visit in case.days[0].visits}
        least, alone = repair_oracle.least(bare(case), case.hits, visits, case.drop)
        assert (found.cost.left, found.cost.minutes) == least, seed
        assert found.alone.minutes == alone, seed
        proven += found.proven
        hits += len(case.hits)
        contended += least[1] > alone
        left += least[0]
    print(
        f"\n{CASES} cases, {hits} visits hit, {left} left, {contended} cases in which they are in each other's way, {proven} proven"
    )
    assert contended >= CASES // 20  # else the cases say nothing
    assert left >= CASES // 20
    assert proven >= CASES * 0.99  # a proof may need more time than there is; the cost was the least all the same


def test_every_way_can_be_written_after_those_before_it():
    for seed, case in cases(60, 10_000):
        days = bare(case)
        for proposal in repaired(case).proposals:
            if proposal.way is None:
                continue
            to = proposal.placement
            wrong = checking.check(days[to.day], proposal.wish, to.starts, proposal.way)
            assert not wrong, (seed, proposal.visit, wrong)
            days[to.day] = applied(days[to.day], proposal)


def test_no_proposal_lies_in_a_closure_and_nothing_that_was_not_hit_moves():
    for seed, case in cases(60, 20_000):
        before, days = bare(case), bare(case)
        for proposal in repaired(case).proposals:
            if proposal.way is not None:
                days[proposal.placement.day] = applied(days[proposal.placement.day], proposal)
        for index, day in days.items():
            assert not struck(day), seed
            now = {visit.key: visit for visit in day.visits}
            for visit in before[index].visits:
                other = now[visit.key]
                assert [(p.key, p.start, p.heads) for p in other.parties] == [
                    (p.key, p.start, p.heads) for p in visit.parties
                ]
                if visit.promised:
                    assert other == visit, seed


def test_each_alternative_goes_with_the_proposals_for_all_others():
    some = 0
    for seed, case in cases(60, 30_000):
        oracle, visits = repair_oracle.Oracle(bare(case)), {visit.key: visit for visit in case.days[0].visits}
        found = repaired(case)
        for proposal in found.proposals:
            for other in proposal.alternatives:
                puts = [
                    put(visits[p.visit], p.placement) for p in found.proposals if p is not proposal and at(p, other.day)
                ]
                assert oracle.takes(other.day, [*puts, put(visits[proposal.visit], other)]), (
                    seed,
                    proposal.visit,
                    other,
                )
                assert proposal.placement is None or (other.day, other.starts) != (
                    proposal.placement.day,
                    proposal.placement.starts,
                )
                some += 1
    assert some > 50


def at(proposal: Proposal, day: int) -> bool:
    return proposal.placement is not None and proposal.placement.day == day


def put(visit: Visit, to: Placement) -> repair_oracle.Put:
    of = repair_oracle.put_of(visit)
    stops = tuple(stop for index, stop in enumerate(visit.stops) if index not in to.dropped)
    return replace(of, stops=stops, starts=to.starts)


def test_no_cost_is_below_its_bound():
    for seed, case in cases(60, 40_000):
        found = repaired(case)
        assert found.alone <= found.bound <= found.cost, seed
        for proposal in found.proposals:
            assert proposal.cost >= proposal.bound, seed
        assert sum(proposal.cost for proposal in found.proposals) == found.cost.minutes
        assert sum(proposal.bound for proposal in found.proposals) == found.alone.minutes


def test_with_the_closure_lifted_everybody_stays():
    for seed, case in cases(40, 50_000):
        opened = {index: replace(day, closed=(), taken=()) for index, day in case.days.items()}
        found = repair(opened, case.hits, seconds=SECONDS, drop=case.drop)
        assert found.cost == Total(0, 0), seed
        assert {proposal.action for proposal in found.proposals} == {"reroute"}, seed
        assert not struck(opened[0])


def test_the_order_of_the_input_does_not_matter():
    for seed, case in cases(40, 60_000):
        random = Random(seed)

        def mixed(values, random=random):
            return tuple(random.sample(values, len(values)))

        days = {
            index: replace(
                case.days[index],
                visits=mixed(case.days[index].visits),
                guides=mixed(case.days[index].guides),
                spaces=dict(mixed(list(case.days[index].spaces.items()))),
            )
            for index in mixed(list(case.days))
        }
        one, other = repaired(case), repair(days, mixed(case.hits), seconds=SECONDS, drop=case.drop)
        assert one == other, seed
        assert one == repaired(case), seed


# By hand: a hall of one lane, one guide, an hour each

HALL, FILM = Stop("hall", 6), Stop("film", 6, movable=True)
GUIDE = Guide("g", frozenset([("a", "ru"), ("b", "ru")]), (Interval(120, 180),))
SPACES = {code: Space(code, 1) for code in ("hall", "film")}


def visit(key, start, *stops, guide="g"):
    walk = tuple(range(len(stops)))
    return Visit(key, "a", "ru", stops, (Party(f"{key}1", 10, start, 0, guide, walk),))


def day(*visits, closed=(), guides=(GUIDE,)):
    return Day((Opening(120, 180, 174),), SPACES, guides, visits, (), closed)


def hit(key, **more):
    return Hit(key, **{"day": 1, "not_before": (0, 0), "last_day": 9, **more})


def only(found: Repair) -> Proposal:
    assert len(found.proposals) == 1
    return found.proposals[0]


def test_another_order_comes_before_another_time():
    movable = Stop("hall", 6, movable=True)
    closed = Closed(Interval(120, 126), frozenset(["hall"]))
    found = only(repair({1: day(visit("v", 120, movable, FILM), closed=(closed,))}, [hit("v", stops=frozenset([0]))]))
    assert (found.action, found.cost, found.placement) == ("reroute", 0, Placement(1, (120,)))
    assert found.way.parties[0].walk == (1, 0)


def test_a_stop_is_dropped_only_where_that_is_allowed_and_cheaper():
    closed = Closed(Interval(0, 288), frozenset(["hall"]))
    days = {1: day(visit("v", 120, HALL, FILM), closed=(closed,)), 2: day()}
    assert only(repair(days, [hit("v", stops=frozenset([0]))])).placement == Placement(2, (120,))
    found = only(repair(days, [hit("v", stops=frozenset([0]), droppable=frozenset([0]))]))
    assert (found.action, found.cost, found.placement) == ("drop", 120, Placement(1, (120,), frozenset([0])))
    assert [leg.space for leg in found.way.legs] == ["film"]


def test_the_same_day_comes_before_the_next_and_a_delegation_moves_last():
    closed = Closed(Interval(120, 126), None)
    days = {
        1: day(visit("d", 120, HALL), visit("e", 126, HALL), closed=(closed,)),
        2: day(),
    }
    both = [hit("d", weight=1), hit("e", weight=5)]
    found = {proposal.visit: proposal for proposal in repair(days, both).proposals}
    assert found["e"].placement == Placement(1, (126,))
    assert found["d"].placement == Placement(1, (132,))
    heavy = [hit("d", weight=5), hit("e", weight=1)]
    found = {proposal.visit: proposal for proposal in repair(days, heavy).proposals}
    assert found["d"].placement == Placement(1, (126,))
    assert found["d"].cost == 5 * 30


def test_nobody_is_left_out_because_they_are_dear_to_move():
    closed = Closed(Interval(0, 288), None)
    days = {
        1: day(visit("d", 120, HALL), visit("e", 126, HALL), closed=(closed,)),
        2: day(guides=(replace(GUIDE, daily_duties=1),)),
    }
    found = {p.visit: p.action for p in repair(days, [hit("d", weight=9), hit("e", weight=1)]).proposals}
    assert found == {"d": "move", "e": "leave"}


def test_a_visit_moves_only_within_the_days_that_it_may():
    closed = Closed(Interval(0, 288), None)
    days = {0: day(), 1: day(visit("v", 120, HALL), closed=(closed,)), 2: day(), 3: day()}
    assert only(repair(days, [hit("v")])).placement == Placement(2, (120,))
    assert only(repair(days, [hit("v", last_day=1)])).placement == Placement(0, (120,))
    assert only(repair(days, [hit("v", not_before=(2, 150))])).placement.starts == (150,)
    assert only(repair(days, [hit("v", not_before=(1, 0), last_day=1)])).action == "leave"


def test_decisions_are_taken_as_they_are_and_the_others_go_around_them():
    closed = Closed(Interval(0, 288), None)
    days = {1: day(visit("v", 120, HALL), visit("w", 126, HALL), closed=(closed,)), 2: day()}
    hits = [hit("v"), hit("w")]
    free = {p.visit: p.placement for p in repair(days, hits).proposals}
    assert free == {"v": Placement(2, (120,)), "w": Placement(2, (126,))}
    decided = {p.visit: p for p in repair(days, hits, decided={"w": Placement(2, (120,))}).proposals}
    assert decided["w"].placement == Placement(2, (120,))
    assert decided["v"].placement == Placement(2, (126,))
    clash = repair(days, hits, decided={"v": Placement(2, (120,)), "w": Placement(2, (123,))})
    assert sorted(p.action for p in clash.proposals) == ["leave", "move"]
    given_up = {p.visit: p.action for p in repair(days, hits, decided={"v": None}).proposals}
    assert given_up == {"v": "leave", "w": "move"}


def test_a_promised_visit_that_is_not_hit_keeps_its_guide_and_an_unpromised_one_gives_way():
    other = replace(GUIDE, code="h", qualifications=frozenset([("b", "ru")]))
    stays = Visit("s", "b", "ru", (FILM,), (Party("s1", 9, 126, 0, "g", (0,)),))
    closed = Closed(Interval(120, 126), None)
    days = {1: day(visit("v", 120, HALL), stays, closed=(closed,), guides=(GUIDE, other))}
    found = only(repair(days, [hit("v")]))
    assert found.placement.starts == (126,)
    assert found.way.guides == {"s1": "h"}
    days = {1: day(visit("v", 120, HALL), replace(stays, promised=True), closed=(closed,), guides=(GUIDE, other))}
    found = only(repair(days, [hit("v")]))
    assert found.placement.starts == (132,)
    assert not found.way.guides


def test_a_visit_in_waves_moves_as_far_as_its_farthest_wave():
    waves = Visit("v", "a", "ru", (HALL,), tuple(Party(f"v{n}", 10, 120 + 6 * n, n, "g", (0,)) for n in range(2)))
    closed = Closed(Interval(120, 126), None)
    found = only(repair({1: day(waves, closed=(closed,))}, [hit("v")]))
    assert found.placement.starts == (126, 132)
    assert found.cost == 30


def test_a_visit_that_is_not_on_its_day_is_refused():
    with pytest.raises(KeyError):
        repair({1: day()}, [hit("v")])


def test_struck_names_the_stops_that_a_closure_takes():
    closed = Closed(Interval(126, 132), frozenset(["film"]))
    assert struck(day(visit("v", 120, HALL, FILM), visit("w", 132, HALL, FILM), closed=(closed,))) == {
        "v": frozenset([1])
    }
    assert struck(day(visit("v", 177, HALL))) == {"v": frozenset([0])}

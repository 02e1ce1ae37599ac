"""What is offered is what can be served: the engine against the referee, on random days and on the museum's own tours."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.core import availability
from scheduler.core.waves import when_empty
from tests.core import oracle
from tests.core.days import days, wishes

DAYS = int(os.environ.get("PROVE_DAYS", "2000"))


def thorough(share: float = 1.0):
    """So many of the days that are to be tried."""
    return settings(max_examples=max(10, int(DAYS * share)), suppress_health_check=list(HealthCheck))


@thorough(0.6)
@given(days(), wishes())
def test_a_start_is_offered_if_and_only_if_it_can_be_served(day, wish):
    found = availability.starts(day, wish)
    assert not found.unknown
    assert found.starts == oracle.starts(day, wish)
    assert bool(found.reasons) == (not found.starts and not found.waves)


@thorough(0.3)
@given(days(), wishes(), st.randoms(use_true_random=False))
def test_every_offer_has_a_way_that_a_simple_check_accepts_with_the_fewest_changes(day, wish, chance):
    offered = availability.starts(day, wish).starts
    if not offered:
        return
    start = chance.choice(offered)
    way = availability.way(day, wish, (start,))
    assert way is not None
    assert availability.check(day, wish, (start,), way) == []
    waves = [(start, oracle.even(wish.heads, wish.heads_per_guide))]
    assert len(way.guides) == oracle.Guides(day).fewest_changes(wish, waves)
    floors = oracle.Floors(day)
    if not floors.overfull and next(floors.arrangements([]), None) == 0:
        assert moved(day, way) == floors.fewest_changes(wish, waves)


def moved(day, way):
    """How many parties, or waves that do something together, a way leads through other places than now."""
    count = 0
    for visit in day.visits:
        sizes = sum(party.heads for party in visit.parties)
        changed = sum(party.key in way.walks for party in visit.parties)
        joint = any(oracle.together(stop, sizes, day.spaces[stop.space]) for stop in visit.stops)
        count += min(changed, 1) if joint else changed
    return count


@thorough(0.1)
@given(days(most_visits=2, most_guides=3), wishes(most_heads=60))
def test_waves_begin_at_the_nearest_starts_that_can_be_served(day, wish):
    found = availability.starts(day, wish)
    empty = when_empty(day, wish)
    if found.waves:
        groups = empty.divided(wish.heads)
        assert not empty.groups(wish.heads, 1)
        assert len(groups) > 1
        assert sum(map(sum, groups)) == wish.heads
        assert found.waves == oracle.nearest(day, wish, groups)
        way = availability.way(day, wish, found.waves[0])
        assert way is not None
        assert availability.check(day, wish, found.waves[0], way) == []

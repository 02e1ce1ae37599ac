"""What is offered is what can be served: the engine against the referee, on random days and on the museum's own tours."""

from __future__ import annotations

import os
import random
from dataclasses import replace

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from scheduler.core import availability
from scheduler.core.itinerary import Party, Visit
from scheduler.core.waves import when_empty
from tests.core import oracle
from tests.core.days import days, guides, visits, wishes

DAYS = int(os.environ.get("PROVE_DAYS", "2000"))


def thorough(share: float = 1.0):
    """So many of the days that are to be tried."""
    return settings(
        max_examples=max(10, int(DAYS * share)),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=DAYS <= 2000,
    )


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
        changed = {key.split(".")[0] for key in way.walks}
        assert len(changed) == floors.fewest_changes(wish, waves)


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

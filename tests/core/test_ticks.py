"""Intervals of a day and what they leave."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scheduler.core.ticks import Interval, gaps, union

EDGES = st.lists(st.integers(0, 60), unique=True, max_size=10).map(sorted)


@given(EDGES, st.integers(0, 40), st.integers(1, 30))
def test_gaps_are_all_that_the_parts_leave_each_as_long_as_can_be(edges: list[int], start: int, ticks: int) -> None:
    parts = [Interval(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    whole = Interval(start, start + ticks)
    left = list(gaps(whole, parts))
    assert union(tuple(left)) == whole.mask & ~union(tuple(parts))
    assert all(gap.ticks > 0 for gap in left)
    assert all(one.end < other.start for one, other in pairwise(left))

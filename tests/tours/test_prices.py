"""What a visit costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tours.prices import Band, paying_heads, price

GENERAL = (Band(10, 5000), Band(20, 9000), Band(30, 12000), Band(per_head_above=400))


@pytest.mark.parametrize(
    ("heads", "amount"),
    [(1, 5000), (10, 5000), (11, 9000), (20, 9000), (21, 12000), (30, 12000), (31, 12400), (50, 20000), (0, 0)],
)
def test_bands_by_heads_and_above_the_last_one_per_head(heads: int, amount: int) -> None:
    assert price(GENERAL, heads) == amount


def test_without_a_price_above_a_larger_group_has_none() -> None:
    assert price(GENERAL[:3], 31) is None
    assert price((), 1) is None


def test_a_price_per_head_alone_counts_from_the_first() -> None:
    assert price((Band(per_head_above=300),), 7) == 2100


@pytest.mark.parametrize(
    ("heads", "adults", "free_adults_per", "paying"),
    [
        (33, 3, 10, 30),  # thirty children, three adults: all three free
        (34, 4, 10, 31),  # the fourth pays
        (32, 3, 10, 30),  # 29 children: two adults free
        (10, 1, 10, 10),  # nine children are not ten
        (12, 2, 5, 10),
        (12, 12, 5, 12),  # adults alone accompany nobody
        (12, 2, None, 12),
    ],
)
def test_one_adult_is_free_for_each_full_number_of_children(
    heads: int, adults: int, free_adults_per: int | None, paying: int
) -> None:
    assert paying_heads(heads, adults, free_adults_per) == paying


@pytest.mark.parametrize(("heads", "adults"), [(5, 6), (5, -1)])
def test_adults_are_some_of_the_heads(heads: int, adults: int) -> None:
    with pytest.raises(ValueError, match="Adults"):
        paying_heads(heads, adults, 10)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9999)), max_size=6), st.integers(0, 999), st.integers(1, 99)
)
def test_the_price_is_what_counting_one_by_one_gives(bands: list[tuple[int, int]], above: int, heads: int) -> None:
    unique = dict(bands)
    rows = [Band(most, amount) for most, amount in unique.items()] + [Band(per_head_above=above)]
    top = max(unique, default=0)
    fitting = [most for most in unique if heads <= most]
    expected = unique[min(fitting)] if fitting else unique.get(top, 0) + sum(above for _ in range(top, heads))
    assert price(rows, heads) == price(reversed(rows), heads) == expected


@given(st.integers(0, 80), st.integers(0, 30), st.integers(1, 12))
def test_free_adults_are_those_whose_children_are_there(children: int, adults: int, per: int) -> None:
    free = 0
    waiting = children
    while free < adults and waiting >= per:  # one adult after the other takes `per` children along
        free, waiting = free + 1, waiting - per
    assert paying_heads(children + adults, adults, per) == children + adults - free

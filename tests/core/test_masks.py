"""Masks of what is free, against the same said tick by tick."""

from __future__ import annotations

import random

import pytest

from scheduler.core.masks import Masks

HALL = ("hall", True)


@pytest.mark.parametrize("most", [3, 254, 255, 256, 32767])
def test_a_mask_has_a_bit_where_so_much_is_free_for_so_long(most: int) -> None:
    chance = random.Random(most)
    for _ in range(50):
        row = [chance.choice((0, 1, most - 1, most)) for _ in range(chance.randint(1, 130))]
        masks = Masks({HALL: row})
        for amount in (0, 1, most - 1, most, most + 1):
            for ticks in (1, 2, 5):
                expected = [
                    begin for begin in range(len(row)) if all(free >= amount for free in row[begin : begin + ticks])
                ]
                found = masks.long(HALL, amount, ticks)
                assert [tick for tick in range(len(row)) if found >> tick & 1] == [
                    begin for begin in expected if begin + ticks <= len(row)
                ]

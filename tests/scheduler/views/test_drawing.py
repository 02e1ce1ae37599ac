"""The museum as a plan: names that find room in a place's box."""

from __future__ import annotations

import pytest

from scheduler.views.drawing import Plan, plan_of
from tours.models import Space

WIDTH = 20
"""Per cent of the plan: room for ten letters in a line."""


def lines(name: str) -> list[str]:
    """What stands in a box of the plan with this name."""
    space = Space(pk=1, code="box", name=name, plan=[0, 0, WIDTH, 40])
    plan = plan_of([1], [space], ordered=True)
    assert isinstance(plan, Plan)
    return [label.text for label in plan.boxes[0].labels]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Кинозал", ["Кинозал"]),
        ("бірегей жәдігерлері»", ["бірегей", "жәдігер-", "лері»"]),
        ("«Зерде» залы", ["«Зерде»", "залы"]),
        ("бірегей жәдігерлері", ["бірегей", "жәдігер-", "лері"]),
        ("Халықтардың ескерткіші", ["Халықтар-", "дың", "ескерткіші"]),
        ("«АЛЖИР-дің залы", ["«АЛЖИР-дің", "залы"]),
        ("Мемориальная стена", ["Мемориаль-", "ная стена"]),
        ("Щщщщщщщщщщщщ", ["Щщщщщщщщщщ", "щщ"]),
    ],
)
def test_a_long_word_is_divided_where_a_syllable_ends(name: str, shown: list[str]) -> None:
    assert lines(name) == shown

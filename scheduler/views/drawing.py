"""The museum as a plan: its places as boxes, and the walk of a visit numbered through them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tours.models import Space

WIDE, HIGH = 3.6, 3.9
"""Units of the drawing for one step of the plan, which is 100 by 100: about as wide as a telephone."""
LETTER = 6.4
"""How wide a letter of a label is on average, in the same units."""
LINE = 13
VOWELS = frozenset("аәеёиіоөуұүыэюяaeiouy")
IN_A_ROW = 3
EDGE = 2


@dataclass(frozen=True, slots=True)
class Label:
    """One line of a place's name."""

    text: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the plan, in units of the drawing; `numbers`: which stops of the walk it is, "" for one that is passed by."""

    space: Space
    x: int
    y: int
    width: int
    height: int
    numbers: str
    labels: tuple[Label, ...]

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def foot(self) -> int:
        """Where the number stands."""
        return self.y + self.height - 12


@dataclass(frozen=True, slots=True)
class Plan:
    """A drawing of `width` by `height` units. `to_place`: as the places lie, not only one beside the other."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    to_place: bool


def plan_of(walk: Sequence[int], spaces: Iterable[Space], *, ordered: bool) -> Plan | None:
    """The places of a museum with the walk drawn in: `walk` names spaces by id, in their order if it is `ordered`. None without a walk.

    Where one place of the walk has no position, the walk alone is drawn, as a row.
    """
    known = {space.pk: space for space in spaces}
    walk = [pk for pk in walk if pk in known]
    if not walk:
        return None
    numbers: dict[int, list[str]] = {}
    for number, pk in enumerate(walk, start=1):
        numbers.setdefault(pk, []).append(str(number) if ordered else "•")
    to_place = all(known[pk].plan for pk in walk)
    placed = _as_they_lie(known.values()) if to_place else _in_rows([known[pk] for pk in dict.fromkeys(walk)])
    boxes = tuple(_box(space, place, numbers.get(space.pk, [])) for space, place in placed)
    top = min(box.y for box in boxes) - EDGE
    boxes = tuple(_lifted(box, top) for box in boxes)
    return Plan(round(100 * WIDE), max(box.y + box.height for box in boxes) + EDGE, boxes, to_place)


Place = tuple[int, int, int, int]


def _as_they_lie(spaces: Iterable[Space]) -> list[tuple[Space, Place]]:
    return [(space, (space.plan[0], space.plan[1], space.plan[2], space.plan[3])) for space in spaces if space.plan]


def _in_rows(spaces: Sequence[Space]) -> list[tuple[Space, Place]]:
    width = 100 // IN_A_ROW
    return [
        (space, (1 + index % IN_A_ROW * width, 1 + index // IN_A_ROW * 24, width - 2, 21))
        for index, space in enumerate(spaces)
    ]


def _box(space: Space, place: Place, numbers: Sequence[str]) -> Box:
    left, above, width, height = place
    x, y, wide, high = round(left * WIDE), round(above * HIGH), round(width * WIDE), round(height * HIGH)
    lines = _lines(space.name, wide, (high - (26 if numbers else 8)) // LINE)
    labels = tuple(Label(text, x + wide // 2, y + 16 + index * LINE) for index, text in enumerate(lines))
    return Box(space, x, y, wide, high, ", ".join(dict.fromkeys(numbers)), labels)


def _lines(name: str, width: int, most: int) -> list[str]:
    """A name in at most so many lines; what does not fit is given up with an ellipsis: it stands in full beside the plan."""
    letters = max(5, int((width - 6) / LETTER))
    whole = " ".join(_in_syllables(word, letters) for word in name.split())
    lines = textwrap.wrap(whole, letters, break_long_words=True, break_on_hyphens=True)
    if len(lines) <= max(1, most):
        return lines
    kept = lines[: max(1, most)]
    return [*kept[:-1], kept[-1][: letters - 1].rstrip() + "…"]


def _in_syllables(word: str, letters: int) -> str:
    """A word that is too long for a line, divided with a hyphen where a syllable ends: before a consonant that a vowel follows."""
    if len(word) <= letters or "-" in word[:letters]:
        return word
    fits = [
        at
        for at in range(2, min(letters, len(word.rstrip("»”")) - 2))
        if word[at].lower() not in VOWELS and word[at + 1].lower() in VOWELS and VOWELS.intersection(word[:at].lower())
    ]
    return f"{word[: fits[-1]]}- {_in_syllables(word[fits[-1] :], letters)}" if fits else word


def _lifted(box: Box, top: int) -> Box:
    labels = tuple(Label(label.text, label.x, label.y - top) for label in box.labels)
    return Box(box.space, box.x, box.y - top, box.width, box.height, box.numbers, labels)

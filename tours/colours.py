"""A museum's own colour: whether it can be read on our paper by day and by night, and the shades that go with it.

Contrast is WCAG 2.2's, "relative luminance" and "contrast ratio"; 4.5 to 1 is what text needs (success criterion 1.4.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
READABLE = 4.5


@dataclass(frozen=True, slots=True)
class Paper:
    """What lies under the text, as scheduler/static/scheduler/qonaq.css names it; `soft`: how much of the accent its soft shade has."""

    grounds: tuple[str, ...]
    surface: str
    soft: float


DAY = Paper(("#f6f3ec", "#fffdf8"), "#fffdf8", 0.13)
NIGHT = Paper(("#191815", "#22201c"), "#22201c", 0.15)


@dataclass(frozen=True, slots=True)
class Shades:
    """The accent, what is written on it, and the soft ground on which it is written."""

    accent: str
    ink: str
    soft: str


def shades(accent: str, paper: Paper) -> Shades:
    """What goes with an accent on a paper."""
    ink = max(("#ffffff", "#161410"), key=lambda one: contrast(one, accent))
    return Shades(accent, ink, mixed(accent, paper.surface, paper.soft))


def faintest(accent: str, paper: Paper) -> float:
    """The lowest contrast that an accent has with anything that it stands on, or that stands on it."""
    found = shades(accent, paper)
    return min(contrast(found.ink, accent), *(contrast(accent, ground) for ground in (*paper.grounds, found.soft)))


def readable_by_day(value: str) -> None:
    """Refuse a colour that cannot be read on light paper."""
    _refuse_faint(value, DAY)


def readable_by_night(value: str) -> None:
    """Refuse a colour that cannot be read on dark paper."""
    _refuse_faint(value, NIGHT)


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """So much of a colour laid over a ground."""
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    return "#" + "".join(f"{round(above * share + below * (1 - share)):02x}" for above, below in pairs)


def _refuse_faint(value: str, paper: Paper) -> None:
    if not HEX.fullmatch(value):
        raise ValidationError(_("A colour is written as # and six digits or letters a to f: #1f5159."), code="colour")
    if (ratio := faintest(value, paper)) < READABLE:
        raise ValidationError(
            _("This colour cannot be read well enough: its contrast is %(ratio)s to 1, and text needs 4.5 to 1."),
            code="faint",
            params={"ratio": f"{int(ratio * 10) / 10}"},
        )


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

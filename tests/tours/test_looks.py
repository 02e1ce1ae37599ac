"""A museum's own colours, mark and plan: what is taken, and what is refused with its reason."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from tours import colours
from tours.drawings import valid_mark, valid_plan
from tours.models import Museum, Space

MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 0h10v10z" fill="url(#a)"/></svg>'


def test_contrast_is_what_wcag_says() -> None:
    assert round(colours.contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(colours.contrast("#777777", "#ffffff"), 2) == 4.48
    assert colours.contrast("#abcdef", "#abcdef") == 1


def test_our_own_colours_pass() -> None:
    colours.readable_by_day("#1f5159")
    colours.readable_by_night("#8fc5c8")


@pytest.mark.parametrize("faint", ["#8fc5c8", "#ffffff", "#e6bf78", "#7f7f7f"])
def test_a_colour_that_is_faint_on_light_paper_is_refused(faint: str) -> None:
    with pytest.raises(ValidationError, match=r"4.5 to 1"):
        colours.readable_by_day(faint)


@pytest.mark.parametrize("faint", ["#1f5159", "#000000", "#7f7f7f"])
def test_a_colour_that_is_faint_on_dark_paper_is_refused(faint: str) -> None:
    with pytest.raises(ValidationError, match=r"4.5 to 1"):
        colours.readable_by_night(faint)


def test_whatever_is_taken_can_be_read_on_everything_that_it_meets() -> None:
    """Every shade of grey and some hues: a colour is refused exactly where one of its pairs falls below 4.5 to 1."""
    for step in range(0, 256, 5):
        for accent in (f"#{step:02x}{step:02x}{step:02x}", f"#{step:02x}4060", f"#30{step:02x}50"):
            shades = colours.shades(accent, colours.DAY)
            pairs = [(accent, "#f6f3ec"), (accent, "#fffdf8"), (accent, shades.soft), (shades.ink, accent)]
            faint = any(colours.contrast(*pair) < colours.READABLE for pair in pairs)
            try:
                colours.readable_by_day(accent)
            except ValidationError:
                assert faint, accent
            else:
                assert not faint, accent


@pytest.mark.parametrize("wrong", ["red", "#fff", "1f5159", "#1f515g", "#1f5159;}"])
def test_what_is_no_colour_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="six digits"):
        colours.readable_by_day(wrong)


def test_a_simple_drawing_is_a_mark() -> None:
    valid_mark(MARK)


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "a drawing",
        "<svg></svg>",
        MARK.replace("<path", "<script>alert(1)</script><path"),
        MARK.replace("<path", '<path onload="alert(1)"'),
        MARK.replace("<path", '<a href="javascript:alert(1)"/><path'),
        MARK.replace("#a", "https://example.org/a"),
        MARK.replace("<path", "<foreignObject/><path"),
        MARK.replace("<path", "<style>*{}</style><path"),
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + MARK,
        MARK.replace("</svg>", " " * 20_000 + "</svg>"),
    ],
)
def test_a_drawing_that_does_more_than_show_itself_is_refused(hostile: str) -> None:
    with pytest.raises(ValidationError):
        valid_mark(hostile)


@pytest.mark.parametrize("box", [[0, 0, 3, 10], [-1, 0, 10, 10], [60, 0, 50, 10], [0, 95, 10, 10], [0, 0, 10]])
def test_a_place_beyond_the_plan_is_refused(box: list[int]) -> None:
    with pytest.raises(ValidationError, match="four numbers"):
        valid_plan(box)


@pytest.mark.django_db
def test_the_museums_file_places_its_halls(alzhir: Museum) -> None:
    boxes = dict(Space.objects.values_list("code", "plan"))
    assert boxes["wall"] == [68, 4, 28, 16]
    assert None not in boxes.values()

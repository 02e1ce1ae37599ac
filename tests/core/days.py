"""Random small days, tight enough that a third of the starts or so can be served only by changing others."""

from __future__ import annotations

from hypothesis import strategies as st

from scheduler.core.assignment import Guide
from scheduler.core.availability import Closed, Day, Opening, Wish
from scheduler.core.itinerary import Party, Space, Stop, Taken, Visit, walks
from scheduler.core.ticks import Interval
from tests.core import oracle

OPENS, CLOSES = 12, 42
TOURS = ("halls", "film", "wall")
LANGUAGES = ("kk", "en")

STOPS = {
    "halls": (Stop("a", 3, movable=True), Stop("b", 3, movable=True)),
    "film": (Stop("a", 3, movable=True), Stop("b", 3, movable=True), Stop("c", 2, movable=True, together=True)),
    "wall": (Stop("w", 1, together=True, exclusive=True), Stop("a", 3, movable=True), Stop("b", 4, movable=True)),
}


def often(draw, percent):
    return draw(st.integers(0, 99)) >= 100 - percent


@st.composite
def stops_of(draw, tour):
    """Mostly the tour's own; now and then of other lengths."""
    stops = STOPS[tour]
    if often(draw, 15):
        stops = tuple(
            Stop(stop.space, draw(st.integers(1, 4)), often(draw, 70), stop.together, stop.exclusive) for stop in stops
        )
    return stops


@st.composite
def guides(draw, most=4):
    """A guide or more: skills, hours, absences, rest and limits."""
    found = []
    for number in range(draw(st.integers(1, most))):
        skills = frozenset((tour, language) for tour in TOURS for language in LANGUAGES if often(draw, 70))
        hours = (Interval(OPENS, CLOSES),)
        if often(draw, 25):
            begin = draw(st.integers(OPENS, CLOSES - 9))
            hours = (Interval(begin, draw(st.integers(begin + 6, CLOSES))),)
        elif often(draw, 15):
            noon = draw(st.integers(OPENS + 6, CLOSES - 6))
            hours = (Interval(OPENS, noon), Interval(noon + draw(st.integers(0, 3)), CLOSES))
        away = ()
        if often(draw, 15):
            begin = draw(st.integers(OPENS, CLOSES - 3))
            away = (Interval(begin, begin + draw(st.integers(1, 9))),)
        rest = draw(st.integers(0, 3))
        ticks = draw(st.integers(8, 24)) if often(draw, 40) else None
        duties = draw(st.integers(1, 3)) if often(draw, 40) else None
        found.append(Guide(f"g{number}", skills, hours, away, rest, ticks, duties))
    return tuple(found)


@st.composite
def spaces(draw):
    limits = st.sampled_from((None, 10, 15, 25))
    found = [Space(code, draw(st.integers(1, 2)), draw(limits) if often(draw, 30) else None) for code in ("a", "b")]
    found += [Space("c", 1, draw(limits)), Space("w", draw(st.integers(1, 2)))]
    return {space.code: space for space in found}


@st.composite
def visits(draw, crew, number, length=None):
    """A visit at some start: mostly with guides who may lead it, and walks that are allowed."""
    tour, language = draw(st.sampled_from(TOURS)), draw(st.sampled_from(LANGUAGES))
    stops = draw(stops_of(tour))
    length = sum(stop.ticks for stop in stops)
    start = draw(st.integers(OPENS // 3, (CLOSES - length) // 3)) * 3
    heads = draw(st.integers(3, 20))
    wave = []
    for index, size in enumerate(oracle.even(heads, 10)):
        able = [guide.code for guide in crew if (tour, language) in guide.qualifications] or [None]
        guide = draw(st.sampled_from(able)) if often(draw, 90) else None
        walk = () if often(draw, 10) else draw(st.sampled_from(walks(stops)))
        wave.append(Party(f"{number}.{index}", size, start, 0, guide, walk))
    if often(draw, 60):  # as the engine writes them: together at their joint stops
        wave = [Party(p.key, p.heads, p.start, 0, p.guide, wave[0].walk) for p in wave]
    return Visit(f"v{number}", tour, language, stops, tuple(wave), often(draw, 20), not often(draw, 5))


@st.composite
def days(draw, most_visits=4, most_guides=4):
    crew, places = draw(guides(most_guides)), draw(spaces())
    held = tuple(draw(visits(crew, number)) for number in range(draw(st.integers(0, most_visits))))
    taken, closed = [], []
    if often(draw, 20):
        begin = draw(st.integers(OPENS, CLOSES - 2))
        taken.append(
            Taken(
                draw(st.sampled_from("abcw")),
                Interval(begin, begin + draw(st.integers(1, 8))),
                draw(st.integers(1, 2)),
                5,
            )
        )
    if often(draw, 15):
        begin = draw(st.integers(OPENS, CLOSES - 2))
        where = None if often(draw, 40) else frozenset(draw(st.sampled_from("abcw")))
        closed.append(Closed(Interval(begin, begin + draw(st.integers(1, 8))), where, "k"))
    opening = (Opening(OPENS, CLOSES, CLOSES - draw(st.integers(3, 9))),)
    if often(draw, 10):
        opening = (Opening(OPENS, 26, 24), Opening(28, CLOSES, CLOSES - 6))
    return Day(opening, places, crew, held, tuple(taken), tuple(closed), draw(st.sampled_from((2, 3, 3, 6))))


@st.composite
def wishes(draw, most_heads=30):
    tour = draw(st.sampled_from(TOURS))
    return Wish(tour, draw(st.sampled_from(LANGUAGES)), draw(stops_of(tour)), draw(st.integers(1, most_heads)), 10)

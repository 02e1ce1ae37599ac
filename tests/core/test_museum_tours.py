"""The museum's own tours: what its organisers ask for, and how it is walked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from scheduler.core import availability
from scheduler.core.assignment import RULES, Duty, Guide, Reason, Roster, feasible, why_not
from scheduler.core.availability import Closed, Day, Opening, Wish
from scheduler.core.itinerary import Party, Space, Stop, Taken, Use, Visit, lanes
from scheduler.core.ticks import Interval

HALLS = (Stop("alash", 6, movable=True), Stop("alzhir", 6, movable=True))
FILM = (*HALLS, Stop("cinema", 4, movable=True, together=True))
FLOWERS = (Stop("wall", 3, together=True, exclusive=True), *HALLS)
TOURS = {"halls": HALLS, "halls-film": FILM, "halls-flowers": FLOWERS}
SPACES = {
    space.code: space for space in (Space("alash", 2), Space("alzhir", 2), Space("cinema", 1, 50), Space("wall", 1))
}
OPEN = (Opening(120, 216, 198),)


def guide(code: str, *languages: str) -> Guide:
    skills = frozenset((tour, language) for tour in TOURS for language in languages)
    return Guide(code, skills, (Interval(120, 216),), (), 3, 60, 4)


GUIDES = (
    guide("g1", "kk", "ru", "en"),
    guide("g2", "kk", "ru"),
    guide("g3", "ru", "en"),
    guide("g4", "kk", "ru"),
    guide("g5", "kk", "ru", "en"),
)
EMPTY = Day(OPEN, SPACES, GUIDES)


def wish(tour: str, heads: int, language: str = "ru") -> Wish:
    return Wish(tour, language, TOURS[tour], heads, 25)


def served(day: Day, asked: Wish, *starts: int) -> availability.Way:
    way = availability.way(day, asked, starts)
    assert way is not None
    assert availability.check(day, asked, starts, way) == []
    return way


def test_eighty_soldiers_are_four_parties_of_which_two_begin_in_each_hall() -> None:
    way = served(EMPTY, wish("halls", 80), 132)
    assert [party.heads for party in way.parties] == [20, 20, 20, 20]
    assert Counter(party.walk for party in way.parties) == {(0, 1): 2, (1, 0): 2}
    assert len({party.guide for party in way.parties}) == 4


def test_fifty_see_the_film_together_and_sixty_party_by_party() -> None:
    films = [leg for leg in served(EMPTY, wish("halls-film", 50), 132).legs if leg.space == "cinema"]
    assert [(leg.party, leg.heads) for leg in films] == [(None, 50)]
    films = [leg for leg in served(EMPTY, wish("halls-film", 60), 132).legs if leg.space == "cinema"]
    assert sorted(leg.heads for leg in films) == [20, 20, 20]
    assert len({leg.period for leg in films}) == 3


def test_a_hundred_and_twenty_come_in_two_waves_at_the_nearest_starts() -> None:
    found = availability.starts(EMPTY, wish("halls", 120))
    assert found.starts == ()
    assert found.waves[0] == (120, 132)
    assert found.largest == 400
    parties = served(EMPTY, wish("halls", 120), 120, 132).parties
    assert [(party.wave, party.heads) for party in parties] == [(0, 24), (0, 24), (0, 24), (1, 24), (1, 24)]


def test_what_no_wave_can_hold_is_refused_with_the_largest_number() -> None:
    found = availability.starts(EMPTY, wish("halls", 401))
    assert (found.starts, found.waves) == ((), ())
    assert found.reasons == (Reason("too_large", 400),)
    assert availability.starts(EMPTY, wish("halls", 400)).waves
    assert availability.largest(EMPTY, wish("halls", 1)) == 400


def test_flowers_are_laid_by_one_visit_at_a_time() -> None:
    other = Visit("v", "halls-flowers", "kk", FLOWERS, (Party("p", 20, 132, 0, "g2", (0, 1, 2)),))
    found = availability.starts(replace(EMPTY, visits=(other,)), wish("halls-flowers", 10))
    assert 132 not in found.starts
    assert {129, 135} <= set(found.starts)


@pytest.mark.parametrize(
    ("day", "asked", "code"),
    [
        (replace(EMPTY, opening=()), wish("halls", 10), "closed"),
        (replace(EMPTY, opening=(Opening(120, 126, 120),)), wish("halls", 10), "too_long"),
        (EMPTY, wish("halls", 10, "de"), "no_guide"),
        (replace(EMPTY, guides=GUIDES[:2]), wish("halls", 60), "too_large"),
        (
            replace(EMPTY, guides=tuple(replace(g, away=(Interval(0, 288),)) for g in GUIDES)),
            wish("halls", 10),
            "guides_away",
        ),
        (replace(EMPTY, closed=(Closed(Interval(0, 288), None, "7"),)), wish("halls", 10), "closed_then"),
        (replace(EMPTY, taken=(Taken("alash", Interval(120, 216), 2),)), wish("halls", 10), "full"),
        (
            replace(
                EMPTY,
                visits=tuple(
                    Visit(
                        f"v{i}", "halls", "ru", (Stop("wall", 96),), (Party(f"p{i}", 5, 120, 0, g.code),), True, False
                    )
                    for i, g in enumerate(GUIDES)
                ),
            ),
            wish("halls", 10),
            "guides_taken",
        ),
    ],
)
def test_a_day_without_starts_says_why(day: Day, asked: Wish, code: str) -> None:
    if code == "too_large":
        asked = replace(asked, heads=600)
    assert [reason.code for reason in availability.starts(day, asked).reasons] == [code]


def test_a_start_that_is_not_shown_says_why() -> None:
    held = replace(EMPTY, taken=(Taken("alash", Interval(132, 150), 2),))
    assert availability.refusal(EMPTY, wish("halls", 10), (132,)) == ()
    assert [reason.code for reason in availability.refusal(held, wish("halls", 10), (135,))] == ["full"]
    assert [reason.code for reason in availability.refusal(EMPTY, wish("halls", 10), (133,))] == ["not_open_then"]


def test_without_time_to_decide_a_start_is_unknown_and_never_refused() -> None:
    """Five halls and a film together, by six parties, in any order: more ways than are listed. Only the solver knows."""
    places = {code: Space(code, 40) for code in "abcdef"}
    stops = tuple(Stop(code, 3, movable=True, together=code == "f") for code in "abcdef")
    crew = tuple(Guide(f"g{n}", frozenset([("t", "kk")]), (Interval(120, 216),)) for n in range(6))
    day, asked = Day(OPEN, places, crew), Wish("t", "kk", stops, 60, 10)
    found = availability.starts(day, asked, seconds=0)
    assert found.starts == ()
    assert found.reasons == ()
    assert 120 in found.unknown
    assert availability.way(day, asked, (120,), seconds=30) is not None


CASES = [
    (replace(GUIDES[0], qualifications=frozenset()), "not_qualified"),
    (replace(GUIDES[0], hours=(Interval(120, 135),)), "not_working"),
    (replace(GUIDES[0], away=(Interval(140, 141),)), "away"),
    (replace(GUIDES[0], code="busy"), "busy"),
    (replace(GUIDES[0], code="tired"), "no_rest"),
    (replace(GUIDES[0], code="late", daily_duties=1), "enough_duties"),
    (replace(GUIDES[0], code="late", daily_ticks=20), "enough_time"),
]


ASKED = Duty("d", "v", "halls", "ru", Interval(132, 144))
LED = Roster(
    tuple(
        Duty(c, "o", "halls", "ru", Interval(s, e), c)
        for c, s, e in (("busy", 138, 150), ("tired", 146, 158), ("late", 170, 182))
    )
)


@pytest.mark.parametrize(("who", "code"), CASES)
def test_every_rule_says_why_not(who: Guide, code: str) -> None:
    assert [reason.code for reason in why_not(who, ASKED, LED)] == [code]
    assert why_not(GUIDES[1], ASKED, LED) == []


def test_every_rule_has_a_case() -> None:
    assert {rule for rule in RULES for who, _code in CASES if rule(who, ASKED, LED)} == set(RULES)


def test_all_duties_of_a_day_are_led_if_anyone_can() -> None:
    both, one = GUIDES[0], GUIDES[1]
    duties = (
        Duty("a", "v", "halls", "kk", Interval(132, 144), "g1"),
        Duty("b", "w", "halls", "en", Interval(132, 144)),
    )
    roster = feasible((both, one), duties)
    assert roster is not None
    assert [duty.guide for duty in roster.duties] == ["g2", "g1"]
    promised = (replace(duties[0], promised=True), duties[1])
    assert feasible((both, one), promised) is None


def test_lanes_are_kept_where_they_are_free_and_changed_where_that_makes_room() -> None:
    space = {"a": Space("a", 2)}
    uses = [
        Use("x", "a", Interval(0, 6), 1, (2,)),
        Use("y", "a", Interval(3, 9)),
        Use("z", "a", Interval(6, 12), 1, (2,)),
    ]
    assert lanes(uses, space) == {"x": (2,), "y": (1,), "z": (2,)}
    uses = [
        Use("x", "a", Interval(0, 3), 1, (1,)),
        Use("z", "a", Interval(6, 9), 1, (2,)),
        Use("y", "a", Interval(0, 9)),
        Use("w", "a", Interval(3, 6), 1, (1,)),
    ]
    given = lanes(uses, space)
    assert given["x"] == given["w"] == given["z"] != given["y"]
    with pytest.raises(ValueError, match="fewer are free"):
        lanes([*uses, Use("v", "a", Interval(4, 5))], space)

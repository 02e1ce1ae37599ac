"""What must hold of every day: more guides never take a start away, order does not matter, what was booked can be undone."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from scheduler.core import availability
from scheduler.core.assignment import Guide
from scheduler.core.availability import Closed, Day, Opening, Wish
from scheduler.core.itinerary import Space, Visit
from scheduler.core.ticks import Interval
from tests.core import oracle
from tests.core.days import CLOSES, OPENS, STOPS, guides, spaces, wishes
from tests.core.test_availability import thorough

HOURS = (Opening(OPENS, CLOSES, CLOSES - 6),)


def book(day: Day, wish: Wish, starts: tuple[int, ...], key: str) -> Day:
    """The day with the visit on it and all that its way changes."""
    way = availability.way(day, wish, starts)
    assert way is not None
    assert availability.check(day, wish, starts, way) == []
    visits = [
        replace(
            visit,
            parties=tuple(
                replace(p, guide=way.guides.get(p.key, p.guide), walk=way.walks.get(p.key, p.walk))
                for p in visit.parties
            ),
        )
        for visit in day.visits
    ]
    parties = tuple(replace(party, key=f"{key}.{party.key}") for party in way.parties)
    return replace(day, visits=(*visits, Visit(key, wish.tour, wish.language, wish.stops, parties)))


@st.composite
def booked_days(draw, most=4):
    """Days on which every visit was booked: nothing on them breaks a rule."""
    day = Day(HOURS, draw(spaces()), draw(guides()))
    for number in range(draw(st.integers(0, most))):
        wish = draw(wishes(most_heads=20))
        offered = availability.starts(day, wish).starts
        if offered:
            day = book(day, wish, (draw(st.sampled_from(offered)),), f"v{number}")
    return day


def offered(day: Day, wish: Wish) -> set[int]:
    found = availability.starts(day, wish)
    assert not found.unknown
    return set(found.starts)


@thorough(0.1)
@given(booked_days(), wishes(), guides(most=1))
def test_a_guide_a_skill_or_a_longer_day_never_takes_a_start_away(day, wish, more):
    before = offered(day, wish)
    assert before <= offered(replace(day, guides=(*day.guides, replace(more[0], code="new"))), wish)
    skilled = [replace(day.guides[0], qualifications=day.guides[0].qualifications | {(wish.tour, wish.language)})]
    assert before <= offered(replace(day, guides=(*skilled, *day.guides[1:])), wish)
    free = tuple(replace(guide, rest=0, daily_ticks=None, daily_duties=None) for guide in day.guides)
    assert before <= offered(replace(day, guides=free), wish)


@thorough(0.1)
@given(booked_days(), wishes(), st.data())
def test_a_visit_less_a_closure_less_or_an_absence_less_never_takes_a_start_away(day, wish, data):
    before = offered(day, wish)
    if day.visits:
        gone = data.draw(st.sampled_from(day.visits))
        assert before <= offered(replace(day, visits=tuple(visit for visit in day.visits if visit is not gone)), wish)
        fixed = replace(day, visits=tuple(replace(visit, promised=True) for visit in day.visits))
        assert offered(fixed, wish) <= before
    else:
        begin = data.draw(st.integers(OPENS, CLOSES - 2))
        assert offered(replace(day, closed=(Closed(Interval(begin, begin + 4), frozenset("a")),)), wish) <= before


@thorough(0.1)
@given(booked_days(), wishes(), st.randoms(use_true_random=False))
def test_no_answer_depends_on_the_order_of_what_is_given_nor_on_names(day, wish, chance):
    crew, held = list(day.guides), list(day.visits)
    chance.shuffle(crew)
    chance.shuffle(held)
    names = {guide.code: f"{chance.randrange(10**9)} {number}" for number, guide in enumerate(crew)}
    renamed = tuple(replace(guide, code=names[guide.code]) for guide in crew)
    visits = tuple(
        replace(visit, parties=tuple(replace(p, guide=names.get(p.guide or "")) for p in visit.parties))
        for visit in held
    )
    assert offered(replace(day, guides=renamed, visits=visits), wish) == offered(day, wish)


@thorough(0.1)
@given(booked_days(), wishes())
def test_the_same_day_an_hour_later_has_the_same_starts_an_hour_later(day, wish):
    def later(period: Interval) -> Interval:
        return Interval(period.start + 12, period.end + 12)

    moved = replace(
        day,
        opening=tuple(Opening(o.opens + 12, o.closes + 12, o.last_start + 12) for o in day.opening),
        guides=tuple(replace(g, hours=tuple(map(later, g.hours)), away=tuple(map(later, g.away))) for g in day.guides),
        visits=tuple(replace(v, parties=tuple(replace(p, start=p.start + 12) for p in v.parties)) for v in day.visits),
    )
    assert offered(moved, wish) == {start + 12 for start in offered(day, wish)}


@thorough(0.1)
@given(booked_days(most=3), wishes(), wishes(), st.data())
def test_every_start_that_is_shown_can_be_booked_and_cancelling_restores_the_answer(day, first, second, data):
    before = offered(day, second)
    shown = sorted(offered(day, first))
    if not shown:
        return
    after = book(day, first, (data.draw(st.sampled_from(shown)),), "new")
    assert {visit.key for visit in after.visits} == {visit.key for visit in day.visits} | {"new"}
    assert offered(after, second) <= before
    assert offered(replace(after, visits=tuple(v for v in after.visits if v.key != "new")), second) == before


def test_two_hundred_random_steps_leave_no_wrong_start():
    """Book, cancel, move, fall ill, promise: after each every kind of wish gets the referee's answer, from a kept day too."""
    chance = random.Random(20)
    crew = tuple(
        Guide(
            f"g{n}",
            frozenset((t, language) for t in ("halls", "film", "wall") for language in ls),
            (Interval(OPENS, CLOSES),),
            (),
            n % 3,
            18,
            3,
        )
        for n, ls in enumerate((("kk",), ("kk", "en"), ("en",), ("kk", "en")))
    )
    places = {s.code: s for s in (Space("a", 2), Space("b", 2), Space("c", 1, 15), Space("w", 1))}
    day = Day(HOURS, places, crew)
    compared, steps = 0, Counter()
    for step in range(200):
        offers = {}
        for tour, language in product(("halls", "film", "wall"), ("kk", "en")):
            wish = Wish(tour, language, STOPS[tour], chance.randint(1, 20), 10)
            kept = replace(day, seal=f"step {step}")
            found = availability.starts(kept, wish)
            assert found.starts == oracle.starts(day, wish) == availability.starts(kept, wish).starts
            compared += len(oracle.begins(day, wish))
            offers[wish] = found.starts
        act, (wish, offered) = chance.random(), chance.choice(list(offers.items()))
        if act < 0.4 and offered and len(day.visits) < 5:
            day = book(day, wish, (chance.choice(offered),), f"v{step}")
            steps["book"] += 1
        elif act < 0.55 and day.visits:
            day = without(day, chance.choice(day.visits))
            steps["cancel"] += 1
        elif act < 0.7 and day.visits:
            moved = chance.choice(day.visits)
            rest, heads = without(day, moved), sum(party.heads for party in moved.parties)
            asked = Wish(moved.tour, moved.language, moved.stops, heads, 10)
            others = availability.starts(rest, asked).starts
            assert others == oracle.starts(rest, asked)
            compared += len(oracle.begins(rest, asked))
            if others:
                day = book(rest, asked, (chance.choice(others),), moved.key)
                steps["move"] += 1
        elif act < 0.8:
            ill = chance.randrange(len(crew))
            away = () if day.guides[ill].away else (Interval(OPENS, OPENS + chance.randint(3, 15)),)
            day = replace(day, guides=tuple(replace(g, away=away) if n == ill else g for n, g in enumerate(day.guides)))
            steps["absence"] += 1
        elif day.visits:
            kept = chance.choice(day.visits)
            day = replace(
                day, visits=tuple(replace(v, promised=not v.promised) if v is kept else v for v in day.visits)
            )
            steps["promise"] += 1
    print(f"{compared} starts compared with the referee, 0 differences; {dict(steps)}")
    assert compared >= 10_000
    assert min(steps[act] for act in ("book", "cancel", "move", "absence", "promise")) >= 10


def without(day: Day, gone: Visit) -> Day:
    return replace(day, visits=tuple(visit for visit in day.visits if visit is not gone))

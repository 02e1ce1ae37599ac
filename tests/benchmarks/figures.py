"""The figures of the scheduling core, each measured in one process and given as a ratio to U.

U is one feasibility solve of a busy day by CP-SAT (one worker, full linear relaxation) in the same process. Times are CPU seconds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from statistics import mean, median
from time import process_time

from scheduler.core import availability
from scheduler.core.availability import Day, Wish
from scheduler.core.matching import Demand
from scheduler.core.packing_model import pack
from scheduler.core.solving import Budget
from scheduler.core.state import State
from scheduler.core.ticks import bits
from tests.benchmarks import museums
from tests.benchmarks.museums import HEADS_PER_GUIDE, booked, stops, tour

Row = dict[str, float | int | str]

QUERIES = tuple(
    Wish(tour(kind, ticks), language, stops(kind, ticks), parties * HEADS_PER_GUIDE, HEADS_PER_GUIDE)
    for kind, ticks, language, parties in (
        ("halls", 12, "ru", 1),
        ("halls", 18, "kk", 1),
        ("halls", 18, "ru", 1),
        ("halls", 24, "en", 1),
        ("halls", 36, "ru", 1),
        ("film", 12, "ru", 1),
        ("grounds", 18, "kk", 1),
        ("halls", 12, "ru", 2),
        ("film", 24, "kk", 2),
        ("halls", 18, "ru", 3),
    )
)


def seconds(act: object) -> float:
    began = process_time()
    act()  # type: ignore[operator]  # a function without arguments
    return process_time() - began


def unit(month: Sequence[Day]) -> float:
    """U: whether the guides of a busy day can lead one visit more, asked of CP-SAT alone."""
    taken = []
    for day in month[:7]:
        crew = State(day).crew
        taken.append(
            seconds(
                lambda crew=crew: crew._model(crew._groups("halls-90", "ru", [Demand(150, 18, 1)])).solve(Budget(60))
            )
        )
    return median(taken)


def by_solver(state: State, wish: Wish, start: int) -> None:
    """One start by one model of guides and, where they can, one of spaces, as a solver without our searches would have to for each.

    The day is read already, and the solver is set as it proves best (one worker, full linear relaxation).
    """
    crew, floor = state.crew, state.floor
    parties = -(-wish.heads // wish.heads_per_guide)
    groups = crew._groups(wish.tour, wish.language, [Demand(start, wish.ticks, parties)])
    if crew._model(groups).solve(Budget(60)) is None:
        return
    units = floor._new_units([(start, wish.stops, availability.split(wish.heads, wish.heads_per_guide))])
    if all(unit.options for unit in units):
        waves = [*units, *floor.waves]
        pack(floor.fields, floor.room, waves, floor.spaces, floor.origin, Budget(60), entry=floor.entry, new=len(units))


def start_by_start(month: Sequence[Day], sample: int) -> tuple[float, float]:
    """Mean CPU seconds of one start by the solver alone, on starts drawn by chance, and how many starts a month has for a wish."""
    chance, taken = random.Random(5), []
    states = [State(replace(day, seal="")) for day in month]
    for _ in range(sample):
        state, wish = chance.choice(states), chance.choice(QUERIES)
        start = chance.choice(list(bits(state.candidates(wish.ticks))))
        taken.append(seconds(lambda state=state, wish=wish, start=start: by_solver(state, wish, start)))
    starts = sum(state.candidates(wish.ticks).bit_count() for state in states for wish in QUERIES) / len(QUERIES)
    return mean(taken), starts


def month_queries(month: Sequence[Day], unit_seconds: float, bookings: int = 40, sample: int = 100) -> Row:
    """A month's starts for ten kinds of wish: nothing kept, everything kept, and after one booking.

    `sample`: so many starts are asked of the solver alone; 0: it is not compared with.
    """
    one, starts = start_by_start(month, sample) if sample else (0.0, 0.0)  # first, so that the solver is loaded
    chance = random.Random(3)
    for wish in QUERIES:  # what depends on the catalogue alone is worked out once in the life of a process
        for day in month:
            availability.largest(day, wish)
    cold, warm, booking, unknown, shown = [], [], [], 0, 0
    days = [replace(day, seal=f"bench {number} {id(month)}") for number, day in enumerate(month)]
    for wish in QUERIES:
        began = process_time()
        found = [availability.starts(replace(day, seal=""), wish, seconds=30) for day in month]
        cold.append(process_time() - began)
        unknown += sum(len(answer.unknown) for answer in found)
        shown += sum(len(answer.starts) for answer in found)
        for day in days:
            availability.starts(day, wish, seconds=30)
        warm.append(seconds(lambda wish=wish: [availability.starts(day, wish) for day in days]))
    for number in range(bookings):
        wish = chance.choice(QUERIES)
        at = chance.randrange(len(days))
        offered = availability.starts(days[at], wish).starts
        if not offered:
            continue
        start = chance.choice(offered)
        way = availability.way(days[at], wish, (start,))
        if way is None:
            raise AssertionError("a start that was shown cannot be booked")
        changed = replace(booked(days[at], wish, way, f"b{number}"), seal=f"booked {number} {id(month)}")
        asked = chance.choice(QUERIES)
        now = [*days[:at], changed, *days[at + 1 :]]
        booking.append(
            seconds(lambda now=now, asked=asked: [availability.starts(day, asked, seconds=30) for day in now])
        )
    booking.sort()
    row: Row = {
        "days": len(month),
        "duties a day": round(mean(len(day.duties) for day in month)),
        "cold / U": round(median(cold) / unit_seconds, 2),
        "cold ms": round(median(cold) * 1000, 1),
        "cold worst / U": round(max(cold) / unit_seconds, 1),
        "kept / U": round(median(warm) / unit_seconds, 4),
        "after a booking / U": round(median(booking) / unit_seconds, 3),
        "after a booking p95 / U": round(booking[int(len(booking) * 0.95)] / unit_seconds, 2),
        "starts shown": shown,
        "undecided": unknown,
    }
    if sample:
        row |= {
            "CP-SAT alone, ms for a start": round(one * 1000, 1),
            "against CP-SAT start by start, cold": round(one * starts / median(cold)),
            "against CP-SAT, after a booking": round(one * starts / median(booking)),
        }
    return row


def hidden(month: Sequence[Day]) -> Row:
    """The share of the starts that can be served which "somebody is free" does not show: by guides, by fixed walks, by either."""
    shown = {"first-fit": 0, "guides": 0, "walks": 0}
    feasible = 0
    for day in month:
        for wish in QUERIES:
            state = State(replace(day, seal=""))
            group = availability.split(wish.heads, wish.heads_per_guide)
            candidates = state.candidates(wish.ticks)
            crew = state.crew.free(state.crew.witness, wish.tour, wish.language, wish.ticks, len(group), candidates)
            floor = state.floor.starts(wish.stops, group, candidates)[0]
            good, _ = state.starts(wish, group, candidates, Budget(30))
            feasible += good.bit_count()
            shown["guides"] += (good & crew).bit_count()
            shown["walks"] += (good & floor).bit_count()
            shown["first-fit"] += (good & crew & floor).bit_count()
    return {name: round(100 * (1 - number / max(1, feasible)), 1) for name, number in shown.items()} | {"exact": 0.0}


def accepted(visits: int, days: int, seed: int) -> Row:
    """Of the visits asked for on busy days, the share that gets the very time asked for: first-fit against the engine."""
    chance = random.Random(seed)
    crew = museums.crew(museums.BUSY, chance)
    got, asked = {"first-fit": 0, "exact": 0}, 0
    for _ in range(days):
        empty = museums.empty_day(museums.BUSY, crew, chance)
        wishes = [(wish := museums.wish(chance), museums.asked_start(chance, wish.ticks)) for _ in range(visits)]
        asked += len(wishes)
        for method in got:
            day = empty
            for number, (wish, start) in enumerate(wishes):
                if method == "first-fit" and not museums.is_free(day, wish, start):
                    continue
                way = availability.way(day, wish, (start,))
                if way is not None:
                    day = booked(day, wish, way, f"v{number}")
                    got[method] += 1
    shares = {method: round(100 * number / asked, 1) for method, number in got.items()}
    return {**shares, "points more": round(shares["exact"] - shares["first-fit"], 1)}

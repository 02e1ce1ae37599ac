"""The figures of the scheduling core, each measured in one process and given as a ratio to U.

U is one feasibility solve of a busy day by CP-SAT (one worker, full linear relaxation) in the same process. Times are CPU seconds. The
process lives as a web worker does (`config/warming.py`): solvers are imported and what is there is kept from the garbage collector
before anything is measured, and garbage is collected between two questions.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from statistics import mean, median
from time import process_time
from typing import TypeVar

from scheduler.core import availability, solving
from scheduler.core.availability import Day, Wish
from scheduler.core.day import Starts
from scheduler.core.matching import Demand
from scheduler.core.packing_model import pack
from scheduler.core.solving import Budget, Undecided
from scheduler.core.state import State
from scheduler.core.ticks import bits
from tests.benchmarks import museums
from tests.benchmarks.museums import HEADS_PER_GUIDE, booked, stops, tour

Row = dict[str, float | int | str]
Found = TypeVar("Found")

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


def get_ready() -> None:
    """As a worker does at its start; to be called when the months are made."""
    solving.load()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, *gc.get_threshold()[1:])


def timed(act: Callable[[], Found]) -> tuple[float, Found]:
    """CPU seconds, and what was found."""
    gc.collect(1)
    began = process_time()
    found = act()
    return process_time() - began, found


def seconds(act: Callable[[], object]) -> float:
    return timed(act)[0]


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


def by_solver(state: State, wish: Wish, start: int) -> bool:
    """One start by one model of guides and, where they can, one of spaces, as a solver without our searches would have to for each.

    The day is read already, and the solver is set as it proves best (one worker, full linear relaxation). False: not decided in a minute.
    """
    crew, floor, budget = state.crew, state.floor, Budget(60)
    parties = -(-wish.heads // wish.heads_per_guide)
    groups = crew._groups(wish.tour, wish.language, [Demand(start, wish.ticks, parties)])
    try:
        if crew._model(groups).solve(budget) is None:
            return True
        units = floor._new_units([(start, wish.stops, availability.split(wish.heads, wish.heads_per_guide))])
        if all(unit.options for unit in units):
            waves, new = [*units, *floor.waves], len(units)
            places = floor.fields, floor.room, waves, floor.spaces, floor.origin
            pack(*places, budget, entry=floor.entry, new=new, probe=True)
    except Undecided:
        return False
    return True


def start_by_start(month: Sequence[Day], sample: int) -> tuple[float, float, int]:
    """Mean CPU seconds of one start by the solver alone, on starts drawn by chance; how many starts a month has for a wish.

    And how many of those drawn it did not decide in a minute: of these the seconds are a lower limit.
    """
    chance, taken = random.Random(5), list[tuple[float, bool]]()
    states = [State(replace(day, seal="")) for day in month]
    for _ in range(sample):
        state, wish = chance.choice(states), chance.choice(QUERIES)
        start = chance.choice(list(bits(state.candidates(wish.ticks))))
        taken.append(timed(partial(by_solver, state, wish, start)))
    starts = sum(state.candidates(wish.ticks).bit_count() for state in states for wish in QUERIES) / len(QUERIES)
    return mean(took for took, _ in taken), starts, sum(not decided for _, decided in taken)


def asked_alone(month: Sequence[Day], wish: Wish) -> list[Starts]:
    """With nothing kept."""
    return [availability.starts(replace(day, seal=""), wish, seconds=30) for day in month]


def month_queries(month: Sequence[Day], unit_seconds: float, bookings: int = 40, sample: int = 100) -> Row:
    """A month's starts for ten kinds of wish: nothing kept, everything kept, and after one booking.

    `sample`: so many starts are asked of the solver alone.
    """
    one, starts, open_ones = start_by_start(month, sample)
    chance = random.Random(3)
    for wish in QUERIES:  # what depends on the catalogue alone is worked out once in the life of a process
        for day in month:
            availability.largest(day, wish)
    cold, warm, booking, unknown, shown = [], [], [], 0, 0
    days = [replace(day, seal=f"bench {number} {id(month)}") for number, day in enumerate(month)]
    for wish in QUERIES:
        taken, found = timed(partial(asked_alone, month, wish))
        cold.append(taken)
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
    return row | {
        "CP-SAT alone, ms for a start": round(one * 1000, 1),
        "of these not decided in a minute": f"{open_ones} of {sample}",
        "against CP-SAT start by start, cold": round(one * starts / median(cold)),
        "against CP-SAT, after a booking": round(one * starts / median(booking)),
    }


def other_months(seeds: Sequence[int], unit_seconds: float) -> Row:
    """Busy months drawn otherwise, nothing kept, with the work that a day may cost in use: how far apart months and days lie."""
    row, days, unknown = dict[str, float | int | str](), list[float](), 0
    for seed in seeds:
        month, queries = museums.month(museums.BUSY, seed), []
        for wish in QUERIES:
            for day in month:
                availability.largest(day, wish)
            asked = [timed(partial(availability.starts, replace(day, seal=""), wish)) for day in month]
            unknown += sum(len(found.unknown) for _, found in asked)
            queries.append(sum(took for took, _ in asked))
            days += [took / unit_seconds for took, _ in asked]
        row[f"seed {seed}: cold / U"] = round(median(queries) / unit_seconds, 2)
    days.sort()
    shares = {
        f"a day, {percent} % within / U": round(days[len(days) * percent // 100], 2) for percent in (50, 90, 95, 99)
    }
    return (
        row | shares | {"a day at most / U": round(days[-1], 1), "days asked": len(days), "starts undecided": unknown}
    )


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

"""Seeded museums of three sizes with their months: what the engine is measured on."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from scheduler.core import availability
from scheduler.core.assignment import Guide
from scheduler.core.availability import Day, Opening, Way, Wish
from scheduler.core.itinerary import Space, Stop, Visit, split
from scheduler.core.state import State
from scheduler.core.ticks import Interval

OPENS, CLOSES, LAST_START = 108, 240, 213  # 9:00, 20:00, 17:45: 36 starts on the quarter hour
LANGUAGES = {"ru": 42, "kk": 36, "en": 16, "de": 6}
KINDS = {"halls": 70, "grounds": 20, "film": 10}
LENGTHS = {12: 40, 18: 35, 24: 20, 36: 5}
PARTIES = {1: 68, 2: 20, 3: 8, 4: 4}
HEADS_PER_GUIDE = 25


@dataclass(frozen=True, slots=True)
class Museum:
    """How many guides, visits a day, and lanes (of each of four halls, the cinema, the grounds)."""

    name: str
    guides: int
    visits: int
    lanes: tuple[int, int, int, int, int, int]


MUSEUM = Museum("museum", 10, 8, (2, 2, 2, 2, 2, 4))
BUSY = Museum("busy", 30, 40, (5, 5, 4, 4, 4, 8))
HUGE = Museum("huge", 200, 400, (44, 44, 44, 44, 24, 60))


def spaces(museum: Museum) -> dict[str, Space]:
    names = ("alash", "alzhir", "unique", "archive", "cinema", "grounds")
    return {name: Space(name, lanes) for name, lanes in zip(names, museum.lanes, strict=True)}


def stops(kind: str, ticks: int) -> tuple[Stop, ...]:
    """The programme of a tour: halls in any order, with a film in any place or not, or the grounds alone."""
    if kind == "grounds":
        return (Stop("grounds", ticks),)
    halls = ("alash", "alzhir", "unique", "archive")[: 2 if ticks == 12 else 3 if ticks == 18 else 4]
    if kind == "film":
        halls = (*halls[:-1], "cinema")
    return tuple(Stop(hall, ticks // len(halls), movable=True) for hall in halls)


def tour(kind: str, ticks: int) -> str:
    return f"{kind}-{ticks * 5}"


def pick(chance: random.Random, weights: dict[object, int]) -> object:
    return chance.choices(list(weights), list(weights.values()))[0]


def crew(museum: Museum, chance: random.Random) -> list[Guide]:
    """Guides as they are on an ordinary day: two languages or so, most of them all kinds of tours; seven in ten there all day."""
    found = []
    for number in range(museum.guides):
        spoken = {list(LANGUAGES)[number % 2]}
        for language, share in (("ru", 70), ("kk", 60), ("en", 35), ("de", 12)):
            if chance.randrange(100) < share:
                spoken.add(language)
        led = {
            kind for kind, share in (("halls", 95), ("grounds", 70), ("film", 60)) if chance.randrange(100) < share
        } or {"halls"}
        skills = frozenset((tour(kind, ticks), language) for kind in led for ticks in LENGTHS for language in spoken)
        rest, most = chance.choice((3, 3, 6)), chance.choice((60, 72, 84))
        found.append(Guide(f"g{number:03}", skills, (Interval(OPENS, CLOSES),), (), rest, most))
    return found


def hours(chance: random.Random) -> tuple[Interval, ...]:
    """A fifth have their day off, half are there all day, the others for six hours."""
    if chance.randrange(100) < 20:
        return ()
    if chance.randrange(100) < 65:
        return (Interval(OPENS, CLOSES),)
    begin = chance.choice((OPENS, OPENS, OPENS + 36, OPENS + 60))
    return (Interval(begin, min(begin + 72, CLOSES)),)


def wish(chance: random.Random) -> Wish:
    kind, ticks, parties = (
        str(pick(chance, dict(KINDS))),
        int(str(pick(chance, dict(LENGTHS)))),
        int(str(pick(chance, dict(PARTIES)))),
    )
    heads = chance.randint((parties - 1) * HEADS_PER_GUIDE + 1, parties * HEADS_PER_GUIDE)
    return Wish(tour(kind, ticks), str(pick(chance, dict(LANGUAGES))), stops(kind, ticks), heads, HEADS_PER_GUIDE)


def asked_start(chance: random.Random, ticks: int) -> int:
    """A start with two peaks, at 10:30 and 14:30."""
    start = round(chance.gauss(chance.choice((126, 174)), 15) / 3) * 3
    return min(max(start, OPENS), min(LAST_START, CLOSES - ticks) // 3 * 3)


def booked(day: Day, asked: Wish, way: Way, key: str) -> Day:
    """The day after a booking that writes the way: swaps, new walks and the visit."""
    parties = tuple(replace(party, key=f"{key}.{party.key}") for party in way.parties)
    others = tuple(
        replace(
            visit,
            parties=tuple(
                replace(p, guide=way.guides.get(p.key, p.guide), walk=way.walks.get(p.key, p.walk))
                for p in visit.parties
            ),
        )
        for visit in day.visits
    )
    return replace(day, visits=(*others, Visit(key, asked.tour, asked.language, asked.stops, parties)), seal="")


def empty_day(museum: Museum, guides: Iterable[Guide], chance: random.Random) -> Day:
    present = tuple(replace(guide, hours=hours(chance)) for guide in guides)
    return Day((Opening(OPENS, CLOSES, LAST_START),), spaces(museum), present)


def filled(day: Day, number: int, chance: random.Random, tries: int = 6, *, simply: bool = False) -> Day:
    """The day with so many visits, each at the time it asks for or, where that cannot be served, at another.

    `simply`: only where nobody need change, for days so large that the fewest changes take long to prove.
    """
    for index in range(number):
        asked = wish(chance)
        for _ in range(tries):
            start = asked_start(chance, asked.ticks)
            way = None if simply and not is_free(day, asked, start) else availability.way(day, asked, (start,))
            if way is not None:
                day = booked(day, asked, way, f"v{index}")
                break
    return day


def is_free(day: Day, asked: Wish, start: int) -> bool:
    """Whether enough guides are free then as the day is led and walked now."""
    state, group = State(day), split(asked.heads, asked.heads_per_guide)
    crew = state.crew.free(state.crew.witness, asked.tour, asked.language, asked.ticks, len(group), 1 << start)
    return bool(crew & state.floor.starts(asked.stops, group, 1 << start)[0])


def month(museum: Museum, seed: int, days: int = 26, visits: int | None = None) -> list[Day]:
    """So many open days of a museum, always the same for a seed."""
    chance = random.Random(seed)
    guides = crew(museum, chance)
    found = []
    for number in range(days):
        simply = museum.guides > BUSY.guides
        day = filled(empty_day(museum, guides, chance), visits or museum.visits, chance, simply=simply)
        found.append(replace(day, seal=f"{museum.name}:{seed}:{number}"))
    return found


def use(day: Day) -> float:
    """The share of the guides' most minutes that is led."""
    led = sum(duty.period.ticks for duty in day.duties)
    return led / sum(min(guide.daily_ticks or 999, sum(h.ticks for h in guide.hours)) for guide in day.guides)

"""Seeded museum days for the repair benchmark: groups booked one by one, each where a guide and lanes were still free, as a desk would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import TypeVar

from scheduler.core.day import Closed, Day, Opening
from scheduler.core.itinerary import Leg, Party, Space, Stop, Visit, legs, walks
from scheduler.core.repair import Hit, struck
from scheduler.core.rules import Guide
from scheduler.core.ticks import Interval

OPENS, CLOSES, LAST_START = 120, 216, 198  # 10:00, 18:00, 16:30
WEEK = 7
WHOLE = Interval(0, 288)

ALASH, ALZHIR = Stop("alash", 6, movable=True), Stop("alzhir", 6, movable=True)
FILM, WALL = Stop("cinema", 4, movable=True, together=True), Stop("wall", 3, together=True, exclusive=True)
TOURS = {
    "halls": (ALASH, ALZHIR),
    "halls-film": (ALASH, ALZHIR, FILM),
    "grounds": (Stop("grounds", 9),),
    "grounds-flowers": (WALL, Stop("grounds", 9)),
    "full": (WALL, Stop("grounds", 6, movable=True), ALASH, ALZHIR, FILM),
}
TOUR_MIX = {"halls": 45, "halls-film": 20, "grounds": 20, "grounds-flowers": 10, "full": 5}
LANGUAGE_MIX = {"ru": 42, "kk": 36, "en": 16, "de": 6}
PARTY_MIX = {1: 68, 2: 20, 3: 8, 4: 4}
WEIGHT_MIX = {1: 80, 3: 12, 5: 8}
"""Most groups, those from far away, delegations."""

T = TypeVar("T")

Size = tuple[int, int, int]
"""Guides, visits asked for a day, how many times the lanes of the small museum."""
MUSEUM: Size = (10, 8, 1)
SEASON: Size = (34, 34, 4)
BUSY: Size = (30, 40, 4)


def spaces(times: int) -> dict[str, Space]:
    """The museum's places, the halls so many times as roomy."""
    lanes = {"alash": 2, "alzhir": 2, "cinema": 1, "grounds": 4}
    found = {
        code: Space(code, number * times, 50 * times if code == "cinema" else None) for code, number in lanes.items()
    }
    return {**found, "wall": Space("wall", 1)}


def guides(random: Random, number: int) -> tuple[Guide, ...]:
    """Everybody leads two or three languages, most the whole day; one in five not the full programme."""
    found = []
    for index in range(number):
        spoken = [("ru", "kk"), ("ru", "kk", "en"), ("ru", "en"), ("kk", "en", "de"), ("ru", "de")][index % 5]
        tours = [tour for tour in TOURS if index % 5 != 4 or tour != "full"]
        hours = Interval(OPENS, CLOSES)
        if random.random() > 0.7:
            hours = random.choice([Interval(OPENS, 174), Interval(150, CLOSES)])
        found.append(
            Guide(
                f"g{index:02}",
                frozenset((tour, language) for tour in tours for language in spoken),
                (hours,),
                rest=random.choice([3, 3, 6]),
                daily_ticks=random.choice([60, 72, 84]),
            )
        )
    return tuple(found)


def days(seed: int, size: Size, number: int) -> dict[int, Day]:
    """So many days, every seventh closed (a Monday), with the visits that were booked on them."""
    random = Random(seed)
    crew, asked, times = size
    staff, places = guides(random, crew), spaces(times)
    opening = (Opening(OPENS, CLOSES, LAST_START),)
    found = {}
    for index in range(number):
        found[index] = Day((), places, staff)
        if index % WEEK:
            found[index] = replace(found[index], opening=opening, visits=_booked(random, places, staff, asked, index))
    return found


def _booked(
    random: Random, places: dict[str, Space], staff: Sequence[Guide], asked: int, index: int
) -> tuple[Visit, ...]:
    """Visits placed in the order in which they ask: at the time they want, or as near to it as the desk finds."""
    desk, booked = Desk(places, staff), []
    for number in range(asked):
        tour, language = _of(random, TOUR_MIX), _of(random, LANGUAGE_MIX)
        heads = [random.randint(8, 25) for _ in range(_of(random, PARTY_MIX))]
        wanted = 3 * round(random.gauss(*random.choice([(132, 9), (168, 12)])) / 3)
        for start in sorted(range(OPENS, LAST_START + 1, 3), key=lambda start: (abs(start - wanted), start)):
            visit = desk.book(f"{index:02}-{number:02}", tour, language, sorted(heads, reverse=True), start)
            if visit is not None:
                booked.append(visit)
                break
    return tuple(booked)


class Desk:
    """One day as a desk without an engine keeps it: what is booked stays as it is."""

    def __init__(self, places: dict[str, Space], staff: Sequence[Guide]) -> None:
        self.places, self.staff = places, sorted(staff, key=lambda guide: (len(guide.qualifications), guide.code))
        self.held: dict[str, list[Interval]] = {guide.code: [] for guide in staff}
        self.lanes, self.heads = Counter[tuple[str, int]](), Counter[tuple[str, int]]()

    def book(self, key: str, tour: str, language: str, heads: list[int], start: int) -> Visit | None:
        """The visit, if guides and lanes are free for it; all its parties walk alike, one after the other where lanes are few."""
        stops = TOURS[tour]
        period = Interval(start, start + sum(stop.ticks for stop in stops))
        if period.end > CLOSES:
            return None
        free = [
            guide.code
            for guide in self.staff
            if (tour, language) in guide.qualifications and self._is_free(guide, period)
        ]
        if len(free) < len(heads):
            return None
        orders = walks(stops)
        for first in range(len(orders)):
            parties = tuple(
                Party(
                    f"{key}.{n}", size, start, 0, free[n], orders[(first + (n if len(stops) == 2 else 0)) % len(orders)]
                )
                for n, size in enumerate(heads)
            )
            visit = Visit(key, tour, language, stops, parties)
            laid = legs(visit, self.places)
            if self._fits(laid):
                for guide in free[: len(heads)]:
                    self.held[guide].append(period)
                return visit
        return None

    def _is_free(self, guide: Guide, period: Interval) -> bool:
        held = self.held[guide.code]
        return (
            all(hours.holds(period) for hours in guide.hours)
            and all(h.start >= period.end + guide.rest or h.end + guide.rest <= period.start for h in held)
            and sum(h.ticks for h in held) + period.ticks <= (guide.daily_ticks or 288)
        )

    def _fits(self, laid: Sequence[Leg]) -> bool:
        lanes, heads = Counter(self.lanes), Counter(self.heads)
        for leg in laid:
            for tick in range(leg.period.start, leg.period.end):
                lanes[leg.space, tick] += self.places[leg.space].lanes if leg.exclusive else 1
                heads[leg.space, tick] += leg.heads
        fits = all(
            lanes[leg.space, tick] <= self.places[leg.space].lanes
            and heads[leg.space, tick] <= (self.places[leg.space].max_heads or 1 << 20)
            for leg in laid
            for tick in range(leg.period.start, leg.period.end)
        )
        if fits:
            self.lanes, self.heads = lanes, heads
        return fits


def _of(random: Random, mix: dict[T, int]) -> T:
    return random.choices(list(mix), list(mix.values()))[0]


def closed_day(found: dict[int, Day], day: int, notice: int) -> tuple[dict[int, Day], list[Hit]]:
    """One day closed as a whole; visits may move to as many days before it as notice was given, or to later ones."""
    shut = {**found, day: replace(found[day], closed=(Closed(WHOLE, None, "c"),))}
    return shut, hits_of(shut, not_before=day - notice)


def season(found: dict[int, Day], whole: range) -> tuple[dict[int, Day], list[Hit]]:
    """A hall closed until 13:00 for a month, and the museum closed for some days of it."""
    closings = (Closed(Interval(0, 156), frozenset(["alash"]), "hall"),)
    shut = {
        index: replace(day, closed=closings + ((Closed(WHOLE, None, "all"),) if index in whole else ()))
        for index, day in found.items()
    }
    return shut, hits_of(shut, not_before=1)


def hits_of(found: dict[int, Day], not_before: int) -> list[Hit]:
    """All that is struck; a film may be dropped."""
    hits = []
    for index, day in found.items():
        for key, stops in struck(day).items():
            visit = next(visit for visit in day.visits if visit.key == key)
            random = Random(repr(visit))
            films = frozenset(i for i, stop in enumerate(visit.stops) if stop.space == "cinema")
            weight = _of(random, WEIGHT_MIX)
            hits.append(Hit(key, index, (not_before, 0), index + 28, weight, stops, films))
    return hits

"""Small seeded cases for closure repair: tight days, something closed on the first."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from scheduler.core.day import Closed, Day, Opening
from scheduler.core.itinerary import Party, Space, Stop, Taken, Visit
from scheduler.core.repair_case import Hit, lifted
from scheduler.core.rules import Guide
from scheduler.core.ticks import Interval
from tests.core import repair_oracle


@dataclass(frozen=True)
class Case:
    days: dict[int, Day]
    hits: list[Hit]
    drop: int


def case(seed: int) -> Case:
    """A small case: one to three days, up to four guides, up to five visits hit on a day with room to spare or none."""
    random = Random(seed)
    spaces = {
        code: Space(code, random.choice([1, 1, 2]), random.choice([None, None, 30]))
        for code in ["hall", "film", "wall"][: random.randint(1, 3)]
    }
    tours = {
        tour: tuple(
            Stop(
                random.choice(list(spaces)),
                random.choice([3, 3, 6]),
                random.random() < 0.7,
                random.random() < 0.2,
                random.random() < 0.1,
            )
            for _ in range(random.randint(1, 3))
        )
        for tour in "ab"
    }
    skills = [(tour, language) for tour in "ab" for language in ("ru", "en")]
    grid, opens, length = random.choice([3, 3, 6]), 120, random.choice([24, 30, 36, 48])
    opening = (Opening(opens, opens + length, opens + length - 3),)
    guides = tuple(
        Guide(
            f"g{number}",
            frozenset(random.sample(skills, random.randint(2, 4))),
            (Interval(opens, opens + length),) if random.random() < 0.8 else (Interval(opens, opens + length // 2),),
            (Interval(opens + 6, opens + 12),) if random.random() < 0.1 else (),
            random.choice([0, 0, 3]),
            random.choice([None, None, None, 18]),
            random.choice([None, None, None, 3]),
        )
        for number in range(random.randint(1, 4))
    )
    days: dict[int, Day] = {}
    for index in range(random.choice([1, 2, 2, 3])):
        visits: tuple[Visit, ...] = ()
        for number in range(random.randint(2, 7) if index == 0 else random.randint(0, 6)):
            day = Day(opening, spaces, guides, visits, grid=grid)
            visit = _some_visit(random, day, tours, skills, f"{index}.{number}")
            if visit is not None:
                visits = (*visits, visit)
        days[index] = Day(opening, spaces, guides, visits, grid=grid)
    days[0] = _close(random, days[0])
    hits = [
        Hit(
            visit.key,
            0,
            random.choice([(0, 0), (0, 0), (0, 0), (0, opens + 6), (1, 0)]),
            random.choice([0, 2, 2, 2]),
            random.choice([1, 1, 2, 5]),
            stops,
            frozenset(i for i in range(len(visit.stops)) if random.random() < 0.4),
        )
        for visit in days[0].visits
        if (stops := _struck(days[0], visit))
    ]
    if repair_oracle.walked(lifted(days, {hit.visit: hit for hit in hits})[0], []) is None:
        hits = []  # overfull by itself: what may then enter is told by the tests of the engine that answers for one visit
    return Case(days, hits, random.choice([10, 60, 120]))


def _some_visit(
    random: Random, day: Day, tours: dict[str, tuple[Stop, ...]], skills: list[tuple[str, str]], key: str
) -> Visit | None:
    """A visit somewhere on the day, with guides and walks, where one was found in a few tries."""
    for _ in range(8):
        tour, language = random.choice(skills)
        stops = tours[tour]
        waves = random.choice([1, 1, 1, 1, 2])
        groups = tuple(
            tuple(sorted((random.choice([5, 20]) for _ in range(random.choice([1, 1, 2]))), reverse=True))
            for _ in range(waves)
        )
        ends = day.opening[0].last_start
        starts = sorted(random.sample(range(day.opening[0].opens, ends + 1, day.grid), waves)) if waves < 3 else []
        put = repair_oracle.Put(tour, language, stops, groups, tuple(starts))
        if not repair_oracle.Oracle({0: day}).takes(0, [put]):
            continue
        parties = [
            Party(f"{key}/{wave}{n}", heads, start, wave)
            for wave, (start, group) in enumerate(zip(starts, groups, strict=True))
            for n, heads in enumerate(group)
        ]
        visit = Visit(key, tour, language, stops, tuple(parties))
        if random.random() < 0.1:
            return visit  # nobody leads it yet, and no order was chosen: the listed one may be too much for the spaces
        return _settled(random, day, visit)
    return None


def _settled(random: Random, day: Day, visit: Visit) -> Visit | None:
    """The visit with free guides and walks beside those who are there as they are; None where that does not go."""
    frozen = Day(
        day.opening,
        day.spaces,
        day.guides,
        tuple(Visit(v.key, v.tour, v.language, v.stops, v.parties, True) for v in day.visits),
        grid=day.grid,
    )
    found = repair_oracle.walked(frozen, [repair_oracle.put_of(visit)])
    if found is None:
        return None
    walks = [walk for wave in found for walk in wave]
    parties: list[Party] = []
    for party, walk in zip(sorted(visit.parties, key=lambda p: (p.start, -p.heads)), walks, strict=True):
        for guide in random.sample(day.guides, len(day.guides)):
            led = Visit("x", visit.tour, visit.language, visit.stops, tuple(parties), True)
            alone = Day(day.opening, day.spaces, (guide,), (*frozen.visits, *([led] if parties else [])), grid=day.grid)
            if (
                repair_oracle.most_led(
                    alone, [(visit.tour, visit.language, party.start, party.start + visit.ticks)], []
                )
                == 0
            ):
                parties.append(Party(party.key, party.heads, party.start, party.wave, guide.code, walk))
                break
        else:
            return None
    return Visit(visit.key, visit.tour, visit.language, visit.stops, tuple(parties), random.random() < 0.3)


def _close(random: Random, day: Day) -> Day:
    opens, closes = day.opening[0].opens, day.opening[0].closes
    start = random.randrange(opens, closes, 3) if random.random() < 0.6 else opens
    period = Interval(start, min(closes, start + random.choice([6, 12, 24, 48])))
    code = random.choice(list(day.spaces))
    spaces = None if random.random() < 0.3 else frozenset([code])
    if random.random() < 0.2:
        hold = Taken(code, period, day.spaces[code].lanes, 0, "hold")
        return Day(day.opening, day.spaces, day.guides, day.visits, (hold,), (), day.grid)
    return Day(day.opening, day.spaces, day.guides, day.visits, (), (Closed(period, spaces, "c"),), day.grid)


def _struck(day: Day, visit: Visit) -> frozenset[int]:
    """The stops of a visit in a closed space or in one that is held whole."""
    found = set()
    barred = [(c.period, c.spaces) for c in day.closed] + [(t.period, frozenset([t.space])) for t in day.taken]
    for party in visit.parties:
        clock = party.start
        for index in party.walk or range(len(visit.stops)):
            ends = clock + visit.stops[index].ticks
            for period, spaces in barred:
                if (
                    (spaces is None or visit.stops[index].space in spaces)
                    and period.start < ends
                    and clock < period.end
                ):
                    found.add(index)
            clock = ends
    return frozenset(found)

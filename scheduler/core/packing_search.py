"""Two searches for a way to walk all waves: one that can prove there is none, one that is quick to find one on a large day."""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.core.packing_model import Option, Wave
from scheduler.core.profiles import Fields
from scheduler.core.solving import Undecided

PATIENCE, WIDTH = 6, 6


def search(fields: Fields, room: int, waves: Sequence[Wave], tests: int) -> list[Option] | None:
    """An option for each wave so that all fit, or None, which is a proof. Raises Undecided after so many tests.

    Each time the wave with the fewest options left takes one, and the others lose those that no longer fit. What one of several waves
    alike has tried in vain, the others need not try.
    """
    guard, left = fields.guard, tests
    chosen: dict[int, Option] = {}
    marks = [frozenset(option.load for option in wave.options) for wave in waves]

    def place(room: int, domains: dict[int, list[Option]]) -> bool:
        nonlocal left
        if not domains:
            return True
        pick = min(domains, key=lambda i: len(domains[i]))
        period, mark, vain = waves[pick].period, marks[pick], set[int]()
        for option in domains[pick]:
            after = room - option.load
            top, rest = after | guard, dict(domains)
            del rest[pick]
            for i, domain in domains.items():
                if i == pick or not waves[i].period.overlaps(period):
                    continue
                left -= len(domain)
                if left < 0:
                    raise Undecided
                skip = vain if marks[i] == mark else ()
                rest[i] = [o for o in domain if (top - o.load) & guard == guard and o.load not in skip]
                if not rest[i]:
                    break
            else:
                chosen[pick] = option
                if place(after, rest):
                    return True
            vain.add(option.load)
        return False

    fits = fields.fits
    domains = {i: [option for option in wave.options if fits(room, option.load)] for i, wave in enumerate(waves)}
    if not all(domains.values()):
        return None
    return [chosen[i] for i in range(len(waves))] if place(room, domains) else None


def shuffle(
    fields: Fields, room: int, waves: Sequence[Wave], first: Sequence[Option], moves: int
) -> list[Option] | None:
    """An option for each wave so that all fit, beginning from `first`; None: not found in so many moves (no proof).

    In each move a wave that is where too many are takes the option that leaves the fewest cells overfull; what a wave left lately it
    does not take again.
    """
    chosen, guard = list(first), fields.guard
    total = sum(option.load for option in chosen)
    top = room | guard
    left_at: dict[int, int] = {}
    for move in range(moves):
        over = ~(top - total) & guard
        if not over:
            return chosen
        cells = (over >> 15) * 0x7FFF
        there = [i for i, option in enumerate(chosen) if option.load & cells and len(waves[i].options) > 1]
        if not there:
            return None
        turn = move % len(there)
        best: tuple[int, int, int, Option] | None = None
        for i in (there[turn:] + there[:turn])[:WIDTH]:
            others = top - (total - chosen[i].load)
            for option in waves[i].options:
                if option is chosen[i] or left_at.get(id(option), -PATIENCE) > move - PATIENCE:
                    continue
                cost = (~(others - option.load) & guard).bit_count()
                if best is None or cost < best[0]:
                    best = cost, move, i, option
        if best is None:
            continue
        _, _, i, option = best
        left_at[id(chosen[i])] = move
        total += option.load - chosen[i].load
        chosen[i] = option
    return chosen if not ~(top - total) & guard else None

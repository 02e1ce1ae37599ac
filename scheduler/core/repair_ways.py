"""A finished plan as what a booking writes: parties with guides and walks, with the fewest changes for those who were not hit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scheduler.core.day import Day, Way, booked
from scheduler.core.itinerary import Party, Visit, Walk, legs
from scheduler.core.matching_model import NOBODY
from scheduler.core.packing_model import Option
from scheduler.core.repair_asked import Placed
from scheduler.core.repair_case import Placement, Proposal
from scheduler.core.repair_search import Plan
from scheduler.core.repair_site import Arrangement, Site
from scheduler.core.repair_spots import Wanted
from scheduler.core.solving import Budget, Undecided

ALTERNATIVES = 3
ALTERNATIVE_TRIES = 60


def proposals(plan: Plan, budget: Budget) -> tuple[Proposal, ...]:
    """What is proposed for each visit; day by day, in the order in which the ways are to be written."""
    found: dict[int, Proposal] = {}
    for day in sorted(plan.sites):
        here = [number for number, spot in enumerate(plan.at) if spot is not None and spot.day == day]
        if here:
            ways = _ways(plan.sites[day], plan.days[day], [plan.wanted[n] for n in here], _placed(plan, here), budget)
            found |= {number: _proposal(plan, number, way) for number, way in zip(here, ways, strict=True)}
    left = [number for number, spot in enumerate(plan.at) if spot is None]
    return (*found.values(), *(_proposal(plan, number, None) for number in left))


def applied(day: Day, proposal: Proposal) -> Day:
    """A day after a proposal for it was written; the new parties' keys are "visit/number"."""
    assert proposal.way is not None and proposal.wish is not None  # nothing is written for a visit that is left
    return booked(day, proposal.visit, proposal.wish, proposal.way)


def _placed(plan: Plan, numbers: Sequence[int]) -> list[Placed]:
    return [spot.placed for number in numbers if (spot := plan.at[number]) is not None]


def _proposal(plan: Plan, number: int, way: Way | None) -> Proposal:
    one, spot = plan.wanted[number], plan.at[number]
    others = tuple(_alternatives(plan, number))
    if spot is None or way is None:
        return Proposal(one.hit.visit, "leave", None, None, None, one.left, one.best, others)
    if (spot.day, spot.starts) != (one.hit.day, one.before):
        action = "move"
    else:
        action = "drop" if spot.dropped else "reroute"
    wish = plan.sites[spot.day].kinds[spot.kind].wish
    return Proposal(one.hit.visit, action, spot.placement, wish, way, spot.cost, one.best, others)


def _alternatives(plan: Plan, number: int) -> Iterator[Placement]:
    """Other times for a visit, the nearest first, with all others where the plan has them."""
    now, found = plan.at[number], 0
    for tries, spot in enumerate(plan.wanted[number].spots()):
        if found == ALTERNATIVES or tries >= ALTERNATIVE_TRIES:
            return
        if spot.dropped or (now is not None and (spot.day, spot.starts) == (now.day, now.starts)):
            continue
        site, base = plan.sites[spot.day], plan.days[spot.day]
        if now is not None and now.day == spot.day:
            base = site.without(base, now.placed)
        if site.ready(base, spot.placed) is not None:
            found += 1
            yield spot.placement


def _ways(
    site: Site, arranged: Arrangement, wanted: Sequence[Wanted], placed: Sequence[Placed], budget: Budget
) -> list[Way]:
    """The way of each visit; the first brings all changes for those who were not hit."""
    order = _order(arranged.placed, placed)
    roster, options = _few_changes(site, arranged, budget)
    crew, floor = site.crew, site.floor
    old_tasks, old_waves = len(crew.tasks), len(floor.waves)
    guides, walks = crew.changes(roster), _changed_walks(site, options[:old_waves])
    opened = {t.key: crew.guides[g].code for t, g in zip(crew.tasks, roster, strict=False) if t.present == NOBODY != g}

    task_at, wave_at = [old_tasks], [old_waves]
    for one in arranged.placed:
        task_at.append(task_at[-1] + len(site.asked.tasks(one)))
        wave_at.append(wave_at[-1] + len(one.starts))
    for index, visit in zip(order, wanted, strict=True):
        _prefer_own_guides(site, roster, range(task_at[index], task_at[index + 1]), arranged, visit)

    ways: list[Way] = []
    for index, one in zip(order, placed, strict=True):
        kind, leaders = site.kinds[one.kind], iter(roster[task_at[index] : task_at[index + 1]])
        parties: list[Party] = []
        for wave, (start, group) in enumerate(zip(one.starts, kind.groups, strict=True)):
            for heads, walk in zip(group, options[wave_at[index] + wave].walks, strict=True):
                parties.append(Party(str(len(parties)), heads, start, wave, crew.guides[next(leaders)].code, walk))
        laid = legs(Visit("", kind.tour, kind.language, kind.stops, tuple(parties)), site.day.spaces)
        ways.append(Way(tuple(parties), laid) if ways else Way(tuple(parties), laid, guides, walks, opened))
    return ways


def _order(arranged: Sequence[Placed], placed: Sequence[Placed]) -> list[int]:
    """Which place of the arrangement each visit has; those alike in turn."""
    open_: dict[Placed, list[int]] = {}
    for index, one in enumerate(arranged):
        open_.setdefault(one, []).append(index)
    return [open_[one].pop(0) for one in placed]


def _few_changes(site: Site, arranged: Arrangement, budget: Budget) -> tuple[list[int], list[Option]]:
    """Guides and options with the fewest changes for those who were not hit; as arranged where the time does not suffice."""
    crew, floor = site.crew, site.floor
    roster, options = list(arranged.roster), list(arranged.options)
    if crew.changes(roster):
        model, at = site.cover(site.asked.groups(arranged.placed)), len(crew.tasks)
        hint: list[tuple[int, ...]] = [(g,) if g != NOBODY else () for g in roster[:at]]
        for one in arranged.placed:
            for group in site.kinds[one.kind].groups:
                hint.append(tuple(roster[at : at + len(group)]))
                at += len(group)
        model.fewest_changes(hint)
        try:
            best = model.solve(budget)
        except Undecided:
            best = None
        if best is not None:
            old = len(crew.tasks)
            roster = [g[0] if g else NOBODY for g in best[:old]] + [guide for some in best[old:] for guide in some]
    if floor.changed(options[: len(floor.waves)]):
        news = site.asked.news(arranged.placed)
        try:
            walked = floor.fewest(news, budget)
        except Undecided:
            walked = None
        if walked is not None:
            options = [*walked[len(news) :], *walked[: len(news)]]
    return roster, options


def _changed_walks(site: Site, options: Sequence[Option]) -> Mapping[str, Walk]:
    return {
        key: walk
        for wave, option in site.floor.changed(options)
        for key, walk, before in zip(
            wave.parties, option.walks, wave.now.walks if wave.now else option.walks, strict=True
        )
        if walk != before
    }


def _prefer_own_guides(site: Site, roster: list[int], parties: range, arranged: Arrangement, one: Wanted) -> None:
    """Give a visit the guides that it had, where they are free then and hers is not another party of it already."""
    crew = site.crew
    tasks = [*crew.tasks, *arranged.tasks]
    own = {crew.number[p.guide] for p in one.visit.parties if p.guide is not None and p.guide in crew.number}
    for guide in sorted(own - {roster[index] for index in parties}):
        for index in parties:
            if roster[index] in own or not tasks[index].able >> guide & 1:
                continue
            held = [tasks[i] for i, g in enumerate(roster) if g == guide]
            rest, task = crew.limits.rest[guide], tasks[index]
            busy = any(other.start < task.end + rest and task.start < other.end + rest for other in held)
            ticks = sum(other.end - other.start for other in held) + task.end - task.start
            if not busy and ticks <= crew.limits.ticks[guide] and len(held) < crew.limits.duties[guide]:
                roster[index] = guide
                break

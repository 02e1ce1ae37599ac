"""One day under change, made for trying much: who leads what as masks of ticks, and how waves walk, without a proof of anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple

from scheduler.core.matching_model import NOBODY, Task
from scheduler.core.packing_model import Option, Wave
from scheduler.core.repair_asked import Placed
from scheduler.core.repair_site import Arrangement, Site, give_way, numbered
from scheduler.core.ticks import runs, span

windows = lru_cache(maxsize=1 << 16)(runs)  # the same days of guides come again and again

BLINK = 0.2
"""How often a guide who is free is passed over for another."""


class Held(NamedTuple):
    """A task in a guide's day. `owner`: -1 and its number for one that the day had already, else a visit and its party's number."""

    owner: int
    number: int
    task: Task


class Desk:
    """What is on a day now: `free` has a bit for each tick at which a guide may lead something more, rest kept on both sides.

    `led`: the guide of each task that the day had already. `news`: the visits placed, each with its guides and options.
    """

    __slots__ = ("duties", "free", "held", "led", "load", "news", "options", "possible", "site", "ticks")

    def __init__(self, site: Site) -> None:
        crew = site.crew
        self.site = site
        self.held: list[tuple[Held, ...]] = [()] * len(crew.guides)
        self.free = [(1 << 320) - 1] * len(crew.guides)
        self.ticks, self.duties = list(crew.limits.ticks), list(crew.limits.duties)
        self.led = [NOBODY] * len(crew.tasks)
        self.options: list[Option] = list(site.empty.options)
        self.load = site.empty.load
        self.news: dict[int, tuple[Placed, tuple[int, ...], tuple[Option, ...]]] = {}
        self.possible: dict[tuple[int, int, int], int] = {}
        for number, (task, guide) in enumerate(zip(crew.tasks, site.empty.roster, strict=True)):
            self.led[number] = guide
            if guide != NOBODY:
                self._take(guide, Held(-1, number, task))

    @classmethod
    def of(cls, site: Site, arranged: Arrangement, numbers: Sequence[int]) -> Desk:
        """A day as it is arranged; `numbers`: which visits those of the arrangement are."""
        desk = cls(site)
        for guide in range(len(desk.held)):
            for one in desk.held[guide]:
                desk._give(guide, one)
        roster, old = arranged.roster, len(site.crew.tasks)
        for number, task in enumerate(site.crew.tasks):
            desk.led[number] = roster[number]
            if roster[number] != NOBODY:
                desk._take(roster[number], Held(-1, number, task))
        waves = len(site.floor.waves)
        desk.options, desk.load = list(arranged.options[:waves]), arranged.load
        for number, placed in zip(numbers, arranged.placed, strict=True):
            tasks = site.asked.tasks(placed)
            guides, options = roster[old : old + len(tasks)], arranged.options[waves : waves + len(placed.starts)]
            for party, (guide, task) in enumerate(zip(guides, tasks, strict=True)):
                desk._take(guide, Held(number, party, task))
            desk.news[number] = placed, tuple(guides), tuple(options)
            old, waves = old + len(tasks), waves + len(placed.starts)
        return desk

    def copy(self) -> Desk:
        other = Desk.__new__(Desk)
        other.site, other.load = self.site, self.load
        other.held, other.free, other.ticks = self.held.copy(), self.free.copy(), self.ticks.copy()
        other.duties, other.led, other.options = self.duties.copy(), self.led.copy(), self.options.copy()
        other.news, other.possible = self.news.copy(), {}
        return other

    def arranged(self, order: Sequence[int]) -> Arrangement:
        """The day as the other stages know it, its visits in this order."""
        placed = tuple(self.news[number][0] for number in order)
        tasks = tuple(task for one in placed for task in self.site.asked.tasks(one))
        waves = tuple(wave for one in placed for wave in self.site.asked.waves(one))
        roster = (*self.led, *(guide for number in order for guide in self.news[number][1]))
        options = (*self.options, *(option for number in order for option in self.news[number][2]))
        return Arrangement(placed, tasks, roster, waves, options, self.load, numbered(placed))

    def starts(self, able: int, ticks: int, number: int) -> int:
        """The ticks at which `number` of these guides could begin something so long, hours apart."""
        key = (able, ticks, number)
        if key not in self.possible:
            enough = [-1, *([0] * number)]
            for guide in self.site.asked.ordered(able):
                if self.duties[guide] >= 1 and self.ticks[guide] >= ticks:
                    mask = windows(self.free[guide], ticks)
                    for most in range(number, 0, -1):
                        enough[most] |= enough[most - 1] & mask
            self.possible[key] = enough[number]
        return self.possible[key]

    def put(self, number: int, placed: Placed, random: Random, *, push: bool) -> bool:
        """Place a visit; with `push`, others change to another guide or walk where one such change makes the room."""
        chosen, before = list[int](), self.copy() if push else None
        for party, task in enumerate(self.site.asked.tasks(placed)):
            guide = self._free(task, random)
            if guide == NOBODY and push:
                guide = self._push(task, random)
            if guide == NOBODY:
                self._undo(number, chosen, placed, before)
                return False
            self._take(guide, Held(number, party, task))
            chosen.append(guide)
        options = self._walk(self.site.asked.waves(placed), push=push)
        if options is None:
            self._undo(number, chosen, placed, before)
            return False
        self.news[number] = placed, tuple(chosen), options
        return True

    def take(self, number: int) -> None:
        """Take a visit off again."""
        placed, guides, options = self.news.pop(number)
        for party, (guide, task) in enumerate(zip(guides, self.site.asked.tasks(placed), strict=True)):
            self._give(guide, Held(number, party, task))
        self.load -= sum(option.load for option in options)

    def stir(self, random: Random, start: int, end: int, times: int) -> None:
        """Some tasks about this time change to another guide who is free."""
        near = [
            (guide, one)
            for guide, held in enumerate(self.held)
            for one in held
            if one.task.start < end and start < one.task.end
        ]
        for _ in range(min(times, len(near))):
            guide, one = near[random.randrange(len(near))]
            if one not in self.held[guide]:
                continue
            other = self._free(one.task, random, but=guide)
            if other != NOBODY:
                self._change(one, guide, other)

    def _free(self, task: Task, random: Random, but: int = NOBODY) -> int:
        """A guide who has nothing else then: now and then any, mostly who can do least."""
        ticks, mask = task.end - task.start, span(task.start, task.end)
        free, left, duties = self.free, self.ticks, self.duties
        found = NOBODY
        for guide in self.site.asked.ordered(task.able):
            if free[guide] & mask == mask and left[guide] >= ticks and duties[guide] >= 1 and guide != but:
                found = guide
                if random.random() > BLINK:
                    break
        return found

    def _push(self, task: Task, random: Random) -> int:
        """A guide from whom one other task goes to somebody who is free."""
        rest = self.site.crew.limits.rest
        able = self.site.asked.ordered(task.able)
        turn = int(random.random() * len(able))
        for guide in able[turn:] + able[:turn]:
            if self.duties[guide] < 0:
                continue
            early, late = task.start - rest[guide], task.end + rest[guide]
            there = [one for one in self.held[guide] if one.task.start < late and early < one.task.end]
            short = task.end - task.start - self.ticks[guide]
            if not there and (short > 0 or self.duties[guide] < 1):
                there = [one for one in self.held[guide] if one.task.end - one.task.start >= short][:1]
            if len(there) != 1 or there[0].task.end - there[0].task.start < short:
                continue
            if there[0].owner >= 0 and there[0].owner not in self.news:
                continue  # a party of the very visit that is being placed
            other = self._free(there[0].task, random, but=guide)
            if other != NOBODY:
                self._change(there[0], guide, other)
                return guide
        return NOBODY

    def _walk(self, waves: Sequence[Wave], *, push: bool) -> tuple[Option, ...] | None:
        fields, room = self.site.floor.fields, self.site.floor.room
        load, chosen = self.load, list[Option]()
        for wave in waves:
            left = room - load
            option = next((each for each in wave.options if fields.fits(left, each.load)), None)
            if option is None and push:
                found = give_way(fields, left, wave, self.site.floor.waves, self.options)
                if found is not None:
                    option, at, other = found
                    load += other.load - self.options[at].load
                    self.options[at] = other
            if option is None:
                return None
            load += option.load
            chosen.append(option)
        self.load = load
        return tuple(chosen)

    def _undo(self, number: int, chosen: Iterable[int], placed: Placed, before: Desk | None) -> None:
        if before is None:
            for party, (guide, task) in enumerate(zip(chosen, self.site.asked.tasks(placed), strict=False)):
                self._give(guide, Held(number, party, task))
            return
        for name in ("held", "free", "ticks", "duties", "led", "options", "news", "load"):
            setattr(self, name, getattr(before, name))
        self.possible = {}

    def _change(self, one: Held, guide: int, other: int) -> None:
        """Give a task to another guide."""
        self._give(guide, one)
        self._take(other, one)
        if one.owner < 0:
            self.led[one.number] = other
            return
        placed, guides, options = self.news[one.owner]
        changed = (*guides[: one.number], other, *guides[one.number + 1 :])
        self.news[one.owner] = placed, changed, options

    def _take(self, guide: int, one: Held) -> None:
        rest = self.site.crew.limits.rest[guide]
        self.held[guide] = (*self.held[guide], one)
        self.free[guide] &= ~span(one.task.start - rest, one.task.end + rest)
        self.ticks[guide] -= one.task.end - one.task.start
        self.duties[guide] -= 1
        self.possible = {}

    def _give(self, guide: int, one: Held) -> None:
        rest = self.site.crew.limits.rest[guide]
        held = list(self.held[guide])
        held.remove(one)
        self.held[guide] = tuple(held)
        free = (1 << 320) - 1
        for other in held:
            free &= ~span(other.task.start - rest, other.task.end + rest)
        self.free[guide] = free
        self.ticks[guide] += one.task.end - one.task.start
        self.duties[guide] += 1
        self.possible = {}

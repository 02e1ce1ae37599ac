"""The planned roster against a referee that tries every one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler.core import planning_gaps
from scheduler.core.planning import FAIR_ORDER, QUIET_ORDER, Load, Plan, Shift, Watch, plan
from scheduler.core.planning_bound import Relaxation
from scheduler.core.planning_columns import Mixture
from scheduler.core.planning_search import Search
from scheduler.core.planning_swaps import Swaps
from scheduler.core.planning_table import COVERED, UNCHANGED, Aim, Table
from scheduler.core.rules import Duty, Guide, Roster, why_not
from scheduler.core.solving import Budget
from scheduler.core.ticks import Interval

Choice = dict[str, str | None]


@st.composite
def shifts(draw: st.DrawFn) -> list[Shift]:
    """One or two small days; guides have a language or two, duties are an hour or so."""
    number = draw(st.integers(1, 3))
    skills = [
        frozenset(("t", code) for code in draw(st.sets(st.sampled_from("kr"), min_size=1))) for _ in range(number)
    ]
    limits = [draw(st.sampled_from([None, 1, 2])) for _ in range(number)]
    made = []
    for day in range(draw(st.integers(1, 2))):
        guides = tuple(
            Guide(
                f"g{index}",
                skills[index],
                (Interval(0, 48),),
                rest=draw(st.sampled_from([0, 3])),
                daily_duties=limits[index],
            )
            for index in range(number)
        )
        duties: list[Duty] = []
        for index in range(draw(st.integers(0, 3))):
            start = draw(st.integers(0, 8)) * 3
            period = Interval(start, start + draw(st.sampled_from([6, 12, 18])))
            duty = Duty(f"{day}.{index}", f"{day}.{index}", "t", draw(st.sampled_from("kr")), period)
            held = [guide for guide in guides if not why_not(guide, duty, Roster(tuple(duties)))]
            if held and draw(st.booleans()):
                promised = draw(st.booleans())
                guide = draw(st.sampled_from(held)).code
                duty = Duty(duty.key, duty.visit, duty.tour, duty.language, duty.period, guide, promised)
            duties.append(duty)
        made.append(Shift(guides, tuple(duties), weekend=bool(day)))
    return made


befores = st.dictionaries(
    st.sampled_from(["g0", "g1", "g2"]),
    st.builds(Load, st.integers(0, 40), st.just(0), st.sampled_from([0, 48, 90]), st.sampled_from([0, 48])),
)


def every(shift: Shift) -> Iterator[Choice]:
    """Every roster of a day in which no rule is broken and what was promised stays."""
    for guides in product([None, *(guide.code for guide in shift.guides)], repeat=len(shift.duties)):
        chosen = [
            Duty(duty.key, duty.visit, duty.tour, duty.language, duty.period, guide, duty.promised)
            for duty, guide in zip(shift.duties, guides, strict=True)
        ]
        if any(
            old.promised and old.guide is not None and old.guide != new.guide
            for old, new in zip(shift.duties, chosen, strict=True)
        ):
            continue
        by_code = {guide.code: guide for guide in shift.guides}
        whole = Roster(tuple(chosen))
        if all(duty.guide is None or not why_not(by_code[duty.guide], duty, whole) for duty in chosen):
            yield {duty.key: duty.guide for duty in chosen}


def measures(days: list[Shift], choice: Choice, before: Mapping[str, Load]) -> Mapping[str, int]:
    """What a roster is worth, aim by aim, by the words of the aims."""
    duties = [duty for day in days for duty in day.duties]
    weekend = {duty.key for day in days if day.weekend for duty in day.duties}
    codes = sorted({guide.code for day in days for guide in day.guides})
    unfair = 0
    for part, old, earlier, when in (
        (duties, "ticks", "there", days),
        (
            [duty for duty in duties if duty.key in weekend],
            "weekend",
            "weekend_there",
            [day for day in days if day.weekend],
        ),
    ):
        there = {
            code: sum(p.ticks for day in when for guide in day.guides if guide.code == code for p in guide.hours)
            for code in codes
        }
        if not when:
            continue
        was_there = {code: getattr(before.get(code, Load()), earlier) for code in codes}
        if not sum(was_there.values()):
            was_there = there
        now, then = (
            sum(duty.period.ticks for duty in part),
            sum(getattr(before.get(code, Load()), old) for code in codes),
        )
        for code in codes:
            led = getattr(before.get(code, Load()), old) + sum(
                duty.period.ticks for duty in part if choice[duty.key] == code
            )
            share = now * there[code] / sum(there.values()) + then * was_there[code] / sum(was_there.values())
            unfair += (led - round(share)) ** 2
    gaps = 0
    for day in days:
        for guide in day.guides:
            mine = [duty.period for duty in day.duties if choice[duty.key] == guide.code]
            gaps += max(p.end for p in mine) - min(p.start for p in mine) - sum(p.ticks for p in mine) if mine else 0
    changed = sum(duty.guide is not None and choice[duty.key] != duty.guide for duty in duties if not duty.promised)
    return {
        "covered": sum(choice[duty.key] is None for duty in duties),
        "fair": unfair,
        "unchanged": changed,
        "gaps": gaps,
    }


def best(days: list[Shift], before: Mapping[str, Load], order: tuple[str, ...]) -> tuple[int, ...]:
    """The least that any roster reaches, in strict order."""
    values = []
    for parts in product(*(list(every(day)) for day in days)):
        worth = measures(days, {key: guide for part in parts for key, guide in part.items()}, before)
        values.append(tuple(worth[aim] for aim in order))
    return min(values)


@given(shifts(), befores, st.booleans())
@settings(max_examples=120)
def test_no_roster_is_better(days: list[Shift], before: Mapping[str, Load], quiet: bool) -> None:
    order = QUIET_ORDER if quiet else FAIR_ORDER
    found = plan(days, before=before, quiet=quiet, seconds=20)
    worth = measures(days, dict(found.guides), before)
    assert all(reached.proven for reached in found.reached)
    assert tuple(worth[aim] for aim in order) == tuple(reached.value for reached in found.reached)
    assert tuple(worth[aim] for aim in order) == best(days, before, order)
    for day in days:
        assert {duty.key: found.guides[duty.key] for duty in day.duties} in list(every(day))


def kept(
    days: list[Shift], before: Mapping[str, Load], table: Table, keep: Collection[Aim]
) -> Iterator[tuple[int, Choice]]:
    """How fair each roster is that keeps what is kept of the one at hand: as few open on each day, as few changed in all."""
    now = table.decoded(days)
    open_ = [sum(now[duty.key] is None for duty in day.duties) for day in days]
    changed = measures(days, now, before)["unchanged"]
    for parts in product(*(list(every(day)) for day in days)):
        choice = {key: guide for part in parts for key, guide in part.items()}
        worth = measures(days, choice, before)
        if "covered" in keep and any(
            list(part.values()).count(None) > most for part, most in zip(parts, open_, strict=True)
        ):
            continue
        if "unchanged" not in keep or worth["unchanged"] <= changed:
            yield worth["fair"], choice


def a_day_led_and_one_left_open() -> list[Shift]:
    """Two duties that are led, then three of which two could be: who left one of the first for one of those would be fairer."""
    k, r = frozenset({("t", "k")}), frozenset({("t", "r")})
    guides = tuple(Guide(f"g{number}", skills, (Interval(0, 48),)) for number, skills in enumerate((k, k, r)))
    return [
        Shift(
            guides, tuple(Duty(f"{day}.{n}", f"{day}.{n}", "t", "k", Interval(0, 6)) for n in range(2 + day)), bool(day)
        )
        for day in (0, 1)
    ]


keeps = st.lists(st.sampled_from([COVERED, UNCHANGED]), unique=True)


@given(shifts(), befores, keeps)
@example(a_day_led_and_one_left_open(), {"g0": Load(3)}, [COVERED])
@settings(max_examples=120)
def test_no_roster_is_fairer_than_the_relaxation_says(
    days: list[Shift], before: Mapping[str, Load], keep: list[Aim]
) -> None:
    table = Table(days, before)
    bound = Relaxation(table, keep).bound(10)
    assert bound <= min(fair for fair, _ in kept(days, before, table, keep)) <= table.value("fair")


@given(shifts(), befores, keeps)
@example(a_day_led_and_one_left_open(), {"g0": Load(3)}, [COVERED])
@example(a_day_led_and_one_left_open(), {"g0": Load(3)}, [])
@settings(max_examples=200)
def test_no_roster_is_fairer_than_mixed_plans_are(
    days: list[Shift], before: Mapping[str, Load], keep: list[Aim]
) -> None:
    """Nor has any that keeps what is kept other loads than the mixture allows for its fairness."""
    table = Table(days, before)
    mixture = Mixture(table, keep)
    bound = mixture.bound(10, [0.0] * len(table.groups))
    fairest, choice = min(kept(days, before, table, keep), key=lambda pair: pair[0])
    assert bound <= fairest <= table.value("fair")
    if table.groups and (loads := mixture.loads(fairest)):
        free = [(day, duty) for day in days for duty in day.duties if not (duty.promised and duty.guide)]
        for number, code in enumerate(table.codes):
            led = [0, 0]
            for day, duty in free:
                led[not day.weekend] += duty.period.ticks * (choice[duty.key] == code)
            assert tuple(led) in loads[number]


@given(shifts(), befores)
@settings(max_examples=60)
def test_exchanges_break_no_rule_and_leave_nobody_out(days: list[Shift], before: Mapping[str, Load]) -> None:
    table = Table(days, before)
    open_, unfair = table.value("covered"), table.value("fair")
    Swaps(table).anneal(0.02, lambda: False)
    assert table.value("covered") == open_
    assert table.value("fair") <= unfair
    chosen = table.decoded(days)
    for day in days:
        assert {duty.key: chosen[duty.key] for duty in day.duties} in list(every(day))


def test_exchanges_alone_make_small_days_as_fair_as_can_be() -> None:
    days = [museum_day(6), museum_day(8), museum_day(7)]
    table = Table(days, {})
    Swaps(table).anneal(0.5, lambda: False)
    assert table.value("fair") == plan(days, seconds=20).value("fair")


@given(shifts())
@settings(max_examples=300)  # one in forty has a gap at all
def test_no_day_has_fewer_gaps_than_the_paths_say(days: list[Shift]) -> None:
    for day in days:
        table = Table([day], {})
        open_ = table.value("covered")
        worths = [measures([day], choice, {}) for choice in every(day)]
        least = min(worth["gaps"] for worth in worths if worth["covered"] <= open_)
        assert planning_gaps.bound(table, 0, 10) <= least


def test_the_paths_know_that_a_promised_day_waits() -> None:
    guide = Guide("g", frozenset({("t", "k")}), (Interval(0, 96),), rest=3)
    promised = [
        Duty(key, key, "t", "k", Interval(at, at + 12), "g", promised=True) for key, at in (("a", 0), ("b", 60))
    ]
    between = Duty("c", "c", "t", "k", Interval(24, 36))
    assert planning_gaps.bound(Table([Shift((guide,), tuple(promised))], {}), 0, 10) == 48
    assert planning_gaps.bound(Table([Shift((guide,), (*promised, between))], {}), 0, 10) == 36


def test_the_relaxation_meets_what_the_search_finds() -> None:
    days = [museum_day(), museum_day(9)]
    table = Table(days, {})
    first = table.value("fair")
    assert Relaxation(table, ["covered"]).bound(10) == plan(days, seconds=20).value("fair") < first


def test_the_search_reaches_what_the_solver_proves_for_the_whole() -> None:
    """The parts by themselves, on days for which the whole is solved too."""
    days = [museum_day(6), museum_day(8), museum_day(7)]
    table = Table(days, {"g0": Load(30)})
    search = Search(table, "fair", ["covered"])
    for _ in range(60):
        search.step(Budget(10))
    assert table.value("fair") == search.value == plan(days, before={"g0": Load(30)}, seconds=20).value("fair")


def museum_day(number: int = 6) -> Shift:
    guides = tuple(Guide(f"g{n}", frozenset({("t", "k"), ("t", "r")}), (Interval(0, 96),), rest=3) for n in range(4))
    duties = tuple(Duty(f"d{n}", f"v{n}", "t", "kr"[n % 2], Interval(9 * n, 9 * n + 12)) for n in range(number))
    return Shift(guides, duties)


def planned(shift: Shift, found: Plan) -> Shift:
    duties = tuple(Duty(d.key, d.visit, d.tour, d.language, d.period, found.guides[d.key]) for d in shift.duties)
    return Shift(shift.guides, duties)


def test_planning_again_changes_nothing() -> None:
    first = planned(museum_day(), plan([museum_day()], seconds=10))
    again = plan([first], seconds=10)
    assert again.value("unchanged") == 0
    assert dict(again.guides) == {duty.key: duty.guide for duty in first.duties}


def test_who_led_much_before_leads_less_now() -> None:
    busy = plan([museum_day()], before={"g0": Load(100)}, seconds=10)
    led = [sum(guide == code for guide in busy.guides.values()) for code in ("g0", "g1", "g2", "g3")]
    assert led[0] == 0


def test_who_was_away_before_catches_nothing_up() -> None:
    """Three led for weeks while the fourth was on leave: now all four lead alike."""
    before = {f"g{n}": Load(300, 0, 2000) for n in range(3)}
    found = plan([museum_day(8)], before=before, seconds=10)
    assert sorted(found.guides.values()) == sorted(2 * ["g0", "g1", "g2", "g3"])


def test_who_was_there_and_led_little_before_leads_more_now() -> None:
    before = {"g3": Load(260, 0, 2000)} | {f"g{n}": Load(300, 0, 2000) for n in range(3)}
    found = plan([museum_day(8)], before=before, seconds=10)
    assert list(found.guides.values()).count("g3") > 2


def test_who_is_there_for_part_of_a_day_is_not_thought_to_have_led_too_much_before() -> None:
    """All led alike in the weeks before; then half a day is worth half a day's work, no less."""
    before = {f"g{n}": Load(300, 0, 2000) for n in range(4)}
    day = museum_day(8)
    half = replace(day.guides[0], hours=(Interval(0, 48),))
    found = plan([Shift((half, *day.guides[1:]), day.duties)], before=before, seconds=10)
    assert list(found.guides.values()).count("g0") == 1


def test_out_of_time_what_is_planned_stays_and_is_not_called_proven() -> None:
    first = planned(museum_day(), plan([museum_day()], seconds=10))
    found = plan([first], seconds=0)
    assert dict(found.guides) == {duty.key: duty.guide for duty in first.duties}
    assert found.value("covered") == 0


def test_whoever_stops_it_gets_the_best_so_far() -> None:
    seen: list[float] = []
    found = plan([museum_day()], seconds=10, watch=Watch(seen.append, lambda: True))
    assert found.stopped
    assert seen[-1] == 1.0
    assert set(found.guides) == {f"d{n}" for n in range(6)}


def test_a_rare_language_is_left_to_the_one_who_speaks_it() -> None:
    skilled = Guide("both", frozenset({("t", "k"), ("t", "r")}), (Interval(0, 96),))
    plain = Guide("one", frozenset({("t", "r")}), (Interval(0, 96),))
    duties = (Duty("r", "r", "t", "r", Interval(0, 12)), Duty("k", "k", "t", "k", Interval(0, 12)))
    found = plan([Shift((skilled, plain), duties)], seconds=10)
    assert dict(found.guides) == {"r": "one", "k": "both"}


@pytest.mark.parametrize("quiet", [False, True])
def test_a_sick_call_covers_as_many_as_can_be_and_disturbs_fewest(quiet: bool) -> None:
    first = planned(museum_day(), plan([museum_day()], seconds=10))
    away = tuple(
        Guide(g.code, g.qualifications, g.hours, (Interval(0, 96),) if g.code == "g0" else (), g.rest)
        for g in first.guides
    )
    found = plan([Shift(away, first.duties)], quiet=quiet, seconds=10)
    hit = [duty.key for duty in first.duties if duty.guide == "g0"]
    assert found.unassigned == ()
    if quiet:
        assert found.value("unchanged") == 0
        kept = {duty.key: duty.guide for duty in first.duties if duty.key not in hit}
        assert {key: found.guides[key] for key in kept} == kept

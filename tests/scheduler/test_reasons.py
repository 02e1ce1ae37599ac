"""Every reason of the core has words in all three languages."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import scheduler.core
from scheduler.core.assignment import Reason
from scheduler.core.ticks import Interval
from scheduler.reasons import Words

PERIOD = Interval(120, 132)
CASES = {
    "not_qualified": (("halls", "en"), "Does not lead this tour in this language."),
    "not_working": ((PERIOD,), "Works only at other hours: 10:00–11:00."),
    "away": ((PERIOD,), "Is absent: 10:00–11:00."),
    "busy": (("7", PERIOD), "Leads another group: 10:00–11:00."),
    "no_rest": (("7", PERIOD, 3), "Needs 15 minutes of rest before or after another group: 10:00–11:00."),
    "enough_duties": ((4,), "Leads 4 groups a day at most."),
    "enough_time": ((60,), "Leads 300 minutes a day at most."),
    "closed": ((), "The museum is closed on this day."),
    "closed_then": (("3",), "Painting."),
    "too_long": ((120,), "The visit lasts 600 minutes, longer than the museum is open."),
    "too_late": ((200,), "It is too late to begin a visit on this day."),
    "too_large": ((100,), "The museum can receive 100 people at most."),
    "no_guide": (("halls", "de"), "Nobody leads this tour in this language."),
    "too_few_guides": (("halls", "en", 4, 3), "So large a group needs 4 guides at once."),
    "guides_away": (("halls", "en", 1), "The guides who lead this in this language do not work on this day."),
    "guides_fewer": (("halls", "en"), "On this day too few of the guides who lead this in this language are at work."),
    "never_both": (
        ("halls", "en"),
        "When guides who lead this in this language are free, the places are not, and the other way round.",
    ),
    "guides_taken": (("halls", "en", 1, 180), "No guide who leads this in this language is free before 15:00."),
    "full": (("alash",), "Other groups are there: “Alash” hall."),
    "waves_full": ((), "The sub-groups of so large a group do not fit between the others."),
    "not_known": ((), "Whether this can be served could not be found out in time. Please ask the museum."),
    "help_move": ((-30, 132), "It would help if the group came 30 minutes earlier, at 11:00."),
    "help_parties": (
        (2, 3, 26),
        "It would help if the group went as 2 sub-groups instead of 3, with up to 26 people each.",
    ),
    "help_absence": (("g1",), "It would help if Айгүл С. were not absent."),
    "help_rest": (("g1",), "It would help if Айгүл С. did without the rest between two groups."),
    "help_limit": (("g1",), "It would help if Айгүл С. led more than usual on this day."),
    "help_hours": (("g1",), "It would help if Айгүл С. worked at this time."),
    "help_skill": (("g1", "halls", "en"), "It would help if Айгүл С. could lead this tour in this language."),
    "help_promise": (("7",), "It would help if another group's guide, who has been told, were changed."),
    "not_open_then": ((210,), "The museum does not begin visits at 17:30."),
}


def codes_of_the_core() -> set[str]:
    """Every code that is written in the core."""
    folder = Path(scheduler.core.__path__[0])
    written = re.compile(r'Reason\("(\w+)"|"(help_\w+)"')
    return {code for file in folder.glob("*.py") for pair in written.findall(file.read_text()) for code in pair if code}


def test_every_reason_has_a_case() -> None:
    assert set(CASES) == codes_of_the_core()


@pytest.mark.parametrize("code", CASES)
def test_a_reason_in_words(code: str) -> None:
    params, said = CASES[code]
    words = Words(
        date(2025, 5, 28), ZoneInfo("Asia/Almaty"), {"alash": "“Alash” hall"}, {"3": "Painting."}, {"g1": "Айгүл С."}
    )
    assert words.sentence(Reason(code, *params)) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            Reason("guides_away", "halls", "en", 2),
            (
                "So large a group needs 2 guides at once. "
                "On this day fewer of those who lead this in this language are at work at the same time."
            ),
        ),
        (
            Reason("guides_taken", "halls", "en", 2, 180),
            (
                "So large a group needs 2 guides at once. "
                "Before 15:00 fewer of those who lead this in this language are free at the same time."
            ),
        ),
        (
            Reason("guides_taken", "halls", "en", 2, None),
            (
                "So large a group needs 2 guides at once. "
                "Fewer of those who lead this in this language are free at the same time."
            ),
        ),
        (Reason("guides_taken", "halls", "en", 1, None), "No guide who leads this in this language is free."),
    ],
)
def test_of_a_large_group_it_is_not_said_that_nobody_is_there(reason: Reason, said: str) -> None:
    assert Words(date(2025, 5, 28), ZoneInfo("Asia/Almaty")).sentence(reason) == said


def test_an_absence_of_a_whole_day_and_one_until_midnight() -> None:
    words = Words(date(2025, 5, 28), ZoneInfo("Asia/Almaty"))
    assert words.sentence(Reason("away", Interval(0, 288))) == "Is absent on this day."
    assert words.sentence(Reason("away", Interval(180, 288))) == "Is absent: 15:00–24:00."
    clocks_go_forward = Words(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert clocks_go_forward.sentence(Reason("away", Interval(0, 276))) == "Is absent on this day."


def test_the_same_sentence_is_said_once() -> None:
    words = Words(date(2025, 5, 28), ZoneInfo("Asia/Almaty"))
    assert words.sentences([Reason("closed"), Reason("closed")]) == "The museum is closed on this day."

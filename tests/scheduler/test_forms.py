"""What people type, before any service is asked."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from scheduler import recurring
from scheduler.decisions import Decision
from scheduler.forms.closing import choice_of, decisions_of, rule_of, value_of
from scheduler.forms.fields import MOST_WAVES, Clock, Day, Email, Line, Phone, Starts, Text, instant
from tests.conftest import SEASON_NOW
from tests.scheduler.conftest import ASTANA, at
from tours.models import Museum


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(SEASON_NOW, tick=False):
        yield


def refuses(field: Any, value: str) -> str:
    with pytest.raises(ValidationError) as refused:
        field.clean(value)
    return str(refused.value.messages[0])


@pytest.mark.parametrize("char", ["\x01", "\x1b", "\x7f", "\x85", "\ud800"])
@pytest.mark.parametrize("field", [Line(), Text(max_length=10)], ids=["line", "text"])
def test_control_characters_are_refused(field: Any, char: str) -> None:
    assert refuses(field, f"A{char}B") == "This text contains characters that cannot be shown."


def test_a_line_stays_one_line() -> None:
    assert Line().clean("  Subject\r\nBcc: everybody@example.org ") == "Subject Bcc: everybody@example.org"


def test_a_text_keeps_its_lines_however_the_browser_ends_them() -> None:
    assert Text(max_length=20).clean("one\r\ntwo\nthree") == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("anna.example.org", "The @ is missing: an address looks like name@example.org."),
        ("anna @example.org", "There is a space in this address."),
        ("anna@b@example.org", "There is more than one @ here. Please give one address."),
        ("@example.org", "Nothing stands before the @: an address looks like name@example.org."),
        ("annа@example.org", "Before the @ there are Latin letters only. This one is not: а"),
        ("anna(home)@example.org", "This cannot stand in an e-mail address: ("),
        ("anna@example,org", "Something is missing after the @: an address looks like name@example.org."),
        ("anna@mail.example,org", "This cannot stand in an e-mail address: ,"),
        ("anna@example", "Something is missing after the @: an address looks like name@example.org."),
        ("anna..b@example.org", "A full stop stands where there cannot be one."),
        ("anna@example.org.", "A full stop stands where there cannot be one."),
        ("anna@-example.org", "Enter a valid email address."),
    ],
)
def test_what_is_wrong_with_an_address_is_said(typed: str, said: str) -> None:
    assert refuses(Email(), typed) == said


def test_no_second_address_hides_in_an_email() -> None:
    for text in (
        "a@example.org\nb@example.org",
        "a@example.org, b@example.org",
        "a@example.org\x00",
        "<a@example.org>",
    ):
        refuses(Email(), text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("8 701 000 00 86", "+77010000086"),
        ("+7 (701) 000-00-86", "+77010000086"),
        ("+49 30 901820", "+4930901820"),
        ("0049 30 901820", None),
        ("12", None),
        ("+7701000008612345", None),
        ("ring me", None),
        ("", ""),
    ],
)
def test_telephone_numbers_of_every_country_are_kept_as_every_telephone_understands_them(
    alzhir: Museum, typed: str, kept: str | None
) -> None:
    field = Phone(required=False)
    if kept is None:
        assert refuses(field, typed) == "This is no telephone number."
    else:
        assert field.clean(typed) == kept


@pytest.mark.parametrize("typed", ["2025-05-20", "20.05.2025"])
def test_a_day_is_read_as_browsers_and_people_write_it(typed: str) -> None:
    assert Day().clean(typed) == date(2025, 5, 20)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("0001-01-01", "This date is past."),
        ("9999-12-31", "This date is too far away."),
        ("2030-01-01", "This date is too far away."),
    ],
)
def test_a_day_of_another_age_is_refused(typed: str, says: str) -> None:
    assert refuses(Day(), typed) == says


@pytest.mark.parametrize(("typed", "read"), [("09:05", time(9, 5)), ("9.05", time(9, 5)), ("00:00", time(0))])
def test_a_clock_time_is_read(typed: str, read: time) -> None:
    assert Clock().clean(typed) == read


@pytest.mark.parametrize("typed", ["09:03", "24:00", "9"])
def test_a_clock_time_off_the_five_minutes_is_refused(typed: str) -> None:
    refuses(Clock(), typed)


def test_a_start_is_one_instant_or_one_for_each_wave() -> None:
    assert Starts().clean("2025-05-20T11:00+05:00") == (at(date(2025, 5, 20), "11:00"),)
    both = (at(date(2025, 5, 20), "11:00"), at(date(2025, 5, 20), "11:45"))
    assert Starts().clean("2025-05-20T11:00+05:00,2025-05-20T11:45+05:00") == both
    assert Starts(required=False).clean("") == ()


@pytest.mark.parametrize(
    "typed",
    [
        "2025-05-20T11:00",
        "2025-05-20",
        "x",
        "9999-12-31T23:59+05:00",
        ",",
        ",".join(["2025-05-20T11:00+05:00"] * (MOST_WAVES + 1)),
    ],
)
def test_a_start_that_is_no_instant_is_refused(typed: str) -> None:
    assert refuses(Starts(), typed) in (
        "Please choose a time.",
        "Ensure this value has at most 400 characters (it has 252).",
    )


@pytest.mark.django_db
def test_the_museums_wall_clock_counts(alzhir: Museum) -> None:
    assert instant(date(2025, 5, 20), time(11)) == at(date(2025, 5, 20), "11:00")


def test_decisions_are_read_by_the_visits_code() -> None:
    found, wrong = decisions_of({"decide-AAA": "cancel", "decide-BBB": "move 2025-05-20T11:00+05:00", "other": "x"})
    assert (found["AAA"].action, found["AAA"].start) == ("cancel", None)
    assert (found["BBB"].action, found["BBB"].start) == ("move", at(date(2025, 5, 20), "11:00"))
    assert set(found) == {"AAA", "BBB"}
    assert wrong is None


DAY = date(2025, 5, 20)


@pytest.mark.parametrize(
    "decision",
    [
        Decision("cancel"),
        Decision("reroute", at(DAY, "11:00")),
        Decision("move", at(DAY, "11:00"), waves=(at(DAY, "11:45"),)),
        Decision("offer", at(DAY, "11:00"), alternatives=(at(DAY, "14:00"), at(DAY, "15:00"))),
    ],
)
def test_a_decision_comes_back_from_the_form_as_it_was(decision: Decision) -> None:
    assert decisions_of({"decide-AAA": value_of(decision)}) == ({"AAA": decision}, None)


@pytest.mark.parametrize(
    ("repeats", "until", "rule"),
    [
        ("", None, ""),
        ("weekly", None, "FREQ=WEEKLY;BYDAY=TU"),
        ("nth", None, "FREQ=MONTHLY;BYDAY=3TU"),
        ("last", date(2025, 12, 31), "FREQ=MONTHLY;BYDAY=-1TU;UNTIL=20251231"),
        ("rule", None, "FREQ=YEARLY"),
    ],
)
def test_what_repeats_is_said_as_a_rule(repeats: str, until: date | None, rule: str) -> None:
    assert rule_of(repeats, DAY, until, "FREQ=YEARLY") == rule


@pytest.mark.parametrize("repeats", ["weekly", "nth", "last"])
@pytest.mark.parametrize("until", [None, date(2025, 12, 31)])
def test_a_kept_rule_is_shown_as_the_choice_it_was(repeats: str, until: date | None) -> None:
    kept = recurring.plain(rule_of(repeats, DAY, until, ""), at(DAY, "00:00"), ASTANA)
    shown = choice_of(kept)
    assert (shown["repeats"], shown["repeats_until"]) == (repeats, until)


@pytest.mark.parametrize(
    "rule", ["FREQ=YEARLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "FREQ=MONTHLY;BYMONTHDAY=1", "FREQ=WEEKLY;BYDAY=MO,TU"]
)
def test_a_rule_without_words_is_kept_as_it_is(rule: str) -> None:
    assert choice_of(rule) == {"repeats": "rule", "rrule": rule}

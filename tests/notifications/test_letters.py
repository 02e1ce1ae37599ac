"""Every letter in every language, as its reader sees it."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.utils import translation

from notifications import invitations, letters, links, summaries
from notifications.messages import GUIDE_KINDS, KINDS, LOCALES, Letter
from tests.notifications.conftest import START, WORDS, duty_facts, entry, facts, parties

SNAPSHOTS = Path(__file__).parent / "snapshots"
HELD_UNTIL = (START - timedelta(days=10)).isoformat()
REASON = {"en": "Renovation work", "ru": "Ремонтные работы", "kk": "Жөндеу жұмыстары"}
BEFORE = {"start": (START - timedelta(days=1)).isoformat(), "end": (START - timedelta(hours=23)).isoformat()}


def letter_of(kind: str, locale: str) -> Letter:
    """Each kind with the facts that it is about."""
    office = {
        "reader_name": "",
        "contact": {"name": "Anna Müller", "phone": "+49301234567", "email": "anna@example.org"},
        "links": {"office": links.office("QX7K2M")},
    }
    special: dict[str, dict[str, Any]] = {
        "requested": {"decide_by": HELD_UNTIL},
        "programme": {
            "parties": parties(locale, count=2),
            "ceremony": ["flowers", "silence"],
            "film_languages": ["ru"],
        },
        "moved": {"before": BEFORE | {"place": WORDS[locale]["places"][0]}, "reason": REASON[locale]},
        "changed": {
            "heads": 21,
            "adults": 0,
            "price": {"amount": 12000, "currency": "KZT", "free": False, "reason": ""},
            "before": BEFORE | {"place": "", "facts": invitations.essence(facts(locale))},
        },
        "declined": {"reason": REASON[locale], "alternatives": [HELD_UNTIL]},
        "cancelled": {"reason": REASON[locale], "by": "office"},
        "offered": {"before": BEFORE | {"place": ""}, "answer_by": HELD_UNTIL, "alternatives": [HELD_UNTIL]},
        "reminder_week": {"price": {"amount": 0, "currency": "KZT", "free": True, "reason": "audience"}},
        "waiting": {"start": "", "end": ""},
        "change_refused": {"reason": REASON[locale]},
        "duty_moved": {"before": BEFORE | {"place": ""}},
        "duty_changed": {
            "notes": "Wheelchair",
            "party": parties(locale)[0] | {"of": 2, "stops": list(reversed(parties(locale)[0]["stops"]))},
            "before": BEFORE | {"place": "", "facts": invitations.essence(duty_facts(locale))},
        },
        "office_alarm": {"reason": REASON[locale], **office},
        "office_request": {"decide_by": HELD_UNTIL, "ceremony": ["flowers"], **office},
    }
    make = duty_facts if kind in GUIDE_KINDS else facts
    return Letter(kind, make(locale) | special.get(kind, {}))


def rendered(kind: str, locale: str) -> letters.Rendered:
    return letters.render(letter_of(kind, locale), locale, None if kind == "waiting" else entry(locale))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_letter_reads_as_it_was_approved(kind: str, locale: str) -> None:
    """`UPDATE_SNAPSHOTS=1 pytest tests/notifications/test_letters.py` writes what stands now; read the difference before committing."""
    letter = rendered(kind, locale)
    now = (
        f"{letter.subject}\n{'=' * len(letter.subject)}\n\n{letter.text}\n--- said on the telephone ---\n\n{letter.say}"
    )
    approved = SNAPSHOTS / f"{kind}.{locale}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        approved.write_text(now)
    assert now == approved.read_text()


def test_no_snapshot_is_left_of_a_letter_that_is_gone() -> None:
    assert {path.name for path in SNAPSHOTS.iterdir()} == {
        f"{kind}.{locale}.txt" for kind in KINDS for locale in LOCALES
    }


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_html_says_what_the_text_says(kind: str, locale: str) -> None:
    letter = rendered(kind, locale)
    page = BeautifulSoup(letter.html, "html.parser")
    assert page.html is not None
    assert page.html["lang"] == locale
    assert page.title is not None
    assert page.title.get_text() == letter.subject
    said = re.sub(r"\s+", " ", page.body.get_text(" ")) if page.body else ""
    for line in letter.text.splitlines():
        label, _, value = line.strip().partition(": ")
        for part in (label, value):
            words = re.sub(r"\s+", " ", part.strip(" -"))
            if words and not words.startswith(("http://", "https://")):
                assert words in said or words.replace("  ", " ") in said, words
    targets = {str(link["href"]) for link in page.find_all("a")}
    assert targets == set(re.findall(r"https?://\S+", letter.text))
    assert 'name="viewport"' in letter.html
    assert "prefers-color-scheme: dark" in letter.html


@pytest.mark.parametrize("locale", ["kk", "ru"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_english_is_left_in_another_language(kind: str, locale: str) -> None:
    letter = rendered(kind, locale)
    names = (
        "Anna Müller",
        "Jonas Weber",
        "Delegation of the Bundesrat",
        "Wheelchair",
        "QX7K2M",
        "museum@example.org",
        "anna@example.org",
    )
    text = letter.subject + letter.text + letter.say
    for name in (*names, "UTC"):
        text = text.replace(name, "")
    text = re.sub(r"https?://\S+", "", text)
    assert re.findall(r"[A-Za-z]{2,}", text) == []


@pytest.mark.parametrize("kind", KINDS)
def test_letters_never_use_the_words_of_the_workshop(kind: str) -> None:
    letter = rendered(kind, "en")
    said = re.sub(r"https://\S+", "", letter.subject + letter.text + letter.say).lower()
    assert re.findall(r"\b(?:leg|lane|seal|duty|duties|party|told|wave)\b", said) == []


@pytest.mark.parametrize(
    ("locale", "heads", "words"),
    [
        ("en", 1, "1 person"),
        ("en", 21, "21 people"),
        ("ru", 1, "1 человек"),
        ("ru", 3, "3 человека"),
        ("ru", 11, "11 человек"),
        ("ru", 21, "21 человек"),
        ("ru", 22, "22 человека"),
        ("kk", 1, "1 адам"),
        ("kk", 21, "21 адам"),
    ],
)
def test_plurals(locale: str, heads: int, words: str) -> None:
    letter = letters.render(Letter("confirmed", facts(locale, heads=heads, adults=0)), locale, entry(locale))
    assert re.search(rf": {words}$", letter.text, re.MULTILINE)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "Thursday, 28 May 2026, 11:00–12:00 (Astana time, UTC+5)"),
        ("ru", "четверг, 28 мая 2026 г., 11:00–12:00 (время Астаны, UTC+5)"),
        ("kk", "2026 ж. 28 мамыр, бейсенбі, 11:00–12:00 (Астана уақыты, UTC+5)"),
    ],
)
def test_the_wall_clock_of_the_museum(locale: str, words: str) -> None:
    assert words in rendered("confirmed", locale).text


def test_the_letter_does_not_depend_on_the_language_of_who_writes_it() -> None:
    with translation.override("kk"):
        assert rendered("confirmed", "en") == rendered("confirmed", "en")
        assert rendered("confirmed", "en").subject.startswith("Your visit is confirmed")


def test_links_are_placeholders_until_sending() -> None:
    letter = rendered("confirmed", "en")
    assert links.placeholder("visit", "QX7K2M", 1) in letter.text
    assert "testserver" not in letter.text + letter.html


@pytest.mark.parametrize(
    ("locale", "name", "words"),
    [
        ("kk", "Данияр Қ.", "Құрметті Данияр Қ."),
        ("kk", "Данияр", "Құрметті Данияр!"),
        ("ru", "Елена М.", "Здравствуйте, Елена М."),
        ("en", "Daniyar K.", "Dear Daniyar K.,"),
        ("en", "The family of Turar Ryskulov", "Dear family of Turar Ryskulov,"),
        ("en", "", "Good day,"),
    ],
)
def test_a_letter_opens_as_people_write(locale: str, name: str, words: str) -> None:
    letter = letters.render(Letter("confirmed", facts(locale, reader_name=name)), locale, entry(locale))
    assert letter.text.splitlines()[0] == letter.say.splitlines()[0] == words
    assert f"<p>{words}</p>" in letter.html


def test_a_letter_in_another_language_than_the_last_compares_no_words() -> None:
    before = BEFORE | {"place": "", "facts": {}}
    letter = letters.render(Letter("changed", facts("ru", before=before)), "ru", entry("ru"))
    assert "→" not in letter.text


@pytest.mark.parametrize("kind", KINDS)
def test_the_office_reads_in_its_own_language_what_a_call_is_about(kind: str) -> None:
    told = facts("kk")
    with translation.override("ru"):
        line = summaries.summary(kind, told)
    assert line.endswith(" · QX7K2M · четверг, 28 мая 2026 г., 11:00")
    assert re.findall(r"[A-Za-z]{2,}", line.replace("QX7K2M", "")) == []
    with translation.override("en"):
        assert summaries.word_for(kind) not in (kind, "")


def test_of_what_was_forgotten_only_the_kind_is_said() -> None:
    with translation.override("en"):
        assert summaries.summary("confirmed", {}) == "the visit is confirmed"

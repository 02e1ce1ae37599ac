"""Every text that a person reads is in the catalogues, in Kazakh and in Russian, and in words of each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

from config.translations import HOUSE, catalogues

APPS = ("config", "notifications", "scheduler", "tours")
MARKS = {
    "_": 0, "gettext": 0, "gettext_lazy": 0, "gettext_noop": 0, "ngettext": 0, "ngettext_lazy": 0,
    "pgettext": 1, "pgettext_lazy": 1, "npgettext": 1,
}  # fmt: skip
"""What marks a text, and which of its arguments is the text."""
THE_SAME = {
    "Browser", "Catalogue", "Cinema", "Code", "Film", "Hall", "Memorial", "Telephone", "Telephone: %(phone)s", "Tour",
    "currency", "film", "telephone", "tour", "webhook", "website",
}  # fmt: skip
"""Texts that Kazakh and Russian rightly share."""
Text = tuple[str | None, str]
"""A text with what parts it from others of the same wording."""


def calls(source: str) -> Iterator[Text]:
    """The texts that a Python source marks."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "func", None)
        mark = getattr(name, "id", None) or getattr(name, "attr", None)
        if not isinstance(node, ast.Call) or mark not in MARKS:
            continue
        said = [each.value for each in node.args if isinstance(each, ast.Constant)]
        if len(said) > MARKS[mark] and len(node.args) >= len(said):
            yield (said[0] if MARKS[mark] else None), said[MARKS[mark]]


@cache
def marked() -> dict[Text, str]:
    """Every text that code and templates mark, with a file that it stands in."""
    found: dict[Text, str] = {}
    for app in APPS:
        for path in sorted((HOUSE / app).rglob("*")):
            if path.suffix == ".py" and "migrations" not in path.parts:
                texts = calls(path.read_text())
            elif path.suffix in (".html", ".txt") and "templates" in path.parts:
                texts = calls(_python(templatize(path.read_text())))
            else:
                continue
            found |= dict.fromkeys(texts, str(path.relative_to(HOUSE)))
    return found


def _python(marks: str) -> str:
    """What Django makes of a template for xgettext, as Python: its marks alone, each on a line of its own."""
    lines = []
    for name in MARKS:
        at = -1
        while (at := marks.find(f" {name}(", at + 1)) >= 0:
            end = at + 1
            while (end := marks.find(")", end) + 1) > 0:
                try:
                    ast.parse(marks[at + 1 : end])
                except SyntaxError:
                    continue
                lines.append(marks[at + 1 : end])
                break
    return "\n".join(lines)


@cache
def entries(language: str) -> dict[Text, tuple[polib.POEntry, str]]:
    """What the catalogues of one language hold, with the catalogue's name."""
    return {
        (entry.msgctxt, entry.msgid): (entry, str(path.relative_to(HOUSE)))
        for path in catalogues()
        if path.parent.parent.name == language
        for entry in polib.pofile(str(path))
    }


@pytest.mark.parametrize("catalogue", catalogues(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_entry_is_untranslated_unsure_or_given_up(catalogue: Path) -> None:
    read = polib.pofile(str(catalogue))
    left = [*read.untranslated_entries(), *read.fuzzy_entries(), *read.obsolete_entries()]
    assert [entry.msgid for entry in left] == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_marked_text_is_in_a_catalogue(language: str) -> None:
    known = dict.fromkeys(entries(language), "")
    assert {text[1]: path for text, path in marked().items() if text not in known} == {}


def test_kazakh_and_russian_say_it_each_in_their_own_words() -> None:
    same = [
        text[1]
        for text, (entry, _path) in entries("kk").items()
        if entry.msgstr and text in entries("ru") and entry.msgstr == entries("ru")[text][0].msgstr
        if any(letter.isalpha() for letter in entry.msgstr.replace("%(", " "))
    ]
    assert sorted(set(same) - THE_SAME) == []


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_text_says_the_same_in_every_catalogue(language: str) -> None:
    """Django merges them, so the first catalogue's words would stand everywhere."""
    said: dict[Text, dict[str, str]] = {}
    for path in catalogues():
        if path.parent.parent.name == language:
            for entry in polib.pofile(str(path)):
                words = entry.msgstr or repr(entry.msgstr_plural)
                said.setdefault((entry.msgctxt, entry.msgid), {})[str(path.relative_to(HOUSE))] = words
    assert {text: words for text, words in said.items() if len(set(words.values())) > 1} == {}


def test_the_reader_of_marks_sees_them() -> None:
    """Else the tests above would pass with nothing to look at."""
    assert len(marked()) > 300
    assert list(calls(_python(templatize('{% load i18n %}{% translate "It\'s (so)" %}')))) == [(None, "It's (so)")]

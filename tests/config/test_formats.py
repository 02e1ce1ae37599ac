"""How numbers are written in each language."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils import translation


@pytest.mark.parametrize(("language", "written"), [("kk", "7,6"), ("ru", "7,6"), ("en", "7.6")])
def test_a_number_has_its_languages_comma(language: str, written: str) -> None:
    with translation.override(language):
        assert Template("{{ hours|floatformat }}").render(Context({"hours": 7.6})) == written

"""The office's menu: everything once for whoever looks, and each page under an entry of it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import get_resolver

from scheduler.templatetags.menu import AT_HAND, MORE, UNDER
from tests.scheduler.views.conftest import soup


@pytest.mark.parametrize(
    ("page", "entry"),
    [
        ("/office/print/", "The day"),
        ("/office/events/new/", "New visit"),
        ("/office/closures/new/", "Closures"),
        ("/office/roster/", "Roster"),
        ("/office/insight/guides/", "Insight"),
        ("/office/settings/tours/", "Settings"),
    ],
)
def test_a_page_stands_under_an_entry(office: Client, page: str, entry: str) -> None:
    here = soup(office.get(page)).select(".nav [aria-current=page]")
    assert {each.text for each in here} == {entry}


def test_the_fold_of_a_phone_says_where_one_is(office: Client) -> None:
    assert soup(office.get("/office/letters/")).select_one(".more summary").text == "More: Letters"  # type: ignore[union-attr]
    assert soup(office.get("/office/")).select_one(".more summary").text == "More"  # type: ignore[union-attr]


def test_the_fold_holds_what_a_wide_page_shows(office: Client) -> None:
    page = soup(office.get("/office/"))
    folded, open_ = ([each["href"] for each in page.select(f"{part} a")] for part in (".more", ".rest"))
    assert folded == open_
    assert len(folded) == len(MORE)


def test_what_the_menu_names_are_pages() -> None:
    names = set(get_resolver().reverse_dict)
    assert {name for name, _title in AT_HAND + MORE} | set(UNDER) | set(UNDER.values()) <= names

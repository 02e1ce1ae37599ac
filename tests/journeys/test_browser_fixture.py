"""The browser that the journeys use: it sees the pages as people do, and tells of what goes wrong on them."""

from __future__ import annotations

import pytest

from tests.browser import Pages, overflows
from tours.models import Museum, User


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_home_page_opens_without_a_fault_on_an_old_narrow_phone(
    page: Pages, open_museum: Museum, language: str
) -> None:
    screen = page(width=360, language=language)
    screen.goto("/")
    assert screen.locator("html").get_attribute("lang") == language
    assert not overflows(screen)


def test_whoever_is_signed_in_is_let_in_and_others_are_asked_to(page: Pages, office_worker: User) -> None:
    office, stranger = page(user=office_worker, dark=True), page(script=False)
    office.goto("/office/")
    stranger.goto("/office/")
    assert office.url.endswith("/office/")
    assert "/accounts/login/" in stranger.url


def test_what_the_policy_refuses_is_a_fault(page: Pages, open_museum: Museum) -> None:
    screen = page()
    screen.goto("/")
    screen.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert screen.evaluate("window.ran") is None
    page.expected("script-src-elem", "Refused" if any("Refused" in fault for fault in page.faults) else "violates")

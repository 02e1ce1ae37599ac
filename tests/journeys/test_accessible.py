"""Every page, for whoever sees, hears, touches or moves differently: axe-core finds nothing, light and dark, wide and narrow.

WCAG 2.2 A and AA with axe's own advice, targets of 24 pixels among them. A new address without a page here fails the first test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduler.urls import urlpatterns
from tests.browser import Pages, overflows
from tests.journeys.every_page import NO_PAGES, Shown, Stage, every_page, staged
from tests.live import Sink

AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text()
RUN = """async kept => {
    const found = await axe.run(document, kept);
    return found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.target.join(' ')).slice(0, 4).join(' | ')}`); }"""
WHOLE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
MOVING = """() => [...document.querySelectorAll('*')].filter(one => {
    const style = getComputedStyle(one);
    return parseFloat(style.transitionDuration) > 0 || style.animationName !== 'none' || style.scrollBehavior === 'smooth';
}).map(one => one.tagName + '.' + one.className)"""
FAULTY = """() => ['', 'color: #ddd; background: #eee; width: 900px; transition: color 3s', 'height: 9px', 'height: 9px'].forEach(
    (style, number) => {
        const one = document.createElement(number === 1 ? 'p' : 'button');
        if (number) one.textContent = 'hardly to be seen';
        one.style.cssText = style + (number > 1 ? '; display: block; padding: 0; min-height: 0; line-height: 9px; font-size: 7px' : '');
        document.getElementById('main').append(one); })"""
WIDE, NARROW, NARROWEST = {"width": 1280, "height": 900}, {"width": 390, "height": 844}, {"width": 360, "height": 640}
TOO_WIDE = """() => [...document.querySelectorAll('main *, header *')].filter(one =>
    one.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(one => one.outerHTML.slice(0, 90)).join(' | ')"""
ROLES = ("organiser", "guide", "office")


@pytest.fixture
def stage(transactional_db: None, mail_to_sink: Sink, settings: Any) -> Stage:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (1000, 1))
    return staged()


def shown_to(who: str, stage: Stage, now: datetime) -> Iterator[Shown]:
    return (shown for shown in every_page(stage, now) if shown.who == who)


def test_no_address_is_left_out(stage: Stage) -> None:
    there = {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    looked_at = {shown.name for shown in every_page(stage, timezone.now())}
    assert there - looked_at == set(NO_PAGES)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", ROLES)
def test_axe_finds_nothing_on_any_page(page: Pages, stage: Stage, who: str) -> None:
    """Light and dark, at 1280 and 390 pixels; at 360 nobody scrolls sideways; and nothing moves for whom it should not."""
    screen = page(user=stage.user(who), reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for shown in shown_to(who, stage, timezone.now()):
        screen.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a plain dict
        screen.emulate_media(color_scheme="light")
        answer = screen.goto(shown.address)
        assert answer is not None
        assert answer.status == (404 if shown.name == "not_found" else 200), shown.address
        if shown.whole:
            expect(screen.locator(shown.whole)).to_be_visible()
        faults = looked_over(screen)
        if faults:
            found[f"{shown.title} {shown.address}"] = faults
    page.faults[:] = [fault for fault in page.faults if "404" not in fault]  # of the page that is not there
    assert not found, "\n".join(f"{where}\n    " + "\n    ".join(faults) for where, faults in found.items())


@pytest.mark.parametrize(
    ("who", "title", "field"), [("organiser", "ask", "heads"), ("office", "office_new_closure-chosen", "ends")]
)
def test_what_is_worked_out_anew_can_be_read_meanwhile(
    page: Pages, stage: Stage, who: str, title: str, field: str
) -> None:
    """The server's answer is held back until axe has looked, light and dark."""
    shown = next(shown for shown in shown_to(who, stage, timezone.now()) if shown.title == title)
    screen = page(user=stage.user(who), reduced_motion="reduce")
    screen.goto(shown.address)
    if shown.whole:
        expect(screen.locator(shown.whole)).to_be_visible()
    screen.route("**", lambda _route: None)
    screen.locator(f"[name={field}]").fill({"heads": "40", "ends": "15:30"}[field])
    screen.locator(f"[name={field}]").dispatch_event("change")
    expect(screen.locator("[aria-busy=true]")).to_have_count(1)
    screen.evaluate(AXE)
    faults: list[str] = []
    for scheme in ("light", "dark"):
        screen.emulate_media(color_scheme=scheme)
        faults += [f"{scheme}, {fault}" for fault in screen.evaluate(RUN, COLOURS)]
    expect(screen.locator("[aria-busy=true]")).to_have_count(1)
    screen.unroute_all()  # lets go on what was held
    expect(screen.locator("[aria-busy=true]")).to_have_count(0)
    assert not faults, "\n".join(faults)


def looked_over(screen: Page) -> list[str]:
    """All that axe says of a page in its four looks, and what it shows to whom it should not."""
    screen.evaluate(AXE)
    faults = [f"wide, {fault}" for fault in screen.evaluate(RUN, WHOLE)]
    screen.emulate_media(color_scheme="dark")
    faults += [f"wide dark, {fault}" for fault in screen.evaluate(RUN, COLOURS)]
    screen.set_viewport_size(NARROW)  # type: ignore[arg-type]  # a plain dict
    faults += [f"narrow dark, {fault}" for fault in screen.evaluate(RUN, COLOURS)]
    screen.emulate_media(color_scheme="light")
    faults += [f"narrow, {fault}" for fault in screen.evaluate(RUN, WHOLE)]
    screen.set_viewport_size(NARROWEST)  # type: ignore[arg-type]  # a plain dict
    if overflows(screen):
        faults.append(f"at 360 pixels it is wider than the screen: {screen.evaluate(TOO_WIDE)}")
    faults += [f"moves: {moving}" for moving in screen.evaluate(MOVING)]
    return faults


def test_a_page_with_faults_is_found_out(page: Pages, stage: Stage) -> None:
    """The look itself: without a name, without contrast, too small, too wide, moving."""
    screen = page(reduced_motion="reduce")
    screen.goto("/")
    screen.evaluate(FAULTY)
    faults = "\n".join(looked_over(screen))
    for expected in ("wide, button-name", "narrow dark, color-contrast", "target-size", "360 pixels", "moves: P"):
        assert expected in faults


@pytest.mark.parametrize(
    ("language", "words"),
    [("kk", "2030 ж. 5 қаңтар, сенбі"), ("ru", "суббота, 5 января 2030 г."), ("en", "Saturday, 5 January 2030")],
)
def test_a_chosen_day_is_said_in_the_readers_language(page: Pages, stage: Stage, language: str, words: str) -> None:
    screen = page(language=language)
    screen.goto("/wait/")
    screen.locator("#id_first").fill("2030-01-05")
    expect(screen.locator("#id_first_words")).to_have_text(re.compile(words.replace(", 5", ",? 5")))

"""A real Chromium over the live site: pages at any width, in any language, light or dark, with scripts or without.

    def test_it(page: Pages, office: User) -> None:
        screen = page(user=office, width=390, language="kk")
        screen.goto("/office/")

Each call is a browser of its own (own cookies), so two calls are two people. A test that leaves an error on a console, a
violation of the content security policy or an exception of a script behind it fails: `page.faults` has them all, and
`page.expected("422")` takes away those that a test means to cause. The clock is the real one: `coming()` names days to come;
`tests/journeys/moved.py` has a site whose clock a test moves.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.museum import ALZHIR
from tests.scheduler.conftest import ASTANA
from tours import importing
from tours.models import Museum, User

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
LOCALES = {"kk": "kk-KZ", "ru": "ru-RU", "en": "en-GB"}
TELL_OF_VIOLATIONS = """addEventListener("securitypolicyviolation", event =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"""
PATIENCE = 30_000
"""Milliseconds that a page has for what a test waits for; much, for a busy machine."""


def chromium() -> str:
    """Where the system's Chromium is."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "Browser tests need Chromium: `apt install chromium`, or its path in CHROMIUM."
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for the tests of one file. Its driver keeps an event loop in this thread, in which Django's guard must not see a server."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE)
    try:
        with sync_playwright() as driver:
            started = driver.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            yield started
            started.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


class Pages:
    """Opens pages, each in a browser of its own, and remembers what went wrong on any of them."""

    def __init__(self, browser: Browser, site: str, stack: ExitStack) -> None:
        self.browser = browser
        self.site = site
        self.stack = stack
        self.faults: list[str] = []

    def __call__(
        self,
        *,
        user: User | None = None,
        width: int = 1280,
        height: int = 900,
        language: str = "en",
        dark: bool = False,
        script: bool = True,
        **options: Any,
    ) -> Page:
        """A page on the site, signed in as `user`; `options` go to Playwright's `new_context` (time zone, reduced motion, …)."""
        context = self.browser.new_context(
            base_url=self.site,
            viewport={"width": width, "height": height},
            locale=LOCALES[language],
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            **options,
        )
        self.stack.callback(context.close)
        context.set_default_timeout(PATIENCE)
        if script:
            context.add_init_script(TELL_OF_VIOLATIONS)
        if user is not None:
            sign_in(context, user, self.site)
        opened = context.new_page()
        opened.on("console", self._heard)
        opened.on("pageerror", lambda error: self.faults.append(f"{opened.url}: {error}"))
        return opened

    def expected(self, *words: str) -> None:
        """Take away the faults that a test means to cause; each of these words must be in one at least."""
        for word in words:
            assert any(word in fault for fault in self.faults), f"Nothing on a console has {word!r}: {self.faults}"
        self.faults[:] = [fault for fault in self.faults if not any(word in fault for word in words)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "assert"):
            self.faults.append(f"{message.location.get('url', '')}: {message.text}")


@pytest.fixture
def page(transactional_db: None, live_site: str, browser: Browser) -> Iterator[Pages]:
    """Opens pages on the live site; in the end nothing may have gone wrong on any."""
    with ExitStack() as stack:
        pages = Pages(browser, live_site, stack)
        yield pages
    assert not pages.faults, "\n".join(pages.faults)


@pytest.fixture
def open_museum(transactional_db: None) -> Museum:
    """The ALZHIR museum with its guides on the real calendar, nothing booked."""
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    return Museum.objects.get()


@pytest.fixture
def office_worker(open_museum: Museum) -> User:
    return User.objects.create(username="office", first_name="Office", is_staff=True, email="office@example.org")


def sign_in(context: BrowserContext, user: User, site: str) -> None:
    """Give a browser a session of this user's, without the sign-in page."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])


def coming(weekday: int, *, weeks: int = 1) -> date:
    """The next such weekday (Monday is 0) that lies at least `weeks` whole weeks ahead, by the museum's calendar."""
    earliest = datetime.now(ASTANA).date() + timedelta(weeks=weeks)
    return earliest + timedelta(days=(weekday - earliest.weekday()) % 7)


def overflows(screen: Page) -> bool:
    """Whether a reader would have to scroll the page sideways."""
    return bool(screen.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def picture(screen: Page, folder: Path, name: str) -> Path:
    """A screenshot of the whole page."""
    folder.mkdir(parents=True, exist_ok=True)
    screen.screenshot(path=(path := folder / f"{name}.png"), full_page=True)
    return path

"""A site whose clock a test moves, its post, and a person before one of its pages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from notifications import delivery
from tests.browser import Pages
from tests.journeys.clock import Clock
from tests.journeys.conftest import Post
from tests.journeys.hand import Hand
from tests.live import Sink, accepts, free_port, running
from tours.models import User


@pytest.fixture(scope="module")
def site(live_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Clock]]:
    """One gunicorn for this file, and its clock."""
    place, port = tmp_path_factory.mktemp("moved"), free_port()
    clock, address = Clock(place / "ahead"), f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "tests.journeys.clock:application"]
    more = {"CLOCK_FILE": str(clock.file), "PORT": str(port), "BASE_URL": address}
    more |= {"WEB_WORKERS": "1", "WEB_THREADS": "8"}
    with running(command, live_environment | more, place / "web.log") as web:
        web.wait_for(lambda: accepts(port))
        yield address, clock


@pytest.fixture
def clock(site: tuple[str, Clock]) -> Iterator[Clock]:
    yield site[1]
    site[1].back()


@pytest.fixture
def page(transactional_db: None, site: tuple[str, Clock], browser: Browser) -> Iterator[Pages]:
    """Opens pages of that site; in the end nothing may have gone wrong on any."""
    with ExitStack() as stack:
        pages = Pages(browser, site[0], stack)
        yield pages
    assert not pages.faults, "\n".join(pages.faults)


@pytest.fixture
def post(mail_to_sink: Sink, site: tuple[str, Clock], settings: Any) -> Post:
    settings.BASE_URL = site[0]
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (1000, 1))
    return Post(mail_to_sink)


def sent(post: Post, clock: Clock) -> None:
    """A minute later, when what had to wait for a second thought has gone out too."""
    with clock.there():
        delivery.sweep(until=timezone.now() + timedelta(minutes=2))


Someone = Callable[..., Hand]


@pytest.fixture
def someone(page: Pages, clock: Clock) -> Someone:
    """A person before a page, in a language and by a way of `WAYS`; the office needs scripts for nothing here, but has them."""

    def before(language: str, way: str, *, user: User | None = None, width: int = 390, **options: Any) -> Hand:
        with clock.there():
            script = way != "no script" or user is not None
            screen = page(user=user, width=width, height=900, language=language, script=script, **options)
        return Hand(screen, language, keyboard=way == "keyboard")

    return before

"""The pages' cast: a stranger, an organiser behind a link, a guide, another guide, the office. The clock stands at the season's eve."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.test import Client

from notifications import links
from scheduler import bookings, closures
from scheduler.bookings import Request
from scheduler.closures import ClosureDraft
from scheduler.models import Closure, Visit
from tests.scheduler.conftest import at
from tours.models import Guide, Museum, Space, User

NEAR = date(2025, 5, 20)
"""A Tuesday within the promise horizon."""
FAR = date(2025, 6, 18)
"""A Wednesday beyond it."""

WISH = {"tour": "halls", "audience": "school", "language": "kk", "heads": "20", "adults": "2"}
"""A wish as it stands in an address or a form."""

Ask = Callable[..., Request]
Book = Callable[..., Visit]
Close = Callable[..., Closure]


@pytest.fixture(autouse=True)
def clock(season_now: datetime) -> Iterator[time_machine.Coordinates]:
    """The views ask the clock; it stands still."""
    with time_machine.travel(season_now, tick=False) as standing:
        yield standing


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (1000, 1))


def browser(user: User | None = None, *, language: str = "en", **options: Any) -> Client:
    """A browser that asks for a language, signed in or not."""
    client = Client(headers={"accept-language": language}, **options)
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def stranger(alzhir: Museum) -> Client:
    return browser()


@pytest.fixture
def office_user(alzhir: Museum) -> User:
    return User.objects.create(username="office", first_name="Office", is_staff=True, email="office@example.org")


@pytest.fixture
def office(office_user: User) -> Client:
    return browser(office_user)


def signed_in(code: str) -> Client:
    """A guide's browser."""
    user = User.objects.create(username=code)
    Guide.objects.filter(code=code).update(user=user)
    return browser(user)


@pytest.fixture
def guide(alzhir: Museum) -> Client:
    """Who leads English tours when nobody else does."""
    return signed_in("g03")


@pytest.fixture
def another_guide(alzhir: Museum) -> Client:
    return signed_in("g06")


@pytest.fixture
def book(asking: Ask, season_now: datetime) -> Book:
    """A booked visit: `book(day, "11:00", tour=…, heads=…)`."""

    def booked(day: date, start: str, **others: Any) -> Visit:
        by = others.pop("by", None)
        return bookings.book(asking(at(day, start), **others), now=season_now, by=by)

    return booked


@pytest.fixture
def led_by_g03(book: Book) -> Visit:
    """A near English tour that Елена М. alone can lead."""
    Guide.objects.exclude(code="g03").update(active=False)
    visit = book(NEAR, "11:00", language="en")
    Guide.objects.update(active=True)
    return visit


@pytest.fixture
def close(alzhir: Museum, season_now: datetime) -> Close:
    """A published closure of whole days, the end excluded: `close(first, end, places=…, en="…")`."""

    def closed(first: date, end: date | None, *, places: tuple[Space, ...] = (), **notice: str) -> Closure:
        draft = ClosureDraft(
            places, at(first, "00:00"), at(end, "00:00") if end else None, "renovation", notice or {"en": "Closed"}
        )
        seal = closures.preview(draft, now=season_now).seal
        return closures.close(draft, seal=seal, decisions={}, by=None, now=season_now)

    return closed


def link(visit: Visit, action: str = "") -> str:
    """The address of a visit's page, or of something done on it."""
    token = links.token("visit", visit.code, visit.link_version)
    return f"/visit/{token}/{action}"


def page_of(visit: Visit, action: str = "") -> str:
    """The address of a visit's page in the office, or of something done on it."""
    return f"/office/visits/{visit.code}/{action}"


def again(visit: Visit) -> Visit:
    """The visit as the database has it now."""
    return Visit.objects.get(pk=visit.pk)


def soup(response: HttpResponse) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def words(response: HttpResponse) -> str:
    """What a reader sees of a page's content, white space made single."""
    main = soup(response).find("main")
    assert main is not None
    return re.sub(r"\s+", " ", main.get_text(" ")).strip()


def typed(response: HttpResponse) -> dict[str, str]:
    """What stands in the fields of a page's forms."""
    page = soup(response).find("main")
    assert page is not None
    found: dict[str, str] = {}
    for chooser in page.find_all("select"):
        chosen = chooser.select_one("option[selected]") or chooser.select_one("option")
        found[str(chooser["name"])] = str(chosen["value"]) if chosen else ""
    for field in page.find_all(["input", "textarea"]):
        ticked = field.get("type") in ("radio", "checkbox")
        if ticked and not field.has_attr("checked"):
            continue
        value = field.text.strip() if field.name == "textarea" else field.get("value", "on" if ticked else "")
        found[str(field.get("name"))] = str(value)
    return found

"""The museum as its file describes it, and a short way to ask for a visit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scheduler.bookings import Person, Request
from scheduler.starts import Group
from tests.museum import ALZHIR
from tours import importing
from tours.models import Audience, Museum, Tour

ASTANA = ZoneInfo("Asia/Almaty")


@pytest.fixture
def alzhir(db: None) -> Museum:
    """The ALZHIR museum with its guides, no visit booked."""
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    return Museum.objects.get()


def at(day: date, clock: str) -> datetime:
    """An instant by the museum's wall clock."""
    return datetime.combine(day, time.fromisoformat(clock), ASTANA).astimezone(UTC)


@pytest.fixture
def asking(alzhir: Museum) -> Callable[..., Request]:
    """What an organiser asks for, each part of it with a sensible default."""

    def ask(
        start: datetime,
        *more: datetime,
        tour: str = "halls",
        language: str = "ru",
        audience: str = "general",
        heads: int = 10,
        email: str = "asker@example.org",
        **others: Any,
    ) -> Request:
        group = Group(Tour.objects.get(code=tour), language, Audience.objects.get(code=audience), heads)
        contacts = others.pop("contacts", (Person("Асан", email=email, organisation="A school", locale="kk"),))
        return Request(group, (start, *more), contacts, **others)

    return ask

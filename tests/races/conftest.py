"""Real threads with real connections, let go all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection, connections

from tests.museum import ALZHIR
from tests.scheduler.conftest import asking
from tours import importing
from tours.models import Museum

__all__ = ["asking"]

T = TypeVar("T")


@pytest.fixture
def alzhir(transactional_db: None) -> Museum:
    """The ALZHIR museum with its guides, committed, so that every connection sees it."""
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    return Museum.objects.get()


def all_at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """What each act gives, all begun at the same moment, each on a connection of its own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        try:
            connection.ensure_connection()
            start.wait(60)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))

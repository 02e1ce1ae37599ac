"""A directory for servers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def ground_floor() -> Iterator[Path]:
    """A directory of this module's own. Every pytest of a user shuts the door of all its `tmp_path`s to others when it starts; a
    database that runs as somebody else would stand before it."""
    directory = Path(tempfile.mkdtemp(prefix="qonaq-test-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def room(ground_floor: Path) -> Path:
    """An empty directory for one test."""
    return Path(tempfile.mkdtemp(dir=ground_floor))

"""What runs of faults share: a deployment of their own, a seed, and a line in the table."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.faults.site import Site, set_up


class Report(Protocol):
    """Prints one run's figures, and keeps them where FAULTS_TABLE names a file."""

    def __call__(self, name: str, **figures: float) -> None: ...


@pytest.fixture
def site() -> Iterator[Site]:
    with set_up() as found:
        yield found


@pytest.fixture
def seed() -> int:
    """FAULT_SEED; `make test` has always the same, `make faults` several."""
    return int(os.environ.get("FAULT_SEED", "1"))


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    def say(name: str, **figures: float) -> None:
        with capsys.disabled():
            print(f"\n{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()))
        if table := os.environ.get("FAULTS_TABLE"):
            path = Path(table)
            kept: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
            others = [row for row in kept if (row["run"], row["seed"]) != (name, figures["seed"])]
            path.write_text(json.dumps([*others, {"run": name, **figures}], indent=1, ensure_ascii=False) + "\n")

    return say

"""The house's own rules: style, types, who imports whom, migrations, the API's schema, translations."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest
from django.core.management import call_command

from config.translations import catalogues

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*command: str, seconds: int = 300) -> None:
    """Run a tool of the virtual environment; what it says is the failure."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_style() -> None:
    run("ruff", "check", ".")


def test_layout() -> None:
    run("ruff", "format", "--check", ".")


@pytest.mark.timeout(400)
def test_types() -> None:
    run("mypy", seconds=390)


def test_who_imports_whom() -> None:
    run("lint-imports", "--no-cache")


@pytest.mark.django_db
def test_the_models_have_their_migrations() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_schema_of_the_api_has_no_gaps() -> None:
    """drf-spectacular warns where it has to guess."""
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO())


def test_no_file_is_too_long() -> None:
    """Two nouns in a file are two files."""
    rooms = [path for room in ("config", "tours", "scheduler", "notifications") for path in (ROOT / room).rglob("*.py")]
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in rooms
        if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 400
    }
    assert too_long == {}


@pytest.mark.parametrize("house", ["scheduler", "tours", "notifications"])
def test_the_map_names_every_room(house: str) -> None:
    told = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "house.md").read_text()))
    rooms = {path.stem for path in (ROOT / house).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - told - {"__init__", "apps", "urls", "migrations"} == set()


@pytest.mark.parametrize("catalogue", catalogues(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_is_translated(catalogue: Path) -> None:
    entries = polib.pofile(str(catalogue))
    assert [entry.msgid for entry in entries.untranslated_entries()] == []
    assert [entry.msgid for entry in entries.fuzzy_entries()] == []

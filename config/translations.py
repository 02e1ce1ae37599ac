"""The `.mo` files that Django reads, made out of the `.po` files that people write; needs no gettext on the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import polib

HOUSE = Path(__file__).resolve().parent.parent


def catalogues() -> list[Path]:
    """Every catalogue of ours."""
    return sorted(HOUSE.glob("*/locale/*/LC_MESSAGES/*.po"))


def compile_changed() -> Iterator[tuple[Path, int]]:
    """Compile what is newer than its `.mo`; yields each with how much of it is translated (percent). Raises OSError on a fault."""
    for source in catalogues():
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime > source.stat().st_mtime:
            continue
        catalogue = polib.pofile(str(source))
        unfinished = compiled.with_suffix(f".mo.{os.getpid()}")  # several processes may start at once
        catalogue.save_as_mofile(str(unfinished))
        unfinished.replace(compiled)
        yield source, catalogue.percent_translated()

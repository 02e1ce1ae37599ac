"""Makes the `.mo` files that Django reads out of the `.po` files that people write; needs no gettext on the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


def catalogues() -> list[Path]:
    """Every catalogue of ours."""
    return sorted(Path(settings.BASE_DIR).glob("*/locale/*/LC_MESSAGES/*.po"))


class Command(BaseCommand):
    help = "Compile the translations."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for source in catalogues():
            compiled = source.with_suffix(".mo")
            if compiled.exists() and compiled.stat().st_mtime > source.stat().st_mtime:
                continue
            try:
                catalogue = polib.pofile(str(source))
            except OSError as error:  # polib's word for a syntax error
                raise CommandError(f"{source.relative_to(settings.BASE_DIR)}: {error}") from error
            unfinished = compiled.with_suffix(".mo.part")
            catalogue.save_as_mofile(str(unfinished))
            unfinished.replace(compiled)
            if options["verbosity"]:
                self.stdout.write(f"{source.relative_to(settings.BASE_DIR)}: {catalogue.percent_translated()} %")

"""`manage.py compile_translations`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.translations import HOUSE, compile_changed


class Command(BaseCommand):
    help = "Compile the translations that have changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for source, percent in compile_changed():
                if options["verbosity"]:
                    self.stdout.write(f"{source.relative_to(HOUSE)}: {percent} %")
        except OSError as error:  # polib's word for a syntax error
            raise CommandError(str(error)) from error

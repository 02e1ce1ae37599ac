"""Loads a museum's file: the start of every deployment."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from scheduler import locks, season
from scheduler.errors import Busy
from tours import importing


class Command(BaseCommand):
    help = "Load a museum from a YAML file: places, tours, kinds of group, prices, guides and its season. All or nothing; twice is once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--catalogue-only", action="store_true", help="neither guides nor season: a real museum's start"
        )
        parser.add_argument(
            "--season-near-today",
            action="store_true",
            help="shift the season by whole weeks, so that its closure begins in 7 to 13 days: to try things out",
        )

    def handle(
        self, *args: Any, file: Path, catalogue_only: bool, season_near_today: bool, verbosity: int, **options: Any
    ) -> None:
        if catalogue_only and season_near_today:
            raise CommandError("--catalogue-only loads no season that could be shifted.")
        try:
            parsed = importing.read_museum(file)
            loaded = locks.door(season.load)(
                parsed, now=timezone.now(), catalogue_only=catalogue_only, near_today=season_near_today
            )
        except importing.FileRefused as refused:
            raise CommandError(str(refused)) from refused
        except Busy as busy:
            raise CommandError(str(busy.detail)) from busy
        if verbosity:
            self._report(loaded)

    def _report(self, loaded: season.Loaded) -> None:
        done = loaded.catalogue
        for words, rows in (
            ("new", done.created),
            ("changed", done.changed),
            ("no longer offered", done.retired),
            ("not in the file, kept", done.left),
        ):
            if rows:
                self.stdout.write(f"{words}: {', '.join(rows)}")
        self.stdout.write(
            f"season: {loaded.closures} closures and {loaded.visits} visits are new, {loaded.took_place} of them over"
        )
        if loaded.weeks:
            self.stdout.write(f"season: shifted by {loaded.weeks} weeks")

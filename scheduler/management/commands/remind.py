"""Does what beat does at a time that one names: promises, reminders, requests that nobody decided, visits that are over.

Of a time that is still to come only the reminders are written, and sent at once, so that one can read them.
"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from scheduler import arrivals, bookings, planning, reminders


class Command(BaseCommand):
    help = "Write what is due at a time: promises, reminders, requests to decline, visits that took place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--now", help="ISO 8601 with an offset, e.g. 2027-05-28T09:00:00+05:00; default: this moment"
        )

    def handle(self, *args: Any, now: str | None = None, **options: Any) -> None:
        real = timezone.now()
        moment = _moment(now, real)
        if moment > real:
            self.stdout.write(f"reminders of {moment.isoformat()}, sent now: {reminders.due(now=moment, sent_at=real)}")
            self.stdout.write("That time is still to come: nothing is promised, declined or marked as over before it.")
            return
        self.stdout.write(f"promised: {planning.promise_due(now=moment)}")
        self.stdout.write(f"reminders: {reminders.due(now=moment)}")
        self.stdout.write(f"declined, nobody decided: {bookings.decide_overdue(now=moment)}")
        self.stdout.write(f"took place: {arrivals.finish(now=moment)}")


def _moment(said: str | None, real: datetime) -> datetime:
    if said is None:
        return real
    try:
        moment = parse_datetime(said)
    except ValueError as error:
        raise CommandError(f"--now {said}: {error}") from error
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"--now {said}: a date and time with an offset is needed, e.g. 2027-05-28T09:00:00+05:00")
    return moment

"""What has to happen before a version serves: look whether the deployment is safe, then bring the tables up to date."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

UPGRADE_LOCK = 0x716F6E6171  # "qonaq": a number that nobody else's advisory lock has


class Command(BaseCommand):
    help = (
        "Refuse an unsafe deployment (check --deploy), then migrate. May be run again; two at once wait for each other."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", deploy=True, fail_level="ERROR")
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [UPGRADE_LOCK])
            cursor.execute("RESET lock_timeout")
            call_command("migrate", interactive=False)
            call_command("createcachetable")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [UPGRADE_LOCK])

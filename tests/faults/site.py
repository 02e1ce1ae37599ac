"""A whole deployment for one run of faults: PostgreSQL, Redis, a mail server, workers, beats, pages; each may be broken on its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from config.servers import Postgres, Redis
from notifications.claims import LEASE
from tests.live import Program, running
from tests.notifications.smtp import Mailhouse, mailhouse

ALIVE = 10
"""Seconds after which nobody who has claimed letters is still sending them: there are few."""


@dataclass
class Site:
    """Servers, workers and beats of one run."""

    var: Path
    house: Mailhouse
    stack: ExitStack
    postgres: Postgres
    redis: Redis
    database: subprocess.Popen[bytes]
    broker: subprocess.Popen[bytes]
    programs: dict[str, Program] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {
            "VAR_DIR": str(self.var),
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.redis.url(),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.house.port}",
            "LIVENESS_DIR": str(self.var / "alive"),
            "LIMIT_LETTER_BY_RECIPIENT_MINUTE": "1000/1",
            "LIMIT_LETTER_BY_RECIPIENT_DAY": "1000/1",
            **self.more,
        }

    def start(self, name: str, *command: str) -> Program:
        program = self.stack.enter_context(running([sys.executable, *command], self.env, self.var / f"{name}.log"))
        self.programs[name] = program
        return program

    def manage(self, *command: str) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", *command], env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]

    def beat(self, name: str) -> Program:
        return self.start(name, "-m", "celery", "-A", "config", "beat", "-s", str(self.var / name))

    def query(self, sql: str) -> Any:
        host = str(self.postgres.sockets)
        with closing(
            psycopg.connect(host=host, user="postgres", dbname="qonaq", autocommit=True, connect_timeout=3)
        ) as line:
            found = line.execute(sql)
            return found.fetchone()[0] if found.description else None  # type: ignore[index]

    def left(self) -> int:
        """Letters not sent; many while the database does not answer."""
        try:
            return int(self.query("SELECT count(*) FROM notifications_outboxmessage WHERE status <> 'sent'"))
        except psycopg.Error:
            return 10**6

    def retries_come(self) -> None:
        """The minutes until the next attempt and the leases of who died pass; whoever claimed a letter just now may be alive."""
        self.query(
            "UPDATE notifications_outboxmessage SET not_before = now(), lease_until = now() WHERE status = 'queued'"
            f" AND (lease_until IS NULL OR lease_until < now() + interval '{LEASE.seconds - ALIVE} seconds')"
        )


@contextmanager
def set_up() -> Iterator[Site]:
    """Everything of a run, in a directory of its own; ended and removed afterwards."""
    var = Path(tempfile.mkdtemp(prefix="qf-", dir="/tmp"))
    var.chmod(0o755)
    with ExitStack() as stack:
        house = stack.enter_context(mailhouse())
        postgres, broker = Postgres(var), Redis(var)
        for directory in (var / "run", var / "alive"):
            directory.mkdir(exist_ok=True)
        site = Site(var, house, stack, postgres, broker, postgres.start(), broker.start())
        stack.callback(lambda: shutil.rmtree(var, ignore_errors=True))
        stack.callback(lambda: end(site.database, signal.SIGINT))
        stack.callback(lambda: end(site.broker, signal.SIGTERM))
        for command in (["migrate"], ["createcachetable"]):
            site.manage(*command, "-v0")
        yield site


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        process.wait(30)

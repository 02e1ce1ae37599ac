"""Redis and PostgreSQL break under load; a client keeps the ledger, the mail server the count.

Servers of their own for each run, since the run's are shared. Short forms; `FAULT_LETTERS` and `FAULT_SECONDS` make them longer.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from config.servers import Postgres, Redis
from tests.conftest import worker_command
from tests.live import Program, running, wait_until
from tests.notifications.smtp import Mailhouse, mailhouse

LETTERS = int(os.environ.get("FAULT_LETTERS", "100"))
SECONDS = float(os.environ.get("FAULT_SECONDS", "12"))
DRAINED = 300  # seconds that the outbox may take after the fault's end


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
    kills: int = 0
    programs: dict[str, Program] = field(default_factory=dict)

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
        }

    def start(self, name: str, *command: str) -> Program:
        program = self.stack.enter_context(running([sys.executable, *command], self.env, self.var / f"{name}.log"))
        self.programs[name] = program
        return program

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
        """The minutes until the next attempt and the leases of who died pass."""
        self.query(
            "UPDATE notifications_outboxmessage SET not_before = now(), lease_until = now() WHERE status = 'queued'"
        )


@pytest.fixture
def site() -> Iterator[Site]:
    var = Path(tempfile.mkdtemp(prefix="qf-", dir="/tmp"))
    var.chmod(0o755)
    with ExitStack() as stack:
        house = stack.enter_context(mailhouse())
        postgres, broker = Postgres(var), Redis(var)
        for directory in (var / "run", var / "alive"):
            directory.mkdir(exist_ok=True)
        site = Site(var, house, stack, postgres, broker, postgres.start(), broker.start())
        stack.callback(lambda: shutil.rmtree(var, ignore_errors=True))
        stack.callback(lambda: _end(site.database, signal.SIGINT))
        stack.callback(lambda: _end(site.broker, signal.SIGTERM))
        for command in (["migrate"], ["createcachetable"]):
            done = subprocess.run(
                [sys.executable, "manage.py", *command, "-v0"],
                env=site.env,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr[-3000:]
        yield site


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        process.wait(30)


@contextmanager
def writing(site: Site) -> Iterator[Callable[[], dict[str, str]]]:
    """Letters are written all the while; afterwards the ledger: number -> Message-ID of what was acknowledged."""
    writer = site.start("writer", "-m", "tests.faults.writer", str(LETTERS), str(SECONDS))
    writer.wait_for(lambda: "told" in writer.said())

    def ledger() -> dict[str, str]:
        wait_until(lambda: writer.process.poll() is not None, SECONDS + 120, "the writer")
        told = [line.split() for line in writer.said().splitlines() if line.startswith("told ")]
        return {number: message_id for _, number, message_id, _ in told}

    yield ledger


def slowest(site: Site) -> float:
    lines = [line.split() for line in site.programs["writer"].said().splitlines()]
    return max(float(words[-1]) for words in lines if words and words[0] in ("told", "refused"))


def verdict(site: Site, name: str, ledger: dict[str, str], bound: int, seed: int, capsys: Any) -> None:
    began = time.monotonic()
    site.retries_come()
    while site.left() and time.monotonic() - began < DRAINED:
        time.sleep(0.2)
        if int(time.monotonic() - began) % 10 == 9:
            site.retries_come()
    copies = site.house.copies
    lost = set(ledger.values()) - set(copies)
    extra = sum(copies.values()) - len(copies)
    with capsys.disabled():
        print(
            f"\n{name}: seed {seed}, acknowledged {len(ledger)} of {LETTERS}, lost {len(lost)}, duplicates {extra} (bound {bound}),"
            f" slowest answer {slowest(site):.1f} s, drained {time.monotonic() - began:.0f} s after"
        )
    assert lost == set()
    assert extra <= bound
    assert site.left() == 0
    for worker in ("worker",):
        assert site.programs[worker].process.poll() is None, "the worker had to be restarted by hand"


@pytest.mark.timeout(600)
def test_redis_dies_forgets_and_hangs_and_beat_runs_twice(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """F2 and F6."""
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    worker = site.start("worker", *worker_command("mail")[1:], "-l", "INFO")
    worker.wait_for(lambda: " ready." in worker.said())
    site.beat("beat")
    site.beat("second-beat")
    with writing(site) as ledger:
        for fault in chance.sample(["kill", "forget", "hang"], 3):
            time.sleep(chance.uniform(0.5, SECONDS / 6))
            if fault == "kill":
                site.broker.kill()
                site.broker.wait()
                time.sleep(SECONDS / 10)
                site.broker = site.redis.spawn(site.redis.command())
                wait_until(site.redis.is_ready, 20, "Redis")
            elif fault == "forget":
                redis.Redis.from_url(site.redis.url()).flushall()
            else:
                site.broker.send_signal(signal.SIGSTOP)
                time.sleep(SECONDS / 6)
                site.broker.send_signal(signal.SIGCONT)
        told = ledger()
    assert len(told) == LETTERS  # not one was refused
    assert slowest(site) < 15  # a worker's patience; web processes have timeouts of one second
    verdict(site, "Redis killed, flushed, hung; two beats", told, 0, seed, capsys)


@pytest.mark.timeout(600)
def test_postgres_crashes_and_drops_everybody(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """F3: what was acknowledged is sent; what could not be stored was refused."""
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    worker = site.start("worker", *worker_command("mail")[1:], "-l", "INFO")
    worker.wait_for(lambda: " ready." in worker.said())
    site.beat("beat")
    crashes = 0
    with writing(site) as ledger:
        for fault in ["crash", "drop", "crash"]:
            time.sleep(chance.uniform(0.5, SECONDS / 5))
            if fault == "crash":
                crashes += 1
                site.database.send_signal(signal.SIGQUIT)  # pg_ctl stop -m immediate
                site.database.wait(30)
                time.sleep(SECONDS / 20)
                site.database = site.postgres.spawn(site.postgres.command())
                wait_until(site.postgres.is_ready, 60, "PostgreSQL")
            else:
                crashes += 1
                site.query(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'qonaq' AND pid <> pg_backend_pid()"
                )
        told = ledger()
    verdict(site, "PostgreSQL crashed twice, dropped everybody once", told, crashes, seed, capsys)
    refused = site.programs["writer"].said().count("refused")
    assert len(told) + refused == LETTERS

"""Redis and PostgreSQL break under load; a client keeps the ledger, the mail server the count.

Servers of their own for each run, since the run's are shared. Short forms; `FAULT_LETTERS` and `FAULT_SECONDS` make them longer.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis

from notifications.delivery import BATCH
from tests.conftest import worker_command
from tests.faults.conftest import Report
from tests.faults.site import Site
from tests.live import wait_until

LETTERS = int(os.environ.get("FAULT_LETTERS", "60"))
SECONDS = float(os.environ.get("FAULT_SECONDS", "6"))
DRAINED = 300  # seconds that the outbox may take after the fault's end


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


def verdict(
    site: Site, name: str, ledger: dict[str, str], bound: int, seed: int, report: Report, **more: float
) -> None:
    began = time.monotonic()
    site.retries_come()
    while site.left() and time.monotonic() - began < DRAINED:
        time.sleep(0.2)
        if int(time.monotonic() - began) % 10 == 9:
            site.retries_come()
    copies = site.house.copies
    lost = set(ledger.values()) - set(copies)
    extra = sum(copies.values()) - len(copies)
    report(
        name,
        seed=seed,
        written=LETTERS,
        acknowledged=len(ledger),
        lost=len(lost),
        duplicates=extra,
        bound=bound,
        slowest_answer_s=slowest(site),
        drained_s=round(time.monotonic() - began),
        **more,
    )
    assert lost == set()
    assert extra <= bound
    assert site.left() == 0
    for worker in ("worker",):
        assert site.programs[worker].process.poll() is None, "the worker had to be restarted by hand"


@pytest.mark.timeout(600)
def test_redis_dies_forgets_and_hangs_and_beat_runs_twice(site: Site, seed: int, report: Report) -> None:
    """F2 and F6."""
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
    verdict(site, "Redis killed, flushed, hung; two beats", told, 0, seed, report, faults=3)


@pytest.mark.timeout(600)
def test_postgres_crashes_and_drops_everybody(site: Site, seed: int, report: Report) -> None:
    """F3: what was acknowledged is sent; what could not be stored was refused.

    A crash of PostgreSQL may lose what was written of the letters sent since the last claim: a batch of them goes out again.
    """
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
            else:  # a statement that was on its way is lost: one letter
                site.query(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'qonaq' AND pid <> pg_backend_pid()"
                )
        told = ledger()
    verdict(site, "PostgreSQL crashed twice, dropped everybody once", told, crashes * BATCH + 1, seed, report, faults=3)
    refused = site.programs["writer"].said().count("refused")
    assert len(told) + refused == LETTERS

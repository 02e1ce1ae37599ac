"""F1 and F6: pages, workers and beat are killed, or replaced as a deploy does, while organisers book and cancel over HTTP."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.client import Ledger, Organisers
from tests.faults.conftest import Report
from tests.faults.site import Site
from tests.live import Program, accepts, free_port, wait_until
from tests.museum import ALZHIR

SECONDS = float(os.environ.get("FAULT_SECONDS", "6"))
EVERY = (1.0, 3.0) if SECONDS < 60 else (3.0, 10.0)
"""Seconds between two faults."""


def children(pid: int) -> list[int]:
    """The processes that a process has started (Linux)."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []


class House:
    """The deployment's programs by name, each of which can be killed and started again."""

    def __init__(self, site: Site) -> None:
        self.site, self.port = site, free_port()
        site.more = {
            "PORT": str(self.port), "WEB_WORKERS": "2", "DEMONSTRATION": "1", "UPDATE_HOLD_SECONDS": "1",
            "LIMIT_REQUEST_BY_NETWORK": "100000/1", "LIMIT_REQUEST_BY_ADDRESS": "100000/1",
        }  # fmt: skip
        site.manage("load_museum", str(ALZHIR), "--season-near-today", "-v0")
        celery = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "-l", "INFO"]
        self.commands = {
            "web": [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"],
            "mail1": [*celery, "-Q", "mail", "-n", "mail1@%h"],
            "mail2": [*celery, "-Q", "mail", "-n", "mail2@%h"],
            "solve": [*celery, "-Q", "solve", "-n", "solve@%h"],
            "beat": [sys.executable, "-m", "celery", "-A", "config", "beat", "-s", str(site.var / "beat")],
        }
        self.kills = 0
        self.mail_kills = 0
        for name in self.commands:
            self.start(name)
        self.program("web").wait_for(lambda: accepts(self.port))
        for name in ("mail1", "mail2", "solve"):
            self.program(name).wait_for(lambda name=name: " ready." in self.program(name).said())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def program(self, name: str) -> Program:
        return self.site.programs[name]

    def start(self, name: str) -> None:
        self.site.start(name, *self.commands[name][1:])

    def kill(self, name: str) -> None:
        """The whole program, parent and children at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.program(name).pid, signal.SIGKILL)
        self.program(name).process.wait()
        self.count(name)
        self.start(name)

    def kill_child(self, name: str, chance: random.Random) -> None:
        """One of its processes; the parent starts another."""
        if found := children(self.program(name).pid):
            with suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
            self.count(name)

    def replace(self, name: str) -> None:
        """As a deploy does: it is asked to end, finishes what it has begun, and another takes its place."""
        self.program(name).stop(60)
        self.start(name)

    def count(self, name: str) -> None:
        self.kills += 1
        self.mail_kills += name.startswith("mail")


def drained(house: House, ledger: Ledger) -> float:
    """Seconds until every letter is sent that anybody is owed; leases of who died and waits for the next attempt are let pass."""
    began = time.monotonic()

    def done() -> bool:
        house.site.retries_come()
        return (
            int(house.site.query("SELECT count(*) FROM notifications_outboxmessage WHERE status IN ('queued', 'dead')"))
            == 0
        )

    wait_until(done, 300, "the outbox to be empty")
    assert ledger.booked
    return time.monotonic() - began


def balance(house: House, ledger: Ledger, name: str, seed: int, report: Report, bound: int, **more: float) -> None:
    """Hold the ledger against the database and what the mail server took."""
    seconds = drained(house, ledger)
    site = house.site
    codes = set(str(site.query("SELECT string_agg(code, ' ') FROM scheduler_visit") or "").split())
    cancelled = set(
        str(site.query("SELECT string_agg(code, ' ') FROM scheduler_visit WHERE status = 'cancelled'") or "").split()
    )
    reached = {letter["To"].addresses[0].addr_spec for letter in site.house.letters}
    lost = {code for code, email in ledger.booked.items() if code not in codes or email not in reached}
    lost |= ledger.cancelled - cancelled
    ghosts = {
        code
        for letter in site.house.letters
        for code in re.findall(r"office/visits/([A-Z0-9]{7})/", letter.get_body(("plain",)).get_content())
        if code not in codes
    }
    extra = sum(site.house.copies.values()) - len(site.house.copies)
    twice = int(
        site.query(
            "SELECT count(*) - count(DISTINCT (contact.email)) FROM scheduler_contact contact WHERE email LIKE 'client%'"
        )
    )
    report(
        name, seed=seed, acknowledged=len(ledger.booked), cancelled=len(ledger.cancelled), repeated=ledger.repeated, faults=house.kills,
        lost=len(lost), ghosts=len(ghosts), booked_twice=twice, duplicates=extra, bound=bound, letters=len(site.house.copies),
        slowest_answer_s=round(ledger.slowest, 1), drained_s=round(seconds), **more,
    )  # fmt: skip
    assert (lost, ghosts, twice) == (set(), set(), 0)
    assert extra <= bound


def meanwhile(house: House, seed: int, act: Callable[[random.Random], None]) -> Ledger:
    """Organisers book and cancel, and at random moments `act` breaks something."""
    chance = random.Random(seed)
    with Organisers(house.url, seed=seed) as organisers:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or not organisers.ledger.booked:  # however slow the machine
            time.sleep(chance.uniform(*EVERY))
            act(chance)
    return organisers.ledger


@pytest.mark.timeout(SECONDS + 900)
def test_kill_9_at_random_while_organisers_book(site: Site, seed: int, report: Report) -> None:
    """F1."""
    house = House(site)

    def act(chance: random.Random) -> None:
        victim = chance.choice(["web", "mail1", "mail2", "mail1", "mail2", "solve", "beat"])
        if victim in ("web", "solve") or chance.random() < 0.3:
            house.kill_child(victim, chance)
        else:
            house.kill(victim)

    ledger = meanwhile(house, seed, act)
    balance(house, ledger, "pages, workers and beat killed at random", seed, report, house.mail_kills)


@pytest.mark.timeout(SECONDS + 900)
def test_beat_is_dead_and_workers_are_replaced_while_organisers_book(site: Site, seed: int, report: Report) -> None:
    """F6: no beat for an hour (the rows' dates pass it), a deploy under load with tasks of an older release on the queue."""
    house = House(site)
    house.program("beat").stop()

    def act(chance: random.Random) -> None:
        old = (
            f"import celery; app = celery.Celery(broker='{site.redis.url()}');"
            " app.send_task('notifications.tasks.{}', args={}, queue='mail')"
        )
        for name, args in (("deliver", "['00000000-0000-0000-0000-000000000000']"), ("no_longer_there", "[1]")):
            site.start("old-release", "-c", old.format(name, args)).process.wait(30)
        house.replace(chance.choice(["mail1", "mail2", "solve"]))

    ledger = meanwhile(house, seed, act)
    site.query("UPDATE notifications_outboxmessage SET not_before = now() - interval '1 hour' WHERE status = 'queued'")
    house.start("beat")
    balance(house, ledger, "beat dead for an hour, a deploy under load", seed, report, 0)

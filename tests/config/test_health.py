"""`/healthz`: what a load balancer, a container's check and a monitor hear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client

from config import alive
from config.tasks import pulse_key
from notifications import outbox
from notifications.messages import Address, Letter

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def pulse(at: datetime) -> None:
    for queue in ("mail", "solve"):
        cache.set(pulse_key(queue), at.timestamp(), timeout=None)


@pytest.mark.django_db
def test_all_is_well(client: Client) -> None:
    pulse(NOW)
    with time_machine.travel(NOW, tick=False):
        answer = client.get("/healthz?all")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok", "database": "ok", "redis": "ok", "mail": "ok", "solve": "ok", "letters": "ok",
        "outbox": {"queued": 0, "due": 0, "dead": 0, "calls": 0, "oldest_due_seconds": 0},
    }  # fmt: skip


@pytest.mark.django_db
def test_a_monitor_hears_of_letters_that_are_late(client: Client) -> None:
    pulse(NOW)
    to = Address("Anna", "anna@example.org")
    outbox.enqueue(key="k", thread="visit:ABC:contact:1", to=to, letter=Letter("link_again", {}), not_before=NOW)
    with time_machine.travel(NOW + timedelta(seconds=30), tick=False):
        assert client.get("/healthz?all").status_code == 200
    pulse(NOW + timedelta(minutes=6))
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        balancer, monitor = client.get("/healthz"), client.get("/healthz?all")
    assert (balancer.status_code, balancer.json()["status"]) == (200, "ok")
    assert (monitor.status_code, monitor.json()["letters"]) == (503, "late")
    assert monitor.json()["outbox"]["oldest_due_seconds"] == 360


@pytest.mark.django_db
def test_pages_stay_up_while_the_workers_are_silent_and_a_monitor_hears_of_it(client: Client) -> None:
    pulse(NOW - timedelta(minutes=2))
    with time_machine.travel(NOW, tick=False):
        balancer, monitor = client.get("/healthz"), client.get("/healthz?all")
    assert (balancer.status_code, monitor.status_code) == (200, 503)
    assert balancer.json() == {"status": "degraded", "database": "ok", "redis": "ok", "mail": "late", "solve": "late"}


@pytest.mark.django_db
def test_before_the_first_tick(client: Client) -> None:
    assert client.get("/healthz").json()["mail"] == "never"


@pytest.mark.django_db
def test_pages_stay_up_without_redis(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    pulse(datetime.now(UTC))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["redis"], answer.json()["status"]) == (200, "down", "degraded")


@pytest.mark.django_db(transaction=True)
def test_without_a_database_nothing_is_served(client: Client) -> None:
    connection.close()
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        answer = client.get("/healthz")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (503, "down", "down")


@pytest.mark.django_db
def test_it_answers_by_any_name_and_tells_nothing_more(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "web:8000"})
    assert answer.status_code == 200
    assert not answer.cookies
    assert client.get("/api/schema", headers={"host": "web:8000"}).status_code == 400


def test_only_a_recent_sign_counts_as_life(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVENESS_DIR", str(tmp_path))
    assert not alive.is_alive("mail")
    alive.touch("mail")
    assert alive.is_alive("mail")
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        assert not alive.is_alive("mail")

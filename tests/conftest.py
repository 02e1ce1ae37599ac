"""What every test may ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck, settings

from tests.browser import browser, office_worker, open_museum, page
from tests.live import Program, Sink, accepts, free_port, running

__all__ = ["browser", "office_worker", "open_museum", "page"]  # fixtures

# Hypothesis makes up the same examples in every run, and a slow machine is no failure. The long forms of the Makefile ask for the other
# profile, `--hypothesis-profile=random`: other examples each time, after a seed that is printed.
settings.register_profile(
    "same", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("random", settings.get_profile("same"), derandomize=False, print_blob=True)
settings.load_profile("same")

SEASON_NOW = datetime(
    2025, 5, 12, 4, 0, tzinfo=UTC
)  # Monday, 09:00 in Astana: before all that the museum's season holds


@pytest.fixture(scope="session")
def season_now() -> datetime:
    """An instant before the museum's own season of May and June 2025."""
    return SEASON_NOW


@pytest.fixture(autouse=True)
def _nobodys_language() -> None:
    """A request leaves its language in the thread; each test begins with that of the settings."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _letters_of_this_test(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")


@pytest.fixture(scope="session")
def smtp_sink() -> Iterator[Sink]:
    """The run's mail server."""
    sink = Sink()
    sink.controller.start()
    yield sink
    sink.controller.stop()


@pytest.fixture
def sink(smtp_sink: Sink) -> Sink:
    """The run's mail server, emptied."""
    smtp_sink.empty()
    return smtp_sink


@pytest.fixture
def mail_to_sink(sink: Sink, settings: Any) -> Sink:
    """Letters that this very process sends arrive in the sink."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = sink.controller.port
    settings.EMAIL_TIMEOUT = 30
    return sink


@pytest.fixture(scope="session")
def live_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def live_environment(django_db_setup: None, smtp_sink: Sink, live_port: int) -> dict[str, str]:
    """The environment of real processes that share this run's database, Redis and mail server. Limits are out of the way."""
    redis.Redis.from_url(django_settings.REDIS_URL).flushdb()  # nudges of an earlier run
    database = urlsplit(django_settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
    unlimited = {f"LIMIT_{name.upper()}": "100000/1" for name in django_settings.RATE_LIMITS}
    return os.environ | {
        "DATABASE_URL": database.geturl(),
        "EMAIL_URL": smtp_sink.url,
        "PORT": str(live_port),
        "BASE_URL": f"http://127.0.0.1:{live_port}",
        "UPDATE_HOLD_SECONDS": "1",
        "PYTHONUNBUFFERED": "1",
        **unlimited,
    }


@pytest.fixture(scope="session")
def live_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the live processes write their logs."""
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="session")
def live_site(live_environment: dict[str, str], live_output: Path, live_port: int) -> Iterator[str]:
    """The base address of a real gunicorn that serves the test database. Use it with `transactional_db`."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    with running(command, live_environment | {"WEB_THREADS": "8"}, live_output / "web.log") as web:
        web.wait_for(lambda: accepts(live_port))
        yield live_environment["BASE_URL"]


def worker_command(queue: str) -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queue, "-n", f"{queue}@%h", "-c", "1"]


@pytest.fixture(scope="session")
def live_workers(live_environment: dict[str, str], live_output: Path) -> Iterator[dict[str, Program]]:
    """Real Celery workers, by queue: `mail` and `solve`."""
    with ExitStack() as stack:
        workers = {
            queue: stack.enter_context(
                running(worker_command(queue), live_environment, live_output / f"worker-{queue}.log")
            )
            for queue in ("mail", "solve")
        }
        for worker in workers.values():
            worker.wait_for(lambda worker=worker: " ready." in worker.said())
        yield workers


@pytest.fixture
def start_program(live_environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start a program of one's own for one test: `start_program("name", [command], VARIABLE="…")`; ended after it."""
    with ExitStack() as stack:

        def start(name: str, command: list[str], **variables: str) -> Program:
            return stack.enter_context(running(command, live_environment | variables, tmp_path / f"{name}.log"))

        yield start

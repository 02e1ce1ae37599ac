"""What `manage.py check` refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zoneinfo
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
import tzdata
from django.core.checks import CheckMessage

from config import checks
from tests.config.test_settings import DEPLOYMENT
from tests.live import ROOT


def ids(check: Callable[..., Iterable[CheckMessage]]) -> list[str | None]:
    return [message.id for message in check(None)]


def check(*options: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", *options],
        env=os.environ | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_deployment_with_the_demonstration_s_settings_is_refused() -> None:
    done = check("--deploy")
    assert done.returncode != 0
    for fault in ("qonaq.E003", "qonaq.E007", "qonaq.E010", "qonaq.E012"):
        assert fault in done.stderr


@pytest.mark.django_db
def test_a_proper_deployment_passes() -> None:
    servers = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": os.environ["REDIS_URL"], "DEMONSTRATION": "0"}
    done = check("--deploy", "--fail-level", "WARNING", **DEPLOYMENT | servers)
    assert done.returncode == 0, done.stderr


def test_old_time_zone_data_are_refused(tmp_path: Path) -> None:
    zones = Path(tzdata.__file__).parent / "zoneinfo"
    (tmp_path / "Asia").mkdir()
    shutil.copy(zones / "Asia" / "Omsk", tmp_path / "Asia" / "Almaty")  # six hours ahead, as Almaty was
    done = check(PYTHONTZPATH=str(tmp_path))
    assert done.returncode != 0
    assert "qonaq.E001" in done.stderr


def test_this_machine_s_time_zone_data_are_new_enough() -> None:
    assert datetime(2025, 5, 24, tzinfo=zoneinfo.ZoneInfo("Asia/Almaty")).isoformat() == "2025-05-24T00:00:00+05:00"
    assert ids(checks.time_zone_data) == []


def test_a_clock_before_the_release_is_wrong() -> None:
    assert ids(checks.clock) == []
    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC)):
        assert ids(checks.clock) == ["qonaq.E002"]


@pytest.mark.parametrize(
    ("check_name", "faulty", "found"),
    [
        ("demonstration", {"DEMONSTRATION": False, "DEBUG": True}, ["qonaq.E004"]),
        ("keys", {"SECRET_KEY": "short", "LINK_KEY": DEPLOYMENT["LINK_KEY"]}, ["qonaq.E005"]),
        ("keys", {"SECRET_KEY": DEPLOYMENT["SECRET_KEY"], "LINK_KEY": "x" * 60}, ["qonaq.E005"]),
        ("keys", {"SECRET_KEY": DEPLOYMENT["LINK_KEY"], "LINK_KEY": DEPLOYMENT["LINK_KEY"]}, ["qonaq.E006"]),
        ("keys", {"SECRET_KEY": DEPLOYMENT["SECRET_KEY"], "LINK_KEY": DEPLOYMENT["LINK_KEY"]}, []),
        ("addresses", {"HTTPS": False, "ALLOWED_HOSTS": []}, ["qonaq.E007"]),
        ("addresses", {"HTTPS": True, "TRUSTED_PROXIES": 0, "ALLOWED_HOSTS": ["*"]}, ["qonaq.W008", "qonaq.E009"]),
        ("mail", {"EMAIL_URL": "", "DEFAULT_FROM_EMAIL": "a@example.kz"}, ["qonaq.E010"]),
        (
            "mail",
            {"EMAIL_URL": "smtp://x", "EMAIL_HOST": "mail.example.kz", "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False},
            ["qonaq.E011", "qonaq.E012"],
        ),
        (
            "mail",
            {
                "EMAIL_URL": "smtp://x",
                "EMAIL_HOST": "relay",
                "EMAIL_USE_TLS": False,
                "EMAIL_USE_SSL": False,
                "DEFAULT_FROM_EMAIL": "M <a@b.kz>",
            },
            [],
        ),
        ("broker", {"REDIS_URL": "redis://127.0.0.1:1/0"}, ["qonaq.E016", "qonaq.E017"]),
    ],
)
def test_each_fault_is_named(check_name: str, faulty: dict[str, Any], found: list[str], settings: Any) -> None:
    for name, value in faulty.items():
        setattr(settings, name, value)
    assert ids(getattr(checks, check_name)) == found


@pytest.mark.django_db
def test_a_database_whose_clock_is_far_from_ours_is_refused() -> None:
    assert ids(checks.database) == []
    with time_machine.travel(datetime(2027, 1, 1, tzinfo=UTC)):
        assert ids(checks.database) == ["qonaq.E015"]

"""Settings come from the environment; a deployment without its secrets does not start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.live import ROOT

DEPLOYMENT = {
    "DATABASE_URL": "postgres://qonaq:pass%40word@db:5432/qonaq?sslmode=require",
    "REDIS_URL": "redis://:secret@redis:6379/0",
    "SECRET_KEY": "s3cret-key-of-a-deployment-that-is-long-enough-0123",
    "LINK_KEY": "l1nk-key-of-a-deployment-that-is-long-enough-4567",
    "BASE_URL": "https://visit.example.kz",
    "EMAIL_URL": "smtp+tls://user%40example.kz:pa%3Ass@mail.example.kz:587",
    "DEFAULT_FROM_EMAIL": "museum@example.kz",
    "TRUSTED_PROXIES": "1",
}
ALL = {"DEMONSTRATION", "LINK_KEY", "SECRET_KEY", "BASE_URL", "EMAIL_URL", "STATIC_ROOT", "LOG_FORMAT", *DEPLOYMENT}
SHOW = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}))
"""


def show(var: Path, *names: str, **env: str) -> dict[str, Any]:
    """The settings that a fresh process has in exactly this environment. Raises CalledProcessError."""
    bare = {key: value for key, value in os.environ.items() if key not in ALL}
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *names],
        env=bare | {"VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "config.settings"} | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


@pytest.mark.parametrize("missing", ["SECRET_KEY", "LINK_KEY"])
def test_a_deployment_does_not_start_without_its_secrets(tmp_path: Path, missing: str) -> None:
    env = {key: value for key, value in DEPLOYMENT.items() if key != missing}
    with pytest.raises(subprocess.CalledProcessError) as refused:
        show(tmp_path, "DEBUG", **env)
    assert f"{missing} is not set. See .env.example" in refused.value.stderr
    assert not (tmp_path / "keys.json").exists()


def test_a_demonstration_makes_its_secrets_and_keeps_them(tmp_path: Path) -> None:
    first = show(tmp_path, "SECRET_KEY", "LINK_KEY")
    assert show(tmp_path, "SECRET_KEY", "LINK_KEY") == first
    assert first["SECRET_KEY"] != first["LINK_KEY"]
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    assert show(tmp_path / "another", "SECRET_KEY")["SECRET_KEY"] != first["SECRET_KEY"]


def test_a_deployment_s_cookies_and_headers_are_for_https_alone(tmp_path: Path) -> None:
    names = (
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS",
        "ALLOWED_HOSTS",
        "DEBUG",
    )
    assert show(tmp_path, *names, **DEPLOYMENT) == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "ALLOWED_HOSTS": ["visit.example.kz"],
        "DEBUG": False,
    }


def test_urls_of_servers_are_read_with_their_escapes(tmp_path: Path) -> None:
    names = (
        "DATABASES",
        "EMAIL_HOST",
        "EMAIL_PORT",
        "EMAIL_HOST_USER",
        "EMAIL_HOST_PASSWORD",
        "EMAIL_USE_TLS",
        "EMAIL_TIMEOUT",
    )
    shown = show(tmp_path, *names, **DEPLOYMENT)
    database = shown.pop("DATABASES")["default"]
    assert (database["HOST"], database["PASSWORD"], database["OPTIONS"]["sslmode"]) == ("db", "pass@word", "require")
    assert "lock_timeout=3s" in database["OPTIONS"]["options"]
    assert shown == {
        "EMAIL_HOST": "mail.example.kz",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "user@example.kz",
        "EMAIL_HOST_PASSWORD": "pa:ss",
        "EMAIL_USE_TLS": True,
        "EMAIL_TIMEOUT": 60,
    }


def test_a_limit_can_be_changed_and_a_mistyped_one_is_refused(tmp_path: Path) -> None:
    limits = show(tmp_path, "RATE_LIMITS", LIMIT_REQUEST_BY_ADDRESS="7/60", LIMIT_REQUEST_BY_NETWORK="")["RATE_LIMITS"]
    assert (limits["request_by_address"], limits["request_by_network"]) == ([7, 60], [10, 3600])
    with pytest.raises(subprocess.CalledProcessError) as refused:
        show(tmp_path, "RATE_LIMITS", LIMIT_REQUEST_BY_ADDRESS="seven")
    assert "LIMIT_REQUEST_BY_ADDRESS must read count/seconds" in refused.value.stderr


def test_mistyped_channels_are_refused_with_what_they_should_be(tmp_path: Path) -> None:
    assert show(tmp_path, "CHANNELS", CHANNELS='{"sms": "json://x/{to}"}') == {"CHANNELS": {"sms": "json://x/{to}"}}
    with pytest.raises(subprocess.CalledProcessError) as refused:
        show(tmp_path, "CHANNELS", CHANNELS="{'sms': 'json://x/{to}'}")
    assert 'CHANNELS must be JSON, as {"telegram": ' in refused.value.stderr


def test_without_a_mail_server_letters_are_files(tmp_path: Path) -> None:
    assert show(tmp_path, "EMAIL_BACKEND", "EMAIL_FILE_PATH") == {
        "EMAIL_BACKEND": "config.mail.LetterFiles",
        "EMAIL_FILE_PATH": str(tmp_path / "mail"),
    }

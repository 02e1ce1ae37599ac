"""What `manage.py check` refuses: a clock or time zone data that would put visits at wrong hours, a demonstration's settings in use.

`check` looks at this machine alone; `check --deploy` also asks the servers that it was given.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import redis
from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import Error as DatabaseFault
from django.db import connection

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no clock that is right shows less
OLDEST_POSTGRESQL = 150_000
KEY_BITS = 256
CLOCKS_APART_SECONDS = 2
Apps = Sequence[AppConfig] | None


@register(Tags.compatibility)
def time_zone_data(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """Kazakhstan has been at UTC+5 as a whole since 2024-03-01; data from before that would tell everybody an hour too much."""
    if ZoneInfo("Asia/Almaty").utcoffset(datetime(2025, 6, 1)) != timedelta(hours=5):  # noqa: DTZ001  # wall clock
        yield Error(
            "The time zone data of this machine are older than 2024: Asia/Almaty is not at UTC+5.",
            hint="Install tzdata 2024a or newer (pip install -U tzdata), and remove PYTHONTZPATH if it is set.",
            id="qonaq.E001",
        )


@register(Tags.compatibility)
def clock(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """A clock that is behind its own program's release is wrong."""
    now = datetime.now(UTC)
    if now < RELEASED:
        yield Error(
            f"The clock of this machine says {now:%Y-%m-%d %H:%M} UTC, which is before this version was made.",
            hint="Set the clock (timedatectl set-ntp true).",
            id="qonaq.E002",
        )


@register(Tags.security, deploy=True)
def demonstration(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """What is made for trying out has random keys and throw-away servers."""
    if settings.DEMONSTRATION:
        yield Error(
            "These are the demonstration's settings: its keys, servers and accounts were made on the spot under VAR_DIR.",
            hint="Set DATABASE_URL, REDIS_URL, SECRET_KEY and LINK_KEY, and leave DEMONSTRATION unset. See .env.example.",
            id="qonaq.E003",
        )
    if settings.DEBUG:
        yield Error("DEBUG is on: errors would show strangers the inside.", hint="Unset DEBUG.", id="qonaq.E004")


@register(Tags.security, deploy=True)
def keys(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """Whoever guesses SECRET_KEY signs in as anybody, whoever guesses LINK_KEY opens every visit."""
    for name in ("SECRET_KEY", "LINK_KEY"):
        value = str(getattr(settings, name))
        if len(set(value)) < 10 or len(value) * math.log2(64) < KEY_BITS:
            yield Error(
                f"{name} is too short to be a secret.",
                hint="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
                id="qonaq.E005",
            )
    if settings.SECRET_KEY == settings.LINK_KEY:
        yield Error(
            "SECRET_KEY and LINK_KEY are the same.", hint="Make two: each can then be changed alone.", id="qonaq.E006"
        )


@register(Tags.security, deploy=True)
def addresses(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """Links in letters start with BASE_URL, and whoever reads along on the way could use them."""
    if not settings.HTTPS:
        yield Error(
            f"BASE_URL is {settings.BASE_URL}: links in letters would travel in the clear.",
            hint="Give the address that people use, as https://visit.example.kz",
            id="qonaq.E007",
        )
    elif not settings.TRUSTED_PROXIES:
        yield checks.Warning(
            "TRUSTED_PROXIES is 0, though gunicorn itself speaks no TLS: every visitor would seem to come from the proxy's address.",
            hint="Set TRUSTED_PROXIES to the number of proxies in front of it that add to X-Forwarded-For (1 for the shipped one).",
            id="qonaq.W008",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS lets any name through.", hint="Name the hosts, or leave it unset.", id="qonaq.E009")


@register(Tags.compatibility, deploy=True)
def mail(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """Everybody is told by letter."""
    if not settings.EMAIL_URL:
        yield Error(
            "EMAIL_URL is not set: letters would be files that nobody reads.", hint="See .env.example.", id="qonaq.E010"
        )
    elif not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL or _is_near(settings.EMAIL_HOST)):
        yield Error(
            f"Letters would go to {settings.EMAIL_HOST} in the clear, with the links in them.",
            hint="Use smtp+tls:// (STARTTLS, port 587) or smtp+ssl:// (port 465) in EMAIL_URL.",
            id="qonaq.E011",
        )
    if "." not in settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">"):
        yield Error(
            f"DEFAULT_FROM_EMAIL is {settings.DEFAULT_FROM_EMAIL}, which no mail server will take.",
            hint="Give an address of the museum's own domain.",
            id="qonaq.E012",
        )


def _is_near(host: str) -> bool:
    """A relay on this machine or in the same private network of containers, whose name has no dot."""
    return host.startswith("127.") or "." not in host


@register(Tags.security, deploy=True)
def database(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """A PostgreSQL that knows the constraints in use, and whose clock agrees with ours: leases and holds are measured by both."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int, extract(epoch FROM clock_timestamp())::float8"
            )
            version, its_clock = cursor.fetchone()
    except DatabaseFault as error:
        yield Error(f"The database does not answer: {str(error).strip()}", hint="Check DATABASE_URL.", id="qonaq.E013")
        return
    if version < OLDEST_POSTGRESQL:
        yield Error(
            f"PostgreSQL {version // 10_000} is too old.", hint="Version 15 or newer is needed.", id="qonaq.E014"
        )
    if abs(its_clock - time.time()) > CLOCKS_APART_SECONDS:
        yield Error(
            f"The clocks of this machine and of the database are {abs(its_clock - time.time()):.0f} seconds apart.",
            hint="Set both by NTP.",
            id="qonaq.E015",
        )


@register(Tags.caches, deploy=True)
def broker(app_configs: Apps, **_: Any) -> Iterable[CheckMessage]:
    """A Redis that throws nothing away of its own accord and asks for a password."""
    if not urlsplit(settings.REDIS_URL).password:
        yield Error("REDIS_URL has no password.", hint="Set requirepass, or an ACL user, in Redis.", id="qonaq.E016")
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3)
        policy = client.info("memory").get("maxmemory_policy")
    except redis.RedisError as error:
        yield Error(f"Redis does not answer: {error}", hint="Check REDIS_URL.", id="qonaq.E017")
        return
    if policy != "noeviction":
        yield Error(
            f"Redis may throw away what waits in it (maxmemory-policy {policy}).",
            hint="Set maxmemory-policy noeviction, and share this Redis with nobody.",
            id="qonaq.E018",
        )

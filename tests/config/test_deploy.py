"""The deployment, without Docker: the compose file is read, and its very commands are run against real servers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from config import embedded
from config.servers import Postgres, Redis
from tests.config.test_embedded import clean_environment
from tests.live import ROOT, Program, Sink, free_port, running

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])((?:[^{}]|\{[^{}]*\})*))?\}")


class Missing(Exception):
    """A variable that has to be filled in."""


def filled(text: str, given: Mapping[str, str]) -> str:
    """`text` as compose fills it in: ${NAME}, ${NAME:-default}, ${NAME:?why}. Raises Missing."""

    def value(match: re.Match[str]) -> str:
        name, how, rest = match.groups()
        if given.get(name):
            return given[name]
        if how == "?":
            raise Missing(f"{name}: {rest}")
        return filled(rest, given) if how else ""

    return VARIABLE.sub(value, text).replace("$$", "$")


def variables(node: Any) -> Iterator[str]:
    """Every variable that the compose file asks for."""
    if isinstance(node, Mapping):
        for value in node.values():
            yield from variables(value)
    elif isinstance(node, list):
        for value in node:
            yield from variables(value)
    elif isinstance(node, str):
        for match in VARIABLE.finditer(node):
            yield match[1]
            yield from variables(match[3] or "")


def explained() -> dict[str, str]:
    """The variables of .env.example with their values, the commented ones as well."""
    lines = re.findall(r"^(?:# )?([A-Z][A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    return dict(lines)


FILLED = {
    "BASE_URL": "https://localhost",
    "SECRET_KEY": "s3cret-key-of-a-deployment-that-is-long-enough-0123",
    "LINK_KEY": "l1nk-key-of-a-deployment-that-is-long-enough-4567",
    "POSTGRES_PASSWORD": "a",
    "DATABASE_OWNER_PASSWORD": "b",
    "DATABASE_PASSWORD": "c",
    "REDIS_PASSWORD": "d",
    "EMAIL_URL": "smtp://mail:1025",
    "DEFAULT_FROM_EMAIL": "museum@example.kz",
}
ENV = {key: value for key, value in explained().items() if value} | FILLED


def test_every_variable_is_explained() -> None:
    known = explained()
    assert set(variables(COMPOSE)) - set(known) == set()
    read_by_code = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text()))
    read_by_code |= set(
        re.findall(r'environ\.get\("([A-Z_]+)"', "".join(file.read_text() for file in (ROOT / "config").glob("*.py")))
    )
    limits = {
        f"LIMIT_{name}" for name in re.findall(r'"([a-z_]+)": limit\(', (ROOT / "config/settings.py").read_text())
    }
    assert {name for name in read_by_code if not name.startswith("PYTEST")} - set(known) == set()
    assert {name.upper() for name in limits} <= set(known)


def test_what_the_image_reads_comes_through_compose() -> None:
    """A variable that .env.example explains for compose reaches the service it is for."""
    passed = set(SERVICES["web"]["environment"]) | set(variables(COMPOSE))
    by_hand = {"VAR_DIR", "STATIC_ROOT", "WEB_BIND", "PORT", "LIVENESS_DIR", "DEMONSTRATION", "DEBUG"}
    assert set(explained()) - passed == by_hand


@pytest.mark.parametrize("missing", sorted(FILLED))
def test_nothing_starts_without_a_secret_of_one_s_own(missing: str) -> None:
    given = {key: value for key, value in ENV.items() if key != missing}
    with pytest.raises(Missing, match=missing):
        filled(yaml.dump(COMPOSE, width=10_000), given)
    assert filled(yaml.dump(COMPOSE, width=10_000), ENV)


def test_no_secret_has_a_default() -> None:
    for name, value in explained().items():
        if name.endswith(("_KEY", "_PASSWORD")):
            assert value == "", name


def test_each_named_path_exists() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = filled(volume, ENV).split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source
            else:
                assert source in COMPOSE["volumes"], source
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for source in " ".join(copied).split():
        assert (ROOT / source).exists()
        assert source in kept
    caddyfile = (ROOT / "config/deploy/Caddyfile").read_text()
    mounted = [volume for volume in SERVICES["proxy"]["volumes"] if ".caddy" in volume]
    for kind in ("automatic", "files"):
        assert any(volume.endswith(f"/etc/caddy/tls-{kind}.caddy:ro") for volume in mounted)
    assert "import tls-{$TLS:automatic}.caddy" in caddyfile
    assert re.findall(r"reverse_proxy (\w+):", caddyfile) == ["web"]


def test_services_start_in_order_and_are_looked_after() -> None:
    for name, service in SERVICES.items():
        for other in service.get("depends_on", {}):
            assert other in SERVICES
        assert "healthcheck" in service or name in {"migrate", "proxy", "mail"}
        published = [str(port) for port in service.get("ports", [])]
        assert name == "proxy" or all(port.startswith("127.0.0.1:") for port in published)
    for name in OURS:
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["read_only"] is True
    stages = (ROOT / "Dockerfile").read_text().split("\nFROM ")
    assert "\nUSER qonaq" in stages[-1]
    assert "--require-hashes" in stages[1]


def by_hand(command: list[str]) -> list[str]:
    """A command of the image, as this checkout has it."""
    program = Path(sys.executable).parent / command[0]
    assert program.exists(), command
    return [str(program), *command[1:]]


@pytest.fixture(scope="module")
def deployed(ground_floor: Path, smtp_sink: Sink) -> Iterator[dict[str, dict[str, str]]]:
    """Servers of their own with the two roles of the deployment; gives each service's environment."""
    var = ground_floor / "var"
    with ExitStack() as stack:
        postgres = Postgres(var)
        stack.enter_context(embedded.in_use(postgres))
        redis_url = stack.enter_context(embedded.in_use(Redis(var)))
        host = str(postgres.sockets)
        with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute("DROP DATABASE qonaq")
            connection.execute("DROP ROLE qonaq")
        script = ["psql", "-v", "ON_ERROR_STOP=1", "-h", host, "-U", "postgres", "-d", "postgres"]
        roles = ["-v", "owner_password=b", "-v", "password=c", "-f", str(ROOT / "config/deploy/roles.sql")]
        for _ in range(2):  # it may be run again
            subprocess.run(
                [str(postgres.bin / script[0]), *script[1:], *roles], check=True, capture_output=True, timeout=60
            )
        port = free_port()
        environments = {}
        for name in OURS:
            env = {key: filled(str(value), ENV) for key, value in SERVICES[name]["environment"].items()}
            role = "qonaq_owner" if name == "migrate" else "qonaq"
            assert env["DATABASE_URL"].startswith(f"postgres://{role}:")
            here = {
                "DATABASE_URL": f"postgres://{role}@/qonaq?host={host}",
                "REDIS_URL": redis_url,
                "EMAIL_URL": smtp_sink.url,
                "WEB_BIND": f"127.0.0.1:{port}",
                "PORT": str(port),
                "STATIC_ROOT": str(var / "static"),
                "LIVENESS_DIR": str(var / "alive"),
            }
            environments[name] = clean_environment(var, **env | here)
        yield environments


@pytest.fixture(scope="module")
def once(deployed: dict[str, dict[str, str]]) -> Callable[[str, list[str]], str]:
    """Run a command of a service to its end; gives what it said."""

    def run(service: str, command: list[str]) -> str:
        done = subprocess.run(
            by_hand(command), env=deployed[service], cwd=ROOT, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def migrated(once: Callable[[str, list[str]], str]) -> None:
    once("migrate", SERVICES["migrate"]["command"])


@pytest.mark.timeout(300)
def test_the_very_commands_of_the_compose_file(
    deployed: dict[str, dict[str, str]], migrated: None, once: Callable[[str, list[str]], str], tmp_path: Path
) -> None:
    once("web", ["python", "manage.py", "collectstatic", "--noinput"])
    assert "No migrations to apply" in once("migrate", SERVICES["migrate"]["command"])
    museum = ["python", "manage.py", "load_museum", "tours/museums/alzhir.yaml", "--catalogue-only"]
    once("web", museum)

    with ExitStack() as stack:
        programs: dict[str, Program] = {}
        for name in ("web", "worker-mail", "worker-solve", "beat"):
            command = by_hand(SERVICES[name]["command"])
            programs[name] = stack.enter_context(running(command, deployed[name], tmp_path / f"{name}.log"))
        for name, program in programs.items():
            test = [
                part.replace(":8000/", f":{deployed[name]['PORT']}/") for part in SERVICES[name]["healthcheck"]["test"]
            ]
            assert test[0] == "CMD"

            def healthy(test: list[str] = test, name: str = name) -> bool:
                return (
                    subprocess.run(by_hand(test[1:]), env=deployed[name], cwd=ROOT, capture_output=True).returncode == 0
                )

            program.wait_for(healthy)

        # As the proxy asks: by the public name, TLS ended before.
        site = httpx.Client(
            base_url=f"http://127.0.0.1:{deployed['web']['PORT']}",
            headers={"host": "localhost", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"},
        )
        programs["web"].wait_for(lambda: site.get("/healthz", params={"all": ""}).status_code == 200, 90)
        assert site.get("/api/v1/tours/").json()["count"] > 0
        page = site.get("/accounts/login/")
        assert page.status_code == 200
        assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
        assert "__Host-csrf" in page.headers["set-cookie"]
        plain = site.get("/accounts/login/", headers={"x-forwarded-proto": "http"})
        assert (plain.status_code, plain.headers["location"]) == (301, "https://localhost/accounts/login/")
        assert site.get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400
        for name, program in programs.items():
            assert program.stop(60) == 0, name


def test_web_may_write_rows_and_change_no_table(deployed: dict[str, dict[str, str]], migrated: None) -> None:
    dsn = deployed["web"]["DATABASE_URL"].replace("postgres://", "postgresql://")
    with psycopg.connect(dsn, autocommit=True) as connection:
        assert connection.execute(
            "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone() == (False, False)
        for statement in (
            "CREATE TABLE t ()",
            "ALTER TABLE tours_museum ADD x int",
            "DROP TABLE tours_museum",
            "TRUNCATE tours_museum",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_an_unsafe_deployment_changes_nothing(deployed: dict[str, dict[str, str]]) -> None:
    unsafe = deployed["migrate"] | {"BASE_URL": "http://museum.example.kz", "SECRET_KEY": "short"}
    command = by_hand(SERVICES["migrate"]["command"])
    done = subprocess.run(command, env=unsafe, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode != 0
    assert "qonaq.E007" in done.stderr
    assert "Running migrations" not in done.stdout


def test_the_tests_environment_is_not_a_deployment() -> None:
    assert os.environ["DEMONSTRATION"] == "1"

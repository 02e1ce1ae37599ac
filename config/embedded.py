"""Real PostgreSQL and Redis for this checkout, started where the environment names none.

Each server has a *keeper*: a small process of its own that starts the server as its child and stops it once nobody uses
it any more. Whoever uses a server holds a shared lock on a file, which the kernel lets go of however that process ends;
so nothing is left behind after a Ctrl-C, a crash or a `kill -9`, and several users (`make run`, `make test`, a shell)
share one server.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from config.servers import SERVERS, CannotStart, Server

CHECKOUT = Path(__file__).resolve().parent.parent


def var_dir() -> Path:
    """Where all state of this checkout lies: VAR_DIR, or `var/` beside manage.py."""
    return Path(os.environ.get("VAR_DIR") or CHECKOUT / "var").resolve()


def _lock(server: Server, what: str) -> IO[str]:
    server.run.mkdir(parents=True, exist_ok=True)
    return (server.run / f"{server.name}.{what}.lock").open("a")


def _try_lock(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def keep(server: Server) -> None:
    """The keeper: start the server, say so on stdout, wait until its last user has gone, stop it."""

    def stop(*_: object) -> None:
        raise InterruptedError

    with _lock(server, "keeper") as life, _lock(server, "users") as users:
        fcntl.flock(life, fcntl.LOCK_EX)
        try:
            process = server.start()
        except CannotStart as error:
            print(json.dumps({"error": str(error)}), flush=True)
            return
        signal.signal(signal.SIGTERM, stop)
        print(json.dumps({"url": server.url()}), flush=True)
        with contextlib.suppress(InterruptedError):
            fcntl.flock(users, fcntl.LOCK_EX)
        process.send_signal(server.stop_signal)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start_keeper(server: Server) -> subprocess.Popen[str]:
    """Raises CannotStart."""
    (server.var / "log").mkdir(parents=True, exist_ok=True)
    with (server.var / "log" / f"{server.name}.log").open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "config.embedded", "keep", server.name],
            cwd=CHECKOUT,
            env=os.environ | {"VAR_DIR": str(server.var)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # a Ctrl-C at the terminal is for its users
        )
    assert keeper.stdout is not None
    said = keeper.stdout.readline()
    answer = json.loads(said) if said else {"error": server.why()}
    if "error" in answer:
        keeper.wait()
        raise CannotStart(answer["error"])
    return keeper


@contextlib.contextmanager
def in_use(server: Server) -> Iterator[str]:
    """Use a server, started if need be; stop it after its last user. Yields its URL. Raises CannotStart."""
    keeper = None
    with _lock(server, "door") as door, _lock(server, "users") as users:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)  # waits for a keeper that is stopping its server
        with _lock(server, "keeper") as life:
            nobody_keeps = _try_lock(life, fcntl.LOCK_EX)
        if nobody_keeps:
            keeper = _start_keeper(server)
        fcntl.flock(door, fcntl.LOCK_UN)
        try:
            yield server.url()
        finally:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            others = _try_lock(users, fcntl.LOCK_SH) and not _try_lock(users, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_UN)
            if not others:
                with _lock(server, "keeper") as life:
                    fcntl.flock(life, fcntl.LOCK_EX)  # until the keeper has stopped the server
                if keeper is not None:
                    keeper.wait()


@contextlib.contextmanager
def environment(var: Path) -> Iterator[dict[str, str]]:
    """Everything that a process of this checkout needs in its environment, with the servers that it does not name running."""
    with contextlib.ExitStack() as stack:
        added = {"VAR_DIR": str(var), "DEMONSTRATION": os.environ.get("DEMONSTRATION", "1")}
        for kind in SERVERS:
            if not os.environ.get(kind.variable):
                added[kind.variable] = stack.enter_context(in_use(kind(var)))
        yield os.environ | added


def execute(command: Sequence[str], env: dict[str, str]) -> int:
    """Run `command` to its end, whatever signals come, and give its exit code as a shell would."""
    process = subprocess.Popen(command, env=env)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # The terminal sends a Ctrl-C to the command as well; the others reach only us.
        signal.signal(
            number, lambda got, _: None if got == signal.SIGINT and sys.stdin.isatty() else process.send_signal(got)
        )
    code = process.wait()
    return code if code >= 0 else 128 - code


def run_with_servers(var: Path, command: Sequence[str]) -> int:
    """Run `command` with the servers of `var`; its exit code, or 1 if they do not start."""
    try:
        with environment(var) as env:
            return execute(command, env)
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1


def main(arguments: Sequence[str]) -> int:
    """`exec [--apart NAME] -- COMMAND…` runs a command with the servers (apart: with others, under VAR_DIR/NAME); `run` tries it out.

    `keep NAME` is a keeper, for this file's own use.
    """
    match list(arguments):
        case ["keep", name]:
            keep(next(kind for kind in SERVERS if kind.name == name)(var_dir()))
            return 0
        case ["exec", "--apart", name, "--", *command] if command:
            return run_with_servers(var_dir() / name, command)
        case ["exec", "--", *command] if command:
            return run_with_servers(var_dir(), command)
        case ["run"]:
            from config import demonstration

            return demonstration.main()
    print(main.__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

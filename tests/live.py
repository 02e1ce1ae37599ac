"""Real processes for tests: programs that are started, waited for and ended by their own id, and a mail server that keeps what it gets."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port that nobody listens on, below those that the kernel gives to connections, lest one takes it before its server does."""
    for _ in range(100):
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port := random.SystemRandom().randrange(20_000, 32_000)))
            return port
    raise OSError("no free port")


def wait_until(true: Callable[[], Any], seconds: float = 30, what: str = "it") -> Any:
    """Wait for a state and give what it was; fail loudly if it does not come."""
    deadline = time.monotonic() + seconds
    while not (result := true()):
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain for {what}."
        time.sleep(0.05)
    return result


class Program:
    """A process of ours in a group of its own, its output in a file."""

    def __init__(self, command: list[str], env: Mapping[str, str], output: Path) -> None:
        self.command = command
        self.output = output
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                command,
                env=dict(env),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for(self, true: Callable[[], Any], seconds: float = 60) -> Any:
        """Wait until `true()`; a program that dies meanwhile fails the test with what it said last."""

        def alive() -> Any:
            assert self.process.poll() is None, (
                f"{self.command} ended with {self.process.returncode}:\n{self.said()[-4000:]}"
            )
            return true()

        return wait_until(alive, seconds, f"{' '.join(self.command)}:\n{self.said()[-2000:]}\nto be ready")

    def stop(self, seconds: float = 20, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, wait, end it if it will not; its children go with it."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.process.wait()


@contextmanager
def running(command: list[str], env: Mapping[str, str], output: Path) -> Iterator[Program]:
    program = Program(command, env, output)
    try:
        yield program
    finally:
        program.stop()


def accepts(port: int) -> bool:
    """Whether somebody listens on this port of the loopback interface."""
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=1)):
        return True
    return False


class Sink:
    """A real SMTP server on loopback. Keeps every accepted letter; `answer` decides what each one hears (default: 250)."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer: Callable[[Envelope], str] = lambda envelope: "250 OK"
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        said = self.answer(envelope)
        if said.startswith("250"):
            content = envelope.original_content
            assert content is not None
            letter = message_from_bytes(content, policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
        return said

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.controller.port}"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if address in str(letter["To"])]

    def empty(self) -> None:
        self.letters.clear()
        self.answer = lambda envelope: "250 OK"

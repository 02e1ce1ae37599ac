"""A real SMTP server that misbehaves on request and keeps what it took."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.live import free_port

OK = "250 OK"


class Mailhouse:
    """`rcpt` and `data` say what each recipient or letter hears; a letter is kept when `data` says 250, heard or not.

    `data` may say "drop" (take the letter, then hang up without a word) or "hang" (say nothing for `delay` seconds).
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.rcpt: Callable[[str], str] = lambda address: OK
        self.data: Callable[[EmailMessage], str] = lambda letter: OK
        self.delay = 0.0
        self.pipelining = False
        self.letters: list[EmailMessage] = []
        self.connections = 0
        self.controller: Controller | None = None

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return _says(responses, self.pipelining)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.rcpt(address)
        if said.startswith("2"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        letter: Any = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        said = self.data(letter)
        if said in ("drop", OK):
            self.letters.append(letter)
        if said == "hang":
            await asyncio.sleep(self.delay)
        if said in ("drop", "hang"):
            server.transport.abort()
        return said if said[0].isdigit() else OK

    def open(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def close(self) -> None:
        if self.controller:
            self.controller.stop()
        self.controller = None

    @property
    def copies(self) -> Counter[str]:
        """How often each letter arrived, by Message-ID."""
        return Counter(str(letter["Message-ID"]) for letter in self.letters)


@contextmanager
def mailhouse() -> Iterator[Mailhouse]:
    house = Mailhouse()
    house.open()
    try:
        yield house
    finally:
        house.close()


def _says(responses: list[str], pipelining: bool) -> list[str]:
    return [*responses[:-1], "250-PIPELINING", responses[-1]] if pipelining else responses


class TakesAll(Sink):
    """Takes everything and keeps nothing; `pipelining`: takes commands in one go, and says so (RFC 2920)."""

    def __init__(self, pipelining: bool) -> None:
        super().__init__()
        self.pipelining = pipelining

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return _says(responses, self.pipelining)


def serve(port: int, pipelining: bool = False) -> None:
    """A mail server that takes everything and keeps nothing, until it is ended: for a process of its own."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    controller = Controller(TakesAll(pipelining), hostname="127.0.0.1", port=port)
    controller.start()
    threading.Event().wait()

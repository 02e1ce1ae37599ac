"""The mail server: one connection kept over many letters, and what its answers mean."""

from __future__ import annotations

import logging
import smtplib
from contextlib import suppress
from types import TracebackType
from typing import Self

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications import breaker, mime
from notifications.models import OutboxMessage
from notifications.outcomes import Outcome

log = logging.getLogger(__name__)


class Line:
    """A connection to the mail server that is kept over many letters and mended when it breaks."""

    def __init__(self) -> None:
        self.backend: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def is_up(self) -> bool:
        """Connect if need be; False where the server cannot be reached now. Nothing is claimed before, so no attempt is burned."""
        if self.backend is not None:
            return True
        if breaker.is_open():
            return False
        backend = get_connection()
        try:
            backend.open()
        except (smtplib.SMTPException, OSError) as error:
            log.warning("mail server cannot be reached", extra={"reason": type(error).__name__})
            breaker.failed()
            return False
        breaker.worked()
        self.backend = backend
        return True

    def hang_up(self) -> None:
        if self.backend is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.backend.close()
        self.backend = None

    def send(self, letter: mime.Wire) -> Outcome:
        """Hand it over. Raises ValueError on what no server would take."""
        assert self.backend is not None  # is_up() was asked
        try:
            server = getattr(self.backend, "connection", None)
            if isinstance(server, smtplib.SMTP):
                hand_over(server, letter)
            else:  # files, or whatever else a deployment sends by
                self.backend.send_messages([letter])
        except (smtplib.SMTPException, OSError) as error:
            outcome = verdict(error)
            if outcome.broken:
                self.hang_up()
            return outcome
        return Outcome("sent", "250")


def hand_over(server: smtplib.SMTP, letter: mime.Wire) -> None:
    """One letter to one recipient: in three rounds as smtplib does it, or in two where the server takes commands in one go (RFC 2920).

    Raises what `smtplib.SMTP.sendmail` raises.
    """
    (recipient,) = letter.to
    content = letter.as_bytes(linesep="\r\n")
    if not server.has_extn("pipelining"):
        server.sendmail(letter.from_email, [recipient], content)
        return
    size = f" size={len(content)}" if server.has_extn("size") else ""
    server.send(f"MAIL FROM:<{letter.from_email}>{size}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode("ascii"))
    sender, accepted, data = _replies(server, 3)
    if data[0] == 354 and accepted[0] not in (
        250,
        251,
    ):  # an open DATA for nobody: end it, so that the next letter can begin
        server.send(b".\r\n")
        server.getreply()
    if sender[0] != 250:
        _reset(server, sender[0])
        raise smtplib.SMTPSenderRefused(*sender, letter.from_email)
    if accepted[0] not in (250, 251):
        _reset(server, accepted[0])
        raise smtplib.SMTPRecipientsRefused({recipient: accepted})
    if data[0] != 354:
        _reset(server, data[0])
        raise smtplib.SMTPDataError(*data)
    server.send(_dotted(content))
    code, said = server.getreply()
    if code != 250:
        _reset(server, code)
        raise smtplib.SMTPDataError(code, said)


def _replies(server: smtplib.SMTP, count: int) -> list[tuple[int, bytes]]:
    """The answers to commands that went out together; a server that says goodbye (421) answers the rest, too."""
    found: list[tuple[int, bytes]] = []
    while len(found) < count:
        found.append(server.getreply())
        if found[-1][0] == 421:
            found += [found[-1]] * (count - len(found))
    return found


def _reset(server: smtplib.SMTP, code: int) -> None:
    if code == 421:
        server.close()
        return
    with suppress(smtplib.SMTPServerDisconnected):
        server.rset()


def _dotted(content: bytes) -> bytes:
    """A body as DATA wants it (RFC 5321, 4.5.2): lines' first dots doubled, one dot at the end."""
    if content.startswith(b"."):
        content = b"." + content
    content = content.replace(b"\r\n.", b"\r\n..")
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def verdict(error: smtplib.SMTPException | OSError) -> Outcome:
    """What an SMTP failure means (RFC 5321, 4.2.1): a lasting refusal of recipient or letter is final, all else is tried again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return _by_code(code, said, unreachable=code >= 500)
    if isinstance(error, smtplib.SMTPSenderRefused):  # it is our set-up that is refused, unless the letter is too large
        code, said = error.smtp_code, error.smtp_error
        return _by_code(code, said) if code == 552 else Outcome("retry", str(code), _words(said), broken=True)
    if isinstance(error, smtplib.SMTPResponseException):
        return _by_code(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome("dead", "encoding", str(error))
    return Outcome("retry", "connection", f"{type(error).__name__}: {error}", broken=True)


def _by_code(code: int, said: bytes | str, *, unreachable: bool = False) -> Outcome:
    return Outcome(
        "dead" if code >= 500 else "retry", str(code), _words(said), broken=code == 421, unreachable=unreachable
    )


def _words(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


def attempt(row: OutboxMessage, line: Line) -> Outcome:
    """Send a claimed letter."""
    try:
        letter = mime.wire(row, date=row.claimed_at or row.created_at)
    except ValueError as error:  # BadHeaderError and UnicodeError are ValueErrors: trying again would not help
        return Outcome("dead", "encoding", f"{type(error).__name__}: {error}")
    return line.send(letter)

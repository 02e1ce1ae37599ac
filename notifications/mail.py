"""The mail server: one connection kept over many letters, and what its answers mean."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from notifications import breaker, mime
from notifications.outcomes import Outcome

log = logging.getLogger(__name__)

_YES = ((250,), (250, 251), (354,))  # to MAIL, RCPT and DATA


class Meanwhile:
    """What one may do while the mail server thinks: nothing, unless somebody has something. Not sure to be called if it fails."""

    def asked(self) -> None:
        """The server was asked whether it takes a letter from us."""

    def agreed(self) -> None:
        """It will take it; not a word of the letter is said yet."""

    def handed_over(self) -> None:
        """All of the letter is said, the server's answer is awaited."""


IDLE = Meanwhile()


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
        """Let the connection go; the next letter opens another."""
        if self.backend is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.backend.close()
        self.backend = None

    def send(self, letter: mime.Wire, *, meanwhile: Meanwhile = IDLE) -> Outcome:
        """Hand it over."""
        assert self.backend is not None  # is_up() was asked
        try:
            server = getattr(self.backend, "connection", None)
            if isinstance(server, smtplib.SMTP):
                hand_over(server, letter, meanwhile)
            else:  # files, or whatever else a deployment sends by
                meanwhile.asked()
                meanwhile.agreed()
                self.backend.send_messages([letter])
        except (smtplib.SMTPException, OSError) as error:
            outcome = verdict(error)
            if outcome.broken:
                self.hang_up()
            return outcome
        return Outcome("sent", "250")


def hand_over(server: smtplib.SMTP, letter: mime.Wire, meanwhile: Meanwhile = IDLE) -> None:
    """One letter to one recipient: what `smtplib.SMTP.sendmail` does, and raises, in two rounds instead of four where the server takes
    commands in one go (RFC 2920), and with something to do while it thinks.
    """
    (recipient,) = letter.to
    content = letter.as_bytes(linesep="\r\n")
    server.ehlo_or_helo_if_needed()
    size = f" size={len(content)}" if server.has_extn("size") else ""
    commands = [f"MAIL FROM:<{letter.from_email}>{size}", f"RCPT TO:<{recipient}>", "DATA"]
    if server.has_extn("pipelining"):
        _all_at_once(server, letter, recipient, commands, meanwhile)
    else:
        _one_by_one(server, letter, recipient, commands, meanwhile)
    meanwhile.agreed()
    server.send(_dotted(content))
    meanwhile.handed_over()
    code, said = server.getreply()
    if code != 250:
        _reset(server, code)
        raise smtplib.SMTPDataError(code, said)


def _one_by_one(
    server: smtplib.SMTP, letter: mime.Wire, recipient: str, commands: Sequence[str], meanwhile: Meanwhile
) -> None:
    for number, command in enumerate(commands):
        server.putcmd(command)
        if number == 0:
            meanwhile.asked()
        reply = server.getreply()
        if reply[0] not in _YES[number]:
            _reset(server, reply[0])
            raise _refused(number, reply, letter, recipient)


def _all_at_once(
    server: smtplib.SMTP, letter: mime.Wire, recipient: str, commands: Sequence[str], meanwhile: Meanwhile
) -> None:
    server.send("".join(f"{command}\r\n" for command in commands).encode("ascii"))
    meanwhile.asked()
    replies: list[tuple[int, bytes]] = []
    while len(replies) < len(commands) and (not replies or replies[-1][0] != 421):  # goodbye answers the rest, too
        replies.append(server.getreply())
    wrong = next((number for number, reply in enumerate(replies) if reply[0] not in _YES[number]), None)
    if wrong is None:
        return
    if replies[-1][0] == 354:  # an open DATA for nobody: end it, so that the next letter can begin
        server.send(b".\r\n")
        server.getreply()
    _reset(server, replies[wrong][0])
    raise _refused(wrong, replies[wrong], letter, recipient)


def _refused(number: int, reply: tuple[int, bytes], letter: mime.Wire, recipient: str) -> smtplib.SMTPException:
    if number == 0:
        return smtplib.SMTPSenderRefused(*reply, letter.from_email)
    return smtplib.SMTPRecipientsRefused({recipient: reply}) if number == 1 else smtplib.SMTPDataError(*reply)


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

"""The mail server: one connection kept over many letters, and what its answers mean."""

from __future__ import annotations

import logging
import smtplib
from contextlib import suppress
from types import TracebackType
from typing import Self

from django.core.mail import EmailMessage, get_connection
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

    def send(self, message: EmailMessage) -> Outcome:
        assert self.backend is not None  # is_up() was asked
        try:
            self.backend.send_messages([message])
        except (smtplib.SMTPException, OSError) as error:
            outcome = verdict(error)
            if outcome.broken:
                self.hang_up()
            return outcome
        return Outcome("sent", "250")


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
        message = mime.wire(row, date=row.claimed_at or row.created_at)
    except ValueError as error:  # BadHeaderError and UnicodeError are ValueErrors: trying again would not help
        outcome = Outcome("dead", "encoding", f"{type(error).__name__}: {error}")
    else:
        outcome = line.send(message)
    return outcome

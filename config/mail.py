"""Letters as files, where no mail server is given."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class LetterFiles(BaseEmailBackend):
    """One `.eml` a letter under EMAIL_FILE_PATH, named by when and to whom, so that any mail program opens it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        directory = Path(settings.EMAIL_FILE_PATH)
        directory.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            whom = re.sub(r"[^\w@.+-]", "_", ",".join(message.recipients()))[:80]
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{whom}-{secrets.token_hex(2)}"
            unfinished = directory / f".{name}.part"
            unfinished.write_bytes(message.message().as_bytes())
            unfinished.rename(directory / f"{name}.eml")  # whoever watches the directory sees whole letters only
        return len(email_messages)

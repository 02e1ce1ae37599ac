"""Log lines: what happened and what it was about, without what opens doors: no token, no password of a URL, no control characters."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

# A link's or a session's secret part: 43 characters of base64url are 256 bits. No other word in a log line is as long, and if one
# is, nothing is lost.
SECRETS = re.compile(r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43,}(?![A-Za-z0-9_-])")
PASSWORDS = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]+(?=@)")
RESET_KEYS = re.compile(r"(?<=/reset/key/)[^/\s]+")
# PostgreSQL quotes the whole of a row that it refuses, or its key: names, telephones, the title of a discreet visit.
ROWS = re.compile(
    r"(?<=DETAIL:  )(?:Failing row contains|Key) \(.*?(?=\n(?:HINT|CONTEXT|QUERY):  |\n\n(?:The above|During)|\nTraceback |\Z)",
    re.DOTALL,
)
KNOWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
"""What every record has; whatever else one has was said beside its message (`extra`)."""
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def without_secrets(text: str) -> str:
    """`text` with `[secret]` for every secret, `[row]` for every quoted row, control characters escaped; line feeds and tabs stay."""
    text = ROWS.sub("[row]", text)
    for pattern in (SECRETS, PASSWORDS, RESET_KEYS):
        text = pattern.sub("[secret]", text)
    return CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def beside(record: logging.LogRecord) -> dict[str, str | int | float | bool]:
    """What a line is about, as its `extra` says: plain values only, since a request or a row would say more than it should."""
    found = {name: value for name, value in vars(record).items() if name not in KNOWN}
    return {
        name: without_secrets(value) if isinstance(value, str) else value
        for name, value in found.items()
        if isinstance(value, str | int | float)
    }


class Plain(logging.Formatter):
    """For a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        about = " ".join(f"{name}={value}" for name, value in beside(record).items())
        said = super().formatMessage(record) + (f" ({about})" if about else "")
        return said.replace("\n", "\\n")  # who sends a line feed forges no line

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class Json(logging.Formatter):
    """For a collector: one JSON object a line, time in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            **beside(record),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            "process": record.process,
        }
        if record.exc_info:
            line["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)

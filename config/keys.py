"""The demonstration's own secrets: random, made once, kept under VAR_DIR for its owner alone."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from pathlib import Path


def kept(var: Path, name: str) -> str:
    """The secret `name` of this VAR_DIR, made now if there is none."""
    var.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(var / "keys.json", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two first starts at once agree on one key
        known: dict[str, str] = json.loads(file.read() or "{}")
        if name not in known:
            known[name] = secrets.token_urlsafe(48)
            file.seek(0)
            file.truncate()
            json.dump(known, file)
        return known[name]

"""A worker and beat touch a file while they hear from Redis; `python -m config.alive NAME` asks from outside (a container's check)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from config.embedded import var_dir

LATE_SECONDS = 60


def directory() -> Path:
    """Where the files lie: LIVENESS_DIR, or `run` under VAR_DIR."""
    return Path(os.environ.get("LIVENESS_DIR") or var_dir() / "run")


def touch(name: str) -> None:
    """Leave a sign of life under this name."""
    directory().mkdir(parents=True, exist_ok=True)
    (directory() / f"{name}.alive").touch()


def is_alive(name: str) -> bool:
    """Whether `name` (mail, solve, beat) has given a sign within the last minute."""
    try:
        return time.time() - (directory() / f"{name}.alive").stat().st_mtime < LATE_SECONDS
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_alive(sys.argv[1]) else f"{sys.argv[1]} gives no sign of life")

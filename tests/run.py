"""`python -m tests.run WORKERS [PYTEST'S OPTIONS]`: what may run side by side on so many workers, then what measures time, alone."""

from __future__ import annotations

import subprocess
import sys

NOTHING_TO_RUN = 5


def main(workers: str, *options: str) -> int:
    """The first exit code that tells of a failure; 5 if there was no test at all."""
    pytest = [sys.executable, "-m", "pytest"]
    together = subprocess.call([*pytest, "-n", workers, "--dist", "loadfile", "-m", "not alone", *options])
    if together not in {0, NOTHING_TO_RUN}:
        return together
    alone = subprocess.call([*pytest, "-m", "alone", *options])
    return alone if alone != NOTHING_TO_RUN else together


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

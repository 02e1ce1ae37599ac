"""`make fuzz-replies`: garbage for the reader of replies, for so many minutes; any crash, second or gigabyte ends it with its letter.

Where `atheris` is installed (`pip install atheris`, Python 3.11 to 3.13 on Linux), the garbage is guided by what it covers;
elsewhere letters that we know to be difficult are bent at random.
"""

from __future__ import annotations

import importlib
import os
import random
import sys
import time
from pathlib import Path
from types import FunctionType
from typing import Any

import django

SLOWEST = 1.0
FOUND = Path(os.environ.get("VAR_DIR") or "var") / "fuzz-replies"


def read(raw: bytes) -> None:
    """Raises where a letter takes longer than it may; keeps it to be looked at."""
    from notifications import incoming

    began = time.process_time()
    try:
        incoming.read(raw, authserv_id="mx")
        seconds = time.process_time() - began
        if seconds > SLOWEST:
            raise TimeoutError(f"{seconds:.2f} s")
    except Exception:
        FOUND.mkdir(parents=True, exist_ok=True)
        (FOUND / f"{hash(raw) & 0xFFFFFFFF:08x}.eml").write_bytes(raw)
        raise


def seeds() -> list[bytes]:
    """What the tests know to be difficult, but for what is merely large."""
    from tests.notifications.test_incoming import BOMBS

    return [raw for raw in BOMBS.values() if len(raw) < 5000]


def bent(raw: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Octets changed, cut, doubled, and pieces of another letter put in."""
    found = bytearray(raw)
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(4):
            case 0:
                found[at:at] = chance.randbytes(chance.randint(1, 4))
            case 1:
                del found[at : at + chance.randint(1, 40)]
            case 2:
                found[at:at] = found[at : at + chance.randint(1, 80)]
            case _:
                other = chance.choice(others)
                begin = chance.randrange(len(other) + 1)
                found[at:at] = other[begin : begin + chance.randint(1, 200)]
    return bytes(found)


def at_random(minutes: float) -> int:
    """How many letters were read; the seed is printed."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}", flush=True)
    chance, known, count = random.Random(seed), seeds(), 0
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        read(bent(chance.choice(known), known, chance))
        count += 1
    return count


def guided(atheris: Any, minutes: float) -> None:
    """Does not return: libFuzzer ends the process."""
    corpus = FOUND / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(seeds()):
        (corpus / f"seed{number}").write_bytes(raw)
    from notifications import incoming

    for name, part in list(vars(incoming).items()):  # all that Python has imported would take minutes
        if isinstance(part, FunctionType) and part.__module__ == incoming.__name__:
            setattr(incoming, name, atheris.instrument_func(part))
    limits = [f"-max_total_time={int(minutes * 60)}", "-rss_limit_mb=1000", "-max_len=20000", "-timeout=10"]
    atheris.Setup([sys.argv[0], *limits, str(corpus)], read)
    atheris.Fuzz()


def main(minutes: float) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        print(
            f"{at_random(minutes)} letters read, none crashed or took longer than {SLOWEST:.0f} s (atheris is not installed)"
        )
        return
    guided(atheris, minutes)


if __name__ == "__main__":
    main(float(sys.argv[1]))

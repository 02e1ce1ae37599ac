"""`python -m tests.faults.table FILE`: the runs of `make faults` as a table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

COLUMNS = {
    "run": "what is broken",
    "seed": "seed",
    "faults": "faults",
    "acknowledged": "acknowledged",
    "lost": "lost",
    "ghosts": "ghosts",
    "duplicates": "duplicates",
    "bound": "bound",
    "drained_s": "empty after, s",
}


def table(rows: list[dict[str, object]]) -> str:
    """Markdown, by run and seed."""
    ordered = sorted(rows, key=lambda row: (str(row["run"]), str(row["seed"])))
    lines = [" | ".join(COLUMNS.values()), " | ".join("---" for _ in COLUMNS)]
    lines += [" | ".join(str(row.get(name, "–")) for name in COLUMNS) for row in ordered]
    return "\n".join(f"| {line} |" for line in lines)


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1]).read_text())))

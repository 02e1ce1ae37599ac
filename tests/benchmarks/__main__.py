"""`make bench`: the scheduling core's figures as a table, `docs/benchmarks.json` and plots in `docs/`.

`python -m tests.benchmarks [--quick] [--smptsp FOLDER]`. Everything is seeded; times are given as ratios of one process.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
from pathlib import Path

from tests.benchmarks import figures, leave_one_out, museums, rosters, smptsp
from tests.benchmarks.drawing import bars

DOCS = Path(__file__).parents[2] / "docs"


def show(name: str, row: figures.Row, every: dict[str, figures.Row]) -> None:
    every[name] = row
    print(f"{name}\n" + "\n".join(f"    {key:42} {value}" for key, value in row.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few days of each instead of a month")
    parser.add_argument("--smptsp", type=Path, help="a folder with the published instances")
    parser.add_argument("--instances", type=int, default=14)
    options = parser.parse_args()
    days = 6 if options.quick else 26
    every: dict[str, figures.Row] = {}
    busy = museums.month(museums.BUSY, 1, days)
    museum = museums.month(museums.MUSEUM, 1, days)
    figures.get_ready()
    unit = figures.unit(busy)
    show(
        "unit",
        {"U ms": round(unit * 1000, 1), "machine": platform.processor() or platform.machine(), "days": days},
        every,
    )
    show("museum month", figures.month_queries(museum, unit), every)
    show("busy month", figures.month_queries(busy, unit), every)
    show("other busy months", figures.other_months((2,) if options.quick else (2, 3, 4, 5), unit), every)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    show("memory", {"MB after a busy month": memory}, every)
    huge = museums.month(museums.HUGE, 1, 2)
    show("huge, two days only, CP-SAT alone on one start", figures.month_queries(huge, unit, 6, 1), every)
    loads = {}
    for visits in (20, 30, 40):
        month = museums.month(museums.BUSY, 2, max(3, days // 4), visits)
        loads[visits] = figures.hidden(month)
        show(f"hidden, busy with {visits} visits a day", loads[visits], every)
    bars(
        DOCS / "hidden-starts.svg",
        "Starts that can be served, but that “somebody is free” does not show (%)",
        {f"{visits} visits a day": {key: float(value) for key, value in row.items()} for visits, row in loads.items()},
    )
    show("accepted at the time asked, 50 a day", figures.accepted(50, max(2, days // 4), 4), every)
    show("busy week's roster", rosters.planned(busy[:6], unit, 30), every)
    show("other weeks' rosters", rosters.other_weeks(busy, 30), every)
    show("other seeds' weeks", rosters.other_seeds((2, 6), 30), every)
    show("busy month's roster", rosters.planned(busy, unit, 60), every)
    show("sick calls", rosters.sick_calls(busy, min(30, days * 2), 5, unit), every)
    if options.smptsp:
        published(options.smptsp, options.instances, every)
    (DOCS / "benchmarks.json").write_text(json.dumps(every, indent=1, ensure_ascii=False) + "\n")


def published(folder: Path, most: int, every: dict[str, figures.Row]) -> None:
    for path in sorted(folder.glob("*.dat"), key=lambda path: path.stat().st_size)[:most]:
        tasks, limits = smptsp.read(path)
        workers, bound, roster, taken = smptsp.fewest(tasks, limits, 30)
        row: figures.Row = {
            "jobs": len(tasks),
            "workers": workers or "none found",
            "bound": bound,
            "seconds": round(taken, 1),
        }
        if roster:
            asks, easy, found, slowest = leave_one_out.put_back(tasks, limits, roster, 50, 15, 1)
            row |= {"put back": f"{found} of {asks}, {easy} of them at once", "slowest ms": round(slowest * 1000, 1)}
        show(path.stem, row, every)


if __name__ == "__main__":
    main()

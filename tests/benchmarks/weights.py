"""How soon a page shows something on a slow line: `make bench-pages` runs this after the pages' own times.

Slow 3G as Chromium emulates it (400 kbit/s down and up, 400 ms for each request), nothing kept from before, in Kazakh, at the width of
a phone, by a worker that has answered before. Prints the moment of the first content (`first-contentful-paint`, milliseconds after the
address was opened) and writes it into `docs/pages.json`. It depends on what else the machine is doing: no test asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from tests.benchmarks.pages import written
from tests.browser import Pages
from tests.journeys.every_page import Shown, every_page, staged
from tests.live import Sink

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
PAINTED = """() => new Promise(done => {
    const seen = () => performance.getEntriesByName('first-contentful-paint')[0];
    if (seen()) return done(seen().startTime);
    new PerformanceObserver(() => seen() && done(seen().startTime)).observe({type: 'paint', buffered: true}); })"""


@pytest.mark.timeout(900)
def test_first_content_on_a_slow_line(page: Pages, mail_to_sink: Sink, settings: Any, capsys: Any) -> None:
    """The table; nothing is asserted."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (10**6, 1))
    stage, rows = staged(), {}
    early = page(width=390, language="kk")
    early.goto("/", wait_until="load")  # browser and worker have begun
    early.context.close()
    for shown in whats_measured(every_page(stage, timezone.now())):
        screen = page(user=stage.user(shown.who), width=390, language="kk")
        line = screen.context.new_cdp_session(screen)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW)
        screen.goto(shown.address, wait_until="load")
        rows[f"{shown.who}: {shown.title}"] = {"ms": round(screen.evaluate(PAINTED))}
        screen.context.close()
    written("first content on slow 3G", rows)
    with capsys.disabled():
        print("\nfirst content on slow 3G")
        for name, row in rows.items():
            print(f"{name:34} {row['ms']:>6} ms")


def whats_measured(pages: Iterator[Shown]) -> Iterator[Shown]:
    """What is opened on a telephone."""
    return (shown for shown in pages if shown.who in ("organiser", "guide") and shown.name != "not_found")

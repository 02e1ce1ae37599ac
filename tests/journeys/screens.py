"""`make screens`: each page as its readers see it, into `docs/screens/`: on a phone and wide, light and dark, in three languages.

Every page once, each in the next of three languages and two widths, some of them dark; and the few that the guides to reading show,
by the names that they have there. Saved with a palette of 32 colours, which for pages without photographs nobody sees.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page

from tests.browser import Pages
from tests.journeys.every_page import Shown, every_page, staged
from tests.live import Sink

FOLDER = Path(os.environ.get("SCREENS") or Path(__file__).parents[2] / "docs" / "screens")
MOST_BYTES = 4_000_000
COLOURS = 32
TALLEST = {390: 2000, 1280: 1600}
"""Pixels from the top that a picture shows: the longest lists go on."""
LOOKS = (
    ("kk", 390, False),
    ("ru", 1280, False),
    ("en", 390, True),
    ("kk", 1280, False),
    ("ru", 390, False),
    ("en", 1280, True),
)
ALWAYS = {
    "home": LOOKS,
    "ask": (*LOOKS[:5], ("en", 1280, False)),
    "visit-confirmed": (("kk", 390, False), ("ru", 390, False), ("en", 1280, False)),
    "guide_week-to come": (("kk", 390, False), ("ru", 390, True), ("en", 390, False)),
    "office_day-to come": (("ru", 1280, False), ("kk", 390, False), ("en", 1280, False)),
    "office_board": (("ru", 1280, False), ("en", 1280, True)),
}
"""What README and the readers' guides show."""


CALLED = {
    "visit-confirmed": "visit",
    "office_board": "board-guides",
    "office_day": "today",
    "office_day-to come": "day",
}
"""Names that differ from those of the addresses."""


@dataclass(frozen=True, slots=True)
class Picture:
    shown: Shown
    language: str
    width: int
    dark: bool

    @property
    def name(self) -> str:
        title = CALLED.get(self.shown.title) or self.shown.title.replace("office_visit", "visit-office").removeprefix(
            "office_"
        )
        dark = "-dark" if self.dark else ""
        return f"{title.replace(' ', '-').replace('_', '-')}-{self.language}-{self.width}{dark}.png"


def pictures(pages: Iterator[Shown]) -> Iterator[Picture]:
    """Which page is shown how: those of ALWAYS as said there, the others in turn."""
    turn = 0
    for shown in pages:
        if shown.title in ALWAYS:
            yield from (Picture(shown, *look) for look in ALWAYS[shown.title])
        else:
            yield Picture(shown, *LOOKS[turn % len(LOOKS)])
            turn += 1


@pytest.mark.timeout(1800)
def test_screens(page: Pages, mail_to_sink: Sink, settings: Any) -> None:
    """Take every picture; they all weigh less than 4 MB."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (10**6, 1))
    stage = staged()
    FOLDER.mkdir(parents=True, exist_ok=True)
    told = "".join(path.read_text() for path in (*FOLDER.parent.glob("*.md"), FOLDER.parent.parent / "README.md"))
    old = {
        path for path in FOLDER.glob("*.png") if path.name not in told
    }  # what another hand took for a guide to reading stays
    screens: dict[tuple[str, str], Page] = {}
    for one in pictures(every_page(stage, timezone.now())):
        who = (one.shown.who, one.language)
        if who not in screens:
            screens[who] = page(user=stage.user(one.shown.who), language=one.language, timezone_id="Asia/Almaty")
        screen = screens[who]
        screen.set_viewport_size({"width": one.width, "height": 800})
        screen.emulate_media(color_scheme="dark" if one.dark else "light")
        drawn = "board" in one.shown.name or one.shown.name in (
            "office_new_closure",
            "office_edit_closure",
            "office_edit_draft",
        )
        screen.goto(one.shown.address, wait_until="networkidle" if drawn else "load")
        screen.evaluate("document.fonts.ready.then(() => true)")
        path = FOLDER / one.name
        path.write_bytes(compressed(screen.screenshot(full_page=True), one.width))
        old.discard(path)
    for path in old:
        path.unlink()
    page.faults[:] = [fault for fault in page.faults if "404" not in fault]  # of the page that is not there
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) <= MOST_BYTES


def compressed(png: bytes, width: int) -> bytes:
    """The same picture with a palette, cut off below."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.height > TALLEST[width]:
        image = image.crop((0, 0, image.width, TALLEST[width]))
    small = image.quantize(colors=COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()

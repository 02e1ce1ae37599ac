"""What organisers' pages weigh on a slow line, and that an old phone understands them (Chrome 80, February 2020)."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from tests.journeys.every_page import Stage, every_page, staged
from tests.live import ROOT, Sink

MOST_BYTES, MOST_FONT_BYTES, MOST_SCRIPTS = 60_000, 80_000, 1
OURS = ROOT / "scheduler" / "static" / "scheduler"
FONT_FACE = re.compile(r"@font-face\s*\{([^}]*)\}")
RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

NEWER_CSS = {
    r":has\(": 105, r":is\(": 88, r":where\(": 88, r"@container": 105, r"@layer": 99, r"@property": 85, r"@scope": 118,
    r"(?<![-\w])inset\s*:": 87, r"aspect-ratio\s*:": 88, r"color-mix\(": 111, r"oklch\(|oklab\(|lch\(": 111, r"\d[dsl]v[hw]\b": 108,
    r"content-visibility": 85, r"overflow(-[xy])?\s*:\s*clip": 90, r"(?<![-\w])(translate|rotate|scale)\s*:": 104,
    r"(margin|padding|inset)-(inline|block)\s*:": 87, r"(?<![-\w])appearance\s*:": 84, r"light-dark\(": 123, r"\{[^{}]*&": 112,
}  # fmt: skip
NEWER_SCRIPT = {
    r"\?\?=|\|\|=|&&=": 85, r"\.at\(": 92, r"\.replaceAll\(": 85, r"structuredClone\(": 98, r"Object\.hasOwn\(": 93, r"\.findLast": 97,
    r"\.(toSorted|toReversed|toSpliced|with)\(": 110, r"Promise\.(any|try|withResolvers)\(": 85, r"AbortSignal\.(timeout|any)": 103,
    r"crypto\.randomUUID": 92, r"\.replaceChildren\(": 86, r"Array\.fromAsync": 121, r"Object\.groupBy": 117, r"\bstatic\s*\{": 94,
    r"\.(showPopover|togglePopover)\(": 114, r"(?m)^\s*#\w+\s*\(": 84, r"Intl\.(Segmenter|DurationFormat)": 87,
    r"navigator\.userAgentData": 90, r"WeakRef": 84,
}  # fmt: skip
"""Of a syntax or function: the first Chrome that knows it. What an older one passes over without harm is not here."""


@pytest.fixture
def stage(transactional_db: None, mail_to_sink: Sink, settings: Any) -> Stage:
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (1000, 1))
    return staged()


def transferred(answer: httpx.Response) -> int:
    """Bytes of an answer's body on the line; a file that is not compressed here goes out as WhiteNoise compresses it beforehand."""
    raw = int(answer.headers.get("Content-Length") or len(answer.content))
    kind = answer.headers["Content-Type"]
    if "Content-Encoding" not in answer.headers and re.search(r"text|javascript|svg|json", kind):
        return len(gzip.compress(answer.content, compresslevel=9, mtime=0))
    return raw


def test_organisers_pages_are_light(stage: Stage, live_site: str) -> None:
    heavy = {}
    with httpx.Client(
        base_url=live_site, headers={"Accept-Encoding": "gzip", "Accept-Language": "kk"}, timeout=60
    ) as client:
        for shown in every_page(stage, timezone.now()):
            if shown.who != "organiser":
                continue
            page = client.get(shown.address, follow_redirects=True)
            html = BeautifulSoup(page.content, "html.parser")
            scripts = html.select("script[src]")
            assert len(scripts) <= MOST_SCRIPTS, shown.address
            parts = [str(one["src"]) for one in [*scripts, *html.select("img[src]:not([src^='data:'])")]]
            parts += [str(one["href"]) for one in html.select("link[rel=stylesheet], link[rel=icon]")]
            weight = transferred(page) + sum(transferred(client.get(urljoin(shown.address, part))) for part in parts)
            if weight > MOST_BYTES:
                heavy[shown.title] = weight
            print(f"{shown.title:24} {weight:>7} bytes in {1 + len(parts)} requests")
    assert heavy == {}


def test_fonts_are_few_and_never_keep_a_text_waiting() -> None:
    sheet = (OURS / "qonaq.css").read_text()
    faces = FONT_FACE.findall(sheet)
    files = [OURS / address for face in faces for address in re.findall(r'url\("([^"]+)"\)', face)]
    assert sum(path.resolve().stat().st_size for path in files) <= MOST_FONT_BYTES
    assert files
    assert all("font-display: swap" in face for face in faces)


def test_chrome_80_knows_our_styles() -> None:
    assert newer("css", NEWER_CSS) == []


def test_chrome_80_knows_our_scripts() -> None:
    assert newer("js", NEWER_SCRIPT) == []


def test_no_gap_between_what_is_flexible() -> None:
    """`gap` separates the cells of a grid since Chrome 66, but flexible boxes only since 84."""
    found = []
    for path in sorted(OURS.rglob("*.css")):
        for selector, body in RULE.findall(COMMENT.sub("", path.read_text())):
            if re.search(r"display\s*:\s*(inline-)?flex", body) and re.search(r"(?<![-\w])gap\s*:", body):
                found.append(f"{path.name}: {selector.strip()}")
    assert found == []


def newer(kind: str, marks: dict[str, int]) -> list[str]:
    found = []
    for path in sorted(OURS.rglob(f"*.{kind}")):
        found += said(path, COMMENT.sub("", path.read_text()), marks)
    return found


def said(path: Path, text: str, marks: dict[str, int]) -> list[str]:
    return [
        f"{path.name}: {match[0]!r} is known from Chrome {since} on"
        for mark, since in marks.items()
        for match in re.finditer(mark, text)
    ]


def test_what_is_newer_is_found_out() -> None:
    assert said(Path("x.css"), ".a { .b & { color: red } } .c:has(.d) { inset: 0 }", NEWER_CSS) != []
    assert len(said(Path("x.js"), "a ||= b; list.at(-1); text.replaceAll('a', 'b')", NEWER_SCRIPT)) == 3

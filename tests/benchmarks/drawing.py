"""A bar chart as SVG, so that a page of docs/ can show what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

COLOURS = ("#8a6d3b", "#3b6d8a", "#6d8a3b", "#8a3b6d")
WIDTH, BAR, GAP, LEFT = 640, 18, 16, 150


def bars(path: Path, title: str, groups: Mapping[str, Mapping[str, float]]) -> None:
    """One group of bars for each key, one bar for each of its values, with the value at its end."""
    most = max((value for group in groups.values() for value in group.values()), default=1) or 1
    lines, y = [f'<text x="8" y="20" font-size="14" font-weight="bold">{escape(title)}</text>'], 44
    for name, group in groups.items():
        lines.append(f'<text x="8" y="{y + 13}" font-size="12">{escape(name)}</text>')
        for number, (label, value) in enumerate(group.items()):
            width = (WIDTH - LEFT - 140) * value / most
            lines.append(
                f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 4}" fill="{COLOURS[number % 4]}"/>'
            )
            lines.append(
                f'<text x="{LEFT + width + 6:.1f}" y="{y + 12}" font-size="12">{value:g} {escape(label)}</text>'
            )
            y += BAR
        y += GAP
    body = "\n".join(lines)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="sans-serif" role="img">'
    path.write_text(
        f'{head}\n<title>{escape(title)}</title>\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )

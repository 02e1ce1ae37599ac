"""A museum's own look: its colours as a stylesheet of a few tokens, and its mark. Both are named by the catalogue's version, and kept."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from tours import colours
from tours import queries as catalogue
from tours.colours import DAY, NIGHT, Paper
from tours.errors import NoMuseum
from tours.models import Museum

KEPT = cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
NIGHTLY = "@media screen and (prefers-color-scheme: dark) {{ {} }}\n"


@require_safe
@KEPT
def colours_css(request: HttpRequest) -> HttpResponse:
    """The accent, what stands on it, and its soft shade, by day and by night; nothing where the museum has none of its own."""
    museum = _museum()
    css = _tokens(museum.accent, DAY) if museum.accent else ""
    if museum.accent_dark:
        css += NIGHTLY.format(_tokens(museum.accent_dark, NIGHT))
    elif museum.accent:  # a stylesheet that comes after ours would else take the colour of the day into the night
        css = f"@media not all and (prefers-color-scheme: dark) {{ {css} }}\n"
    return HttpResponse(css, content_type="text/css; charset=utf-8")


@require_safe
@KEPT
def mark(request: HttpRequest) -> HttpResponse:
    """The museum's mark, as it was checked when it was set."""
    museum = _museum()
    if not museum.mark:
        raise Http404
    return HttpResponse(museum.mark, content_type="image/svg+xml")


def _museum() -> Museum:
    try:
        return catalogue.museum()
    except NoMuseum as error:
        raise Http404 from error


def _tokens(accent: str, paper: Paper) -> str:
    shades = colours.shades(accent, paper)
    return f":root {{ --accent: {shades.accent}; --accent-ink: {shades.ink}; --accent-soft: {shades.soft}; }}"

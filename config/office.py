"""What the catalogue's pages (django-unfold) are called: the museum's name, in the reader's language."""

from __future__ import annotations

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from tours import queries
from tours.errors import NoMuseum


def name(request: HttpRequest) -> str:
    """The museum's name, or ours while there is no museum."""
    try:
        return queries.museum().name
    except NoMuseum:
        return "Qonaq"


def pages(request: HttpRequest) -> str:
    """Where the office works: the way back from the catalogue."""
    return reverse("office_day")


def mark(request: HttpRequest) -> str:
    """The mark in the browser's tab."""
    return static("scheduler/mark.svg")

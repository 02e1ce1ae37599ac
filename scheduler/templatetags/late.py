"""Whether letters are late, for the office's pages."""

from __future__ import annotations

from django import template
from django.utils import timezone

from notifications import outages

register = template.Library()


@register.simple_tag
def minutes_late() -> int:
    """How long the oldest letter that is due has waited; 0 while letters are on time. No query, as long as there is a Redis."""
    return outages.minutes_late(now=timezone.now())

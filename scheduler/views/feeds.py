"""Calendars to subscribe to (RFC 5545): whether the reader's copy is the present one is decided before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from notifications import ical, links
from notifications.ical import FeedEntry
from scheduler import calendars
from scheduler.calendars import Feed
from scheduler.views.access import visit_behind
from tours import queries as catalogue
from tours.models import Guide

LANGUAGES = [code for code, _name in settings.LANGUAGES]


@csrf_exempt  # they change nothing: who posts is told so (405), not that a form is forged
@require_safe
def guide(request: HttpRequest, token: str) -> HttpResponse:
    """A guide's tours; 404 on an unknown or renewed address, and for whoever guides no more."""
    said = links.object_id(token)
    found = Guide.objects.filter(pk=int(said), active=True).first() if said.isdecimal() and len(said) < 10 else None
    version = found.link_version if found else 0
    if not links.matches(token, "guide_calendar", said, version) or found is None:
        raise Http404
    museum, now = catalogue.museum(), timezone.now()
    with translation.override(found.locale):
        return _answer(
            request,
            calendars.of_guide(found, museum, now=now),
            lambda: calendars.guide_entries(found, museum, now=now),
            museum.time_zone,
        )


@csrf_exempt
@require_safe
def visit(request: HttpRequest, token: str) -> HttpResponse:
    """One visit, in the language of its first contact."""
    found = visit_behind(token, "visit_calendar")
    museum, now = catalogue.museum(), timezone.now()
    locale = next((contact.locale for contact in found.contacts.all()), settings.LANGUAGE_CODE)
    with translation.override(locale):
        return _answer(
            request,
            calendars.of_visit(found, museum, now=now),
            lambda: calendars.visit_entries(found, museum, now=now),
            museum.time_zone,
        )


@csrf_exempt
@require_safe
def closures(request: HttpRequest) -> HttpResponse:
    """When the museum is closed, for everybody, in `lang` (kk, ru, en)."""
    asked = request.GET.get("lang", "")
    language = asked if asked in LANGUAGES else settings.LANGUAGE_CODE
    museum, now = catalogue.museum(), timezone.now()
    with translation.override(language):
        return _answer(
            request,
            calendars.of_closures(museum, language, now=now),
            lambda: calendars.closure_entries(museum, now=now),
            museum.time_zone,
        )


def _answer(request: HttpRequest, feed: Feed, entries: Callable[[], Iterable[FeedEntry]], zone: str) -> HttpResponse:
    known = feed.state.is_known(request.headers.get("If-None-Match", ""), request.headers.get("If-Modified-Since", ""))
    if known:
        response = HttpResponse(status=304)
        del response.headers["Content-Type"]
    else:
        body = ical.feed(name=feed.name, entries=entries(), source=feed.source, zone=zone)
        response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
        response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    for name, value in feed.state.headers.items():
        response.headers[name] = value
    return response

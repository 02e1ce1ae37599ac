"""My week as an app on a phone: its manifest, its service worker, and the pages that the phone keeps for when there is no network."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scheduler import leading, periods
from scheduler.views.access import guide_only
from scheduler.views.pages import show
from tours import queries as catalogue
from tours.colours import DAY
from tours.errors import NoMuseum
from tours.models import Guide

ACCENT = "#1f5159"
"""As scheduler/static/scheduler/qonaq.css has it, for a museum without a colour of its own."""
AHEAD_DAYS = 6
"""So many days after today are kept, without anybody's name or number."""
WORKER = Path(__file__).resolve().parent.parent / "static" / "scheduler" / "guide-worker.js"


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """How a phone shows My week among its apps (W3C Web Application Manifest). Browsers ask for it without a sign-in."""
    try:
        museum = catalogue.museum()
    except NoMuseum as error:
        raise Http404 from error
    icons = [
        {"src": static(f"scheduler/icons/{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": use}
        for name, size, use in (
            ("guide-192", 192, "any"),
            ("guide-512", 512, "any"),
            ("guide-maskable-192", 192, "maskable"),
            ("guide-maskable-512", 512, "maskable"),
        )
    ]
    if museum.mark:
        address = f"{reverse('look_mark')}?{museum.catalogue_version}"
        icons.append({"src": address, "sizes": "any", "type": "image/svg+xml", "purpose": "any"})
    facts = {
        "id": reverse("guide_week"),
        "name": f"{_('My week')} · {museum.name}",
        "short_name": _("My week"),
        "lang": get_language(),
        "dir": "ltr",
        "start_url": reverse("guide_week"),
        "scope": "/",  # signing in stays within the app
        "display": "standalone",
        "background_color": DAY.grounds[0],
        "theme_color": museum.accent or ACCENT,
        "icons": icons,
    }
    response = JsonResponse(facts, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker. It lies beneath /guide/ because that is what it may answer for; browsers ask for it without a sign-in."""
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
@guide_only
def kept(request: HttpRequest, guide: Guide, *, ahead: bool) -> HttpResponse:
    """What the phone shows where there is no network: today in full, kept until midnight; or the next days, naming nobody."""
    now = timezone.now()
    zone = ZoneInfo(catalogue.museum().time_zone)
    today = periods.day_of(now, zone)
    end = today + timedelta(days=AHEAD_DAYS + 1)
    leads = leading.leads_of(guide, today, end, now=now, zone=zone)
    context = {
        "guide": guide,
        "now": now,
        "today": None if ahead else today,
        "leads": () if ahead else [lead for lead in leads if lead.receives],
        "next_leads": leads if ahead else [lead for lead in leads if not lead.is_today],
    }
    response = show(request, "scheduler/guide_kept.html", context)
    last = end if ahead else today + timedelta(days=1)
    response.headers["X-Kept-Until"] = str(int(periods.midnight(last, zone).timestamp() * 1000))  # as Date.now() counts
    return response


@cache
def _worker() -> bytes:
    return WORKER.read_bytes()

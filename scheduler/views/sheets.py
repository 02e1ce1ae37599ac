"""A day on paper: a guide's tours, and the office's list of who comes."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduler import leading, periods, queries, showcase
from scheduler.forms.fields import near_day
from scheduler.views.access import guide_only, office_only
from scheduler.views.pages import show
from scheduler.views.programme import programme_of
from tours import queries as catalogue
from tours.models import Guide


@require_safe
@guide_only
def guide_day(request: HttpRequest, guide: Guide) -> HttpResponse:
    """A guide's tours of one day, with room to write."""
    now, zone = timezone.now(), ZoneInfo(catalogue.museum().time_zone)
    day = near_day(request.GET.get("day", "")) or periods.day_of(now, zone)
    leads = leading.leads_of(guide, day, day + timedelta(days=1), now=now, zone=zone)
    context = {**_around(request, day), "guide": guide, "leads": leads, "now": now}
    return show(request, "scheduler/sheet_guide.html", context)


@require_safe
@office_only
def office_day(request: HttpRequest) -> HttpResponse:
    """Everybody who comes on one day, by the clock, with who leads them and whom to ring."""
    museum, now = catalogue.museum(), timezone.now()
    zone = ZoneInfo(museum.time_zone)
    day = near_day(request.GET.get("day", "")) or periods.day_of(now, zone)
    bounds = periods.bounds(day, zone)
    visits = queries.visits_on(bounds.lower, bounds.upper)
    context = {
        **_around(request, day),
        "museum": museum,
        "now": now,
        "visits": [(visit, programme_of(visit)) for visit in visits],
        "closures": showcase.closures_on(day, museum),
        "away": queries.away_on(bounds),
    }
    return show(request, "scheduler/sheet_office.html", context)


def _around(request: HttpRequest, day: date) -> dict[str, object]:
    return {
        "here": request.get_full_path(),
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
    }

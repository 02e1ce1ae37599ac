"""The voucher: what a group shows at the desk, to print, to share, or to keep as a picture."""

from __future__ import annotations

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from notifications import links
from scheduler import queries
from scheduler.models import Visit
from scheduler.views import pictures
from scheduler.views.access import visit_behind
from scheduler.views.pages import show
from tours import queries as catalogue

VALID = (Visit.Status.CONFIRMED, Visit.Status.REQUESTED, Visit.Status.OFFERED, Visit.Status.DONE)


@require_safe
def voucher(request: HttpRequest, token: str) -> HttpResponse:
    """One sheet: the code large, the time, the group, and a QR code that opens the visit at the desk, for the office alone."""
    visit = _valid(token)
    opens = segno.make(links.office(visit.code), error="m", micro=False)
    context = {
        "visit": visit,
        "token": token,
        "title": queries.title_of(visit, open_to_all=True),
        "hidden": visit.discreet,
        "organisation": queries.organisation_of(visit),
        "price": queries.price_of(visit, catalogue.museum()),
        "qr": opens.svg_data_uri(scale=4, border=2, light="#fff"),
    }
    return show(request, "scheduler/voucher.html", context)


@require_safe
def picture(request: HttpRequest, token: str) -> HttpResponse:
    """The same as a picture, for a telephone's album: code, time and QR code, no names."""
    visit = _valid(token)
    with timezone.override(catalogue.museum().time_zone):
        time = f"{timezone.localtime(visit.period.lower):%d.%m.%Y %H:%M}"
    png = pictures.voucher(visit.code, time, links.office(visit.code))
    answer = HttpResponse(png, content_type="image/png")
    answer.headers["Content-Disposition"] = f'attachment; filename="{visit.code}.png"'
    return answer


def _valid(token: str) -> Visit:
    """The visit behind a link that has a time which holds; 404 for any other."""
    visit = visit_behind(token)
    if visit.status not in VALID or visit.period is None:
        raise Http404
    return visit

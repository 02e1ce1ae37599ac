"""What the request form shows, for organisers and for the office with the receiver in hand."""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scheduler import showcase
from scheduler.errors import KeyReused, Refused
from scheduler.forms.asking import CEREMONY, ContactForm, WishForm, has_ceremony
from scheduler.forms.fields import MOST_HEADS
from scheduler.views import choosing
from tours import queries as catalogue
from tours.errors import CatalogueError
from tours.models import Audience

WISH = ("tour", "audience", "language", "heads", "adults", "month", "day", "start")
"""What of the form may stand in an address: nothing personal."""

Contact = TypeVar("Contact", bound=ContactForm)


def unjudged(posted: QueryDict, form: type[Contact]) -> Contact:
    """What was typed so far, without a word about what is still missing."""
    return form(initial={name: value for name, value in posted.items() if name in form.base_fields})


def in_another_language(posted: QueryDict) -> QueryDict:
    """Switch the page's language, as a button of `posted` asks; gives what was typed. Letters follow, unless told otherwise."""
    code, typed = posted.get("to_language", ""), posted.copy()
    if code in dict(settings.LANGUAGES):
        if typed.get("locale") == get_language():
            typed["locale"] = code
        translation.activate(code)
    return typed


def is_whole(asked: QueryDict) -> bool:
    """Whether what was chosen is a whole wish, so that its faults are worth telling."""
    return all(asked.get(name) for name in ("tour", "audience", "language", "heads"))


def address_of(asked: QueryDict, page: str) -> str:
    """The address that shows the same wish again."""
    wished = QueryDict(mutable=True)
    for name in WISH:
        if value := asked.get(name) or (asked.get("chosen_day") if name == "day" else ""):
            wished[name] = value
    return f"{reverse(page)}?{wished.urlencode()}" if wished else reverse(page)


def looked_at(asked: QueryDict, wish: WishForm, *, by_office: bool = False) -> dict[str, Any]:
    """What a wish costs, how many guides lead it, and when it could be; `puzzled` says why nothing can be shown."""
    page = "office_new_visit" if by_office else "ask"
    context: dict[str, Any] = {
        "wish": wish,
        "looked": True,
        "telephone": by_office,
        "here": address_of(asked, page),
        "starts_url": reverse(f"{page}_starts"),
        **unoffered(wish),
    }
    if not wish.is_valid():
        if wish.has_error("heads", "max_value"):
            context["puzzled"] = _("For more than %(most)d people please call the museum.") % {"most": MOST_HEADS}
        return context
    group, now = wish.group(), timezone.now()
    context |= {
        "group": group,
        "guides": -(-group.heads // catalogue.heads_per_guide(group.tour, group.audience)),
        "review": not by_office and catalogue.needs_review(group.tour, group.audience),
        "ceremonies": CEREMONY if has_ceremony(group.tour) else (),
        "ceremony_chosen": asked.getlist("ceremony"),
    }
    try:
        context["price"] = catalogue.quote(group.audience, group.heads, wish.cleaned_data["adults"])
        context["when"] = choosing.look(group, asked, now=now, by_office=by_office, soonest=by_office)
    except (Refused, CatalogueError) as refused:
        context["puzzled"] = refused.detail
    return context


def unoffered(wish: WishForm) -> dict[str, Any]:
    """Every tour's code, and those of them that are not offered to the chosen kind of group. Two queries."""
    codes = list(catalogue.offered_tours().prefetch_related(None).values_list("code", flat=True))
    kept_to = Audience.objects.filter(active=True, tours__isnull=False).values_list("code", "tours__code")
    allowed = {tour for audience, tour in kept_to if audience == wish["audience"].value()}
    return {"tour_codes": codes, "not_offered": [code for code in codes if allowed and code not in allowed]}


def form_page(
    asked: QueryDict,
    wish: WishForm,
    contact: ContactForm,
    *,
    looked: bool,
    booking: bool = False,
    refused: Refused | CatalogueError | None = None,
    by_office: bool = False,
) -> dict[str, Any]:
    """The whole form with everything typed still in it."""
    page = "office_new_visit" if by_office else "ask"
    blank = {"wish": wish, "starts_url": reverse(f"{page}_starts"), **unoffered(wish)}
    return {
        **(looked_at(asked, wish, by_office=by_office) if looked else blank),
        "action": reverse(page),
        "keeps": "ask",
        "contact": contact,
        "both_forms": (wish, contact),
        "fresh": not asked.get("csrfmiddlewaretoken"),
        "tours": showcase.tours(),
        "audiences": list(catalogue.offered_audiences()),
        "booking": booking,
        "refused": refused,
        "suggestions": choosing.suggestions(refused),
    }


def was_sent_before(refused: Refused | CatalogueError | None) -> bool:
    """Whether the form has made a visit already, and has been changed since."""
    return isinstance(refused, KeyReused)

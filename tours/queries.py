"""What others ask the catalogue."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date, time

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Prefetch, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import get_language
from modeltranslation.utils import get_translation_fields

from tours.days import Calendar, Window
from tours.errors import NoMuseum, NoPrice
from tours.models import Audience, Holiday, Language, Museum, Opening, Price, Qualification, Space, Stop, Tour
from tours.prices import Band, paying_heads, price

WINDOW = tuple(field.name for field in fields(Window))


@dataclass(frozen=True, slots=True)
class Quote:
    """What a visit costs, in whole units. `reason` is why it is free: "audience", or "" where it is not."""

    amount: int
    currency: str
    free: bool
    reason: str


def museum() -> Museum:
    """The museum of this deployment. Raises `NoMuseum`."""
    row = Museum.objects.first()
    if row is None:
        raise NoMuseum
    return row


def calendar() -> Calendar:
    """The museum with its hours and its edits of the holidays. One query, however many days are asked for. Raises `NoMuseum`."""
    weekly = Opening.objects.filter(museum=OuterRef("pk")).order_by("weekday", "opens")
    names = {name: F(name) for name in get_translation_fields("name")}
    clocks = ("hours_from", "hours_until", "hours_last_start")
    edit = JSONObject(**names, **{name: F(name) for name in ("date", "is_holiday", "opens", *clocks)})
    edited = Holiday.objects.order_by().annotate(row=edit).values("row")
    house = Museum.objects.annotate(
        weekly=ArraySubquery(weekly.values(row=JSONObject(weekday=F("weekday"), **{name: F(name) for name in WINDOW}))),
        edited=ArraySubquery(edited),
    ).first()
    if house is None:
        raise NoMuseum
    hours: dict[int, list[Window]] = defaultdict(list)
    for row in house.weekly:
        hours[row["weekday"]].append(Window(**{name: time.fromisoformat(row[name]) for name in WINDOW}))
    for row in house.edited:
        row["date"] = date.fromisoformat(row["date"])
        row |= {name: time.fromisoformat(row[name]) for name in clocks if row[name]}
    edits = [Holiday(**row) for row in house.edited]
    return Calendar(
        museum=house,
        hours={weekday: tuple(windows) for weekday, windows in hours.items()},
        edits={edit.date: edit for edit in edits},
    )


def own_lines(house: Museum) -> dict[str, str]:
    """What the museum adds to its letters, by their kind, in the active language; in another one where that is missing."""
    wanted = [(get_language() or "")[:2], *Language.values]
    found = {
        kind: next((texts[code] for code in wanted if texts.get(code)), "") for kind, texts in house.letters.items()
    }
    return {kind: text for kind, text in found.items() if text}


def heads_per_guide(tour: Tour, audience: Audience | None = None) -> int:
    """The lower of the tour's and the audience's."""
    own = audience.heads_per_guide if audience else None
    return tour.heads_per_guide if own is None else min(own, tour.heads_per_guide)


def lead_business_days(museum: Museum, tour: Tour | None, audience: Audience | None) -> int:
    """The longest notice that museum, tour or audience ask for, in business days."""
    return max([museum.lead_business_days, *(row.lead_business_days or 0 for row in (tour, audience) if row)])


def needs_review(tour: Tour | None, audience: Audience | None) -> bool:
    """Whether the office decides: the tour or the audience says so, or the tour has a ceremony."""
    if (tour and tour.needs_review) or (audience and audience.needs_review):
        return True
    return tour is not None and any(stop.kind == Stop.Kind.CEREMONY for stop in tour.stops.all())


def takes(audience: Audience, tour: Tour) -> bool:
    """Whether this audience may ask for this tour: it is among its tours, or the audience names none."""
    own = audience.tours.all()
    return not own or tour in own


def quote(audience: Audience, heads: int, adults: int = 0, *, currency: str | None = None) -> Quote:
    """The price of a visit by heads. `adults`: how many of the heads accompany the others. Raises `NoPrice`, `ValueError`."""
    money = museum().currency if currency is None else currency
    paying = paying_heads(heads, adults, audience.free_adults_per)
    if audience.free:
        return Quote(0, money, free=True, reason="audience")
    amount = price((Band(row.max_heads, row.amount, row.per_head_above) for row in audience.prices.all()), paying)
    if amount is None:
        raise NoPrice(audience=audience.code, heads=heads)
    return Quote(amount, money, free=False, reason="")


def offered_tours() -> QuerySet[Tour]:
    """What may be asked for, in the museum's order, with stops and their spaces. Two queries.

    `led_in`: the languages in which some active guide leads it, sorted.
    """
    languages = Qualification.objects.filter(tour=OuterRef("pk"), guide__active=True).order_by("language")
    return (
        Tour.objects.filter(active=True)
        .prefetch_related(_stops())
        .annotate(led_in=ArraySubquery(languages.values("language").distinct()))
    )


def offered_audiences() -> QuerySet[Audience]:
    """Who may ask, in the museum's order, with prices and the tours that they are kept to. Three queries."""
    prices = Prefetch("prices", Price.objects.order_by("position"))
    return Audience.objects.filter(active=True).prefetch_related(prices, "tours")


def places() -> QuerySet[Space]:
    """The places, in the museum's order. `lane_count`: how many parties may be in one at once."""
    return Space.objects.annotate(lane_count=Count("lanes")).order_by("position", "code")


def _stops() -> Prefetch[str, QuerySet[Stop]]:
    return Prefetch("stops", Stop.objects.select_related("space").order_by("position"))

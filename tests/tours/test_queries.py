"""What others ask the catalogue."""

from __future__ import annotations

import pytest
from django.utils import translation

from tours import queries
from tours.errors import NoMuseum, NoPrice
from tours.models import Audience, Guide, Museum, Price, Tour

pytestmark = pytest.mark.django_db


def test_without_a_museum_its_absence_is_said() -> None:
    with pytest.raises(NoMuseum):
        queries.museum()


def test_the_lower_number_of_heads_per_guide_counts(alzhir: Museum) -> None:
    grounds = Tour.objects.get(code="grounds")
    assert queries.heads_per_guide(grounds, Audience.objects.get(code="preschool")) == 20
    assert queries.heads_per_guide(grounds, Audience.objects.get(code="general")) == 25
    assert queries.heads_per_guide(Tour(heads_per_guide=15), Audience(heads_per_guide=20)) == 15
    assert queries.heads_per_guide(grounds) == 25


@pytest.mark.parametrize(
    ("tour", "audience", "days"),
    [("grounds", "general", 1), ("grounds", "delegation", 3), ("full", "delegation", 7), ("full", "general", 7)],
)
def test_the_longest_notice_counts(alzhir: Museum, tour: str, audience: str, days: int) -> None:
    row = Tour.objects.get(code=tour), Audience.objects.get(code=audience)
    assert queries.lead_business_days(alzhir, *row) == days


def test_notice_of_the_museum_alone(alzhir: Museum) -> None:
    assert queries.lead_business_days(alzhir, None, None) == 1


@pytest.mark.parametrize(
    ("tour", "audience", "review"),
    [("grounds", "general", False), ("grounds", "delegation", True), ("full", "general", True)],
)
def test_the_stricter_review_wins(alzhir: Museum, tour: str, audience: str, review: bool) -> None:
    assert queries.needs_review(Tour.objects.get(code=tour), Audience.objects.get(code=audience)) is review


def test_a_tour_with_a_ceremony_needs_review_whatever_its_row_says(alzhir: Museum) -> None:
    Tour.objects.update(needs_review=False)
    general = Audience.objects.get(code="general")
    assert queries.needs_review(Tour.objects.get(code="halls-flowers"), general)
    assert not queries.needs_review(Tour.objects.get(code="halls"), general)


def test_an_audience_that_names_no_tours_takes_all(alzhir: Museum) -> None:
    halls, grounds = Tour.objects.get(code="halls"), Tour.objects.get(code="grounds")
    preschool = Audience.objects.get(code="preschool")
    assert queries.takes(Audience.objects.get(code="general"), halls)
    assert queries.takes(preschool, grounds)
    assert not queries.takes(preschool, halls)


@pytest.mark.parametrize(
    ("audience", "heads", "adults", "amount", "free"),
    [
        ("general", 12, 0, 9000, False),
        ("general", 50, 0, 20000, False),
        ("soldiers", 50, 0, 0, True),
        ("school", 33, 3, 6000, False),
        ("school", 33, 0, 6600, False),
        ("preschool", 24, 4, 0, True),
    ],
)
def test_what_a_visit_costs(alzhir: Museum, audience: str, heads: int, adults: int, amount: int, free: bool) -> None:
    quote = queries.quote(Audience.objects.get(code=audience), heads, adults)
    assert quote == queries.Quote(amount, "KZT", free, "audience" if free else "")


def test_a_price_that_nobody_has_set_is_said(alzhir: Museum) -> None:
    Price.objects.filter(per_head_above__isnull=False).delete()
    with pytest.raises(NoPrice) as raised:
        queries.quote(Audience.objects.get(code="general"), 31)
    assert raised.value.extra == {"audience": "general", "heads": 31}


def test_tours_and_audiences_are_read_in_the_same_number_of_queries_for_one_and_for_many(
    alzhir: Museum, django_assert_num_queries: object
) -> None:
    def read() -> tuple[int, int, int]:
        tours = [(tour.led_in, [stop.space.name for stop in tour.stops.all()]) for tour in queries.offered_tours()]
        audiences = [(list(row.prices.all()), list(row.tours.all())) for row in queries.offered_audiences()]
        return len(tours), len(audiences), len([place.lane_count for place in queries.places()])

    with django_assert_num_queries(2 + 3 + 1):  # type: ignore[operator]
        assert read() == (6, 8, 9)
    Tour.objects.exclude(code="full").update(active=False)
    Audience.objects.exclude(code="preschool").update(active=False)
    with django_assert_num_queries(2 + 3 + 1):  # type: ignore[operator]
        assert read() == (1, 1, 9)


def test_a_tour_is_led_in_the_languages_of_its_active_guides(alzhir: Museum) -> None:
    languages = {tour.code: tour.led_in for tour in queries.offered_tours()}
    assert languages["full"] == ["en", "kk", "ru"]
    Guide.objects.exclude(code="g06").update(active=False)
    languages = {tour.code: tour.led_in for tour in queries.offered_tours()}
    assert languages["halls"] == ["ru"]
    assert languages["full"] == []


def test_names_are_in_the_reader_s_language_and_a_missing_one_falls_back(alzhir: Museum) -> None:
    Tour.objects.filter(code="grounds").update(name_en=None)
    names = {}
    for language in ("kk", "ru", "en"):
        with translation.override(language):
            names[language] = Tour.objects.get(code="grounds").name
    assert names == {"kk": "Мемориалдық аумақ", "ru": "Мемориальная территория", "en": "Мемориалдық аумақ"}

"""What the database itself refuses, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from tours.models import (
    Audience,
    Guide,
    GuideHours,
    Holiday,
    Lane,
    Museum,
    Opening,
    Price,
    Qualification,
    Space,
    Stop,
    Tour,
    User,
)

pytestmark = pytest.mark.django_db

ITS_OWN = {"hours_from": time(10), "hours_until": time(14), "hours_last_start": time(12)}
APRIL, MAY = date(2025, 4, 30), date(2025, 5, 1)
Make = Callable[[], models.Model]


def museum(**values: Any) -> Museum:
    return Museum(**{"code": "another", "name_kk": "Басқа", "time_zone": "Asia/Almaty"} | values)


def first(model: type[models.Model]) -> Any:
    return model._default_manager.order_by("pk").first()


def opening(weekday: int, opens: time, last_start: time, closes: time) -> Opening:
    return Opening(museum=first(Museum), weekday=weekday, opens=opens, last_start=last_start, closes=closes)


def hours(weekday: int, starts: time, ends: time, **days: date) -> GuideHours:
    return GuideHours(guide=first(Guide), weekday=weekday, starts=starts, ends=ends, **days)


def stop(**values: Any) -> Stop:
    return Stop(**{"tour": first(Tour), "space": first(Space), "position": 90, "minutes": 30} | values)


def price(**values: Any) -> Price:
    return Price(audience=first(Audience), **{"position": 90} | values)


CASES: dict[str, Make] = {
    "one_museum": lambda: museum(id=2),
    "museum_grid_on_the_tick": lambda: museum(id=1, grid_minutes=7),
    "museum_limits_on_the_tick": lambda: museum(id=1, rest_minutes=7),
    "museum_is_somewhere": lambda: museum(id=1, latitude=51.0),
    "museum_deputy_after": lambda: museum(id=1, deputy_after_percent=101),
    "opening_weekday": lambda: opening(7, time(10), time(11), time(12)),
    "opening_in_order": lambda: opening(0, time(10), time(12), time(12)),
    "opening_on_the_tick": lambda: opening(0, time(10), time(11, 1), time(12)),
    "openings_apart": lambda: opening(1, time(17, 55), time(18), time(19)),
    "holiday_hours_in_order": lambda: Holiday(date=MAY, opens=False, **ITS_OWN),
    "space_takes_somebody": lambda: Space(code="s", name="S", max_heads=0),
    "space_plan_is_a_box": lambda: Space(code="s", name="S", plan=[1, 2, 3]),
    "lane_number": lambda: Lane(space=first(Space), number=1),
    "lane_from_one": lambda: Lane(space=first(Space), number=0),
    "tour_has_heads": lambda: Tour(code="t", name="T", heads_per_guide=0),
    "stop_position": lambda: stop(position=0),
    "stop_minutes_on_the_tick": lambda: stop(minutes=33),
    "stop_exclusive_is_together": lambda: stop(exclusive=True),
    "audience_has_heads": lambda: Audience(code="a", name="A", heads_per_guide=0),
    "audience_free_adults": lambda: Audience(code="a", name="A", free_adults_per=0),
    "audience_move_weight": lambda: Audience(code="a", name="A", move_weight=0),
    "price_position": lambda: price(position=0, per_head_above=1),
    "price_band_or_above": lambda: price(max_heads=10, amount=1, per_head_above=1),
    "guide_limits_on_the_tick": lambda: Guide(code="g", name="G", daily_minutes=7),
    "guide_hours_weekday": lambda: hours(9, time(10), time(11)),
    "guide_hours_in_order": lambda: hours(0, time(11), time(11)),
    "guide_hours_on_the_tick": lambda: hours(0, time(11), time(11, 2)),
    "guide_hours_days_in_order": lambda: hours(0, time(10), time(11), valid_from=MAY, valid_until=APRIL),
    "guide_hours_apart": lambda: hours(3, time(10, 55), time(12)),
    "qualification_once": lambda: Qualification(guide=first(Guide), tour=first(Tour), language="kk"),
}


NULLS: dict[str, Make] = {
    "holiday_hours_in_order": lambda: Holiday(date=MAY, hours_from=time(10), hours_until=time(12)),
    "museum_is_somewhere": lambda: museum(id=1, longitude=70.0),
    "price_band_or_above": lambda: price(amount=5),
}
"""A comparison with NULL is unknown, which a CHECK would let pass."""


def ours() -> set[str]:
    names = [Museum, Opening, Holiday, Space, Lane, Tour, Stop, Audience, Price, Guide, GuideHours, Qualification]
    return {constraint.name for model in names for constraint in model._meta.constraints}


def test_every_constraint_has_a_case() -> None:
    assert set(CASES) == ours()


def test_each_case_breaks_nothing_else(alzhir: Museum) -> None:
    """A twin of the cases: what is right in the same way is taken."""
    for row in (
        opening(0, time(10), time(11), time(12)),
        opening(1, time(18), time(18, 30), time(19)),  # begins as another ends
        Holiday(date=APRIL, opens=True, **ITS_OWN),
        Holiday(date=MAY, opens=None, **ITS_OWN),
        hours(0, time(11), time(11, 5)),
        hours(4, time(10), time(12), valid_until=APRIL),
        hours(4, time(10), time(16), valid_from=MAY, valid_until=MAY),  # others from another day on
        stop(exclusive=True, together=True),
        price(max_heads=10, amount=0),
        price(position=91, per_head_above=0),
    ):
        row.full_clean()
        row.save()


@pytest.mark.parametrize("name", CASES)
def test_the_database_refuses(alzhir: Museum, name: str) -> None:
    GuideHours.objects.create(guide=first(Guide), weekday=3, starts=time(10), ends=time(11))
    row = CASES[name]()
    if name.startswith("museum"):
        Museum.objects.all().delete()
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        row.save(force_insert=True)
    assert name in str(raised.value)


@pytest.mark.parametrize("name", NULLS)
def test_what_is_not_given_breaks_no_rule_by_being_unknown(alzhir: Museum, name: str) -> None:
    row = NULLS[name]()
    if name.startswith("museum"):
        Museum.objects.all().delete()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize("name", CASES)
def test_and_says_why_in_words(alzhir: Museum, name: str) -> None:
    GuideHours.objects.create(guide=first(Guide), weekday=3, starts=time(10), ends=time(11))
    row = CASES[name]()
    words = next(constraint.violation_error_message for constraint in row._meta.constraints if constraint.name == name)
    with pytest.raises(ValidationError) as raised:
        row.validate_constraints()
    assert str(words) in raised.value.messages


@pytest.mark.parametrize("code", ["Halls", "halls film", "-halls", "halls_1", "", "залы"])
def test_a_code_is_small_latin_letters_digits_and_hyphens(code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Tour(code=code, name_kk="Т").full_clean()
    assert "code" in raised.value.message_dict


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Asia/Akmol"), ("country", "QQ"), ("currency", "kzt"), ("name_kk", "a\x07"), ("latitude", 91.0)],
)
def test_the_museum_s_settings_are_real_ones(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as raised:
        museum(**{field: value}).full_clean()
    assert field in raised.value.message_dict


def test_a_guide_outlives_their_account(alzhir: Museum) -> None:
    user = User.objects.create_user("guide")
    guide = Guide.objects.get(code="g01")
    guide.user = user
    guide.save()
    assert user.guide == guide
    user.delete()
    assert Guide.objects.get(code="g01").user is None

"""An event's day, time and places chosen on the day's calendar: with a mouse, with two taps on a phone, with keys, and without a script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduler import bookings
from scheduler.bookings import Person, Request
from scheduler.models import Visit
from scheduler.starts import Group
from tests.browser import Pages, coming, overflows
from tests.scheduler.conftest import at
from tours.models import Audience, Museum, Tour, User

DAY = coming(1)
"""A Tuesday."""
WEDNESDAY = DAY + timedelta(days=1)
NEW = "/office/events/new/"

Open = Callable[..., Page]


@pytest.fixture
def visit(open_museum: Museum) -> Visit:
    """A group in the halls on Tuesday from 11 to 12."""
    group = Group(Tour.objects.get(code="halls"), "ru", Audience.objects.get(code="general"), 12)
    person = Person("Асан", email="asan@example.org", organisation="School 5", locale="ru")
    return bookings.request_visit(Request(group, (at(DAY, "11:00"),), (person,)), now=timezone.now())


@pytest.fixture
def office(page: Pages, visit: Visit, office_worker: User) -> Open:
    """The form of an event, its calendar drawn."""

    def opened(address: str = f"{NEW}?day={DAY}", **options: object) -> Page:
        screen = page(user=office_worker, **options)
        screen.goto(address)
        expect(screen.locator("#timeline .ec-event").first).to_be_visible()
        return screen

    return opened


def cell(screen: Page, row: int) -> tuple[float, float, float]:
    """Where a place's day begins on the screen, its middle from above, and the width of an hour (the museum opens for eight)."""
    box = screen.locator("#timeline .ec-body .ec-day").nth(row).bounding_box()
    assert box is not None
    return box["x"], box["y"] + box["height"] / 2, box["width"] / 8


def typed(screen: Page) -> tuple[list[str | None], list[str]]:
    """The places that are ticked; day, beginning and length."""
    ticked = [tick.get_attribute("value") for tick in screen.locator("[name=spaces]:checked").all()]
    return ticked, [screen.locator(f"[name={name}]").input_value() for name in ("day", "starts", "minutes")]


def test_a_mouse_is_dragged_across_places_and_times_and_what_is_typed_is_drawn(office: Open) -> None:
    screen = office()
    expect(screen.locator("#timeline .ec-event[data-visit]").first).to_contain_text("12 · School 5")
    screen.locator("#timeline").scroll_into_view_if_needed()
    (left, top, hour), (_left, bottom, _hour) = cell(screen, 2), cell(screen, 3)
    screen.mouse.move(left + hour * 1.1, top)
    screen.mouse.down()
    screen.mouse.move(left + hour * 1.3, top, steps=3)
    screen.mouse.move(left + hour * 2.9, bottom, steps=8)
    screen.mouse.up()
    assert typed(screen) == (["unique", "cinema"], [str(DAY), "11:00", "120"])
    expect(screen.locator("#timeline .chosen")).to_have_count(2)
    bar = screen.locator("#timeline .ec-event[data-visit]").first
    place = bar.bounding_box()
    assert place is not None
    screen.mouse.move(
        place["x"] + 4, place["y"] + 8
    )  # from a visit's bar on: it stays where it is, and the ground is chosen
    screen.mouse.down()
    screen.mouse.move(place["x"] + hour * 0.3, place["y"] + 8, steps=3)
    screen.mouse.move(place["x"] + hour * 0.9, place["y"] + 8, steps=8)
    screen.mouse.up()
    assert typed(screen) == (["alash"], [str(DAY), "11:00", "60"])
    assert bar.bounding_box() == place
    screen.locator("[name=minutes]").fill("")
    expect(screen.locator("#timeline .chosen")).to_have_count(0)
    screen.locator("[name=minutes]").fill("45")
    screen.get_by_label("“Zerde” hall").check()
    expect(screen.locator("#timeline .chosen")).to_have_count(2)


def test_the_month_leads_from_day_to_day_and_nothing_typed_is_lost(office: Open) -> None:
    screen = office()
    screen.locator("[name=title_en]").fill("Memorandum")
    if not screen.locator(f"[name=to_day][value='{WEDNESDAY}']").count():  # the next month's first
        screen.locator("[name=to_month]").last.click()
    screen.locator(f"[name=to_day][value='{WEDNESDAY}']").click()
    expect(screen.locator("[name=day]")).to_have_value(str(WEDNESDAY))
    expect(screen.locator("#timeline .ec-event[data-visit]")).to_have_count(0)
    expect(screen.locator(f"[name=to_day][value='{WEDNESDAY}']")).to_have_class("day open chosen")
    screen.locator("[data-turn='-1']").click()
    expect(screen.locator("#timeline .ec-event[data-visit]").first).to_be_visible()
    screen.locator("[name=to_month]").last.click()
    expect(screen.locator("[name=title_en]")).to_have_value("Memorandum")
    expect(screen.locator("[name=day]")).to_have_value(str(WEDNESDAY))


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_two_taps_say_from_when_to_when(office: Open, width: int) -> None:
    screen = office(width=width, height=900, has_touch=True, is_mobile=True)
    screen.locator("#timeline").evaluate("one => one.scrollIntoView()")
    left, top, hour = cell(screen, 0)
    screen.touchscreen.tap(left + hour * 0.25, top)
    expect(screen.locator("#chosen")).to_contain_text("press again where it ends")
    screen.touchscreen.tap(left + hour * 1.75, top)
    expect(screen.locator("#chosen")).to_be_hidden()
    assert typed(screen) == (["alash"], [str(DAY), "10:00", "120"])
    assert not overflows(screen)


def test_keys_alone_choose(office: Open) -> None:
    screen = office()
    screen.locator("#timeline").focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        screen.keyboard.press(key)
    expect(screen.locator("#place")).to_contain_text("School 5 (12)")
    for key in ("ArrowDown", "ArrowDown", "Enter", "ArrowRight", "ArrowDown", "Enter"):
        screen.keyboard.press(key)
    assert typed(screen) == (["unique", "cinema"], [str(DAY), "11:00", "30"])


def test_an_official_visit_is_drawn_where_its_programme_leads(office: Open) -> None:
    screen = office(f"{NEW}?kind=protocol&day={DAY}")
    screen.locator("[name=starts]").fill("14:00")
    for number, (place, minutes) in enumerate((("wall", "20"), ("alash", "25"))):
        screen.locator(f"[name=stop_{number}]").select_option(place)
        screen.locator(f"[name=stop_minutes_{number}]").fill(minutes)
    expect(screen.locator("#timeline .chosen")).to_have_count(2)


def test_without_a_script_the_month_and_a_table_do_it(page: Pages, visit: Visit, office_worker: User) -> None:
    screen = page(user=office_worker, script=False, width=390)
    screen.goto(f"{NEW}?day={DAY}")
    expect(screen.locator("#calendar")).to_be_hidden()
    expect(screen.locator("#planner-day td.taken")).to_have_count(2)
    screen.locator("[name=title_en]").fill("Memorandum")
    if not screen.locator(f"[name=to_day][value='{WEDNESDAY}']").count():
        screen.locator("[name=to_month]").last.click()
    screen.locator(f"[name=to_day][value='{WEDNESDAY}']").click()
    expect(screen.locator("#planner-day td.taken")).to_have_count(0)
    expect(screen.locator("[name=title_en]")).to_have_value("Memorandum")
    assert not overflows(screen)

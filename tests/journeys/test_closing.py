"""A closure chosen on the calendar: with a mouse, with keys alone, with two taps on a phone; from the board; and by its fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from scheduler import bookings, closures, periods
from scheduler.bookings import Person, Request
from scheduler.closures import ClosureDraft
from scheduler.models import Closure, Visit
from scheduler.queries import next_times_of
from scheduler.starts import Group
from tests.browser import Pages, coming, overflows
from tests.journeys.hand import Hand
from tests.live import wait_until
from tests.scheduler.conftest import ASTANA, at
from tours.models import Audience, Museum, Space, Tour, User

DAY = coming(1)
"""A Tuesday; the museum is closed on the Monday before it."""
TUESDAY = 1
NEW = f"/office/closures/new/?first={DAY}"

Open = Callable[..., Page]


@pytest.fixture
def visit(open_museum: Museum) -> Visit:
    """A group in the halls on Tuesday from 11 to 12."""
    group = Group(Tour.objects.get(code="halls"), "ru", Audience.objects.get(code="general"), 12)
    person = Person("Асан", email="asan@example.org", organisation="School 5", locale="ru")
    return bookings.request_visit(Request(group, (at(DAY, "11:00"),), (person,)), now=timezone.now())


@pytest.fixture
def office(page: Pages, visit: Visit, office_worker: User) -> Open:
    """A page of the office, opened and drawn."""

    def opened(address: str = NEW, *, drawn: str = ".ec-event", **options: object) -> Page:
        screen = page(user=office_worker, **options)
        screen.goto(address)
        expect(screen.locator(f"#timeline {drawn}").first).to_be_visible()
        return screen

    return opened


def cell(screen: Page, row: int, day: int = 0, days: int = 7) -> tuple[float, float, float]:
    """Where a day of a place begins on the screen, its middle from above, and the width of an hour (the museum opens for eight)."""
    box = screen.locator("#timeline .ec-body .ec-day").nth(row * days + day).bounding_box()
    assert box is not None
    return box["x"], box["y"] + box["height"] / 2, box["width"] / 8


def drag(screen: Page, first: tuple[float, float], last: tuple[float, float]) -> None:
    screen.mouse.move(*first)
    screen.mouse.down()
    screen.mouse.move(first[0] + 6, first[1], steps=3)
    screen.mouse.move(*last, steps=8)
    screen.mouse.up()


def typed(screen: Page) -> tuple[list[str | None], list[str]]:
    """The places that are ticked, and from when until when."""
    ticked = [tick.get_attribute("value") for tick in screen.locator("[name=spaces]:checked").all()]
    return ticked, [screen.locator(f"[name={name}]").input_value() for name in ("first", "starts", "last", "ends")]


def looked(screen: Page) -> Locator:
    """The part that says what would be hit, once it is worked out."""
    expect(screen.locator("#looked [name=publish]")).to_be_visible()
    return screen.locator("#looked")


def test_a_mouse_is_dragged_across_places_and_times_and_the_visits_are_moved(office: Open, visit: Visit) -> None:
    screen = office(language="ru")
    hand = Hand(screen, "ru")
    (left, top, hour), (_left, bottom, _hour) = cell(screen, 0, TUESDAY), cell(screen, 1, TUESDAY)
    drag(screen, (left + hour * 1.2, top), (left + hour * 3.5, bottom))
    assert typed(screen) == (["alash", "alzhir"], [str(DAY), "11:00", str(DAY), "14:00"])
    expect(screen.locator("#timeline .chosen")).to_have_count(2)
    hits = hand.counts("It hits %(n)s visit", "It hits %(n)s visits", 1)
    expect(looked(screen).locator("#impact")).to_have_text(hits)
    expect(screen.locator("#chosen")).to_contain_text(hits)
    expect(screen.locator("#timeline .hit").first).to_be_visible()
    hand.write(hand.labelled("Notice in Russian"), "Ремонт")
    expect(screen.locator("#without-notice")).to_contain_text("Қазақша, English")
    hand.press(hand.button("Publish"))
    expect(screen.get_by_text(hand.says("Published. Everybody concerned gets a letter."))).to_be_visible()
    closure = Closure.objects.get()
    assert (closure.period.lower, closure.period.upper) == (at(DAY, "11:00"), at(DAY, "14:00"))
    assert {space.code for space in closure.spaces.all()} == {"alash", "alzhir"}
    visit.refresh_from_db()
    assert visit.displaced_by == closure


def test_keys_alone_choose_places_and_times_and_publish(office: Open, visit: Visit) -> None:
    screen = office(language="kk")
    hand = Hand(screen, "kk", keyboard=True)
    hand.press(screen.locator("[data-span=week]"))
    timeline = screen.locator("#timeline")
    for _step in range(30):
        screen.keyboard.press("Tab")
        if timeline.evaluate("one => one === document.activeElement"):
            break
    for key in ("End", "ArrowRight", "ArrowRight"):  # Monday's last hour, Tuesday at ten, at eleven
        screen.keyboard.press(key)
    expect(screen.locator("#place")).to_contain_text("School 5 (12)")
    for key in ("Shift+ArrowRight", "Shift+ArrowDown"):
        screen.keyboard.press(key)
    assert typed(screen) == (["alash", "alzhir"], [str(DAY), "11:00", str(DAY), "13:00"])
    looked(screen)
    hand.write(hand.labelled("Notice in Kazakh"), "Жөндеу")
    hand.press(hand.button("Publish"))
    expect(screen.get_by_text(hand.says("Published. Everybody concerned gets a letter."))).to_be_visible()
    closure = Closure.objects.get()
    assert (closure.period.lower, closure.period.upper) == (at(DAY, "11:00"), at(DAY, "13:00"))
    visit.refresh_from_db()
    assert visit.displaced_by == closure


def test_enter_begins_and_ends_and_escape_begins_anew(office: Open) -> None:
    screen = office()
    screen.locator("[data-span=day]").click()
    expect(screen.locator("#timeline .ec-body .ec-day")).to_have_count(9)  # places, on one day
    screen.locator("#timeline").focus()
    for key in ("Home", "Enter", "ArrowRight", "ArrowRight", "ArrowRight", "Enter", "ArrowRight"):
        screen.keyboard.press(key)
    assert typed(screen) == (["alash"], [str(DAY), "10:00", str(DAY), "11:00"])
    for key in ("Enter", "Escape", "ArrowRight"):
        screen.keyboard.press(key)
    assert typed(screen) == (["alash"], [str(DAY), "11:00", str(DAY), "11:15"])


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_two_taps_say_from_where_to_where(office: Open, width: int) -> None:
    screen = office(width=width, height=900, has_touch=True, is_mobile=True)
    screen.locator("#timeline").evaluate("one => one.scrollIntoView()")
    left, top, hour = cell(screen, 0, days=1)
    screen.touchscreen.tap(left + hour * 0.75, top)
    expect(screen.locator("#chosen")).to_contain_text("press again where it ends")
    assert typed(screen) == (["alash"], [str(DAY), "10:30", str(DAY), "11:00"])
    left, bottom, hour = cell(screen, 2, days=1)
    screen.touchscreen.tap(left + hour * 2.75, bottom)
    assert typed(screen) == (["alash", "alzhir", "unique"], [str(DAY), "10:30", str(DAY), "13:00"])
    expect(looked(screen).locator("#impact")).to_have_text("It hits 1 visit")
    assert not overflows(screen)


def test_a_days_head_takes_the_whole_day_a_second_one_all_between_and_a_button_the_week(office: Open) -> None:
    screen = office()
    screen.locator(f"[data-day='{DAY}']").click()
    assert typed(screen) == ([], [str(DAY), "", str(DAY), ""])
    screen.locator(f"[data-day='{DAY + timedelta(days=2)}']").click()
    assert typed(screen) == ([], [str(DAY), "", str(DAY + timedelta(days=2)), ""])
    expect(screen.locator("#chosen")).to_contain_text("the whole museum")
    screen.get_by_role("button", name="The whole week", exact=True).click()
    monday = DAY - timedelta(days=1)
    assert typed(screen) == ([], [str(monday), "", str(monday + timedelta(days=6)), ""])
    expect(screen.locator("#chosen")).not_to_contain_text("press again")
    screen.locator(f"[data-day='{DAY}']").click()
    assert typed(screen) == ([], [str(DAY), "", str(DAY), ""])


def test_a_days_head_is_pressed_right_after_the_grid_and_keeps_the_keyboard(office: Open) -> None:
    screen = office()
    screen.locator("#timeline").focus()
    screen.keyboard.press("ArrowRight")
    head = screen.locator(f"[data-day='{DAY}']")
    head.click()
    assert typed(screen) == ([], [str(DAY), "", str(DAY), ""])
    looked(screen)
    other = screen.locator(f"[data-day='{DAY + timedelta(days=1)}']")
    other.focus()
    screen.keyboard.press("Enter")
    looked(screen)
    expect(other).to_be_focused()
    assert typed(screen) == ([], [str(DAY), "", str(DAY + timedelta(days=1)), ""])


def test_whoever_comes_back_sees_again_what_would_be_hit(office: Open) -> None:
    screen = office("/office/closures/new/", drawn=".ec-day")
    later = DAY + timedelta(days=14)
    screen.locator("[name=first]").fill(str(later))
    screen.locator("[name=last]").fill(str(later))
    looked(screen)
    screen.goto("/office/closures/")
    screen.go_back()
    looked(screen)
    expect(screen.locator(f"[data-day='{later}']")).to_be_visible()
    expect(screen.locator("#timeline .chosen").first).to_be_visible()


def test_what_is_typed_is_drawn_and_the_calendar_goes_where_it_is(office: Open) -> None:
    screen = office()
    later = DAY + timedelta(days=14)
    screen.locator("[name=first]").fill(str(later))
    screen.locator("[name=last]").fill(str(later))
    screen.locator("[name=starts]").fill("12:00")
    screen.get_by_label("Cinema").check()
    expect(screen.locator("#timeline .chosen")).to_have_count(1)
    expect(screen.locator(f"[data-day='{later}']")).to_be_visible()
    expect(looked(screen).locator("#impact")).to_have_text("It hits no visit")
    screen.locator("[name=ends]").fill("11:00")
    expect(screen.locator("#looked")).to_contain_text("A closure ends after it begins.")
    expect(screen.locator("#timeline .chosen")).to_have_count(0)


def test_empty_time_on_the_board_leads_to_the_form_with_all_of_it(office: Open) -> None:
    screen = office(f"/office/board/?day={DAY}&by=spaces", height=1400)
    (left, top, hour), (_left, bottom, _hour) = cell(screen, 2, days=1), cell(screen, 3, days=1)
    drag(screen, (left + hour * 3.1, top), (left + hour * 4.9, bottom))
    expect(screen.locator("#said")).to_contain_text("13:00–15:00")
    screen.keyboard.press("Escape")
    expect(screen.locator("#said")).to_be_hidden()
    expect(screen.locator("#timeline .chosen")).to_have_count(0)
    screen.mouse.click(left + hour * 3.1, top)  # a click chooses nothing here
    expect(screen.locator("#said")).to_be_hidden()
    drag(screen, (left + hour * 3.1, top), (left + hour * 4.9, bottom))
    screen.get_by_role("link", name="Close this").click()
    expect(screen.locator("#timeline .chosen")).to_have_count(2)
    assert typed(screen) == (["unique", "cinema"], [str(DAY), "13:00", str(DAY), "15:00"])


def test_a_closure_that_has_begun_is_drawn_from_today_on_and_is_no_obstacle_to_itself(
    office: Open, open_museum: Museum
) -> None:
    now = timezone.now()
    today = periods.day_of(now, ASTANA)
    cinema = Space.objects.get(code="cinema")
    draft = ClosureDraft(
        (cinema,), at(today - timedelta(days=30), "00:00"), None, "renovation", {"en": "Renovation"}, agreed=True
    )
    closure = closures.close(draft, seal=closures.preview(draft, now=now).seal, decisions={}, by=None, now=now)
    screen = office(f"/office/closures/{closure.pk}/", drawn=".ec-day")
    expect(screen.locator(f"[data-day='{today}']")).to_be_visible()
    expect(screen.locator("#chosen")).to_contain_text("until further notice")
    expect(screen.locator("#timeline .chosen").first).to_be_visible()
    expect(screen.locator("#timeline").get_by_text("Renovation")).to_have_count(0)
    expect(looked(screen).locator("#impact")).to_have_text("It hits no visit")


def test_without_a_script_the_fields_do_it(page: Pages, visit: Visit, office_worker: User) -> None:
    screen = page(user=office_worker, script=False, width=390)
    screen.goto(f"{NEW}&last={DAY}&spaces=alash")
    expect(screen.locator("#calendar")).to_be_hidden()
    screen.locator("[name=notice_en]").fill("Renovation")
    screen.get_by_role("button", name="Preview").click()
    expect(screen.locator("#impact")).to_have_text("It hits 1 visit")
    screen.get_by_role("button", name="Publish").click()
    expect(screen.get_by_text("Published.")).to_be_visible()
    assert Closure.objects.get().period.lower == at(DAY, "00:00")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_on_a_phone_each_visit_that_is_hit_is_a_short_row_and_what_is_chosen_stands_in_it(
    page: Pages, visit: Visit, office_worker: User, language: str
) -> None:
    screen = page(user=office_worker, language=language, width=390, height=900)
    hand = Hand(screen, language)
    screen.goto(f"{NEW}&last={DAY}")
    row = looked(screen).locator(f'[data-hit="{visit.code}"]')
    box = row.bounding_box()
    assert box is not None
    assert box["height"] < 200
    assert not overflows(screen)
    summary = row.locator("summary")
    summary.click()
    row.get_by_label(hand.says("Cancel it")).check()
    expect(summary).to_contain_text(hand.says("Cancel it"))
    row.locator("[type=date]").fill(str(DAY + timedelta(days=1)))
    row.locator("[type=time]").fill("15:30")
    expect(row.locator("[value=other]")).to_be_checked()
    expect(summary).to_contain_text(f"{DAY + timedelta(days=1):%d.%m.%Y}, 15:30")
    screen.locator("[name=starts]").fill("10:00")  # looked at anew
    expect(row.locator("details")).to_have_attribute("open", "")
    assert not overflows(screen)


def test_all_times_of_one_that_repeats_are_drawn_week_by_week(office: Open) -> None:
    screen = office(f"{NEW}&last={DAY}&starts=13:00&ends=15:00&spaces=cinema")
    expect(screen.locator("#timeline .chosen")).to_have_count(1)
    screen.locator("[name=repeats]").select_option("weekly")
    expect(screen.locator("#chosen")).to_contain_text("every week on this weekday")
    screen.locator("[data-turn='1']").click()
    expect(screen.locator(f"[data-day='{DAY + timedelta(days=7)}']")).to_be_visible()
    expect(screen.locator("#timeline .chosen")).to_have_count(1)
    screen.get_by_label("Repeats until and including").fill(str(DAY + timedelta(days=6)))
    expect(screen.locator("#timeline .chosen")).to_have_count(0)
    screen.locator("[name=repeats]").select_option("")
    screen.get_by_label("Until further notice").check()
    expect(screen.locator("#timeline .chosen")).to_have_count(7)


def test_one_that_has_repeated_for_long_opens_where_it_closes_next(office: Open, open_museum: Museum) -> None:
    now = timezone.now()
    draft = ClosureDraft(
        (Space.objects.get(code="cinema"),),
        at(DAY - timedelta(days=70), "10:00"),
        at(DAY - timedelta(days=70), "12:00"),
        "technical",
        {"en": "Projector"},
        agreed=True,
        rrule="FREQ=WEEKLY;BYDAY=TU",
        until_further_notice=True,
    )
    closure = closures.close(draft, seal=closures.preview(draft, now=now).seal, decisions={}, by=None, now=now)
    following = next_times_of(closure, now, ASTANA, 1)[0].lower
    screen = office(f"/office/closures/{closure.pk}/", drawn=".chosen")
    expect(screen.locator("#timeline .chosen")).to_have_count(1)
    expect(screen.locator(f"[data-day='{periods.day_of(following, ASTANA)}']")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_weeks_bars_are_as_wide_as_a_finger_and_say_how_many_people(office: Open, width: int) -> None:
    screen = office(width=width, height=900)
    screen.locator("[data-span=week]").click()
    screen.locator("[data-span=week][aria-pressed=true]").wait_for()
    bars = screen.locator("#timeline .ec-event[data-visit]")
    expect(bars.first).to_be_in_viewport(ratio=0.9)
    assert {bar.inner_text()[:2] for bar in bars.all()} == {"12"}

    def wide() -> bool:
        boxes = [bar.bounding_box() for bar in bars.all()]
        return all(box and round(box["width"]) >= 24 and round(box["height"]) >= 24 for box in boxes)

    wait_until(wide, what="bars as wide as a finger")  # the week is drawn after its button is pressed
    assert not overflows(screen)

"""The office's board in a browser: dragging, undoing, two people at two screens, the keyboard, a phone, no script at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from scheduler import bookings, locks, planning, roster
from scheduler.bookings import Person, Request
from scheduler.models import Party, RosterJob, Visit
from scheduler.starts import Group
from tests.browser import Pages, coming, overflows
from tests.scheduler.conftest import at
from tours.models import Audience, Guide, Museum, Tour, User

Book = Callable[..., Visit]
DAY = coming(1)
"""A Tuesday within the promise horizon."""


@pytest.fixture
def book(open_museum: Museum) -> Book:
    def booked(clock: str, language: str = "ru", name: str = "School 5", day: date = DAY) -> Visit:
        group = Group(Tour.objects.get(code="halls"), language, Audience.objects.get(code="general"), 12)
        person = Person("Асан", email="asan@example.org", organisation=name, locale="ru")
        return bookings.request_visit(Request(group, (at(day, clock),), (person,)), now=timezone.now())

    return booked


@pytest.fixture
def office(page: Pages, office_worker: User) -> Callable[..., Page]:
    """The board of the day, opened and drawn."""

    def opened(by: str = "guides", *, drawn: bool = True, **options: object) -> Page:
        screen = page(user=office_worker, **options)
        screen.goto(f"/office/board/?day={DAY}&by={by}")
        if drawn:
            expect(screen.locator("#timeline .ec-event").first).to_be_visible()
        return screen

    return opened


def leads(visit: Visit) -> str:
    guide = Party.objects.select_related("guide").get(visit=visit).guide
    return guide.code if guide else ""


def others(visit: Visit, *, may: bool) -> list[Guide]:
    """Guides who do not lead it, those who may or those who cannot."""
    party = Party.objects.get(visit=visit)
    found = [each for each in roster.candidates(party.pk) if each.guide.pk != party.guide_id]
    return [each.guide for each in found if (not each.reasons) == may]


def row(screen: Page, key: str) -> Locator:
    return screen.locator(".ec-row-head", has=screen.locator(f'[data-row="{key}"]'))


def drag(screen: Page, what: Locator, *, x: float | None = None, y: float | None = None, lit: str) -> None:
    """Take something by its left end, wait until what may be lights up, and let it go there."""
    box = what.bounding_box()
    assert box is not None
    left, top = box["x"] + 6, box["y"] + box["height"] / 2
    screen.mouse.move(left, top)
    screen.mouse.down()
    screen.mouse.move(left + 8, top + 8, steps=4)
    expect(screen.locator(lit).first).to_be_attached()
    screen.mouse.move(left if x is None else x, top if y is None else y, steps=12)
    screen.mouse.up()


def middle(where: Locator) -> float:
    where.scroll_into_view_if_needed()
    box = where.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


def test_a_group_is_dragged_to_a_guide_who_may_and_comes_back_by_undo(office: Callable[..., Page], book: Book) -> None:
    visit = book("11:00")
    was, to = leads(visit), others(visit, may=True)[0]
    screen = office(height=2000)
    drag(screen, screen.locator(".ec-event"), y=middle(row(screen, to.code)), lit=".ec-row-head.may")
    expect(screen.locator("#said")).to_contain_text(f"{to.name} leads the group now.")
    assert leads(visit) == to.code
    screen.get_by_role("button", name="Undo").click()
    expect(screen.locator("#said")).to_contain_text("Undone.")
    assert leads(visit) == was


def test_a_guide_who_cannot_says_why_and_gets_nothing(office: Callable[..., Page], book: Book) -> None:
    visit = book("11:00", "en")
    was, to = leads(visit), others(visit, may=False)[0]
    (why,) = [" ".join(each.reasons) for each in roster.candidates(Party.objects.get().pk) if each.guide == to]
    screen = office(height=2000)
    drag(screen, screen.locator(".ec-event"), y=middle(row(screen, to.code)), lit=".ec-row-head.may-not")
    expect(screen.locator("#said")).to_contain_text(f"{to.name}: {why}")
    assert leads(visit) == was
    expect(screen.locator(".may-not")).to_have_count(0)


def test_a_visit_is_dragged_to_a_time_that_lights_up_once_its_people_are_named(
    office: Callable[..., Page], book: Book
) -> None:
    visit = book("11:00")
    screen = office("spaces", height=1400)
    stay = screen.locator(".ec-event").first
    hour = screen.locator(".ec-slots .ec-slot").nth(1).bounding_box()
    box = stay.bounding_box()
    assert hour is not None
    assert box is not None
    drag(screen, stay, x=box["x"] + 6 + 2 * hour["width"], lit=".ec-bg-event.may")
    dialog = screen.get_by_role("dialog")
    expect(dialog).to_contain_text("asan@example.org")
    visit.refresh_from_db()
    assert visit.period.lower == at(DAY, "11:00")
    dialog.get_by_role("button", name="Move it and tell them").click()
    expect(screen.locator("#said")).to_contain_text("Moved.")
    visit.refresh_from_db()
    assert visit.period.lower == at(DAY, "13:00")
    screen.get_by_role("button", name="Undo").click()
    expect(screen.locator("#said")).to_contain_text("Undone.")
    visit.refresh_from_db()
    assert visit.period.lower == at(DAY, "11:00")


def test_a_visit_dropped_on_a_time_that_is_not_free_stays(office: Callable[..., Page], book: Book) -> None:
    visit = book("11:00")
    screen = office("spaces", height=1400)
    stay = screen.locator(".ec-event").first
    box, timeline = stay.bounding_box(), screen.locator(".ec-main").bounding_box()
    assert box is not None
    assert timeline is not None
    drag(screen, stay, x=timeline["x"] + timeline["width"] - 8, lit=".ec-bg-event.may")
    expect(screen.locator("#said")).to_contain_text(re.compile("This time is not free: 1[78]:"))
    visit.refresh_from_db()
    assert visit.period.lower == at(DAY, "11:00")


def test_two_people_see_each_others_changes_and_cannot_overwrite_them(
    page: Pages, office: Callable[..., Page], book: Book
) -> None:
    visit = book("11:00")
    first, second = [guide.name for guide in others(visit, may=True)[:2]]
    here, there = office(), office()
    here.locator(".ec-event button").press("Enter")  # an open dialog is not changed under its reader's hands
    expect(here.get_by_role("dialog").get_by_role("button", name=first)).to_be_visible()
    there.locator(".ec-event button").press("Enter")
    there.get_by_role("dialog").get_by_role("button", name=second).click()
    expect(there.locator("#said")).to_contain_text(f"{second} leads the group now.")
    here.get_by_role("dialog").get_by_role("button", name=first).click()
    expect(here.locator("#said")).to_contain_text("Somebody has changed this day in the meantime.")
    assert leads(visit) == Guide.objects.get(name=second).code
    here.locator(".ec-event button").press("Enter")
    here.get_by_role("dialog").get_by_role("button", name=first).click()
    expect(here.locator("#said")).to_contain_text(f"{first} leads the group now.")
    expect(there.locator("#said")).to_contain_text("Somebody else has changed something")
    expect(there.locator("#rows section", has_text=first)).to_contain_text("School 5")
    page.expected("409")


def test_what_changed_while_a_hand_held_something_is_not_overwritten(
    page: Pages, office: Callable[..., Page], office_worker: User, book: Book
) -> None:
    visit = book("11:00")
    mine, theirs = others(visit, may=True)[:2]
    screen = office(height=2000)
    box, y = screen.locator(".ec-event").bounding_box(), middle(row(screen, mine.code))
    assert box is not None
    screen.mouse.move(box["x"] + 6, box["y"] + 10)
    screen.mouse.down()
    screen.mouse.move(box["x"] + 14, box["y"] + 18, steps=4)
    expect(screen.locator(".ec-row-head.may").first).to_be_attached()
    with screen.expect_response(lambda answer: "/office/board/events/" in answer.url and answer.status == 200):
        party = Party.objects.get(visit=visit)
        locks.door(roster.assign)(party.pk, theirs.code, by=office_worker, now=timezone.now())
    screen.mouse.move(box["x"] + 6, y, steps=8)
    screen.mouse.up()
    expect(screen.locator("#said")).to_contain_text("Somebody has changed this day in the meantime.")
    assert leads(visit) == theirs.code
    page.expected("409")


def test_the_keyboard_alone_gives_a_group_to_another_guide(office: Callable[..., Page], book: Book) -> None:
    visit = book("11:00")
    to = others(visit, may=True)[0]
    screen = office()
    screen.locator(".ec-event button").focus()
    screen.keyboard.press("Enter")
    button = screen.get_by_role("dialog").get_by_role("button", name=to.name)
    expect(button).to_be_visible()
    for _step in range(20):
        if button.evaluate("element => element === document.activeElement"):
            break
        screen.keyboard.press("Tab")
    screen.keyboard.press("Enter")
    expect(screen.locator("#said")).to_contain_text(f"{to.name} leads the group now.")
    assert leads(visit) == to.code


def test_without_a_script_links_and_buttons_do_the_same(office: Callable[..., Page], book: Book) -> None:
    visit = book("11:00")
    to = others(visit, may=True)[0]
    screen = office(drawn=False, script=False, width=390)
    screen.locator("#rows a").first.click()
    screen.locator("#panel").get_by_role("button", name=to.name).click()
    expect(screen.get_by_text(f"{to.name} leads the group now.")).to_be_visible()
    screen.get_by_role("button", name="Undo").click()
    expect(screen.get_by_text("Undone.")).to_be_visible()
    screen.locator("#rows a").first.click()
    screen.locator("#panel").get_by_role("link", name="13:00", exact=True).click()
    screen.get_by_role("button", name="Move it and tell them").click()
    expect(screen.get_by_text("Moved.")).to_be_visible()
    visit.refresh_from_db()
    assert visit.period.lower == at(DAY, "13:00")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_on_a_phone_it_is_a_list_that_fits(office: Callable[..., Page], book: Book, language: str) -> None:
    book("11:00", name="№ 5 мектеп-гимназия")
    screen = office(drawn=False, width=390, language=language, dark=True)
    expect(screen.locator("#rows a").first).to_be_visible()
    expect(screen.locator("#timeline")).to_be_hidden()
    assert not overflows(screen)
    screen.locator("#rows a").first.click()
    expect(screen.get_by_role("dialog")).to_contain_text("№ 5 мектеп-гимназия")
    assert not overflows(screen)


@pytest.mark.parametrize("dark", [False, True])
def test_every_view_of_the_board_opens_without_a_fault(
    page: Pages, office: Callable[..., Page], office_worker: User, book: Book, dark: bool
) -> None:
    book("11:00")
    screen = office(language="ru", dark=dark)
    for view in ("&by=guides&span=week", "&by=spaces"):
        screen.goto(f"/office/board/?day={DAY}{view}")
        expect(screen.locator("#timeline .ec-event").first).to_be_visible()
        assert not overflows(screen)
    screen.goto("/office/")
    expect(screen.locator("#now")).to_be_visible()


def test_days_are_planned_and_published_from_the_board(office: Callable[..., Page], book: Book) -> None:
    visit = book("11:00", day=coming(1, weeks=4))
    screen = office(drawn=False)
    screen.goto(f"/office/board/?day={visit.day}")
    screen.get_by_role("button", name="Plan").click()
    screen.wait_for_url("**/office/roster/*/")
    planning.run(RosterJob.objects.get().pk, now=timezone.now())  # what a worker does
    screen.get_by_role("button", name="Publish and tell the guides").click()
    expect(screen.get_by_text("Published:")).to_be_visible()
    screen.get_by_role("link", name="To the board").click()
    expect(screen.locator(".ec-event.promised")).to_be_visible()

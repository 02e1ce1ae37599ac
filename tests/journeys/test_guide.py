"""A guide's week on a phone: answering, who came, reading without a network, and nothing left after signing out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduler import bookings
from scheduler.bookings import Person, Request
from scheduler.models import Absence, Party, Visit
from scheduler.starts import Group
from tests.browser import Pages, coming, overflows
from tests.journeys.clock import Clock
from tests.journeys.moved import clock, page, site
from tests.live import wait_until
from tests.scheduler.conftest import at
from tours.models import Audience, Guide, Museum, Tour, User

__all__ = ["clock", "page", "site"]  # the fixtures

Book = Callable[..., Visit]
DAY = coming(1)
"""A Tuesday within the promise horizon."""
PHONE = "+77010000086"


@pytest.fixture
def guide(open_museum: Museum) -> User:
    """Who leads the English tours here."""
    user = User.objects.create(username="g03", locale="en")
    Guide.objects.filter(code="g03").update(user=user)
    return user


@pytest.fixture
def book(guide: User) -> Book:
    """A group that this guide leads; the others are there again afterwards, to take over."""

    def booked(clock: str = "11:00", day: date = DAY, name: str = "School 5", heads: int = 12) -> Visit:
        Guide.objects.exclude(code="g03").update(active=False)
        group = Group(Tour.objects.get(code="halls"), "en", Audience.objects.get(code="general"), heads)
        person = Person("Асан", email="asan@example.org", organisation=name, locale="en")
        asked = Request(group, (at(day, clock),), (person,), leader_name="Болат", leader_phone=PHONE)
        visit = bookings.request_visit(asked, now=timezone.now())
        Guide.objects.update(active=True)
        return visit

    return booked


@pytest.fixture
def today(book: Book, clock: Clock) -> Visit:
    """A group that comes today at eleven; on the site it is a quarter to."""
    visit = book()
    clock.move_to(at(DAY, "10:45"))
    return visit


@pytest.fixture
def week(page: Pages, guide: User, clock: Clock) -> Callable[..., Page]:
    """The guide's week on a phone. Only where a test is about it does the phone keep pages: it asks for them at its own time."""

    def opened(*, keeps: bool = False, **options: Any) -> Page:
        workers = "allow" if keeps else "block"
        with clock.there():
            screen = page(user=guide, service_workers=workers, **{"width": 390, "height": 844} | options)
        screen.goto("/guide/")
        return kept(screen) if keeps else screen

    return opened


def kept(screen: Page) -> Page:
    """Wait until the phone has kept what it may keep, and answers for the guide's pages."""
    looked = """async () => {
        if (!navigator.serviceWorker.controller) return false;
        const box = await caches.open("qonaq-guide-kept"), parts = await caches.open("qonaq-guide-shell");
        return (await box.keys()).length === 2 && (await parts.keys()).some(one => one.url.includes("woff2"));
    }"""
    wait_until(lambda: screen.evaluate(looked), what="the pages that a phone keeps")
    return screen


def leads(visit: Visit) -> str:
    guide = Party.objects.select_related("guide").get(visit=visit).guide
    return guide.code if guide else ""


def test_the_week_has_the_next_tour_first_and_its_leader_one_tap_away(week: Callable[..., Page], book: Book) -> None:
    book()
    screen = week(language="kk")
    expect(screen.locator("h1")).to_have_text("Менің аптам")
    first = screen.locator("main section").first
    expect(first.locator(".when.num")).to_have_text("11:00–12:00")
    expect(first.locator(f"a[href='tel:{PHONE}']")).to_be_visible()
    assert not overflows(screen)


@pytest.mark.parametrize("script", [True, False])
def test_a_tour_is_accepted_with_one_tap_with_a_script_and_without(
    week: Callable[..., Page], book: Book, script: bool
) -> None:
    visit = book()
    screen = week(script=script)
    screen.get_by_role("button", name="Yes, I lead it").click()
    expect(screen.get_by_text("Thank you. You lead this tour.")).to_be_visible()
    assert visit.parties.get().answer == Party.Answer.ACCEPTED
    assert screen.url.endswith("/guide/")


@pytest.mark.parametrize("script", [True, False])
def test_a_tour_is_given_away_with_a_reason_and_an_empty_one_is_asked_for(
    week: Callable[..., Page], book: Book, script: bool, page: Pages
) -> None:
    visit = book()
    screen = week(script=script)
    screen.get_by_text("I cannot", exact=True).click()
    screen.get_by_role("button", name="I cannot lead it").click()
    expect(screen.locator("input[name=reason][aria-invalid=true]")).to_be_visible()
    screen.locator("input[name=reason]").first.fill("Ill")
    screen.get_by_role("button", name="I cannot lead it").click()
    expect(screen.get_by_text("Thank you for saying so.")).to_be_visible()
    assert leads(visit) not in ("", "g03")
    page.expected("422")


def test_who_came_is_noted_in_two_taps(week: Callable[..., Page], today: Visit) -> None:
    screen = week()
    screen.get_by_role("button", name="One fewer").click()
    screen.get_by_role("button", name="They are here").click()
    expect(screen.get_by_text("came: 11").first).to_be_visible()
    assert Visit.objects.get().arrived_heads == 11
    assert not overflows(screen)


def test_without_a_script_who_came_is_a_number_and_a_button(week: Callable[..., Page], today: Visit) -> None:
    screen = week(script=False)
    field = screen.locator("form.came input[name=heads]").first
    expect(screen.locator("[data-step]").first).to_be_hidden()
    field.fill("10")
    screen.get_by_role("button", name="They are here").click()
    expect(screen.get_by_text("came: 10").first).to_be_visible()
    assert Visit.objects.get().arrived_heads == 10


def test_an_absence_is_noted_and_taken_back(week: Callable[..., Page]) -> None:
    screen = week()
    screen.get_by_text("Add an absence").click()
    screen.get_by_label("From", exact=True).fill(f"{DAY}")
    screen.get_by_role("button", name="Note the absence").click()
    expect(screen.get_by_text("Your absence is noted.")).to_be_visible()
    screen.get_by_role("button", name="Remove").click()
    expect(screen.get_by_text("The absence is removed.")).to_be_visible()
    assert not Absence.objects.exists()


# --- Without a network -------------------------------------------------------------------------------------------------------


def test_todays_tours_are_read_without_a_network_and_say_what_time_they_are_from(
    week: Callable[..., Page], today: Visit, page: Pages
) -> None:
    screen = week(keeps=True)
    screen.context.set_offline(True)
    for address in ("/guide/", f"/guide/?from={DAY}"):
        screen.goto(address)
        expect(screen.get_by_text("No connection.")).to_be_visible()
        expect(screen.get_by_text("11:00–12:00")).to_be_visible()
        expect(screen.locator(f"a[href='tel:{PHONE}']")).to_be_visible()
        assert screen.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Qonaq Sans"')
    screen.context.set_offline(False)
    screen.get_by_role("link", name="Try again").click()
    expect(screen.locator("h1")).to_have_text("My week")


def test_what_is_pressed_without_a_network_is_not_lost_and_not_sent_behind_ones_back(
    week: Callable[..., Page], book: Book, page: Pages
) -> None:
    visit = book()
    screen = week(keeps=True)
    screen.context.set_offline(True)
    screen.get_by_text("I cannot", exact=True).click()
    screen.get_by_label("Why you cannot").fill("Ill")
    screen.get_by_role("button", name="I cannot lead it").click()
    expect(screen.get_by_role("alert")).to_contain_text("This could not be sent. Nothing is lost")
    expect(screen.get_by_label("Why you cannot")).to_have_value("Ill")
    screen.context.set_offline(False)
    screen.evaluate("caches.delete('qonaq-guide-kept')")
    assert leads(visit) == "g03"
    screen.get_by_role("button", name="I cannot lead it").click()
    expect(screen.get_by_text("Thank you for saying so.")).to_be_visible()
    assert leads(visit) not in ("", "g03")
    kept(screen)  # what is read without a network is what is true now
    page.expected("ERR_INTERNET_DISCONNECTED")


@pytest.mark.parametrize("where", ["/guide/", "/"])
def test_after_signing_out_nothing_can_be_read_without_a_network(
    week: Callable[..., Page], today: Visit, where: str
) -> None:
    screen = week(keeps=True)
    screen.goto(where)
    screen.get_by_role("button", name="Sign out").click()
    expect(screen.get_by_role("link", name="Sign in (museum staff)")).to_be_visible()
    assert screen.evaluate("caches.keys()") == []
    screen.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        screen.goto("/guide/")


def test_where_the_sign_in_has_ended_elsewhere_the_next_look_takes_all_away(
    week: Callable[..., Page], today: Visit
) -> None:
    screen = week(keeps=True)
    screen.context.clear_cookies()
    screen.goto("/guide/")
    screen.wait_for_url("**/accounts/login/**")
    assert screen.evaluate("caches.has('qonaq-guide-kept')") is False


def test_what_was_kept_is_gone_once_its_day_is_over(week: Callable[..., Page], today: Visit) -> None:
    screen = week(keeps=True)
    screen.context.set_offline(True)
    screen.evaluate(
        """async () => {
            const box = await caches.open("qonaq-guide-kept");
            const page = await box.match("/guide/kept/", { ignoreVary: true }), headers = new Headers(page.headers);
            headers.set("X-Kept-Until", String(Date.now() - 1));
            await box.put("/guide/kept/", new Response(await page.text(), { headers }));
        }"""
    )
    screen.goto("/guide/")
    expect(screen.locator("h1")).to_have_text("The next days")
    assert PHONE not in screen.content()
    assert "Болат" not in screen.content()
    assert screen.evaluate("caches.open('qonaq-guide-kept').then(box => box.keys()).then(keys => keys.length)") == 1


# --- On paper ----------------------------------------------------------------------------------------------------------------


def test_the_day_is_printed_on_one_sheet(week: Callable[..., Page], today: Visit) -> None:
    screen = week()
    screen.get_by_role("link", name="The day on paper").click()
    expect(screen.locator("article")).to_have_count(1)
    assert not overflows(screen)
    screen.emulate_media(media="print")
    expect(screen.locator(".top")).to_be_hidden()
    expect(screen.get_by_role("button", name="Print")).to_be_hidden()
    assert screen.pdf(format="A4").count(b"/Type /Page\n") == 1

"""What the organiser's pages do with a script, and that nothing is missing without one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from scheduler.models import CeremonyPlan, Visit
from tests.browser import Pages, coming, overflows
from tests.live import wait_until
from tours.models import Museum

TUESDAY = 1


def wish(screen: Page, *, tour: str = "halls", heads: str = "20") -> None:
    """Choose everything that the free days depend on, as a hand would."""
    screen.check(f"input[name=tour][value={tour}]")
    screen.check("input[name=audience][value=school]")
    screen.locator("label.pick", has=screen.locator("input[name=language][value=kk]")).click()
    screen.fill("input[name=heads]", heads)
    expect(screen.locator("table.month")).to_be_visible()


def free_day(screen: Page) -> Locator:
    """A Tuesday some weeks ahead, the month turned to it where need be: the last days of one may have nothing free."""
    button = screen.locator(f"button[name=day][value='{coming(TUESDAY, weeks=2)}']")
    if not button.count():
        screen.locator("button[name=month]").last.click()
        expect(button).to_be_visible()
    return button


def choose_a_time(screen: Page) -> None:
    """The first time of that day."""
    free_day(screen).click()
    screen.locator("#day label.pick").first.click()


def person(screen: Page) -> None:
    screen.fill("input[name=name]", "Айгерім Сейітқызы")
    screen.fill("input[name=email]", "aigerim@example.org")


def send(screen: Page) -> None:
    screen.click("button[name=book]")
    screen.wait_for_url("**/visit/**")


def on_their_visit(page: Pages) -> Page:
    """A phone on which somebody has just asked for a visit."""
    screen = page(width=390)
    screen.goto("/ask/")
    wish(screen)
    choose_a_time(screen)
    person(screen)
    send(screen)
    return screen


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_visit_is_asked_for_on_one_page_that_unfolds(page: Pages, open_museum: Museum, language: str) -> None:
    screen = page(width=390, language=language)
    screen.goto("/ask/")
    assert not screen.locator("input[name=name]").is_visible()
    wish(screen)
    choose_a_time(screen)
    person(screen)
    assert not overflows(screen)
    send(screen)
    assert screen.locator("p.large").inner_text() == Visit.objects.get().code
    assert not overflows(screen)


def test_without_a_script_the_same_form_books_and_loses_nothing_on_the_way(page: Pages, open_museum: Museum) -> None:
    screen = page(width=390, script=False)
    screen.goto("/ask/")
    wish_without_script(screen)
    screen.fill("input[name=name]", "Typed before")
    choose_a_time(screen)
    assert screen.input_value("input[name=name]") == "Typed before"
    screen.fill("input[name=email]", "aigerim@example.org")
    screen.click("button[name=book]")
    assert "/visit/" in screen.url
    assert Visit.objects.get().contacts.get().name == "Typed before"


def wish_without_script(screen: Page) -> None:
    screen.check("input[name=tour][value=halls]")
    screen.check("input[name=audience][value=school]")
    screen.locator("label.pick", has=screen.locator("input[name=language][value=kk]")).click()
    screen.fill("input[name=heads]", "20")
    screen.click("button[name=look]")
    if not screen.locator("#day").count():
        free_day(screen).click()


def test_what_was_typed_comes_back_until_it_is_sent(page: Pages, open_museum: Museum) -> None:
    screen = page()
    screen.goto("/ask/")
    wish(screen, tour="halls-flowers")
    choose_a_time(screen)
    person(screen)
    screen.fill("input[name=vehicles]", "Coach 123 ABC 01")
    expect(screen.locator("#draft-kept")).to_be_visible()
    screen.goto("/")
    screen.goto("/ask/")
    expect(screen.locator("#draft-back")).to_be_visible()
    expect(screen.locator("table.month")).to_be_visible()
    choose_a_time(screen)
    assert screen.input_value("input[name=name]") == "Айгерім Сейітқызы"
    assert screen.input_value("input[name=vehicles]") == "Coach 123 ABC 01"
    send(screen)
    assert CeremonyPlan.objects.get().vehicles == "Coach 123 ABC 01"
    screen.goto("/ask/")
    assert screen.input_value("input[name=name]") == ""
    assert not screen.locator("#draft-back").is_visible()


CHOSEN = "() => (document.querySelector('input[name=start]:checked') || {}).value"


@pytest.mark.parametrize("leave", ["reload", "away and back", "another day"])
def test_the_chosen_time_is_as_little_lost_as_what_was_typed(page: Pages, open_museum: Museum, leave: str) -> None:
    screen = page(width=390)
    screen.goto("/ask/")
    wish(screen)
    choose_a_time(screen)
    person(screen)
    chosen = screen.evaluate(CHOSEN)
    assert chosen
    expect(screen.locator("#draft-kept")).to_be_visible()
    if leave == "reload":
        screen.reload()
    else:
        screen.goto("/")
        screen.go_back() if leave == "away and back" else screen.goto("/ask/")
    expect(screen.locator("input[name=start]:checked")).to_be_attached()
    assert screen.evaluate(CHOSEN) == chosen
    assert screen.input_value("input[name=name]") == "Айгерім Сейітқызы"
    send(screen)


def test_who_goes_back_and_sends_the_same_once_more_has_still_one_visit(page: Pages, open_museum: Museum) -> None:
    screen = on_their_visit(page)
    first = screen.url
    screen.go_back()
    if not screen.locator("input[name=start]:checked").count():
        choose_a_time(screen)
    person(screen)
    screen.click("button[name=book]")
    screen.wait_for_url(first)
    assert Visit.objects.count() == 1
    screen.go_back()
    person(screen)
    screen.fill("textarea[name=notes]", "a second group")
    screen.click("button[name=book]")
    expect(screen.locator("#refused")).to_be_visible()  # asks whether a second group is meant
    page.expected("422")
    send(screen)
    assert Visit.objects.count() == 2


def test_a_draft_is_forgotten_by_a_button(page: Pages, open_museum: Museum) -> None:
    screen = page()
    screen.goto("/ask/")
    wish(screen, heads="7")
    choose_a_time(screen)
    expect(screen.locator("#draft-kept")).to_be_visible()
    screen.goto("/ask/")
    screen.click("#draft-back [data-forget]")
    expect(screen.locator("#draft-back")).to_be_hidden()
    assert screen.evaluate("localStorage.getItem('qonaq-draft')") is None
    assert screen.input_value("input[name=heads]") == ""


def test_an_address_never_holds_what_is_personal(page: Pages, open_museum: Museum) -> None:
    screen = page()
    asked: list[str] = []
    screen.on("request", lambda request: asked.append(request.url))
    screen.goto("/ask/")
    wish(screen, tour="halls-flowers")
    choose_a_time(screen)
    person(screen)
    screen.fill("input[name=embassy]", "Frau Schmidt")
    choose_a_time(screen)
    assert screen.input_value("input[name=embassy]") == "Frau Schmidt"  # though its part of the page came anew
    assert not [url for url in asked if "Schmidt" in url or "aigerim" in url]
    assert "tour=halls-flowers" in screen.url


def test_who_reads_by_another_clock_sees_it_beneath_the_museums(page: Pages, open_museum: Museum) -> None:
    here, berlin = page(timezone_id="Asia/Almaty"), page(timezone_id="Europe/Berlin")
    for screen in (here, berlin):
        screen.goto("/ask/")
        wish(screen)
        choose_a_time(screen)
    assert here.locator(".own").count() == 0
    assert not here.locator(".own-note").is_visible()
    assert berlin.locator("#day .own").first.inner_text() in ("06:00", "07:00")  # 10:00 in Astana; summer, winter
    assert "Europe/Berlin" in berlin.locator(".own-note").inner_text()


def test_what_a_hand_has_pressed_is_not_written_anew_beneath_it(page: Pages, open_museum: Museum) -> None:
    screen = page()
    screen.goto("/ask/")
    wish(screen)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    screen.route("**/ask/starts/**", hold_the_first)
    screen.fill("input[name=heads]", "30")
    wait_until(lambda: screen.title() and held, what="what the form asks for")
    month = screen.locator("#month").inner_text()
    screen.locator("button[name=month]").last.hover()
    screen.mouse.down()
    with screen.expect_response("**/ask/starts/**") as answer:
        held[0].continue_()
    answer.value.finished()
    screen.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    screen.mouse.up()
    expect(screen.locator("#month")).not_to_have_text(month)
    expect(screen.locator("form[aria-busy]")).to_have_count(0)
    assert screen.locator("#month").inner_text() != month


def test_where_the_network_fails_the_form_does_without_the_script(page: Pages, open_museum: Museum) -> None:
    screen = page()
    screen.goto("/ask/")
    wish(screen)
    day = free_day(screen)
    screen.route("**/ask/starts/**", lambda route: route.abort())
    day.click()
    expect(screen.locator("#day input[name=start]").first).to_be_attached()
    page.expected("ERR_FAILED")


def test_the_voucher_is_there_to_print_and_to_keep(page: Pages, open_museum: Museum) -> None:
    screen = on_their_visit(page)
    with screen.expect_download() as kept:
        screen.locator("a[href$='voucher.png']").click()
    assert kept.value.suggested_filename == f"{Visit.objects.get().code}.png"
    screen.locator("a[href$='/voucher/']").click()
    expect(screen.locator("[data-print]")).to_be_visible()
    screen.emulate_media(media="print")
    assert not screen.locator("header.top").is_visible()
    assert screen.locator(".voucher p.large").is_visible()

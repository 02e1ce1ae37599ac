"""What a group shows at the desk, and what else its page gives to keep."""

from __future__ import annotations

import struct
import zlib
from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from notifications import links
from scheduler import bookings, offers
from scheduler.models import CeremonyPlan, Visit
from scheduler.views import pictures
from scheduler.views.drawing import plan_of
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR, NEAR, Book, browser, link, soup, words
from tours.models import Space, User

pytestmark = pytest.mark.django_db


def test_the_voucher_shows_code_time_group_and_what_to_bring(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00", audience="soldiers")
    page = words(stranger.get(link(visit, "voucher/")))
    assert visit.code in page
    assert "Tuesday, 20 May 2025 11:00–12:00" in page
    assert "The unit's letter" in page
    assert soup(stranger.get(link(visit, "voucher/"))).select_one(".voucher img")["src"].startswith("data:image/svg")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_voucher_is_in_the_readers_language(book: Book, language: str) -> None:
    said = {"kk": "Сапар ваучері", "ru": "Ваучер", "en": "Voucher"}[language]
    page = soup(browser(language=language).get(link(book(NEAR, "11:00"), "voucher/")))
    assert page.title.text.startswith(said)


def test_the_picture_is_a_png_that_names_nobody(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    answer = stranger.get(link(visit, "voucher.png"))
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == f'attachment; filename="{visit.code}.png"'
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(answer.content) < 20_000


@pytest.mark.parametrize("page", ["voucher/", "voucher.png"])
def test_a_visit_that_will_not_be_has_no_voucher(stranger: Client, book: Book, season_now: datetime, page: str) -> None:
    visit = book(NEAR, "11:00")
    assert stranger.get(link(visit, page)).status_code == 200
    assert stranger.post(link(visit, page)).status_code == 405
    assert stranger.get(f"/visit/{links.token('visit', visit.code, 7)}/{page}").status_code == 404
    bookings.cancel(visit.pk, by="office", reason="", now=season_now)
    assert stranger.get(link(visit, page)).status_code == 404


def test_a_discreet_visits_voucher_is_an_official_event(stranger: Client, book: Book) -> None:
    page = words(stranger.get(link(book(NEAR, "11:00", discreet=True, audience="soldiers"), "voucher/")))
    assert "Official event" in page
    assert "A school" not in page
    assert "Soldiers" not in page


def test_a_picture_is_a_png_as_its_header_says() -> None:
    png = pictures.png([[1, 0, 1], [0, 1, 0]])
    assert struct.unpack(">IIBB", png[16:26]) == (3, 2, 1, 0)


def test_every_letter_of_a_code_and_a_time_can_be_drawn() -> None:
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-:. ") <= set(pictures.GLYPHS)
    assert len({*pictures.GLYPHS.values()}) == len(pictures.GLYPHS)


# --- Other calendars -----------------------------------------------------------------------------------------------------------


def test_google_and_outlook_get_the_time_in_utc_and_no_link_of_ours(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    found = [str(each["href"]) for each in soup(stranger.get(link(visit))).select("a[target=_blank]")]
    google, outlook = (parse_qs(urlsplit(address).query) for address in found)
    assert google["dates"] == ["20250520T060000Z/20250520T070000Z"]
    assert outlook["startdt"] == ["2025-05-20T06:00:00+00:00"]
    assert "+" not in found[1]  # Outlook would show it
    token = links.token("visit", visit.code, 1).partition(".")[2]
    assert not [address for address in found if token in address]


def test_other_calendars_learn_of_a_discreet_visit_no_more_than_anybody(stranger: Client, book: Book) -> None:
    found = soup(stranger.get(link(book(NEAR, "11:00", discreet=True)))).select("a[target=_blank]")
    assert len(found) == 2
    assert all("Official event" in unquote_plus(str(each["href"])) for each in found)


# --- The plan ------------------------------------------------------------------------------------------------------------------


def test_a_settled_walk_is_numbered_on_the_plan(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00", heads=10)
    drawn = soup(stranger.get(link(visit))).select("svg.plan")
    assert len(drawn) == 1
    numbers = [text.text for text in drawn[0].select("text.number")]
    assert sorted(numbers) == ["1", "2"]


def test_before_it_is_settled_places_are_marked_without_an_order(stranger: Client, book: Book) -> None:
    drawn = soup(stranger.get(link(book(FAR, "11:00")))).select("svg.plan text.number")
    assert {text.text for text in drawn} == {"•"}


def test_sub_groups_that_walk_differently_have_a_plan_each(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "14:00", heads=50)
    page = soup(stranger.get(link(visit)))
    walks = {tuple(step.text.split(" ", 1)[1] for step in walk.select("li")) for walk in page.select("ol.numbered")}
    assert len(page.select("ol.numbered")) == 2
    assert len(page.select("svg.plan")) == len(walks)


def test_without_positions_the_walk_is_drawn_as_a_row(stranger: Client, book: Book) -> None:
    visit = book(NEAR, "11:00")
    Space.objects.filter(code="alash").update(plan=None)
    drawn = soup(stranger.get(link(visit))).select_one("svg.plan.rows")
    assert len(drawn.select("rect")) == 2  # the walk alone


def test_names_stay_inside_their_boxes() -> None:
    long = Space(pk=1, code="a", name="Выставка «Уникальные экспонаты «АЛЖИРа» и ещё одна", plan=[74, 50, 22, 20])
    plan = plan_of([1], [long], ordered=True)
    assert plan is not None
    box = plan.boxes[0]
    assert box.labels[-1].text.endswith("…")
    assert all(box.y < label.y < box.foot - 10 for label in box.labels)


# --- Answers, story, ceremony ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "first"), [("accept", "Yes, we come then"), ("decline", "No, we do not come"), ("x", None)]
)
def test_a_letters_answer_is_prepared_and_never_given_by_opening_it(
    stranger: Client, book: Book, season_now: datetime, answer: str, first: str | None
) -> None:
    visit = book(FAR, "11:00")
    offers.offer(
        visit.pk, (at(FAR, "14:00"),), answer_by=season_now + timedelta(days=3), alternatives=[], now=season_now
    )
    page = soup(stranger.get(f"{link(visit)}?answer={answer}"))
    assert Visit.objects.get().status == "offered"
    focused = page.select_one("button[autofocus]")
    assert (focused.text if focused else None) == first
    assert len(page.select("form[action$='/accept/'] button")) == 1
    assert len(page.select("form[action$='/decline/'] button")) == 2


def test_its_story_says_what_became_of_it_and_not_who_did_it(
    stranger: Client, book: Book, season_now: datetime
) -> None:
    visit = book(FAR, "11:00")
    bookings.move(visit.pk, (at(FAR, "14:00"),), now=season_now)
    page = soup(stranger.get(link(visit))).select_one("section[aria-labelledby=story]")
    assert "Time: Wednesday, 18 June 2025, 11:00" in page.text
    assert "Time: Wednesday, 18 June 2025, 14:00" in page.text
    assert "Sub-group" not in page.text


def test_a_ceremonys_plan_is_shown_to_who_gave_it_but_not_where_the_visit_is_discreet(
    stranger: Client, book: Book
) -> None:
    visit = book(FAR, "11:00", tour="halls-flowers")
    CeremonyPlan.objects.create(visit=visit, vehicles="Coach 123 ABC 01")
    assert "Coach 123 ABC 01" in words(stranger.get(link(visit)))
    Visit.objects.update(discreet=True)
    assert "Coach 123 ABC 01" not in words(stranger.get(link(visit)))


def test_of_the_office_only_who_may_reads_a_ceremonys_plan(book: Book, office: Client, office_user: User) -> None:
    visit = book(FAR, "11:00", tour="halls-flowers")
    CeremonyPlan.objects.create(visit=visit, vehicles="Coach 123 ABC 01")
    page = f"/office/visits/{visit.code}/"
    assert "Coach 123 ABC 01" not in words(office.get(page))
    office_user.user_permissions.add(Permission.objects.get(codename="view_ceremonyplan"))
    assert "Coach 123 ABC 01" in words(office.get(page))


def test_what_a_picture_holds_can_be_read_back() -> None:
    """The letters of the code, row by row, as any reader of PNG finds them."""
    png = pictures.voucher("AB7", "20.05.2025 11:00", "https://museum.example/office/visits/AB7/")
    width, height = struct.unpack(">II", png[16:24])
    at = png.index(b"IDAT")
    raw = zlib.decompress(png[at + 4 : at + 4 + struct.unpack(">I", png[at - 4 : at])[0]])
    size = -(-width // 8) + 1
    rows = ["".join(f"{byte:08b}" for byte in raw[y * size + 1 : (y + 1) * size])[:width] for y in range(height)]
    left = min(row.index("0") for row in rows[36:106] if "0" in row)  # black is 0
    assert [rows[36 + 10 * y][left::10][:17].replace("1", ".").replace("0", "#") for y in range(7)] == [
        ".###..####..#####",
        "#...#.#...#.....#",
        "#...#.#...#....#.",
        "#...#.####....#..",
        "#####.#...#..#...",
        "#...#.#...#..#...",
        "#...#.####...#...",
    ]


def test_the_voucher_asks_the_database_a_fixed_number_of_times(
    stranger: Client, book: Book, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    small, large = book(NEAR, "11:00", heads=10), book(NEAR, "14:00", heads=50)
    for visit in (small, large):
        with django_assert_num_queries(7):
            stranger.get(link(visit, "voucher/"))

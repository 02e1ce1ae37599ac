"""What a wish can have, before one asks: its price, the month, a day and its times, the tour."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from scheduler.core.state import State
from scheduler.models import Unserved
from tests.scheduler.views.conftest import FAR, WISH, Book, Close, link, soup, words
from tours import queries as catalogue

pytestmark = pytest.mark.django_db


def test_a_whole_wish_shows_price_guides_and_the_month(stranger: Client) -> None:
    page = words(stranger.get("/ask/", WISH | {"heads": "40"}))
    assert "7 600 ₸" in page  # two of the adults are free
    assert "2 guides" in page
    assert "May 2025" in page


def test_a_free_audience_is_told_what_to_bring_before_it_asks(stranger: Client) -> None:
    page = words(stranger.get("/ask/", WISH | {"audience": "soldiers"}))
    assert "Free of charge" in page
    assert "Please bring: The unit's letter" in page


def test_a_day_shows_its_times_with_the_museums_clock_named(stranger: Client) -> None:
    page = stranger.get("/ask/", WISH | {"day": "2025-05-20"})
    assert "Astana time, UTC+5" in words(page)
    assert [field["value"] for field in soup(page).select("input[name=start]")][:2] == [
        "2025-05-20T10:00+05:00",
        "2025-05-20T10:15+05:00",
    ]


def test_the_month_shows_the_notices_of_what_is_closed_in_it(
    stranger: Client, office: Client, book: Book, close: Close
) -> None:
    visit = book(FAR, "11:00")
    cinema = catalogue.places().get(code="cinema")
    close(date(2025, 5, 24), date(2025, 5, 28), places=(cinema,), en="No films for some days.")
    close(date(2025, 7, 1), date(2025, 7, 2), en="Closed in July.")
    for page in (
        stranger.get("/ask/", WISH),
        stranger.get(link(visit), {"move": "1", "month": "2025-05"}),
        office.get("/office/visits/new/", WISH),
    ):
        assert "No films for some days." in words(page)
        assert "Closed in July." not in words(page)
    assert "No films for some days." in stranger.get("/ask/starts/", WISH).content.decode()
    assert "No films for some days." not in words(stranger.get("/ask/", WISH | {"month": "2025-06"}))


def test_two_closures_with_one_notice_say_it_once(stranger: Client, close: Close) -> None:
    grounds = catalogue.places().get(code="grounds")
    close(date(2025, 5, 24), date(2025, 5, 28), places=(grounds,), en="Closed for snow.")
    close(date(2025, 5, 25), date(2025, 5, 26), en="Closed for snow.")
    page = words(stranger.get("/ask/", WISH | {"tour": "grounds", "day": "2025-05-25"}))
    assert "Not free: Closed for snow." in page
    assert "Closed for snow. Closed for snow." not in page


def test_a_day_that_is_not_free_says_why(stranger: Client, close: Close) -> None:
    close(date(2025, 5, 24), date(2025, 5, 28), en="Closed for renovation.")
    assert "Closed for renovation." in words(stranger.get("/ask/", WISH | {"day": "2025-05-25"}))
    assert "The museum is closed on this day." in words(stranger.get("/ask/", WISH | {"day": "2025-05-19"}))
    assert "The first day that can be asked for" in words(stranger.get("/ask/", WISH | {"day": "2025-05-12"}))


def test_a_month_without_a_free_day_names_the_first_one_after_it(stranger: Client, close: Close) -> None:
    close(date(2025, 5, 12), date(2025, 6, 11))
    assert "The first free one: Wednesday, 11 June 2025" in words(stranger.get("/ask/", WISH))


def test_a_group_larger_than_the_museum_hears_how_many_can_come_and_is_not_asked_to_wait(stranger: Client) -> None:
    soldiers = WISH | {"audience": "soldiers", "language": "ru", "adults": ""}
    for where in ({}, {"day": "2025-05-20"}):
        page = words(stranger.get("/ask/", soldiers | {"heads": "900"} | where))
        assert "The museum can receive 400 people at most." in page
        assert "Wait for a free time" not in page
    assert "can receive" not in words(stranger.get("/ask/", soldiers | {"heads": "400"}))


def test_more_people_than_anybody_may_type_are_told_to_call(stranger: Client) -> None:
    for where in ("/ask/", "/ask/starts/"):
        page = soup(stranger.get(where, WISH | {"heads": "3000"})).get_text(" ")
        assert "For more than 1000 people please call the museum." in page
        assert "then the free days stand here" not in page


def test_a_tour_is_drawn_as_a_line_of_its_stops_and_said_in_words(stranger: Client) -> None:
    page = stranger.get("/ask/")
    lines = soup(page).select("label.tour svg.line")
    assert len(lines) == 6
    pieces = [(piece["x"], piece["width"]) for piece in lines[1].select("rect")]
    assert pieces == [("0%", "37%"), ("37%", "38%"), ("75%", "25%")]
    assert "Cinema, film (in Russian) · 20 minutes" in words(page)


def test_a_film_in_another_language_than_the_tour_is_said_before_one_books(stranger: Client) -> None:
    said = "The film is shown in another language than the tour: in Russian."
    wish = WISH | {"tour": "halls-film"}
    assert said in words(stranger.get("/ask/", wish))
    assert said not in words(stranger.get("/ask/", wish | {"language": "ru"}))


def test_a_day_that_is_not_free_names_the_nearest_ones_that_are(stranger: Client, close: Close) -> None:
    close(date(2025, 5, 24), date(2025, 5, 28))
    page = soup(stranger.get("/ask/", WISH | {"day": "2025-05-25"}))
    assert [button["value"] for button in page.select("#day button[name=day]")] == [
        "2025-05-22",
        "2025-05-23",
        "2025-05-28",
    ]


def test_the_month_is_a_table_whose_days_say_in_words_what_they_are(stranger: Client) -> None:
    page = soup(stranger.get("/ask/", WISH))
    assert [head["title"] for head in page.select("table.month th[scope=col] abbr")][:2] == ["Monday", "Tuesday"]
    said = {button["value"]: button.text for button in page.select("table.month button.day")}
    assert said["2025-05-13"] == "13, has free times"
    assert said["2025-05-19"] == "19, closed"


def test_a_wish_in_an_address_can_be_looked_at_without_sending_anything(stranger: Client) -> None:
    """Bookmarks and letters come by GET; the form's own buttons post, so that nothing typed is lost without a script."""
    page = stranger.get("/ask/", WISH | {"month": "2025-07"})
    assert "July 2025" in words(page)


def test_page_and_interface_say_what_is_not_known_in_time_and_it_is_counted(
    stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(State, "starts", lambda self, wish, group, candidates, budget: (0, candidates))
    asked = WISH | {"heads": "17"}  # as nobody asks elsewhere: nothing is remembered of them
    page = stranger.get("/ask/", asked | {"day": "2025-05-29"})
    assert "Not known yet: The times of this day could not be checked in time." in words(page)
    assert "Not free:" not in words(page)
    assert "Not all days could be checked in time." in words(page)
    assert "No day of this month" not in words(page)
    assert Unserved.objects.get().how == Unserved.How.UNKNOWN
    answer = stranger.get("/api/v1/availability/", asked | {"from": "2025-05-29", "to": "2025-05-29"})
    (day,) = answer.json()["days"]
    assert (day["state"], day["complete"], day["starts"]) == ("not_known", False, [])

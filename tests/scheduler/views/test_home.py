"""The first page: what is offered, what is closed, and the next free times."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from scheduler import showcase, starts
from scheduler.core.state import State
from tests.scheduler.views.conftest import Close, browser, soup, typed, words
from tours.models import Museum

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "tour", "free"),
    [
        ("kk", "«Алаш» және «АЛЖИР» залдары", "Кімдерге тегін"),
        ("ru", "Залы «Алаш» и «АЛЖИР»", "Для кого бесплатно"),
        ("en", "The halls “Alash” and “ALZHIR”", "Who comes free of charge"),
    ],
)
def test_home_shows_what_is_offered_in_the_readers_language(
    alzhir: Museum, language: str, tour: str, free: str
) -> None:
    page = browser(language=language).get("/")
    assert page.status_code == 200
    assert soup(page).html["lang"] == language
    assert tour in words(page)
    assert free in words(page)


@pytest.mark.parametrize(
    ("language", "days"),
    [("kk", "Сейсенбі – жексенбі"), ("ru", "Вторник – воскресенье"), ("en", "Tuesday – Sunday")],
)
def test_days_of_the_week_are_written_as_each_language_writes_them(alzhir: Museum, language: str, days: str) -> None:
    assert days in words(browser(language=language).get("/"))


def test_home_tells_of_closures_in_the_readers_language(close: Close) -> None:
    close(date(2025, 5, 24), date(2025, 5, 28), kk="Жөндеу", ru="Ремонт", en="Renovation work")
    assert "Ремонт" in words(browser(language="ru").get("/"))
    assert "Жөндеу" in words(browser(language="kk").get("/"))


def test_home_shows_free_times_that_lead_to_the_form_with_them_chosen(stranger: Client) -> None:
    times = soup(stranger.get("/")).select("a.pill.num")
    assert [each.text for each in times[:2]] == ["10:00", "10:15"]
    assert typed(stranger.get(str(times[0]["href"])))["start"] == "2025-05-13T10:00+05:00"


def test_home_asks_the_database_as_often_with_many_closures_as_with_one(
    stranger: Client, close: Close, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    close(date(2025, 5, 24), date(2025, 5, 28))
    stranger.get("/")  # the free times are kept until a day changes
    with django_assert_num_queries(12):
        stranger.get("/")
    for day in range(1, 12):
        close(date(2025, 7, day), date(2025, 7, day + 1))
    stranger.get("/")
    with django_assert_num_queries(12):
        stranger.get("/")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_without_a_museum_home_says_so(db: None, language: str) -> None:
    page = browser(language=language).get("/")
    assert page.status_code == 503
    assert "load_museum" in words(page)


def test_home_shows_what_paying_groups_pay_at_least(stranger: Client) -> None:
    assert "General group from 5 000 ₸ a group" in words(stranger.get("/")).replace("\u00a0", " ")


def test_the_season_now_is_what_the_pages_see(stranger: Client, season_now: datetime) -> None:
    assert "2025-05-13" in str(stranger.get("/").content)


def test_each_tour_shows_its_next_free_times(stranger: Client) -> None:
    cards = {card.h3.text: card for card in soup(stranger.get("/")).select("li.tour")}
    assert len(cards) == 6
    near, far = cards["The halls “Alash” and “ALZHIR”"], cards["The full programme"]
    assert "Tuesday, 13 May" in near.text
    assert "Wednesday, 21 May" in far.text  # seven business days
    assert [time.text for time in far.select("a.pill")] == ["10:00", "10:15", "10:30", "10:45"]


def test_next_times_that_could_not_be_checked_in_time_are_looked_for_again(
    stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showcase, "USUAL_HEADS", 18)  # as nobody asks elsewhere: nothing is remembered of them
    monkeypatch.setattr(starts, "NOT_KNOWN_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(State, "starts", lambda self, wish, group, candidates, budget: (0, candidates))
        assert not soup(stranger.get("/")).select("li.tour a.pill")
    assert soup(stranger.get("/")).select("li.tour a.pill")


def test_a_tour_whose_days_are_full_or_closed_names_the_next_one(stranger: Client, close: Close) -> None:
    stranger.get("/")  # and so keeps an answer
    close(date(2025, 5, 13), date(2025, 5, 16))
    card = soup(stranger.get("/")).select_one("li.tour")
    assert "Friday, 16 May" in card.text

"""The museum's own colours and mark on every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from tests.scheduler.views.conftest import soup
from tours.models import Museum

pytestmark = pytest.mark.django_db

MARK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def test_on_paper_it_is_always_day() -> None:
    for sheet in Path("scheduler/static/scheduler").glob("*.css"):
        asked = re.findall(r"@media ([^{]*prefers-color-scheme: dark[^{]*)", sheet.read_text())
        assert all(media.startswith("screen and") for media in asked), sheet


def test_a_museum_without_a_look_of_its_own_costs_no_request(stranger: Client) -> None:
    page = soup(stranger.get("/"))
    assert [link["href"] for link in page.select("link[rel=stylesheet]")] == ["/static/scheduler/qonaq.css"]
    assert page.select("header img") == []
    assert stranger.get("/look/mark.svg").status_code == 404


def test_its_colours_come_by_day_and_by_night(stranger: Client) -> None:
    Museum.objects.update(accent="#7a1f2b", accent_dark="#f0b0b8")
    address = soup(stranger.get("/")).select("link[rel=stylesheet]")[1]["href"]
    answer = stranger.get(str(address))
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    day, night = answer.content.decode().split("@media")
    assert "--accent: #7a1f2b; --accent-ink: #ffffff;" in day
    assert "dark" in night
    assert "--accent: #f0b0b8;" in night


def test_a_colour_of_the_day_alone_leaves_the_night_ours(stranger: Client) -> None:
    Museum.objects.update(accent="#7a1f2b")
    css = stranger.get("/look/colours.css").content.decode()
    assert css.startswith("@media not all and (prefers-color-scheme: dark)")


def test_a_change_has_another_address(stranger: Client) -> None:
    Museum.objects.update(accent="#7a1f2b")
    first = soup(stranger.get("/")).select("link[rel=stylesheet]")[1]["href"]
    Museum.objects.update(accent="#1f2b7a", catalogue_version=2)
    assert soup(stranger.get("/")).select("link[rel=stylesheet]")[1]["href"] != first


def test_its_mark_stands_beside_its_name(stranger: Client) -> None:
    Museum.objects.update(mark=MARK)
    picture = soup(stranger.get("/")).select_one("header img")
    assert picture is not None
    assert picture["alt"] == ""  # the name stands beside it
    answer = stranger.get(str(picture["src"]))
    assert (answer["Content-Type"], answer.content.decode()) == ("image/svg+xml", MARK)
    assert "script-src 'self'" in answer["Content-Security-Policy"]

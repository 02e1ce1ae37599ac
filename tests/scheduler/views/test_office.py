"""Who gets into the office's pages, and where."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern

from scheduler import urls
from tests.scheduler.views.conftest import browser
from tours.models import User

pytestmark = pytest.mark.django_db


# --- Who gets in -------------------------------------------------------------------------------------------------------------

OFFICE_PAGES = [
    f"/{pattern.pattern}".replace("<int:pk>", "1")
    .replace("<str:code>", "ABCDEFG")
    .replace("<slug:section>", "visits")
    .replace("<uuid:pk>", "00000000-0000-4000-8000-000000000000")
    .replace("<slug:part>", "tours")
    .replace("<slug:key>", "halls")
    .replace("<slug:kind>", "confirmed")
    for pattern in urls.urlpatterns
    if isinstance(pattern, URLPattern) and str(pattern.pattern).startswith("office/")
]


def test_every_page_of_the_office_is_looked_at() -> None:
    assert len(OFFICE_PAGES) > 30


def test_whoever_has_not_signed_in_is_asked_to_on_every_page(stranger: Client) -> None:
    for path in OFFICE_PAGES:
        for method in ("get", "post"):
            answer = getattr(stranger, method)(path)
            asked = answer.status_code == {"get": 302, "post": 303}[method] and answer["Location"].startswith(
                "/accounts/login/?next=/office/"
            )
            assert asked or answer.status_code == 405, path


def test_a_guide_finds_nothing_on_any_page(guide: Client) -> None:
    for path in OFFICE_PAGES:
        assert {guide.get(path).status_code, guide.post(path).status_code} <= {404, 405}, path


def test_what_is_not_there_is_a_404_for_the_office_too_and_never_a_500(office: Client) -> None:
    for path in OFFICE_PAGES:
        for method in ("get", "post"):
            assert getattr(office, method)(path).status_code in (200, 404, 405, 422), path


@pytest.mark.parametrize("pk", ["0", "99999999999999999999999"])
def test_numbers_that_no_row_has_are_404s(office: Client, pk: str) -> None:
    for path in ("changes/{}/grant/", "closures/{}/", "closures/{}/lift/", "calls/{}/rang/"):
        assert office.post(f"/office/{path.format(pk)}").status_code == 404


# --- Sign-in -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "lands"), [("office", "/office/"), ("guide", "/guide/")])
def test_whoever_signs_in_lands_where_their_work_is(alzhir: object, name: str, lands: str) -> None:
    user = User.objects.create(username=name, is_staff=name == "office")
    user.set_password("a long enough word")
    user.save()
    answer = browser().post("/accounts/login/", {"login": name, "password": "a long enough word"})
    assert answer["Location"] == lands

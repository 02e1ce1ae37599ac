"""A session that ends amid a long form: what was typed waits for the sign-in, and goes on with one press."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client

from config.tasks import forget_sessions
from scheduler.models import Absence, Visit
from tests.scheduler.views.conftest import browser, soup
from tests.scheduler.views.test_events import EVENT
from tests.scheduler.views.test_events import PAGE as NEW_EVENT
from tours.models import User

pytestmark = pytest.mark.django_db
PAGE = "/typed-before/"
PASSWORD = "a long enough password"


@pytest.fixture
def office(office_user: User) -> Client:
    office_user.set_password(PASSWORD)
    office_user.save(update_fields=["password"])
    return browser(office_user)


def session_ends() -> None:
    """As the office idles out, or is signed out from elsewhere: the browser still has its cookie."""
    Session.objects.all().delete()


def leads_to(response: HttpResponse) -> str:
    """Where the sign-in goes on to."""
    assert response.status_code == 303
    there = urlsplit(response.headers["Location"])
    assert there.path == "/accounts/login/"
    return parse_qs(there.query)["next"][0]


def sign_in(client: Client, to: str) -> HttpResponse:
    return client.post("/accounts/login/", {"login": "office", "password": PASSWORD, "next": to})


def hidden(response: HttpResponse) -> dict[str, Any]:
    """What the page's first form would send."""
    fields: dict[str, Any] = {}
    for field in soup(response).select("main form input[type=hidden]"):
        if field["name"] != "csrfmiddlewaretoken":
            fields.setdefault(str(field["name"]), []).append(str(field["value"]))
    return fields


def test_what_was_typed_is_sent_with_one_press_after_the_sign_in(office: Client) -> None:
    session_ends()
    page = leads_to(office.post(NEW_EVENT, EVENT))
    assert page == PAGE
    assert not Visit.objects.filter(kind="event").exists()
    assert "What you typed is kept" in soup(office.get(f"/accounts/login/?next={page}")).text
    assert sign_in(office, page).headers["Location"] == PAGE
    typed = hidden(office.get(PAGE))
    assert typed == {name: value if isinstance(value, list) else [value] for name, value in EVENT.items()}
    on = office.post(PAGE, typed)
    assert (on.status_code, on.headers["Location"]) == (307, NEW_EVENT)
    assert office.post(on.headers["Location"], typed).status_code == 303
    assert Visit.objects.get(kind="event").heads == 70
    assert office.get(PAGE).headers["Location"] == "/"  # once


def test_it_can_be_given_up(office: Client) -> None:
    session_ends()
    sign_in(office, leads_to(office.post(NEW_EVENT, EVENT)))
    assert office.post(PAGE, hidden(office.get(PAGE)) | {"give_up": "1"}).headers["Location"] == "/"
    assert office.get(PAGE).headers["Location"] == "/"
    assert not Visit.objects.filter(kind="event").exists()


def test_a_guide_loses_nothing_either(guide: Client) -> None:
    session_ends()
    assert leads_to(guide.post("/guide/absences/", {"first": "2025-07-01", "reason": "exam"})) == PAGE
    assert not Absence.objects.exists()


def test_whoever_has_not_signed_in_does_not_see_it(office: Client) -> None:
    session_ends()
    office.post(NEW_EVENT, EVENT)
    assert leads_to(office.post(PAGE, {})) == PAGE
    assert office.get(PAGE).status_code == 302


def test_after_an_hour_nothing_of_it_is_left(office: Client, clock: time_machine.Coordinates) -> None:
    session_ends()
    office.post(NEW_EVENT, EVENT)
    sign_in(office, PAGE)
    clock.shift(timedelta(hours=1))
    assert office.get(PAGE).headers["Location"] == "/"
    assert office.post(PAGE, EVENT).headers["Location"] == "/"


def test_who_never_signs_in_again_leaves_nothing_behind(office: Client, clock: time_machine.Coordinates) -> None:
    session_ends()
    office.post(NEW_EVENT, EVENT)
    another = browser(User.objects.get(username="office"))
    forget_sessions()
    assert Session.objects.count() == 2
    clock.shift(timedelta(hours=1, seconds=1))
    forget_sessions()
    assert [session.session_key for session in Session.objects.all()] == [another.session.session_key]


@pytest.mark.parametrize(
    "how",
    [{"HTTP_SEC_FETCH_MODE": "cors"}, {"HTTP_SEC_FETCH_MODE": "same-origin"}, {"HTTP_HX_REQUEST": "true"}],
)
def test_a_scripts_own_request_waits_for_nobody(office: Client, how: dict[str, Any]) -> None:
    session_ends()
    assert leads_to(office.post(NEW_EVENT, EVENT, **how)) == NEW_EVENT
    assert not Session.objects.exists()


def test_who_never_had_a_session_fills_no_database(stranger: Client, office: Client) -> None:
    session_ends()
    assert leads_to(stranger.post(NEW_EVENT, EVENT)) == NEW_EVENT
    assert leads_to(office.post(NEW_EVENT, EVENT | {"notes": "x" * 20_000})) == NEW_EVENT
    assert not Session.objects.exists()
    assert settings.SESSION_COOKIE_NAME in office.cookies


FROM_HERE = {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_SEC_FETCH_MODE": "navigate"}


def test_a_form_without_todays_token_is_given_back_whole_to_send_with_one_press(office_user: User) -> None:
    office = browser(office_user, enforce_csrf_checks=True)
    page = office.post(NEW_EVENT, EVENT, **FROM_HERE)
    assert page.status_code == 403
    form = soup(page).select_one("main form")
    assert form is not None
    assert form["action"] == NEW_EVENT
    token = str(soup(page).select_one("main form [name=csrfmiddlewaretoken]")["value"])  # type: ignore[index]
    assert office.post(NEW_EVENT, hidden(page) | {"csrfmiddlewaretoken": token}, **FROM_HERE).status_code == 303
    assert Visit.objects.filter(kind="event").count() == 1


@pytest.mark.parametrize(
    ("path", "how"),
    [
        (NEW_EVENT, {}),
        (NEW_EVENT, FROM_HERE | {"HTTP_SEC_FETCH_SITE": "cross-site"}),
        (NEW_EVENT, FROM_HERE | {"HTTP_SEC_FETCH_SITE": "same-site"}),
        (NEW_EVENT, FROM_HERE | {"HTTP_SEC_FETCH_MODE": "cors"}),
        ("/accounts/login/", FROM_HERE),
        ("/admin/login/", FROM_HERE),
    ],
)
def test_what_may_come_from_elsewhere_or_holds_a_password_is_not_given_back(
    office_user: User, path: str, how: dict[str, Any]
) -> None:
    page = browser(office_user, enforce_csrf_checks=True).post(path, EVENT, **how)
    assert page.status_code == 403
    assert EVENT["name"] not in page.content.decode()
    assert not soup(page).select("main form")

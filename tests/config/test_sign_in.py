"""Who gets in, and how long they stay."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tours.models import User

PASSWORD = "a long enough password"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> User:
    user = User.objects.create(username="office", is_staff=True, email="office@example.kz")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(client: Client, password: str = PASSWORD, **more: Any) -> HttpResponse:
    return client.post("/accounts/login/", {"login": "office", "password": password}, **more)


def is_in(client: Client) -> bool:
    return client.get("/accounts/password/change/").status_code == 200


def test_by_name_and_password(client: Client, office: User) -> None:
    assert sign_in(client).status_code == 303
    assert is_in(client)
    assert office.password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_house(client: Client, office: User, elsewhere: str) -> None:
    named = {"login": "office", "password": PASSWORD, "next": elsewhere}
    assert client.post("/accounts/login/", named).url == "/office/"
    assert client.post("/accounts/reauthenticate/", named).url == "/office/"
    assert client.post("/i18n/setlang/", {"language": "kk", "next": elsewhere}).url == "/"
    assert client.post("/accounts/logout/", {"next": elsewhere}).url == "/"


def test_nobody_signs_up(client: Client) -> None:
    form = {"username": "x", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", form)
    assert not User.objects.exists()


def test_guessing_locks_the_account_for_that_address_alone(client: Client, office: User) -> None:
    for name in ("office", "OFFICE", "Office", "office", "oFFice"):
        client.post("/accounts/login/", {"login": name, "password": "a wrong password"})
    assert sign_in(client).status_code == 429
    assert not is_in(client)
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere).status_code == 303
    assert is_in(elsewhere)


def test_the_office_idles_out_and_a_guide_does_not(client: Client, office: User) -> None:
    guide = User.objects.create(username="guide")
    phone = Client()
    with time_machine.travel(NOW, tick=False):
        client.force_login(office)
        phone.force_login(guide)
        assert is_in(client)
        assert phone.get("/accounts/logout/").status_code == 200
    with time_machine.travel(NOW + timedelta(hours=7), tick=False):
        assert is_in(client)
    with time_machine.travel(NOW + timedelta(hours=14), tick=False):
        assert is_in(client)
    with time_machine.travel(NOW + timedelta(hours=22, minutes=5), tick=False):
        assert not is_in(client)
    with time_machine.travel(NOW + timedelta(days=59), tick=False):
        assert phone.get("/accounts/logout/").status_code == 200


def test_a_page_that_keeps_itself_up_to_date_keeps_nobody_signed_in(client: Client, office: User) -> None:
    with time_machine.travel(NOW, tick=False):
        client.force_login(office)
        assert is_in(client)
    with time_machine.travel(NOW + timedelta(hours=7), tick=False):
        assert client.get("/accounts/password/change/", headers={"x-watching": "1"}).status_code == 200
    with time_machine.travel(NOW + timedelta(hours=9), tick=False):
        assert not is_in(client)


def test_where_it_is_required_the_office_sets_up_a_second_factor_first(
    client: Client, office: User, settings: Any
) -> None:
    settings.OFFICE_NEEDS_SECOND_FACTOR = True
    client.force_login(office)
    assert client.get("/admin/").url == "/accounts/2fa/"
    assert client.get("/").url == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200
    Authenticator.objects.create(user=office, type=Authenticator.Type.TOTP, data={"secret": generate_totp_secret()})
    assert client.get("/admin/").status_code != 302 or client.get("/admin/").url != "/accounts/2fa/"


@pytest.mark.parametrize("what", ["tours_user", "tours_apitoken", "auth_group", "mfa_authenticator"])
def test_who_may_sign_in_is_shown_and_changed_only_after_a_fresh_proof(
    client: Client, office: User, settings: Any, what: str
) -> None:
    settings.OFFICE_NEEDS_SECOND_FACTOR = True
    User.objects.filter(pk=office.pk).update(is_superuser=True)
    sign_in(client)
    Authenticator.objects.create(user=office, type=Authenticator.Type.TOTP, data={"secret": generate_totp_secret()})
    page = reverse(f"admin:{what}_changelist")
    asked = f"/accounts/reauthenticate/?next={quote(page, safe='')}"
    assert client.get(page).url == asked
    assert client.post(page, {"action": "delete_selected"}).url == asked
    assert client.get("/admin/tours/tour/").status_code == 200
    assert client.post(asked, {"password": PASSWORD}).url == page
    assert client.get(page).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert client.get(page).url == asked


def test_a_guide_needs_none(client: Client, settings: Any) -> None:
    settings.OFFICE_NEEDS_SECOND_FACTOR = True
    client.force_login(User.objects.create(username="guide"))
    assert client.get("/accounts/logout/").status_code == 200


@time_machine.travel(NOW, tick=False)
def test_a_code_of_the_second_factor_works_once(client: Client, office: User) -> None:
    secret = generate_totp_secret()
    Authenticator.objects.create(user=office, type=Authenticator.Type.TOTP, data={"secret": secret})
    code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06d}"
    assert sign_in(client).url == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_in(client)
    thief = Client()
    sign_in(thief)
    thief.post("/accounts/2fa/authenticate/", {"code": code})
    assert not is_in(thief)


def first_admin(monkeypatch: pytest.MonkeyPatch, password: str, *options: str) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    call_command("first_admin", "aigul", "--email", "aigul@example.kz", *options, stdout=out)
    return out.getvalue()


def test_the_first_administrator_is_made_once(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    assert "/accounts/login/" in first_admin(monkeypatch, PASSWORD)
    user = User.objects.get()
    assert (user.username, user.is_staff, user.is_superuser, user.check_password(PASSWORD)) == (
        "aigul",
        True,
        True,
        True,
    )
    with pytest.raises(CommandError, match="There is an administrator already"):
        first_admin(monkeypatch, PASSWORD)
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "password1234", "aigul@example"])
def test_a_weak_password_makes_no_administrator(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    with pytest.raises(CommandError):
        first_admin(monkeypatch, password)
    assert not User.objects.exists()


def test_sessions_are_listed_to_the_minute_and_a_new_address_at_once(office: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        sign_in(client)
        client.get("/accounts/password/change/")
        listed = UserSession.objects.get(user=office)
        clock.shift(40)
        client.get("/accounts/password/change/")
        again = UserSession.objects.get(pk=listed.pk)
        assert (again.last_seen_at, again.ip) == (listed.last_seen_at, "127.0.0.1")
        client.get("/accounts/password/change/", REMOTE_ADDR="192.0.2.7")
        again.refresh_from_db()
        assert (again.last_seen_at, again.ip) == (NOW + timedelta(seconds=40), "192.0.2.7")
        clock.shift(61)
        client.get("/accounts/password/change/", REMOTE_ADDR="192.0.2.7")
        again.refresh_from_db()
        assert again.last_seen_at == NOW + timedelta(seconds=101)

"""What the pages and letters of signing in say: most come from allauth, which knows no Kazakh."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from bs4 import BeautifulSoup
from django.core import mail
from django.test import Client

from tours.models import User

PASSWORD = "a long enough password"
LATIN_TOO = {"IP", "PIN", "QR", "TOTP", "JavaScript", "office", "example", "org", "kz"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> User:
    user = User.objects.create(username="office", is_staff=True, email="office@example.kz")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


@pytest.fixture
def client() -> Client:
    """A browser set to Kazakh."""
    return Client(headers={"accept-language": "kk"})


@pytest.fixture
def kazakh(client: Client, office: User) -> Client:
    """Somebody of the office who has just signed in."""
    client.post("/accounts/login/", {"login": "office", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def latin(text: str) -> set[str]:
    """The words of it in Latin letters, but for those that Kazakh writes so."""
    return set(re.findall(r"[A-Za-z]{2,}", text)) - LATIN_TOO


def said(client: Client, address: str) -> str:
    """The text of a page's own part. Codes, keys and what a browser calls itself are nobody's words."""
    answer = client.get(address, follow=True)
    assert answer.status_code == 200
    main = BeautifulSoup(answer.content, "html.parser").select_one("main")
    assert main is not None
    for code in main.select("pre, textarea, td, script, template"):
        code.decompose()
    return f"{main.get_text(' ')} {' '.join(str(button.get('value', '')) for button in main.select('[type=submit]'))}"


@pytest.mark.parametrize("address", ["login/", "password/reset/", "password/reset/done/", "password/reset/key/1-x/"])
def test_who_is_not_in_yet_reads_kazakh(client: Client, address: str) -> None:
    assert latin(said(client, f"/accounts/{address}")) == set()


@pytest.mark.parametrize(
    "address",
    ["logout/", "password/change/", "reauthenticate/", "sessions/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/"],
)
def test_who_is_in_reads_kazakh(kazakh: Client, address: str) -> None:
    assert latin(said(kazakh, f"/accounts/{address}")) == set()


@pytest.mark.parametrize("address", ["", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/"])
def test_the_second_factor_speaks_kazakh(kazakh: Client, office: User, address: str) -> None:
    Authenticator.objects.create(user=office, type=Authenticator.Type.TOTP, data={"secret": generate_totp_secret()})
    Authenticator.objects.create(
        user=office, type=Authenticator.Type.RECOVERY_CODES, data={"seed": generate_totp_secret(), "used_mask": 0}
    )
    assert latin(said(kazakh, f"/accounts/2fa/{address}")) == set()


def test_a_weak_or_mistyped_password_is_refused_in_kazakh(kazakh: Client) -> None:
    form = {"oldpassword": "wrong", "password1": "12345", "password2": "54321"}
    answer = kazakh.post("/accounts/password/change/", form)
    errors = [
        each.text for each in BeautifulSoup(answer.content, "html.parser").select("main .errorlist, main .errors")
    ]
    assert errors
    assert latin(" ".join(errors)) == set()


def test_the_letter_for_a_new_password_is_kazakh(client: Client, office: User) -> None:
    client.post("/accounts/password/reset/", {"email": office.email})
    letter = mail.outbox[-1]
    assert latin(letter.subject) <= {"testserver"}
    assert latin(re.sub(r"https?://\S+", "", str(letter.body))) <= {"testserver"}

"""The catalogue's pages carry the museum's name and lead back to the office."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from tests.museum import ALZHIR
from tours import importing
from tours.models import User

pytestmark = pytest.mark.django_db


def test_the_catalogue_is_the_museums_and_shows_the_office_nothing_of_the_machine(db: None) -> None:
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=False)
    client = Client(headers={"accept-language": "ru"})
    client.force_login(
        User.objects.create(username="office", is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    page = BeautifulSoup(client.get("/admin/").content, "html.parser")
    assert "АЛЖИР" in page.title.text
    assert "Django" not in page.text
    assert page.select("a[href='/office/']")
    assert page.select("link[rel=icon][href$='mark.svg']")
    for path in ("axes", "mfa", "usersessions", "account/emailaddress"):
        assert not page.select(f"a[href^='/admin/{path}']")

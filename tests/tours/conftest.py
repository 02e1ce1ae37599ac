"""A small museum to turn and twist."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from tests.museum import ALZHIR
from tours import importing
from tours.models import Language, Museum, User

SMALL = """
museum:
  code: small
  name: {kk: "Шағын мұражай", ru: "Малый музей", en: "The Small Museum"}
  time_zone: Asia/Almaty
  opening: [{days: [tue, wed], opens: 10:00, closes: 13:00, last_start: 12:00}]
spaces:
  - {code: hall, kind: hall, lanes: 2, name: {kk: "Зал", ru: "Зал", en: "Hall"}}
  - {code: room, kind: cinema, lanes: 1, max_heads: 50, name: {en: "Room"}}
tours:
  - code: walk
    name: {kk: "Серуен", ru: "Прогулка", en: "Walk"}
    heads_per_guide: 25
    stops: [{space: hall, minutes: 30, kind: talk, movable: true}, {space: room, minutes: 20, kind: film, movable: true, together: true}]
audiences:
  - {code: adults, free: false, name: {en: "Adults"}}
  - {code: soldiers, free: true, tours: [walk], name: {en: "Soldiers"}}
prices:
  - {audience: adults, bands: [{max_heads: 10, amount: 5000}, {per_head_above: 400}]}
guides:
  - {code: g01, name: "A", languages: [kk, ru]}
  - {code: g02, name: "B", languages: [kk], hours: [{days: [tue], starts: 10:00, ends: 12:00}]}
season:
  closures:
    - {start: 2025-05-20, days: 1, spaces: [room], kind: renovation, notice: {en: "Closed: {dates}. Open again from {reopens}."}}
  visits:
    - {start: 2025-05-21T10:00, tour: walk, language: kk, audience: adults, heads: 40,
       contacts: [{name: "C", locale: kk, phone: +77010000001}]}
    - {start: 2025-05-21T12:00, kind: event, spaces: [room], minutes: 60, heads: 20, title: {en: "A meeting"},
       contacts: [{name: "D", locale: en, email: d@example.org}]}
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """A file with this text."""

    def written(text: str) -> Path:
        path = tmp_path / "museum.yaml"
        path.write_text(text, "utf-8")
        return path

    return written


@pytest.fixture
def alzhir(db: None) -> Museum:
    """The ALZHIR museum with its guides, without its season."""
    importing.load_catalogue(importing.read_museum(ALZHIR), with_guides=True)
    return Museum.objects.get()


@pytest.fixture
def office(db: None) -> Client:
    """Somebody of the office, signed in, reading English."""
    user = User.objects.create_user("office", password="correct horse battery", is_staff=True, locale=Language.ENGLISH)
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    return client

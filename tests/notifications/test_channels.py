"""Short forms to a telephone, through apprise and a real HTTP server."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notifications import delivery, outbox, queries
from notifications.messages import Address, Letter
from notifications.models import Call, OutboxMessage
from tests.notifications.conftest import ABOUT, NOW, ORGANISER, START, facts, organiser, rows

pytestmark = pytest.mark.django_db
TEACHER = Address("Head", "", "+77010000044", "kk", "Kindergarten", "telegram:12345")


class Gateway:
    """What Telegram or an SMS gateway is to apprise: a server that takes messages."""

    def __init__(self) -> None:
        self.status = 200
        self.heard: list[tuple[str, dict[str, Any]]] = []
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.heard.append((self.path, body))
                self.send_response(gateway.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def gateway(settings: Any) -> Iterator[Gateway]:
    found = Gateway()
    settings.CHANNELS = {"telegram": f"json://127.0.0.1:{found.server.server_address[1]}/{{to}}"}
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_whoever_has_no_address_hears_every_fact_by_their_channel(gateway: Gateway, tell: Callable[..., None]) -> None:
    tell(organiser(to=TEACHER))
    assert delivery.sweep_channels(until=NOW) == {"sent": 1}
    ((path, body),) = gateway.heard
    assert path == "/12345"
    assert "Сапарыңыз расталды" in body["title"]
    assert "2026 ж. 28 мамыр, бейсенбі, 11:00–12:00" in body["message"]
    assert [person.knows for person in queries.people(ABOUT)] == [True]
    tell(organiser(to=TEACHER))
    tell(organiser(to=TEACHER, start=START + timedelta(hours=1)), now=NOW + timedelta(hours=1))
    assert [row.kind for row in rows(status="queued")] == ["moved"]
    assert not Call.objects.exists()


def test_without_such_a_channel_it_is_a_call(tell: Callable[..., None], settings: Any) -> None:
    settings.CHANNELS = {}
    tell(organiser(to=TEACHER))
    assert Call.objects.count() == 1
    assert rows() == []


def test_reminders_come_short_beside_the_letter(gateway: Gateway) -> None:
    options: dict[str, Any] = {
        "thread": f"{ABOUT}:contact:12",
        "to": replace(ORGANISER, channel="telegram:7"),
        "not_before": NOW,
    }
    outbox.enqueue(key="day", letter=Letter("reminder_day", facts()), **options)
    outbox.enqueue(key="day", letter=Letter("reminder_day", facts()), **options)
    outbox.enqueue(key="confirmed", letter=Letter("confirmed", facts()), **options)
    assert sorted(row.channel for row in rows()) == ["apprise", "mail", "mail"]
    delivery.sweep_channels()
    assert [path for path, _ in gateway.heard] == ["/7"]


def test_a_gateway_that_is_away_is_tried_again(gateway: Gateway, tell: Callable[..., None]) -> None:
    gateway.status = 503
    tell(organiser(to=TEACHER))
    assert delivery.sweep_channels(until=NOW) == {"retry": 1}


@pytest.mark.parametrize("to", ["telegram:../../admin?x=1#y", "telegram:1/2", "telegram:a b"])
def test_a_strange_address_stays_within_its_channel(gateway: Gateway, tell: Callable[..., None], to: str) -> None:
    tell(organiser(to=replace(TEACHER, channel=to)))
    delivery.sweep_channels(until=NOW)
    for path, _ in gateway.heard:
        assert path.count("/") == 1


def test_a_channel_that_was_taken_away_leaves_a_dead_letter(
    gateway: Gateway, tell: Callable[..., None], settings: Any
) -> None:
    tell(organiser(to=TEACHER))
    settings.CHANNELS = {}
    assert delivery.sweep_channels(until=NOW) == {"dead": 1}
    assert OutboxMessage.objects.get(channel="apprise").last_error == "no channel is called telegram"

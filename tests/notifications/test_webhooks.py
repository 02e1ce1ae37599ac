"""Events for the museum's own systems, and never a call into the house that we stand in."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications import delivery, webhooks
from notifications.models import Endpoint, OutboxMessage
from tests.notifications.conftest import NOW, again

pytestmark = pytest.mark.django_db
FACTS = {"code": "QX7K2M", "title": "official event"}


class Receiver:
    """A real HTTPS server that keeps what it is sent and answers as it is told."""

    def __init__(self, certificate: Path) -> None:
        self.status = 204
        self.headers: dict[str, str] = {}
        self.heard: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append((dict(self.headers), body))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server.server_address[1]}/hook?a=1"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def receiver(certificate: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    found = Receiver(certificate)
    yield found
    found.server.shutdown()
    found.server.server_close()


def announce(version: str = "1", event: str = "visit.confirmed") -> int:
    return webhooks.announce([webhooks.Event(event, "visit:QX7K2M", version, FACTS)], now=NOW)


def test_an_event_is_signed_and_sent_once(receiver: Receiver) -> None:
    endpoint = Endpoint.objects.create(name="ERP", url=receiver.url)
    assert (announce(), announce()) == (1, 0)
    assert delivery.sweep_channels() == {"sent": 1}
    assert delivery.sweep_channels() == {}
    ((headers, body),) = receiver.heard
    said = json.loads(body)
    assert (said["event"], said["about"], said["facts"]) == ("visit.confirmed", "visit:QX7K2M", FACTS)
    assert headers["Qonaq-Id"] == said["id"]
    seconds, proof = headers["Qonaq-Signature"].removeprefix("t=").split(",v1=")
    expected = hmac.new(endpoint.secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(proof, expected)
    assert delivery.sweep() == {}


def test_only_those_who_asked_for_it_hear_of_it(receiver: Receiver) -> None:
    Endpoint.objects.create(name="a", url=receiver.url, events=["closure.published"])
    Endpoint.objects.create(name="b", url=receiver.url, active=False)
    assert announce() == 0
    assert announce(event="closure.published") == 1
    with pytest.raises(ValueError, match="no such event"):
        announce(event="visit.exploded")


def test_what_the_receiver_says(receiver: Receiver) -> None:
    Endpoint.objects.create(name="ERP", url=receiver.url)
    announce()
    for status in (500, 404, 302, 429):
        receiver.status, receiver.headers = status, {"Location": receiver.url}
        assert delivery.sweep_channels() == {"retry": 1}
        again()
    assert len(receiver.heard) == 4  # no redirect was followed
    assert len({headers["Qonaq-Id"] for headers, _ in receiver.heard}) == 1
    receiver.status = 410
    assert delivery.sweep_channels() == {"dead": 1}


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://user:password@example.org/",
        "https:///nothing",
        "ftp://example.org/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0.0.0.0/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[2002:7f00:1::]/",
        "https://[64:ff9b::7f00:1]/",
        "https://224.0.0.1/",
        "https://localhost/",
    ],
)
def test_no_call_into_our_own_house(url: str) -> None:
    Endpoint.objects.create(name="SSRF", url=url)
    announce()
    assert delivery.sweep_channels() == {"dead": 1}
    row = OutboxMessage.objects.get(channel="webhook")
    assert (row.status, row.last_code) == ("dead", "refused")


def test_a_name_cannot_change_its_mind_between_look_and_call(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second look-up would give an inner address; there is none."""
    settings.WEBHOOK_NETWORKS = []
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])
    called: list[str] = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Any:
        called.append(address[0])
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    Endpoint.objects.create(name="rebinding", url=receiver.url)
    announce()
    assert delivery.sweep_channels() == {"retry": 1}
    assert called == ["93.184.215.14"]
    assert receiver.heard == []


def test_one_inner_address_among_outer_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, port: int, *_: Any, **__: Any) -> Any:
        return [(0, 0, 0, "", ("93.184.215.14", port)), (0, 0, 0, "", ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(webhooks.Refused):
        webhooks._allowed_address("mixed.example", 443)


def test_a_certificate_of_nobody_is_not_believed(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    Endpoint.objects.create(name="ERP", url=receiver.url)
    announce()
    assert delivery.sweep_channels() == {"retry": 1}
    assert receiver.heard == []


def test_a_webhook_that_is_switched_off_hears_nothing_more(receiver: Receiver) -> None:
    endpoint = Endpoint.objects.create(name="ERP", url=receiver.url)
    announce()
    Endpoint.objects.filter(pk=endpoint.pk).update(active=False)
    assert delivery.sweep_channels() == {"dead": 1}
    assert receiver.heard == []

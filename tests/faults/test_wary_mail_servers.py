"""F4: a mail server whose certificate nobody vouches for, and one that lets nobody in the first time."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db.models.functions import Now

from notifications import delivery
from notifications.models import Breaker, OutboxMessage
from tests.faults.test_killed_workers import write
from tests.notifications.smtp import OK, Mailhouse, mailhouse

pytestmark = pytest.mark.django_db


def own_certificate(folder: Path) -> ssl.SSLContext:
    """One that the server has signed for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture
def house(settings: Any) -> Iterator[Mailhouse]:
    with mailhouse() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 30
        settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, (100_000, 1))
        yield server


def test_a_server_with_a_certificate_of_its_own_making_hears_nothing(
    house: Mailhouse, settings: Any, tmp_path: Path
) -> None:
    house.close()
    house.controller = Controller(
        house, hostname="127.0.0.1", port=house.port, tls_context=own_certificate(tmp_path), require_starttls=True
    )
    house.controller.start()
    settings.EMAIL_USE_TLS = True
    ledger = write(3)
    for _ in range(3):
        assert delivery.sweep() == {}
    assert house.letters == []
    assert set(OutboxMessage.objects.values_list("status", "attempts", "claimed_at")) == {("queued", 0, None)}
    house.close()
    house.open()  # the right server is back
    settings.EMAIL_USE_TLS = False
    Breaker.objects.all().delete()
    assert delivery.sweep() == {"sent": 3}
    assert set(house.copies) == ledger


def test_a_server_that_greylists_gets_each_letter_at_the_second_attempt(house: Mailhouse) -> None:
    known: set[str] = set()

    def rcpt(address: str) -> str:
        if address in known:
            return OK
        known.add(address)
        return "451 4.7.1 greylisted, come again"

    house.rcpt = rcpt
    ledger = write(45)  # more than a batch
    assert delivery.sweep() == {"retry": 45}
    assert set(OutboxMessage.objects.values_list("last_code", "lease_until")) == {("451", None)}
    assert delivery.sweep() == {}  # not at once
    OutboxMessage.objects.update(not_before=Now())
    assert delivery.sweep() == {"sent": 45}
    assert house.copies == dict.fromkeys(ledger, 1)
    assert house.connections == 2  # one for each sweep that had something to say

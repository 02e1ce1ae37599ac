"""Tells the museum's own systems of events: signed, from the same outbox, and never into the house that we stand in.

A receiver checks `Qonaq-Signature: t=<seconds>,v1=<hex>`: v1 is HMAC-SHA256(secret, "<seconds>.<body>"), and <seconds> is recent.
`Qonaq-Id` is the same for every attempt, so that an event that comes twice is seen to be one.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from notifications import threads
from notifications.models import Endpoint, OutboxMessage, Thread
from notifications.outcomes import Outcome
from notifications.plain import JSON, clean

EVENTS = (
    "visit.requested", "visit.confirmed", "visit.moved", "visit.cancelled",
    "closure.published", "closure.changed", "closure.lifted",
)  # fmt: skip
SECONDS = 10
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """An address that we do not call; the message says why."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened. `about` and `version` name the fact ("visit:QX7K2M", its revision): telling it twice sends it once.

    `facts` are what anybody of the museum may know: of a discreet visit "official event" only.
    """

    name: str
    about: str
    version: str
    facts: Mapping[str, JSON]


def announce(events: Sequence[Event], *, now: datetime) -> int:
    """Write events for every endpoint that wants them, in the transaction that makes them true; how many rows. As many queries for many."""
    if unknown := {event.name for event in events} - set(EVENTS):
        raise ValueError(f"no such event: {min(unknown)}")
    wanted = [
        (endpoint, event)
        for endpoint in Endpoint.objects.filter(active=True)
        for event in events
        if not endpoint.events or event.name in endpoint.events
    ]
    rows = [(f"{event.about}:webhook:{endpoint.pk}", _row(endpoint, event, now)) for endpoint, event in wanted]
    threads.make(Thread(key=key, about=threads.about(key)) for key in dict.fromkeys(key for key, _row in rows))
    made = Thread.objects.in_bulk([key for key, _row in rows], field_name="key")
    told = set(OutboxMessage.objects.filter(key__in=[row.key for _, row in rows]).values_list("key", flat=True))
    new = []
    for key, row in rows:
        row.thread = made[key]
        if row.key not in told:
            new.append(row)
    return len(OutboxMessage.objects.bulk_create(new, ignore_conflicts=True))


def anybody_listens() -> bool:
    """Whether any endpoint is called at all."""
    return Endpoint.objects.filter(active=True).exists()


def _row(endpoint: Endpoint, event: Event, now: datetime) -> OutboxMessage:
    row = OutboxMessage(
        key=f"webhook:{endpoint.pk}:{event.name}:{event.about}:{event.version}",
        channel="webhook",
        kind=event.name,
        state=event.name,
        locale="en",
        to_name=endpoint.name,
        to_email=endpoint.url,
        from_name="Qonaq",
        from_email=settings.DEFAULT_FROM_EMAIL,  # whom an alarm goes to
        subject=event.name,
        facts={"endpoint": endpoint.pk},
        message_id=f"<{uuid.uuid4()}@webhook>",
        not_before=now,
    )
    body = {
        "id": str(row.pk),
        "event": event.name,
        "about": event.about,
        "at": now.isoformat(),
        "facts": clean(event.facts),
    }
    row.text = json.dumps(body, ensure_ascii=False)
    return row


def post(row: OutboxMessage) -> Outcome:
    """Send one event. 2xx is sent, 410 and an address that we do not call are final, all else is tried again."""
    endpoint = Endpoint.objects.filter(pk=row.facts.get("endpoint"), active=True).first()
    if endpoint is None:
        return Outcome("dead", "webhook", "the webhook was switched off")
    body = row.text.encode()
    try:
        status = _call(endpoint.url, body, _headers(row, endpoint.secret, body))
    except Refused as error:
        return Outcome("dead", "refused", str(error))
    except (OSError, http.client.HTTPException) as error:
        return Outcome("retry", "connection", f"{type(error).__name__}: {error}")
    if 200 <= status < 300:
        return Outcome("sent", str(status))
    return Outcome("dead" if status == 410 else "retry", str(status), f"HTTP {status}")


def _headers(row: OutboxMessage, secret: str, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Qonaq",
        "Qonaq-Event": row.kind,
        "Qonaq-Id": str(row.pk),
        "Qonaq-Signature": signature(secret, body, int(time.time())),
    }


def signature(secret: str, body: bytes, seconds: int) -> str:
    """What proves to the receiver that we sent `body`, and when."""
    proof = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={proof}"


def _call(url: str, body: bytes, headers: dict[str, str]) -> int:
    """POST over TLS to an address that was looked at before; redirects are not followed, the answer's body is not read."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise Refused("only https addresses without a password are called")
    connection = _Pinned(parts.hostname, parts.port or 443, _allowed_address(parts.hostname, parts.port or 443))
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _allowed_address(host: str, port: int) -> str:
    """The host's address. Every one that its name has must be public (or of WEBHOOK_NETWORKS): one look-up, used for the call itself,
    so that a name cannot change its mind in between."""
    found = {str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    own = [ipaddress.ip_network(network) for network in settings.WEBHOOK_NETWORKS]
    for each in found:
        address = ipaddress.ip_address(each.partition("%")[0])
        if not _is_public(address) and not any(address in network for network in own):
            raise Refused(f"{host} is not a public address")
    return min(found)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether anybody may be called there; IPv6 addresses that carry an IPv4 one inside could lead home, so none of them is."""
    if isinstance(address, ipaddress.IPv6Address):
        carries = address.ipv4_mapped or address.sixtofour or address.teredo or address in _NAT64
        if carries:
            return False
    return address.is_global and not address.is_multicast


class _Pinned(http.client.HTTPSConnection):
    """TLS to one address, with the certificate checked for the host's name."""

    def __init__(self, host: str, port: int, address: str) -> None:
        self.verified = ssl.create_default_context()
        super().__init__(host, port, timeout=SECONDS, context=self.verified)
        self.address = address

    def connect(self) -> None:
        plain = socket.create_connection((self.address, self.port), timeout=SECONDS)
        self.sock = self.verified.wrap_socket(plain, server_hostname=self.host)

"""What strangers cause is counted, by network and by address; guides and the office never meet these limits."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings

from notifications import limits
from scheduler.errors import TooOften


def refuse_too_often(what: str, *, client: str, addresses: Iterable[str] = ()) -> None:
    """Spend one of `what` ("request", "lost_link") for the client's network and for each e-mail address or telephone number named.

    Raises TooOften with `retry_after` in seconds. Call it outside a transaction, so that nobody waits for us.
    """
    keys = [(f"{what}_by_network", network_of(client))]
    keys += [(f"{what}_by_address", address.strip().casefold()) for address in dict.fromkeys(addresses) if address]
    for name, who in keys:
        count, seconds = settings.RATE_LIMITS[name]
        if not limits.allow(f"{name}:{who}", count, seconds):
            raise TooOften(retry_after=max(1, seconds // max(1, count)))


def network_of(client: str) -> str:
    """Whom a client's address belongs to: an IPv4 address, or the /64 that one household or office has of IPv6."""
    try:
        address = ip_address(client)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((address, 64), strict=False))
    return str(address)

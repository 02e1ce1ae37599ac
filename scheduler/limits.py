"""What strangers cause is counted, by network and by address; guides and the office never meet these limits.

What was refused has caused nothing: whoever asks for five times that are taken may ask for a sixth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings

from notifications import limits
from scheduler.errors import Refused, TooOften
from scheduler.models import Visit


@contextmanager
def counted(what: str, *, client: str, addresses: Iterable[str] = ()) -> Iterator[None]:
    """`refuse_too_often`, and give back what was spent where the block raises Refused. Outside a transaction."""
    named = tuple(addresses)
    refuse_too_often(what, client=client, addresses=named)
    try:
        yield
    except Refused:
        for name, who in _keys(what, client, named):
            limits.give_back(f"{name}:{who}", settings.RATE_LIMITS[name][0])
        raise


def request_counted(keys: Mapping[str, str], *, client: str, addresses: Iterable[str]) -> AbstractContextManager[None]:
    """`counted` for a stranger's request; the same request again, by its `request_key`, causes nothing and counts for nothing."""
    key = keys.get("request_key")
    if key and Visit.objects.filter(request_key=key).exists():
        return nullcontext()
    return counted("request", client=client, addresses=addresses)


def refuse_too_often(what: str, *, client: str, addresses: Iterable[str] = ()) -> None:
    """Spend one of `what` ("request", "lost_link") for the client's network and for each e-mail address or telephone number named.

    Raises TooOften with `retry_after` in seconds. Call it outside a transaction, so that nobody waits for us.
    """
    spent: list[tuple[str, int]] = []
    for name, who in _keys(what, client, addresses):
        count, seconds = settings.RATE_LIMITS[name]
        if not limits.allow(f"{name}:{who}", count, seconds):
            for key, most in spent:
                limits.give_back(key, most)
            raise TooOften(retry_after=max(1, seconds // max(1, count)))
        spent.append((f"{name}:{who}", count))


def _keys(what: str, client: str, addresses: Iterable[str]) -> list[tuple[str, str]]:
    """The settings that count, each with whom it counts."""
    people = dict.fromkeys(mailbox_of(address) for address in addresses if address)
    return [(f"{what}_by_network", network_of(client)), *((f"{what}_by_address", person) for person in people)]


def mailbox_of(address: str) -> str:
    """One person's mailbox or telephone, however it is written: in capitals, with a +tag."""
    name, at, domain = address.strip().casefold().partition("@")
    return f"{name.partition('+')[0]}@{domain}" if at else name


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

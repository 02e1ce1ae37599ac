"""Signed links: a token says what it opens and proves that we made it; the database keeps only a version to revoke it by.

token = "<object id>.<base64url(HMAC-SHA256(LINK_KEY, purpose, object id, version))>": 256 bits, no database row, one look-up to check.
Stored letters hold a placeholder instead, filled at sending, so that a database dump opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable

from django.conf import settings

_SAFE = re.compile(r"[A-Za-z0-9_-]+")
_PLACEHOLDER = re.compile(
    r"https://link\.invalid/([a-z_]+)/([A-Za-z0-9_-]+)/([0-9]+)/"
)  # .invalid never resolves (RFC 2606)


def _proof(purpose: str, object_id: str, version: int) -> str:
    key = str(settings.LINK_KEY).encode()
    said = "\0".join((purpose, object_id, str(version))).encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(hmac.new(key, said, hashlib.sha256).digest()).rstrip(b"=").decode()


def token(purpose: str, object_id: str, version: int) -> str:
    """The token that opens `object_id` for `purpose` while its version is `version`. Raises ValueError on an id that is not URL-safe."""
    if not _SAFE.fullmatch(object_id):
        raise ValueError(f"not an id for a link: {object_id!r}")
    return f"{object_id}.{_proof(purpose, object_id, version)}"


def object_id(token: str) -> str:
    """What a token speaks of; "" where it cannot be one. Believe it only after `matches`."""
    said = token.partition(".")[0]
    return said if _SAFE.fullmatch(said) else ""


def matches(token: str, purpose: str, object_id: str, version: int) -> bool:
    """Whether we made `token` for exactly this; takes the same time for every wrong token of one length."""
    expected = f"{object_id}.{_proof(purpose, object_id, version)}"
    return hmac.compare_digest(expected.encode("utf-8", "surrogatepass"), token.encode("utf-8", "surrogatepass"))


def url(purpose: str, object_id: str, version: int) -> str:
    """The whole address that opens `object_id` for `purpose`."""
    return str(settings.BASE_URL).rstrip("/") + settings.LINK_PATHS[purpose].format(
        token=token(purpose, object_id, version)
    )


def placeholder(purpose: str, object_id: str, version: int) -> str:
    """What stored letters hold in place of `url(…)`: an address that opens nothing."""
    if purpose not in settings.LINK_PATHS or not _SAFE.fullmatch(object_id):
        raise ValueError(f"no such link: {purpose!r} {object_id!r}")
    return f"https://link.invalid/{purpose}/{object_id}/{version}/"


def office(code: str) -> str:
    """The office's page of a visit: no secret, whoever opens it has to sign in."""
    return str(settings.BASE_URL).rstrip("/") + settings.OFFICE_PATH.format(code=code)


def placeholders_in(value: object) -> list[str]:
    """Every placeholder that stands alone as a value in `value` (plain JSON), sorted."""
    found: set[str] = set()
    _collect(value, found)
    return sorted(found)


def _collect(value: object, found: set[str]) -> None:
    if isinstance(value, str):
        if _PLACEHOLDER.fullmatch(value):
            found.add(value)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, found)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, found)


def fill(text: str, allowed: Iterable[str]) -> str:
    """`text` with those placeholders filled that the letter was written with.

    Others stay as they are: a stranger who types a placeholder into a name must not be sent somebody else's link.
    """
    for each in allowed:
        if match := _PLACEHOLDER.fullmatch(each):
            text = text.replace(each, url(match[1], match[2], int(match[3])))
    return text

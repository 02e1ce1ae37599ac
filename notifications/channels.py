"""Other ways than mail: a telephone (Telegram, an SMS gateway, whatever `apprise` knows) and the museum's own systems."""

from __future__ import annotations

import importlib
import logging
from urllib.parse import quote

from django.conf import settings

from notifications import links, webhooks
from notifications.models import OutboxMessage
from notifications.outcomes import Outcome


def is_known(channel: str) -> bool:
    """Whether "telegram:12345" names a channel that this deployment has."""
    name, _, to = channel.partition(":")
    return bool(to) and name in _known()


def is_written_to(email: str, channel: str) -> bool:
    """Whether somebody with these can be written to; who cannot is rung."""
    return bool(email) or is_known(channel)


def _known() -> dict[str, str]:
    """Address of each channel, as apprise writes them, with {to} for whom it is: the deployment's secret, never a stranger's word."""
    found: dict[str, str] = settings.CHANNELS
    return found


def send(row: OutboxMessage) -> Outcome:
    """Send a claimed row that is no mail."""
    return webhooks.post(row) if row.channel == "webhook" else _notify(row)


def _notify(row: OutboxMessage) -> Outcome:
    name, _, to = row.to_email.partition(":")
    try:
        apprise = importlib.import_module("apprise")
    except ImportError:
        return Outcome("dead", "channel", "apprise is not installed (pip install apprise)")
    if name not in _known():
        return Outcome("dead", "channel", f"no channel is called {name}")
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it writes addresses, and with them tokens, into the log
    target = apprise.Apprise()
    if not target.add(_known()[name].replace("{to}", quote(to, safe=""))):
        return Outcome("dead", "channel", f"apprise cannot read the address of {name}")
    sent = target.notify(title=row.subject, body=links.fill(row.text, row.links))
    return Outcome("sent", "ok") if sent else Outcome("retry", "channel", f"{name} did not take it")

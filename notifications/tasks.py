"""What the mail workers do: small doors to `delivery`. Everything may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from notifications import delivery, replies, retention


@shared_task
def deliver(row_id: str) -> None:
    """Send one letter that was just written."""
    delivery.deliver(row_id)


@shared_task
def sweep() -> None:
    """Send whatever is due and was not sent."""
    delivery.sweep()


@shared_task
def sweep_channels() -> None:
    """The same for webhooks and telephones."""
    delivery.sweep_channels()


@shared_task
def read_replies() -> None:
    """Read what came to the museum's mailbox."""
    replies.fetch(now=timezone.now())


@shared_task
def scrub() -> None:
    """Forget what letters said when nobody needs it any more."""
    retention.scrub(now=timezone.now())

"""Answers that came by mail, taken in: a guide's yes or no is the same as on their page, an organiser's no alarms the office."""

from __future__ import annotations

import logging
import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import replies
from notifications.models import Reply
from scheduler import locks, roster, telling
from scheduler.errors import NotAllowedNow
from scheduler.models import Party, Visit

log = logging.getLogger(__name__)

DUTY = re.compile(r"visit:(?P<code>\w+):duty:(?P<party>\d+):guide:(?P<guide>\d+)")
CONTACT = re.compile(r"visit:(?P<code>\w+):contact:(?P<contact>\d+)")


def take_in(*, now: datetime) -> int:
    """Apply every answer that waits, the oldest first; gives how many. One transaction for each."""
    return sum(locks.door(_take)(pk, now=now) for pk in list(replies.to_hand_over().values_list("pk", flat=True)))


@transaction.atomic
def _take(reply_id: int, *, now: datetime) -> bool:
    reply = Reply.objects.select_related("thread").get(pk=reply_id)
    if not replies.handed_over(reply_id, now=now) or reply.thread is None:
        return False
    said_no = reply.partstat == "DECLINED"
    if duty := DUTY.fullmatch(reply.thread.key):
        _answer(int(duty["party"]), int(duty["guide"]), said_no, reply.text, now)
    elif said_no and (contact := CONTACT.fullmatch(reply.thread.key)):
        visit = Visit.objects.filter(code=contact["code"]).first()
        if visit is not None and visit.holds:
            key = f"declined-by-mail:{reply.pk}"
            telling.alarm(visit, kind="office_alarm", key=key, reason=_organiser_declined, now=now)
    return True


def _answer(party_id: int, guide_id: int, said_no: bool, words: str, now: datetime) -> None:
    try:
        if said_no:
            roster.decline(party_id, reason=words[:200], guide_id=guide_id, now=now)
        else:
            roster.accept(party_id, guide_id=guide_id, now=now)
    except (NotAllowedNow, Party.DoesNotExist):  # the sub-group went to another guide, or with its visit
        log.info("an answer by mail came too late", extra={"party": party_id})


def _organiser_declined() -> str:
    return _("The organiser has declined the visit in their calendar. Please ring them: do they still come?")

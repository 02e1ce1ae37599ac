"""What a letter or a call is about, in one line for the office: in the language of whoever looks, whatever that of the letter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, pgettext

from notifications.dates import moment


def summary(kind: str, facts: Mapping[str, Any]) -> str:
    """The kind in words, the visit's code and when it is, in the active language: "confirmed · QX7K2M · Thursday, 28 May 2026, 11:00"."""
    museum = facts.get("museum")
    zone = ZoneInfo(str((museum.get("zone") if isinstance(museum, Mapping) else "") or "UTC"))
    when = moment(facts.get("start"), zone, get_language() or "en")
    return " · ".join(part for part in (word_for(kind), str(facts.get("code") or ""), when) if part)


def word_for(kind: str) -> str:
    """What a kind of letter says, in two or three words; a kind that is not known stands as it is."""
    words = {
        "requested": pgettext("what a letter says", "the request has arrived"),
        "confirmed": pgettext("what a letter says", "the visit is confirmed"),
        "programme": pgettext("what a letter says", "the programme of the visit"),
        "moved": pgettext("what a letter says", "another time or place"),
        "changed": pgettext("what a letter says", "something has changed"),
        "declined": pgettext("what a letter says", "the request is declined"),
        "cancelled": pgettext("what a letter says", "the visit is cancelled"),
        "offered": pgettext("what a letter says", "another time is suggested"),
        "reminder_week": pgettext("what a letter says", "is all still as agreed?"),
        "reminder_day": pgettext("what a letter says", "a reminder of the visit"),
        "link_again": pgettext("what a letter says", "the link to the visit"),
        "waiting": pgettext("what a letter says", "on the waiting list"),
        "change_asked": pgettext("what a letter says", "the wish for a change has arrived"),
        "change_refused": pgettext("what a letter says", "the wish for a change is declined"),
        "withdrawn": pgettext("what a letter says", "no longer a contact person"),
        "duty": pgettext("what a letter says", "a tour to lead"),
        "duty_moved": pgettext("what a letter says", "another time or place of a tour to lead"),
        "duty_changed": pgettext("what a letter says", "something has changed about a tour to lead"),
        "duty_withdrawn": pgettext("what a letter says", "somebody no longer leads a tour"),
        "duty_tomorrow": pgettext("what a letter says", "a reminder of a tour to lead"),
        "duty_soon": pgettext("what a letter says", "a reminder of a tour to lead"),
        "office_request": pgettext("what a letter says", "a request to decide"),
        "office_alarm": pgettext("what a letter says", "something needs a decision"),
    }
    return words.get(kind, kind)

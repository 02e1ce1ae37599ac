"""Who of those concerned knows how a visit stands, and what they have answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from notifications import queries as told
from notifications.summaries import word_for
from notifications.threads import WITHDRAWN
from scheduler import telling
from scheduler.models import Party, Visit


@dataclass(frozen=True, slots=True)
class Knowing:
    """One contact or guide: what they know since when, what stands in the way of more, what they answered. `state`: how it is coloured."""

    name: str
    knows: str
    since: datetime | None
    lacks: tuple[str, ...]
    answer: str
    answered_at: datetime | None
    state: str
    leads: bool


def who_knows(visit: Visit) -> list[Knowing]:
    """Each contact and each guide concerned, or who has still to hear that it concerns them no more. Three queries."""
    return list(_rows(visit))


def _rows(visit: Visit) -> Iterator[Knowing]:
    duties = {telling.duty_thread(visit, party): party for party in visit.parties.all()}
    for person in told.people(telling.about(visit)):
        leads = ":duty:" in person.thread
        if not leads and ":contact:" not in person.thread:
            continue  # the office itself
        if person.told_kind == WITHDRAWN and person.knows:
            continue
        answer, at, state = _answer(visit, person, duties.get(person.thread))
        yield Knowing(
            person.name,
            word_for(person.told_kind) if person.told_kind else "",
            person.told_at,
            tuple(_lacks(person)),
            answer,
            at,
            state,
            leads,
        )


def _lacks(person: told.Person) -> Iterator[str]:
    if person.is_dead:
        yield _("A letter could not be delivered.")
    if person.must_be_rung:
        yield _("Somebody has to ring.")
    if person.is_waiting:
        yield _("A letter is on its way.")


def _answer(visit: Visit, person: told.Person, party: Party | None) -> tuple[str, datetime | None, str]:
    """What they said: in words, when, and how it is coloured. By mail, by the letter's link or on their own pages, it counts the same."""
    if party is not None and party.answer != Party.Answer.PENDING:
        return str(Party.Answer(party.answer).label), person.answered_at, party.answer
    if party is None and visit.reconfirmed_at is not None:
        return pgettext("what a group has answered", "they come"), visit.reconfirmed_at, "accepted"
    words = {
        "ACCEPTED": (str(Party.Answer.ACCEPTED.label), "accepted"),
        "DECLINED": (str(Party.Answer.DECLINED.label), "declined"),
    }
    if person.answer not in words:
        return "", None, ""
    word, state = words[person.answer]
    if person.answered_old:
        return _("To the time before: %(answer)s") % {"answer": word}, person.answered_at, "pending"
    return word, person.answered_at, state

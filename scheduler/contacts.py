"""Who is told about a visit: the office adds contacts and puts them right."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from scheduler import steps
from scheduler.errors import BadWish, NotAllowedNow
from scheduler.models import Contact, Visit
from scheduler.steps import Person

MOST = 20
"""How many people may be told about one visit."""


@transaction.atomic
def add(visit_id: int, person: Person, *, now: datetime) -> Contact:
    """One more contact, who is told how the visit stands. Raises BadWish, NotAllowedNow."""
    visit = _locked(visit_id, person)
    if visit.contacts.count() >= MOST:
        raise BadWish(_("This visit has enough contacts."))
    last = visit.contacts.aggregate(last=Max("position"))["last"]
    contact = steps.add_contact(visit, person, 0 if last is None else last + 1)
    steps.changed(visit, now=now)
    return contact


@transaction.atomic
def correct(visit_id: int, contact_id: int, person: Person, *, now: datetime) -> Contact:
    """Put a contact right. Another address is another reader: the old one is told so, the new one how the visit stands.

    Raises BadWish, NotAllowedNow, Contact.DoesNotExist.
    """
    visit = _locked(visit_id, person)
    contact = visit.contacts.get(pk=contact_id)
    if (contact.email, contact.email or contact.phone) == (person.email, person.email or person.phone):
        contact.name, contact.organisation = person.name, person.organisation
        contact.phone, contact.locale, contact.channel = person.phone, person.locale, person.channel
        contact.save()
    else:
        contact.delete()
        contact = steps.add_contact(visit, person, contact.position)
    steps.changed(visit, now=now)
    return contact


def _locked(visit_id: int, person: Person) -> Visit:
    if not (person.email or person.phone):
        raise BadWish(_("Please give an e-mail address or a telephone number."))
    visit = steps.locked(visit_id)
    if visit.status not in (*Visit.HOLDING, Visit.Status.WAITING):
        raise NotAllowedNow
    return visit

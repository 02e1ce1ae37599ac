"""What the office does about letters: hears when they were late, and sends what did not arrive to another address."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import calls, dates, dead_letters, outages, outbox
from notifications.messages import Letter
from notifications.models import Outage, OutboxMessage
from notifications.plain import JSON
from scheduler import contacts, telling
from scheduler.errors import NotAllowedNow
from scheduler.models import Contact
from scheduler.steps import Person
from tours import queries as catalogue


@transaction.atomic
def watch(*, now: datetime) -> bool:
    """Look whether letters are late. Once an outage has ended, and mail works again, the office gets one letter about it."""
    ended = outages.watch(now=now)
    if ended is not None:
        _tell_the_office(ended, now)
    return ended is not None


def _tell_the_office(outage: Outage, now: datetime) -> None:
    museum = catalogue.museum()
    zone = ZoneInfo(museum.time_zone)
    for reader in telling.office():
        with translation.override(reader.locale):
            said = _(
                "Letters were late. Since: %(began)s. Until: %(ended)s. Letters that waited: %(letters)d. Longest wait, in minutes:"
                " %(minutes)d. They go out again by themselves; what could not be delivered is on the page of letters."
            ) % {
                "began": dates.moment(outage.began_at.isoformat(), zone, reader.locale),
                "ended": dates.moment(now.isoformat(), zone, reader.locale),
                "letters": outage.most_due,
                "minutes": outage.longest_seconds // 60,
            }
            facts: dict[str, JSON] = {
                "museum": {
                    "name": museum.name,
                    "email": museum.email,
                    "phone": museum.phone,
                    "locale": museum.locale,
                    "zone": museum.time_zone,
                },
                "reader_name": "",
                "reason": said,
            }
        outbox.enqueue(
            key=f"outage:{outage.pk}:{reader.email or reader.phone}",
            thread=f"office:outage:{reader.email or reader.phone}",
            to=reader,
            letter=Letter("office_alarm", facts),
            not_before=now,
        )


@transaction.atomic
def readdress(row_id: uuid.UUID, *, email: str, now: datetime) -> bool:
    """Send a dead letter to another address; False where it is dead no more. A visit's contact is corrected, so that all that follows
    goes there, too; of a guide or of the office it is this letter alone, for the catalogue keeps their addresses.
    """
    row = dead_letters.dead().select_related("thread").filter(pk=row_id).first()
    if row is None:
        return False
    contact = contact_of(row)
    if contact is None or row.revision is None or not _is_corrected(contact, email, now):
        return dead_letters.readdress(row_id, email=email)
    # The news itself went there with the correction: the contact of the other address is told how the visit stands.
    dead_letters.put_aside(row_id)
    calls.drop_stand_ins([row.thread_id])
    return True


def contact_of(row: OutboxMessage) -> Contact | None:
    """The contact of a visit whom a letter was written to, while there is one."""
    kind, _colon, rest = row.thread.key.partition(":")
    code, _colon, whom = rest.partition(":contact:")
    if kind != "visit" or not whom.isdecimal():
        return None
    return Contact.objects.select_related("visit").filter(pk=int(whom), visit__code=code).first()


def _is_corrected(contact: Contact, email: str, now: datetime) -> bool:
    """Of a visit that is over or cancelled nobody is told anew."""
    person = Person(contact.name, email, contact.phone, contact.organisation, contact.locale, contact.channel)
    try:
        with transaction.atomic():
            contacts.correct(contact.visit_id, contact.pk, person, now=now)
    except NotAllowedNow:
        return False
    return True

"""From a visit to what each person should have in inbox and calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import prefetch_related_objects
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import batches, invitations, links, outbox
from notifications.invitations import Expected
from notifications.messages import Address, Letter
from scheduler import entries, periods, queries
from scheduler.entries import ENDED
from scheduler.models import Contact, Party, Visit
from tours.models import Museum, Space, User
from tours.queries import museum as the_museum
from tours.queries import own_lines

TOLD_STATUSES = (Visit.Status.REQUESTED, Visit.Status.CONFIRMED, Visit.Status.OFFERED, Visit.Status.WAITING, *ENDED)


def about(visit: Visit) -> str:
    """The subject under which a visit's threads are held."""
    return f"visit:{visit.code}"


@dataclass(frozen=True, slots=True)
class Known:
    """What is read once for many visits: the museum and its places by their codes; None is read where it is asked for.

    `parties`: a visit's sub-groups, each with its guide and its stops, where the database does not have them yet.
    """

    museum: Museum
    places: Mapping[str, Space] | None = None
    parties: Sequence[Party] | None = None


def prepare(visits: Iterable[tuple[Visit, Known]], *, now: datetime) -> batches.Batch:
    """The first half of `sync` for many visits, which may not be written yet: works out what to tell, locks and writes nothing."""
    return batches.prepare({about(visit): list(expected(visit, known)) for visit, known in visits}, now=now)


def sync(visit: Visit, *, now: datetime) -> None:
    """Compare what everybody concerned should have with what they were told, in the transaction that changed the visit."""
    invitations.sync(about=about(visit), expected=list(expected(visit)), now=now)


def expected(visit: Visit, known: Known | None = None) -> Iterator[Expected]:
    """What each contact, and each guide who leads a party of a promised visit, should have."""
    if visit.status not in TOLD_STATUSES:
        return
    known = known or Known(the_museum())
    prefetch_related_objects([visit], "split_off")  # each reader's letter names the group's other parts
    parties: Sequence[Party] = ()
    if visit.promised_at:  # nobody is told of guides and walks before
        parties = queries.parties_of(visit) if known.parties is None else known.parties
    for contact in visit.contacts.all():
        yield _for_contact(visit, contact, parties, known)
    if visit.status == Visit.Status.CONFIRMED and visit.promised_at is not None:
        for party in parties:
            if party.guide is not None:
                yield _for_guide(visit, party, parties, known)


def duty_id(party: Party) -> str:
    """The id of a guide's link to one duty: it is void once another guide leads the party."""
    return f"{party.pk}-{party.guide_id}"


def duty_thread(visit: Visit, party: Party) -> str:
    """The thread in which a guide is told of leading a party."""
    return f"{about(visit)}:duty:{party.pk}:guide:{party.guide_id}"


def alarm(
    visit: Visit,
    *,
    kind: str,
    key: str,
    reason: Callable[[], str] = str,
    now: datetime,
    readers: Sequence[Address] | None = None,
) -> None:
    """Tell the office, or these `readers`, what needs a person: a request to decide, a party that nobody can lead. `key` names the fact."""
    for reader in office() if readers is None else readers:
        with translation.override(reader.locale):
            facts = visit_facts(visit, the_museum(), open_to_all=False)
            facts |= {
                "reader_name": "" if reader.email == the_museum().email else reader.name,
                "reason": reason(),
                "contact": _asker(visit),
                "access_needs": visit.access_needs,
                "notes": visit.notes,
                "parties": [],
                "links": {"office": links.office(visit.code)},
            }
        outbox.enqueue(
            key=f"{key}:{reader.email or reader.phone}",
            thread=f"{about(visit)}:office:{reader.email or reader.phone}",
            to=reader,
            letter=Letter(kind, facts),
            not_before=now,
        )


def office() -> list[Address]:
    """Everybody of the office with an address, in their languages; where there is none, the museum's mailbox in the museum's."""
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(email="").order_by("pk")
    museum = the_museum()
    return [Address(user.get_full_name(), user.email, locale=user.locale) for user in staff] or [
        Address(museum.name, museum.email, museum.phone, museum.locale)
    ]


def deputies() -> list[Address]:
    """Whom the museum has named to be alarmed where the office is silent: one person, or nobody."""
    museum = the_museum()
    if not (museum.deputy_email or museum.deputy_phone):
        return []
    return [Address(museum.deputy_name, museum.deputy_email, museum.deputy_phone, museum.deputy_locale)]


def _asker(visit: Visit) -> dict[str, str]:
    """Whom the office asks back: the first contact."""
    contact = visit.contacts.first()
    return {"name": contact.name, "phone": contact.phone, "email": contact.email} if contact else {}


def tell_contacts(visit: Visit, *, kind: str, key: str, reason: str = "", now: datetime) -> None:
    """A letter to each contact that is no change of the visit: of a change that they asked for. `key` names the fact."""
    for each in expected(visit):
        if ":contact:" in each.thread:
            facts = {**each.letter.facts, "reason": reason}
            outbox.enqueue(
                key=f"{key}:{each.thread}", thread=each.thread, to=each.to, letter=Letter(kind, facts), not_before=now
            )


def remind(visit: Visit, *, lead: str, now: datetime, party: Party | None = None) -> int:
    """Write the reminders of one lead to a visit's contacts, or to the guide of one party; gives how many were new."""
    assert visit.period is not None  # only confirmed visits are reminded of
    written = 0
    for each in expected(visit):
        of_party = party is not None and each.thread == duty_thread(visit, party)
        if of_party or (party is None and ":contact:" in each.thread):
            key = f"{lead}:{each.thread}:{visit.period.lower.isoformat()}"
            row = outbox.enqueue(
                key=key,
                thread=each.thread,
                to=each.to,
                letter=Letter(lead, each.letter.facts),
                entry=each.entry,
                not_before=now,
                expires_at=visit.period.lower,
                bulk=True,
            )
            written += row is not None
    return written


def _for_contact(visit: Visit, contact: Contact, parties: Sequence[Party], known: Known) -> Expected:
    with translation.override(contact.locale):
        facts = visit_facts(visit, known.museum, open_to_all=True, places=known.places)
        facts |= {
            "reader_name": contact.name,
            "parties": party_facts(parties) if visit.promised_at and visit.status == Visit.Status.CONFIRMED else [],
            "links": {
                "manage": links.placeholder("visit", visit.code, visit.link_version),
                "calendar": links.placeholder("visit_calendar", visit.code, visit.link_version),
            },
        }
        kind = "programme" if facts["parties"] else visit.status
        entry = entries.of_visit(visit, facts["title"], known.museum) if visit.period else None
        entry = entry and replace(entry, url=facts["links"]["manage"])
    return Expected(
        thread=f"{about(visit)}:contact:{contact.pk}",
        to=Address(contact.name, contact.email, contact.phone, contact.locale, contact.organisation, contact.channel),
        letter=Letter(kind, facts),
        entry=entry,
        urgent=visit.status in (*ENDED, Visit.Status.OFFERED),
    )


def _for_guide(visit: Visit, party: Party, parties: Sequence[Party], known: Known) -> Expected:
    guide = party.guide
    assert guide is not None  # the caller asks for led parties only
    with translation.override(guide.locale):
        mine = party_facts([party])[0] | {"of": len(parties)}
        name, phone = queries.on_the_day(visit)
        facts = visit_facts(visit, known.museum, open_to_all=False, places=known.places) | {
            "reader_name": guide.name,
            "start": party.period.lower.isoformat(),  # of a visit in several waves, the guide's own
            "end": party.period.upper.isoformat(),
            "parties": [],
            "party": mine,
            "leader": {"name": name, "phone": phone},
            "access_needs": visit.access_needs,
            "notes": visit.notes,
            "links": {
                "duty": links.placeholder("duty", duty_id(party), guide.link_version),
                "calendar": links.placeholder("guide_calendar", str(guide.pk), guide.link_version),
            },
        }
        entry = replace(
            entries.of_visit(visit, facts["title"], known.museum),
            start=party.period.lower,
            end=party.period.upper,
            description=entries.for_the_guide(party, ZoneInfo(known.museum.time_zone)),
            url=facts["links"]["duty"],
        )
    return Expected(
        thread=duty_thread(visit, party),
        to=Address(guide.name, guide.email, guide.phone, guide.locale, channel=guide.channel),
        letter=Letter("duty", facts),
        entry=entry,
    )


def visit_facts(
    visit: Visit, museum: Museum, *, open_to_all: bool, places: Mapping[str, Space] | None = None
) -> dict[str, Any]:
    """A visit's facts in the active language. `open_to_all`: for readers to whom a discreet visit is an official event only."""
    start, end = (visit.period.lower, visit.period.upper) if visit.period else (None, None)
    language_names = dict(queries.language_names())
    hidden = visit.discreet and open_to_all
    asked = queries.open_offer(visit) if visit.status == Visit.Status.OFFERED else None
    return {
        "code": visit.code,
        "status": visit.status,
        "museum": _museum_facts(visit, museum),
        "title": queries.title_of(visit, open_to_all=open_to_all),
        "start": start.isoformat() if start else "",
        "end": end.isoformat() if end else "",
        "heads": visit.heads,
        "adults": visit.adults,
        "language_name": str(language_names.get(visit.language, "")),
        "audience": visit.audience.name if visit.audience and not hidden else "",
        "price": _price(visit, museum),
        "decide_by": visit.decide_by.isoformat() if visit.decide_by and visit.status == Visit.Status.REQUESTED else "",
        "answer_by": asked.answer_by.isoformat() if asked else "",
        "alternatives": [start.isoformat() for start in asked.alternatives] if asked else [],
        "proof": visit.audience.proof if visit.audience and not hidden else "",
        "film_languages": sorted({code for stop in visit.stops for code in stop.get("languages", [])}),
        "ceremony": [] if hidden else list(visit.ceremony),
        "reason": queries.reason_of(visit, places),
        "other_part": ", ".join(part.code for part in queries.other_parts_of(visit)),
        "by": visit.ended_by if visit.status in ENDED else "",
        "organisation": "" if hidden else queries.organisation_of(visit),
        "contact_name": "" if hidden else queries.contact_name_of(visit),
    }


def _museum_facts(visit: Visit, museum: Museum) -> dict[str, Any]:
    """Whom a letter is from, where one meets, and by which clock."""
    return {
        "name": museum.name,
        "address": museum.address,
        "phone": museum.phone,
        "email": museum.email,
        "locale": museum.locale,
        "zone": museum.time_zone,
        "zone_label": zone_label(visit.period.lower if visit.period else visit.created_at, museum),
        "how_to_come": museum.how_to_come,
        "words": own_lines(museum),
        "meeting_point": ", ".join(queries.places_of(visit)) or museum.meeting_point,
    }


def party_facts(parties: Iterable[Party]) -> list[dict[str, Any]]:
    """Who leads each party, and where it is when: its own stops with the whole visit's among them."""
    return [
        {
            "number": party.number,
            "heads": party.heads,
            "guide": party.guide.name if party.guide else "",
            "stops": [
                {
                    "place": leg.lane.space.name,
                    "start": leg.period.lower.isoformat(),
                    "end": leg.period.upper.isoformat(),
                }
                for leg in queries.legs_of(party)
            ],
        }
        for party in parties
    ]


def zone_label(instant: datetime, museum: Museum) -> str:
    """How the museum's time is named beside a time: "Astana time, UTC+5"."""
    offset = periods.local(instant, ZoneInfo(museum.time_zone)).utcoffset()
    assert offset is not None  # an aware instant has one
    return f"{museum.time_zone_name or _('museum time')}, UTC{offset.total_seconds() / 3600:+g}"


def _price(visit: Visit, museum: Museum) -> dict[str, Any] | None:
    """What a letter says of the price: why it is free as a code that letters have words for; nothing of what has no price."""
    if visit.audience is None and not visit.free:
        return None
    waived = visit.waived_by_id is not None or visit.price_reason
    reason = ("waived" if waived else "audience") if visit.free else ""
    return {**queries.price_of(visit, museum), "reason": reason}

"""Whole conversations, from the database over SMTP, read back by readers that share no code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from notifications.messages import Address
from notifications.models import OutboxMessage
from tests.interop.readers import READERS, Read
from tests.interop.rules import check_invitation
from tests.notifications.conftest import NOW, ORGANISER, START, entry, facts, guide, organiser, parties
from tests.notifications.conftest import _limits_out_of_the_way as _limits_out_of_the_way
from tests.notifications.conftest import send as send
from tests.notifications.conftest import tell as tell
from tests.notifications.hostile import HOSTILE

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def calendar_of(letter: EmailMessage) -> bytes:
    """The calendar of a letter, its two copies being the same bytes."""
    alternative, attachment = [
        part for part in letter.walk() if part.get_content_type() in ("text/calendar", "application/ics")
    ]
    content = alternative.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content == attachment.get_payload(decode=True)
    return content


def read(letter: EmailMessage) -> Read:
    """What every reader agrees on."""
    raw = calendar_of(letter)
    told = {name: reader(raw) for name, reader in READERS.items()}
    first = told["icalendar"]
    assert {name: each for name, each in told.items() if each != first} == {}
    check_invitation(raw, first.method)
    return first


def test_there_are_at_least_three_readers() -> None:
    assert {"icalendar", "ical.js", "vobject"} <= set(READERS)


def test_the_life_of_a_visit(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    """Asked, confirmed, programme, moved, guide swapped, cancelled, booked again."""
    second = Address("Елена М.", "elena@example.org", locale="ru")
    steps: list[list[Any]] = [
        [organiser("requested", entry=entry(tentative=True))],
        [organiser("confirmed")],
        [organiser("programme", parties=parties(count=2)), guide(7)],
        [organiser("programme", START + HOUR, parties=parties(start=START + HOUR)), guide(7, START + HOUR)],
        [organiser("programme", START + HOUR, parties=parties(start=START + HOUR)), guide(9, START + HOUR, to=second)],
        [organiser("cancelled", START + HOUR, by="office")],
        [organiser("confirmed", START + 3 * HOUR)],
    ]
    said: list[tuple[str, Read]] = []
    for number, step in enumerate(steps):
        tell(*step, now=NOW + number * HOUR)
        said += [(letter["To"].addresses[0].addr_spec.split("@")[0], read(letter)) for letter in send()]
    assert [(who, each.method, each.sequence, each.status) for who, each in said if who == "anna"] == [
        ("anna", "REQUEST", 0, "TENTATIVE"),
        ("anna", "REQUEST", 1, "CONFIRMED"),
        ("anna", "REQUEST", 1, "CONFIRMED"),
        ("anna", "REQUEST", 2, "CONFIRMED"),
        ("anna", "CANCEL", 3, "CANCELLED"),
        ("anna", "REQUEST", 0, "CONFIRMED"),
    ]
    assert [(who, each.method, each.sequence) for who, each in said if who != "anna"] == [
        ("aigul", "REQUEST", 0),
        ("aigul", "REQUEST", 1),
        ("aigul", "CANCEL", 2),
        ("elena", "REQUEST", 0),
        ("elena", "CANCEL", 1),
    ]
    by_uid: dict[str, list[Read]] = {}
    for _, each in said:
        by_uid.setdefault(each.uid, []).append(each)
    assert len(by_uid) == 4
    for life in by_uid.values():
        assert [each.stamp for each in life] == sorted({each.stamp for each in life})
        assert [each.sequence for each in life] == sorted(each.sequence for each in life)
        assert "CANCEL" not in [each.method for each in life[:-1]]
        assert len({each.attendee for each in life}) == 1
        cancelled = life[-1]
        if cancelled.method == "CANCEL":
            assert (cancelled.start, cancelled.end) == (life[-2].start, life[-2].end)
    assert all(each.stamp <= datetime.now(UTC) for _, each in said)
    assert {each.organizer for _, each in said} == {"mailto:museum@example.org"}


def test_what_the_readers_see_is_what_was_meant(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    nasty = 'Комма, точка с запятой; двоеточие: «кавычки» \\ слэш "и" ' + "ұзақ сөйлем " * 20
    tell(organiser(entry=replace(entry(), summary=nasty, description="Бір\nЕкі; үш, төрт\\n")))
    (letter,) = send()
    seen = read(letter)
    assert (seen.start, seen.end, seen.method, seen.status) == (START, START + HOUR, "REQUEST", "CONFIRMED")
    assert seen.summary == nasty.strip()
    assert seen.description == "Бір\nЕкі; үш, төрт\\n"
    assert (seen.attendee, seen.attendee_name) == ("mailto:anna@example.org", "Anna Müller")


def test_the_mail_around_it(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    """calendar.md, rules 1 to 5."""
    tell(guide())
    (letter,) = send()
    structure = [(part.get_content_type(), part.get("Content-Disposition")) for part in letter.walk()]
    assert [kind for kind, _ in structure] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    calendar = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    assert str(calendar["Content-Type"]).lower().count("charset") == 1
    assert calendar.get_param("method") == "REQUEST"
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar["Content-Disposition"] is None
    assert calendar["Content-ID"] is None
    attachment = next(part for part in letter.walk() if part.get_content_type() == "application/ics")
    assert attachment.get_filename() == "invite.ics"
    assert read(letter).organizer == f"mailto:{letter['From'].addresses[0].addr_spec}"
    assert [address.addr_spec for address in letter["To"].addresses] == [read(letter).attendee.removeprefix("mailto:")]
    for header in ("Cc", "Bcc", "Reply-To"):
        assert letter[header] is None
    for header in ("Date", "Message-ID", "Subject", "From", "To", "Auto-Submitted", "MIME-Version"):
        assert len(letter.get_all(header, [])) == 1, header
    assert letter.as_bytes().isascii()
    for body in ("plain", "html"):
        text = letter.get_body((body,)).get_content()
        assert "11:00–12:00" in text
        assert "28 мамыр" in text
        assert "http://testserver/duty/345-7." in text
        assert "link.invalid" not in text


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_name_is_text_everywhere(number: int, tell: Callable[..., None], send: Callable[..., Any]) -> None:
    name = HOSTILE[number]
    to = replace(ORGANISER, name=name, organisation=name)
    tell(
        replace(
            organiser(to=to, reader_name=name, contact_name=name, title=name, reason=name, notes=name),
            entry=replace(entry(), summary=name, description=name),
        )
    )
    assert [(row.status, row.last_error) for row in OutboxMessage.objects.all()] == [("queued", "")]
    (letter,) = send()
    seen = read(letter)
    assert seen.attendee == "mailto:anna@example.org"
    assert [address.addr_spec for address in letter["To"].addresses] == ["anna@example.org"]
    assert (letter["Bcc"], letter["Cc"]) == (None, None)
    assert {key.lower() for key in letter} == {
        "content-type", "mime-version", "from", "to", "subject", "date", "message-id", "auto-submitted", "x-auto-response-suppress",
        "content-language",
    }  # fmt: skip
    html = letter.get_body(("html",)).get_content()
    for tag in ("<script", "<img", "<svg", "</title><b>"):
        assert tag not in html
    text = letter.get_body(("plain",)).get_content()
    if "{" in name:
        assert name in text
    assert "http://testserver/visit/OTHER" not in text + html
    for part in (text, html, letter["Subject"]):
        assert not any(ord(char) < 32 and char not in "\r\n\t" for char in part)
        assert "\u202e" not in part


def test_facts_of_any_shape_make_no_poison_row(tell: Callable[..., None], send: Callable[..., Any]) -> None:
    """A missing or odd fact costs a line of the letter at most."""
    tell(organiser(heads=None, price=None, parties=[], ceremony=["unheard of"], links={}, decide_by=None))
    (letter,) = send()
    assert "unheard of" in letter.get_body(("plain",)).get_content()
    assert facts()["code"] in letter.get_body(("plain",)).get_content()

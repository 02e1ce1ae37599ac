"""What letters and calendars are given to say: to the office, to guides, to organisers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from django.urls import reverse
from django.utils import translation

from notifications import delivery, links, mime, settling
from notifications.models import OutboxMessage
from scheduler import bookings, queries, telling
from scheduler.bookings import Person, Request
from scheduler.models import Visit
from tests.scheduler.conftest import at
from tours.models import Museum, User

pytestmark = pytest.mark.django_db

Ask = Callable[..., Request]
NEAR, FAR = date(2025, 5, 20), date(2025, 6, 18)
BY_PHONE = (Person("Мұғалім", phone="+77015556677", locale="kk"),)


def _parts(wire: bytes) -> list[Message]:
    return list(message_from_bytes(wire).walk())


def letter(kind: str, **filters: object) -> OutboxMessage:
    return OutboxMessage.objects.filter(kind=kind, **filters).latest("created_at")


def requested(asking: Ask, now: datetime, **others: object) -> Visit:
    contacts = (Person("Anna Müller", email="anna@example.org", phone="+491701234567", locale="en"),)
    return bookings.book(
        asking(at(FAR, "11:00"), tour="grounds-flowers", contacts=contacts, ceremony=("flowers",), **others), now=now
    )


# --- To the office -----------------------------------------------------------------------------------------------------------


def test_a_request_reaches_the_museums_mailbox_in_the_museums_language(asking: Ask, season_now: datetime) -> None:
    visit = requested(asking, season_now)
    row = letter("office_request")
    assert (row.to_email, row.locale) == ("museum@example.org", "kk")
    assert row.text.startswith("Қайырлы күн!")
    for said in ("Anna Müller, +491701234567, anna@example.org", "гүл шоғын қою", "Соңғы мерзімі: 2025 ж."):
        assert said in row.text
    assert f"http://testserver/office/visits/{visit.code}/" in row.text
    Museum.objects.update(locale="ru")
    telling.alarm(visit, kind="office_request", key="again", now=season_now)
    assert OutboxMessage.objects.get(key="again:museum@example.org").text.startswith("Здравствуйте!")


def test_the_link_to_the_office_is_its_page_of_the_visit() -> None:
    assert links.office("QX7K2M") == "http://testserver" + reverse("office_visit", kwargs={"code": "QX7K2M"})


def test_each_of_the_office_reads_their_own_language(asking: Ask, season_now: datetime) -> None:
    for name, locale in (("Айгүл", "kk"), ("Елена", "ru")):
        User.objects.create(
            username=locale, first_name=name, email=f"{locale}@example.org", locale=locale, is_staff=True
        )
    requested(asking, season_now)
    assert letter("office_request", to_email="kk@example.org").text.startswith("Құрметті Айгүл!")
    assert letter("office_request", to_email="ru@example.org").text.startswith("Здравствуйте, Елена!")


def test_a_letter_that_could_not_be_delivered_is_told_of_in_one_language(asking: Ask, season_now: datetime) -> None:
    visit = requested(asking, season_now)
    row = letter("requested")
    settling.bounced(row, said="550 no such user", now=season_now)
    alarm = letter("office_alarm")
    assert (alarm.locale, alarm.text.split("\n")[0]) == ("kk", "Қайырлы күн!")
    assert f"http://testserver/office/visits/{visit.code}/" in alarm.text
    assert "museum and memorial" not in alarm.text


# --- To guides ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leader", "said"),
    [
        (("", ""), "Мұғалім, +77015556677"),
        (("Болат", ""), "Болат (Мұғалім), +77015556677"),
        (("Болат", "+77010000086"), "Болат, +77010000086"),
    ],
)
def test_a_guide_is_told_whom_to_reach_on_the_day(
    asking: Ask, season_now: datetime, leader: tuple[str, str], said: str
) -> None:
    asked = asking(at(NEAR, "11:00"), contacts=BY_PHONE, leader_name=leader[0], leader_phone=leader[1])
    bookings.book(asked, now=season_now)
    row = letter("duty")
    assert f": {said}\n" in row.text
    with translation.override(row.locale):
        assert said.replace(", ", " ") in row.entry["description"]


def test_a_guide_of_a_second_wave_is_told_when_theirs_begins(asking: Ask, season_now: datetime) -> None:
    asked = asking(at(NEAR, "11:00"), at(NEAR, "15:00"), heads=40)
    visit = bookings.book(asked, now=season_now)
    for party in visit.parties.all():
        row = OutboxMessage.objects.get(thread__key=telling.duty_thread(visit, party))
        begins = at(NEAR, ("11:00", "15:00")[party.wave])
        assert datetime.fromisoformat(row.entry["start"]) == datetime.fromisoformat(row.facts["start"]) == begins


# --- To organisers -----------------------------------------------------------------------------------------------------------


def test_an_organisation_that_nobody_gave_is_not_made_up(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(NEAR, "11:00"), contacts=BY_PHONE), now=season_now)
    assert letter("duty").facts["organisation"] == queries.organisation_of(visit) == ""
    assert queries.shown_under(visit) == "Мұғалім"


def test_a_change_is_told_as_what_was_and_what_is(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(FAR, "11:00")), now=season_now)
    delivery.sweep(until=season_now)
    bookings.change(visit.pk, heads=12, now=season_now)
    row = letter("changed")
    assert "Өзгергені:\nТоп: 10 адам → 12 адам\nБағасы: " in row.text
    assert "→" in row.text.split("Бағасы: ")[1].splitlines()[0]


def test_an_entry_says_where_to_meet_and_leads_to_the_visit(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(NEAR, "11:00")), now=season_now)
    for kind, address in (
        ("programme", links.url("visit", visit.code, visit.link_version)),
        ("duty", links.url("duty", telling.duty_id(visit.parties.get()), 1)),
    ):
        row = letter(kind)
        assert visit.code in row.entry["description"]
        assert "https://link.invalid/" in row.entry["url"]
        wire = mime.wire(row, date=season_now + timedelta(minutes=1)).content
        (part,) = [part for part in _parts(wire) if part.get_content_type() == "text/calendar"]
        lines = part.get_payload(decode=True).decode()
        assert max(len(line.encode()) for line in lines.split("\r\n")) <= 75
        assert f"URL:{address}\r\n" in lines.replace("\r\n ", "")
        assert "link.invalid" not in lines.replace("\r\n ", "")
    row = letter("programme")
    assert "Кездесу орны: Мұражай ғимаратының кіреберісі" in row.entry["description"]
    assert "Қалай жетуге болады: Астанадан" in row.entry["description"]


def test_a_cancellation_right_after_a_move_names_the_time_that_was_told(asking: Ask, season_now: datetime) -> None:
    visit = bookings.book(asking(at(FAR, "11:00")), now=season_now)
    delivery.sweep(until=season_now)
    bookings.move(visit.pk, (at(FAR, "14:00"),), now=season_now)
    bookings.cancel(visit.pk, by="organiser", now=season_now)
    told = letter("cancelled")
    assert told.facts["start"] == at(FAR, "11:00").isoformat()
    written = OutboxMessage.objects.count()
    delivery.sweep(until=season_now)
    telling.sync(Visit.objects.get(pk=visit.pk), now=season_now)
    assert OutboxMessage.objects.count() == written

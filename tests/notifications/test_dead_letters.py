"""What becomes of letters that cannot arrive: a call in their place, sent again, sent elsewhere; and the alarm when letters are late."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches

from notifications import calls, dead_letters, delivery, outages, queries, settling
from notifications.models import Call, Outage, OutboxMessage, Thread
from notifications.outcomes import Outcome
from tests.notifications.conftest import ABOUT, NOW, ORGANISER, guide, organiser, rows
from tests.notifications.smtp import Mailhouse
from tours.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)
EVER = NOW + timedelta(days=4000)  # the database's own clock, which settles, runs on
Tell = Callable[..., None]


def refuse(house: Mailhouse, address: str = ORGANISER.email) -> None:
    house.rcpt = lambda given: "550 5.1.1 no such user" if given == address else "250 OK"


def dead() -> OutboxMessage:
    return OutboxMessage.objects.get(status="dead", kind="confirmed")


# --- A call in its place ---------------------------------------------------------------------------------------------------------


def test_whom_the_mail_server_refuses_for_good_is_to_be_rung(house: Mailhouse, tell: Tell) -> None:
    refuse(house)
    tell(organiser())
    delivery.sweep(until=LATER)
    call = calls.to_make(now=EVER).get()
    assert (call.phone, call.whom, call.kind) == (ORGANISER.phone, ORGANISER.name, "confirmed")
    assert Thread.objects.get(key=f"{ABOUT}:contact:12").unreachable_at is not None
    assert OutboxMessage.objects.filter(kind="office_alarm").count() == 1
    (person,) = [each for each in queries.people(ABOUT) if each.thread.endswith(":12")]
    assert (person.knows, person.must_be_rung, person.unreachable) == (False, True, True)


def test_once_they_were_rung_they_know(house: Mailhouse, tell: Tell) -> None:
    refuse(house)
    tell(organiser())
    delivery.sweep(until=LATER)
    tell(organiser(), now=LATER)  # what compares hourly leaves the call alone
    call = calls.to_make(now=EVER).get()
    assert queries.untold([ABOUT]).count() == 1
    assert calls.rang(call.pk, by=User.objects.create(username="office"), now=LATER) is not None
    (person,) = [each for each in queries.people(ABOUT) if each.thread.endswith(":12")]
    assert person.knows
    assert not queries.untold([ABOUT]).exists()


def test_a_newer_letter_takes_the_place_of_the_call(house: Mailhouse, tell: Tell) -> None:
    refuse(house)
    tell(organiser())
    delivery.sweep(until=LATER)
    refuse(house, "nobody@example.org")
    tell(organiser(heads=15), now=LATER)
    delivery.sweep(until=LATER + timedelta(days=1))
    assert [call.status for call in Call.objects.all()] == ["superseded"]


def test_without_a_number_there_is_only_the_alarm(house: Mailhouse, tell: Tell) -> None:
    refuse(house)
    tell(organiser(to=replace(ORGANISER, phone="")))
    delivery.sweep(until=LATER)
    assert not Call.objects.exists()
    assert OutboxMessage.objects.filter(kind="office_alarm").count() == 1


def test_an_inbox_that_refused_for_good_gets_no_farewell(house: Mailhouse, tell: Tell) -> None:
    refuse(house)
    tell(organiser())
    delivery.sweep(until=LATER)
    tell(organiser(to=replace(ORGANISER, email="anna@example.net")), now=LATER)
    delivery.sweep(until=LATER + timedelta(days=1))
    assert [str(letter["To"]) for letter in house.letters if "anna" in str(letter["To"])] == [
        "Anna Müller <anna@example.net>"
    ]
    assert not OutboxMessage.objects.filter(state="withdrawn").exists()
    assert Thread.objects.get(key=f"{ABOUT}:contact:12").unreachable_at is None


# --- Again, and elsewhere --------------------------------------------------------------------------------------------------------


def test_of_an_outage_only_what_a_server_failed_at_is_sent_again(tell: Tell) -> None:
    tell(organiser(), guide())
    first, second = rows(status="queued")
    for row, outcome in (
        (first, Outcome("dead", "451", "try later")),
        (second, Outcome("dead", "550", "no such user", unreachable=True)),
    ):
        OutboxMessage.objects.filter(pk=row.pk).update(claim=row.pk, claimed_at=NOW)
        row.claim = row.pk
        settling.settle(row, outcome)
    died = OutboxMessage.objects.get(pk=first.pk).died_at
    assert died is not None
    assert dead_letters.of_outages(until=died - timedelta(minutes=1), now=NOW).count() == 0
    assert [row.pk for row in dead_letters.of_outages(until=died, now=NOW)] == [first.pk]
    assert dict(dead_letters.dead().values_list("pk", "blame")) == {first.pk: "server", second.pk: "address"}
    assert dead_letters.replay(dead_letters.of_outages(until=died, now=NOW)) == 1
    assert {row.status for row in rows(pk=first.pk)} == {"queued"}


def test_a_letter_is_sent_to_another_address_and_asks_whoever_is_there(house: Mailhouse, tell: Tell) -> None:
    refuse(house)
    tell(organiser())
    delivery.sweep(until=LATER)
    row = dead()
    assert dead_letters.readdress(row.pk, email="anna@example.net")
    delivery.sweep(until=EVER)
    (letter,) = [each for each in house.letters if "anna" in str(each["To"])]
    assert (letter["Message-ID"], letter["To"].addresses[0].addr_spec) == (row.message_id, "anna@example.net")
    (calendar,) = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    assert "mailto:anna@example.net" in calendar.get_content().replace("\r\n ", "")
    assert not calls.to_make(now=EVER).exists()
    assert Thread.objects.get(key=f"{ABOUT}:contact:12").told_to["email"] == "anna@example.net"
    assert not dead_letters.readdress(row.pk, email="twice@example.net")


# --- Late ------------------------------------------------------------------------------------------------------------------------


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(each.levelname, each.message) for each in caplog.records if each.name == "notifications.outages"]


def test_letters_that_are_late_raise_one_alarm_that_ends_by_itself(
    house: Mailhouse, tell: Tell, caplog: pytest.LogCaptureFixture
) -> None:
    house.close()
    tell(organiser())
    soon, late, later = (NOW + timedelta(minutes=minutes) for minutes in (4, 6, 30))
    with caplog.at_level(logging.WARNING, logger="notifications.outages"):
        assert outages.watch(now=soon) is None
        assert outages.minutes_late(now=soon) == 0
        for now in (late, later):
            delivery.sweep(until=now)
            assert outages.watch(now=now) is None
        assert said(caplog) == [("ERROR", "letters are late")]
        assert outages.minutes_late(now=later) == 30
        house.open()
        delivery.sweep(until=later)
        ended = outages.watch(now=later)
        assert ended is not None
        assert (ended.began_at, ended.ended_at, ended.longest_seconds, ended.most_due) == (NOW, later, 1800, 1)
        assert outages.watch(now=later) is None
    assert outages.minutes_late(now=later) == 0
    assert Outage.objects.count() == 1
    assert said(caplog)[1:] == [("WARNING", "letters are on time again")]


def test_without_redis_pages_ask_the_database(settings: Any, tell: Tell) -> None:
    tell(organiser())
    settings.CACHES = {
        **settings.CACHES,
        "answers": {**settings.CACHES["answers"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    caches.close_all()
    assert outages.watch(now=NOW + timedelta(minutes=9)) is None
    assert outages.minutes_late(now=NOW + timedelta(minutes=9)) == 9

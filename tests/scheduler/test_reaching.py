"""Who chooses short messages is told by them: everything without e-mail, reminders beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.models import Call, OutboxMessage
from scheduler import bookings, contacts, reminders
from scheduler.bookings import Request
from scheduler.forms.events import PersonForm
from scheduler.steps import Person
from tests.scheduler.closing import send_all
from tests.scheduler.conftest import at
from tests.scheduler.views.conftest import FAR
from tours.models import Museum

pytestmark = pytest.mark.django_db

ASKED = {"name": "Bota", "organisation": "", "email": "", "phone": "+7 701 555 66 77", "locale": "kk"}
SMS = "sms:+77015556677"


@pytest.fixture
def channels(settings: Any) -> None:
    settings.CHANNELS = {"sms": "json://gateway.example.org/{to}", "telegram": "tgram://token/{to}"}


def test_without_a_gateway_nobody_is_asked(alzhir: Museum, settings: Any) -> None:
    settings.CHANNELS = {}
    form = PersonForm(ASKED | {"channel": "sms"})
    assert form.is_valid()
    assert ("channel" in form.fields, form.person().channel) == (False, "")


def test_a_channel_is_chosen_by_name_and_goes_to_the_telephone(alzhir: Museum, channels: None) -> None:
    form = PersonForm(ASKED | {"channel": "sms"})
    assert [value for value, _label in form.fields["channel"].choices] == ["", "sms"]
    assert form.is_valid()
    assert form.person().channel == SMS
    for wrong, field in (
        ({"channel": "fax"}, "channel"),
        ({"channel": "sms", "phone": "", "email": "b@x.kz"}, "phone"),
    ):
        form = PersonForm(ASKED | wrong)
        assert not form.is_valid()
        assert list(form.errors) == [field]


def test_without_e_mail_each_fact_comes_so_and_nobody_has_to_ring(
    asking: Callable[..., Request], season_now: datetime, channels: None
) -> None:
    person = Person("Bota", phone="+77015556677", locale="kk", channel=SMS)
    visit = bookings.book(asking(at(FAR, "11:00"), contacts=(person,)), now=season_now)
    row = OutboxMessage.objects.get(channel="apprise")
    assert (row.kind, row.to_email, row.locale) == ("confirmed", SMS, "kk")
    assert not Call.objects.exists()
    send_all(season_now)
    contacts.correct(visit.pk, visit.contacts.get().pk, Person("Bota", phone="+77015556677"), now=season_now)
    bookings.cancel(visit.pk, by="office", now=season_now + timedelta(minutes=5))
    assert [call.phone for call in Call.objects.filter(kind="cancelled")] == [
        "+77015556677"
    ]  # no more messages: somebody rings


def test_beside_e_mail_reminders_come_in_short_too(
    asking: Callable[..., Request], season_now: datetime, channels: None
) -> None:
    person = Person("Bota", "bota@example.org", "+77015556677", locale="kk", channel=SMS)
    bookings.book(asking(at(FAR, "11:00"), contacts=(person,)), now=season_now)
    assert not OutboxMessage.objects.filter(channel="apprise").exists()
    reminders.due(now=at(FAR, "11:00") - timedelta(days=6))
    sent = OutboxMessage.objects.filter(kind="reminder_week").order_by("channel")
    assert [(row.channel, row.to_email) for row in sent] == [("apprise", SMS), ("mail", "bota@example.org")]
